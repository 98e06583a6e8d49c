"""The outbox: messages and calls that were committed and are on their way, in order within a lane."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, bindparam, case, exists, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql import ClauseElement

from bot.core.model import Delivery, Ends
from bot.core.turn import Call
from bot.ports import HELD, MAYBE, Outbound, Queued, Settled, Settlement
from storage.bodies import queued_from, queued_to
from storage.leases import forsake as free
from storage.leases import keep, leases
from storage.sql import UNIT, NowMs, Tx, to_ms
from storage.tables import OPEN_OUTBOX, table

OUTBOX = table("outbox")
EARLIER = OUTBOX.alias("earlier")
ONE: ColumnElement[int] = literal_column("1")


def _pending(rows: str) -> ColumnElement[bool]:
    return literal_column(f"{rows}.state = 'pending'") & literal_column(f"{rows}.{OPEN_OUTBOX}")


PENDING = _pending("outbox")
UNSURE = "unknown"
"""The note of a message that was sent twice and never answered."""
LEASE_S = 30
LEASES = leases(OUTBOX, PENDING, length_ms=LEASE_S * 1000)

_BLOCKED = select(exists(select(ONE).select_from(OUTBOX).where(PENDING, OUTBOX.c.lane == bindparam("lane"), OUTBOX.c.owner != bindparam("me"))))
_INSERT = (
    insert(OUTBOX)
    .values(
        {name: bindparam(name) for name in ("key", "lane", "channel", "kind", "body", "priority", "attempt", "owner", "note")}
        | {"state": literal_column("'pending'"), "due_at": NowMs(), "made": NowMs()}
        | {"lease_until": bindparam("attempt") * LEASES.until}  # nobody's before its first attempt
    )
    .on_conflict_do_nothing(index_elements=["key"])
)
_BEHIND = exists(select(ONE).select_from(EARLIER).where(_pending("earlier"), EARLIER.c.lane == OUTBOX.c.lane, EARLIER.c.seq < OUTBOX.c.seq))
_DUE = (
    select(OUTBOX.c.seq)
    .where(PENDING, OUTBOX.c.due_at <= NowMs(), OUTBOX.c.lease_until < NowMs(), ~_BEHIND)
    .order_by(OUTBOX.c.seq)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=OUTBOX)
    .cte("due")
)
_LEFT = (OUTBOX.c.owner != literal_column("''")) & (OUTBOX.c.note != literal_column(f"'{HELD}'"))
_NOTE = case((_LEFT, literal_column(f"'{MAYBE}'")), else_=OUTBOX.c.note)
"""Whoever held it until its lease ran out may have sent it and died before saying so, unless it is one that is marked before it leaves."""


def _claim(due: CTE) -> ClauseElement:
    """Takes those rows for this process."""
    taken = update(OUTBOX).where(OUTBOX.c.seq == due.c.seq)
    taken = taken.values(owner=bindparam("me"), attempt=OUTBOX.c.attempt + ONE, lease_until=LEASES.until, note=_NOTE)
    return taken.returning(OUTBOX.c.seq, OUTBOX.c.attempt, OUTBOX.c.kind, OUTBOX.c.body, OUTBOX.c.note)


_CLAIM = _claim(_DUE)
_FIRST = select(EARLIER.c.lane, EARLIER.c.seq).where(EARLIER.c.key == bindparam("which"), EARLIER.c.owner == bindparam("me")).subquery("first")
_NEXT = (
    select(OUTBOX.c.seq)
    .where(PENDING, OUTBOX.c.lane == _FIRST.c.lane, OUTBOX.c.seq > _FIRST.c.seq, OUTBOX.c.due_at <= NowMs(), OUTBOX.c.lease_until < NowMs())
    .order_by(OUTBOX.c.seq)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=OUTBOX)
    .cte("due")
)
_CLAIM_NEXT = _claim(_NEXT)
_DOUBT = update(OUTBOX).where(PENDING, _LEFT).values(note=literal_column(f"'{MAYBE}'"))
_MINE = update(OUTBOX).where(OUTBOX.c.key == bindparam("which"), OUTBOX.c.attempt == bindparam("fence"), OUTBOX.c.state == literal_column("'pending'"))
_HOLD = _MINE.values({"lease_until": LEASES.until, "note": literal_column("''")})
_FREED: dict[str, ColumnElement[Any]] = {"note": bindparam("why"), "owner": literal_column("''"), "lease_until": literal_column("0")}
_END = _MINE.values({**_FREED, "state": bindparam("end"), "body": b"", "settled": NowMs()})
_RETRY = _MINE.values({**_FREED, "due_at": bindparam("again")})


def _row(tx: Tx, item: Outbound | Call) -> dict[str, Any]:
    if isinstance(item, Call):
        return {"key": item.key, "lane": item.key, "channel": item.connector, "kind": "call", "body": queued_to(tx, item), "priority": 1, "note": ""}
    lane = UNIT.join((item.channel, item.lane, item.person))  # the engine's, too: a person's bad message must not stop a whole group
    note = HELD if item.unasked else ""
    return {"key": item.key, "lane": lane, "channel": item.channel, "kind": "message", "body": queued_to(tx, item), "priority": item.priority, "note": note}


def add(tx: Tx, items: Sequence[Outbound | Call]) -> tuple[Queued, ...]:
    """Writes them and gives back those that this process may deliver now.

    One that stands in its lane behind another that this process does not hold waits to be claimed, so that the order holds. A key that is there
    already is the same effect and is left alone. A call has a lane of its own.
    """
    held = []
    for item in items:
        row = _row(tx, item)
        free = not tx.run(_BLOCKED, {"lane": row["lane"], "me": tx.owner}).fetchone()[0]
        row["attempt"], row["owner"] = (1, tx.owner) if free else (0, "")
        if tx.run(_INSERT, row).rowcount and free:
            held.append(Queued(1, call=item) if isinstance(item, Call) else Queued(1, outbound=item))
    return tuple(held)


def claim(tx: Tx, limit: int, busy: Collection[str]) -> Sequence[Queued]:
    """Takes what is due, free, and first in its lane; `busy` are the keys that this process holds, which it is never given twice."""
    keep(tx, LEASES, busy)
    return _taken(tx, _CLAIM, {"me": tx.owner, "most": limit})


def behind(tx: Tx, key: str, most: int) -> Sequence[Queued]:
    """Takes what is due right behind a row of this process in its lane, in order."""
    return _taken(tx, _CLAIM_NEXT, {"me": tx.owner, "which": key, "most": most})


def _taken(tx: Tx, claim: ClauseElement, values: Mapping[str, Any]) -> Sequence[Queued]:
    rows = sorted(tx.run(claim, values).fetchall())
    return [queued_from(tx, kind, bytes(body), attempt, note == MAYBE) for _, attempt, kind, body, note in rows]


def forsake(tx: Tx, everybody: bool) -> None:
    """At start, where only one process can live: frees what an earlier one held, which may have sent it."""
    if everybody:
        tx.run(_DOUBT, {})
    free(tx, LEASES, everybody)


def hold(tx: Tx, key: str, attempt: int) -> bool:
    """Renews the lease of a row that is about to be delivered; False when it has ended or another attempt took it over."""
    return bool(tx.run(_HOLD, {"which": key, "fence": attempt}).rowcount)


def settle(tx: Tx, settlements: Sequence[Settlement]) -> None:
    """Ends rows or frees them for another try; a row that another attempt took over, or that has ended, is left alone."""
    rows = [({"which": done.key, "fence": done.attempt, "why": done.note}, done) for done in settlements]
    tx.each(_END, [{**row, "end": done.state.value} for row, done in rows if done.state is not None])
    tx.each(_RETRY, [{**row, "again": to_ms(done.retry_at) if done.retry_at else 0} for row, done in rows if done.state is None])


def ended(tx: Tx, turn: str, most: int) -> Delivery:
    """How the first `most` messages of a turn ended; of one sent twice without an answer nobody knows. What the purge has taken is not counted."""
    keys = [f"{turn}:{number}" for number in range(most)]
    rows = tx.core.execute(select(OUTBOX.c.state, OUTBOX.c.note, OUTBOX.c.lane).where(OUTBOX.c.key.in_(keys)).order_by(OUTBOX.c.seq)).all()
    states = [UNSURE if state == Settled.SENT and note == UNSURE else state for state, note, _ in rows]
    lost = [(":".join((lane.split(UNIT)[0], lane.split(UNIT)[2])), note) for state, note, lane in rows if state in (Settled.REFUSED, Settled.DEAD)]
    counted = [states.count(state) for state in (Settled.SENT, UNSURE, "pending")]
    return Delivery(turn, Ends(delivered=counted[0], refused=len(lost), unsure=counted[1], waiting=counted[2]), tuple(lost))
