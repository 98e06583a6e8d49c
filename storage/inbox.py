"""The inbox: what was heard, once per key, until it is done or dead."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.core.model import person_id
from bot.core.turn import Heard, Message, Press, Stimulus
from bot.ports import Conflict
from storage.bodies import digest, kind_of, stimulus_from, stimulus_to
from storage.leases import keep, leases
from storage.sql import NowMs, Tx
from storage.tables import OPEN_INBOX, table

INBOX = table("inbox")
RECEIVED: ColumnElement[bool] = literal_column("state = 'received'") & literal_column(OPEN_INBOX)
LEASES = leases(INBOX, RECEIVED, length_ms=60_000)

# PostgreSQL's INSERT .. ON CONFLICT, which Core also writes for SQLite, word for word.
_INSERT = insert(INBOX).values(
    {name: bindparam(name) for name in ("key", "channel", "conversation", "person", "kind", "body", "body_hash", "state", "note", "owner")}
    | {"lease_until": LEASES.until, "received": NowMs()}
)
_STILL = INBOX.c.state == literal_column("'received'")
_HEAR = _INSERT.on_conflict_do_nothing(index_elements=["key"])
_DONE = update(INBOX).where(INBOX.c.key == bindparam("which"), _STILL).values(state=literal_column("'done'"), body=b"")
_END = _INSERT.on_conflict_do_update(index_elements=["key"], set_={name: _INSERT.excluded[name] for name in ("state", "body", "note")}, where=_STILL)
_KNOWN = select(INBOX.c.body_hash).where(INBOX.c.key == bindparam("key"))
_FREE = select(INBOX.c.seq).where(RECEIVED, INBOX.c.lease_until < NowMs()).order_by(INBOX.c.seq).with_for_update(skip_locked=True).cte("free")
OWN = INBOX.alias("own")
_UNSORTED = INBOX.c.seq + literal_column("0")
"""No index knows it: of the few that are open each may be looked at, while the index of all that was ever heard grows, and PostgreSQL, before it has counted
the table for the first time, would walk that one."""
_AHEAD = select(
    exists(
        select(literal_column("1"))
        .select_from(INBOX)
        .where(
            RECEIVED,
            INBOX.c.conversation == bindparam("conversation"),
            INBOX.c.person == bindparam("person"),
            INBOX.c.owner != bindparam("me"),
            INBOX.c.lease_until >= NowMs(),
            select(OWN.c.seq).where(OWN.c.key == bindparam("key")).scalar_subquery() > _UNSORTED,
        )
    )
)
_ADOPT = (
    update(INBOX).where(INBOX.c.seq == _FREE.c.seq).values(owner=bindparam("me"), lease_until=LEASES.until).returning(INBOX.c.seq, INBOX.c.kind, INBOX.c.body)
)


def _row(tx: Tx, stimulus: Stimulus, state: str, body: bytes, note: str = "") -> dict[str, Any]:
    channel = conversation = person = ""
    if isinstance(stimulus, Message | Press):
        channel, conversation, person = stimulus.channel, stimulus.place, person_id(stimulus.channel, stimulus.sender)
    return {
        "key": stimulus.key,
        "channel": channel,
        "conversation": conversation,
        "person": person,
        "kind": kind_of(stimulus),
        "body": body,
        "body_hash": digest(stimulus),
        "state": state,
        "note": note,
        "owner": tx.owner,
    }


def hear(tx: Tx, stimulus: Stimulus) -> bool:
    """True when it is new. Raises Conflict for a known key with another body."""
    row = _row(tx, stimulus, "received", stimulus_to(tx, stimulus))
    if tx.run(_HEAR, row).rowcount:
        return True
    known = tx.run(_KNOWN, {"key": row["key"]}).fetchone()
    if known is not None and bytes(known[0]) != row["body_hash"]:
        raise Conflict("a message came a second time under the same id, but with other words")
    return False


def ahead(tx: Tx, stimulus: Heard) -> bool:
    """Whether another living process works on something that the same person said in the same place before."""
    where = {"conversation": stimulus.place, "person": person_id(stimulus.channel, stimulus.sender)}
    return bool(tx.run(_AHEAD, {**where, "key": stimulus.key, "me": tx.owner}).fetchone()[0])


def finish(tx: Tx, stimulus: Stimulus) -> bool:
    """Marks it done, also when it was never heard; False when it had ended before, so that nothing more may come of it."""
    if tx.run(_DONE, {"which": stimulus.key}).rowcount:
        return True
    return bool(tx.run(_END, _row(tx, stimulus, "done", b"")).rowcount)


def drop(tx: Tx, stimulus: Stimulus, note: str) -> None:
    """Marks it dead, unless it has ended. The body stays until it is purged, for whoever repairs the cause."""
    tx.run(_END, _row(tx, stimulus, "dead", stimulus_to(tx, stimulus), note))


def unfinished(tx: Tx, busy: Collection[str]) -> Sequence[Stimulus]:
    """Takes what nobody works on, oldest first; `busy` are the keys that this process works on."""
    keep(tx, LEASES, busy)
    rows = sorted(tx.run(_ADOPT, {"me": tx.owner}).fetchall())
    return [stimulus_from(tx, kind, bytes(body)) for _, kind, body in rows]
