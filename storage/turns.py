"""The end of a turn: everything it changes, in one transaction, and the journal of turns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from bot.core.turn import Due
from bot.ports import Commit, Journal, Queued
from storage import inbox, items, outbox
from storage.entities import put
from storage.sql import Tx, from_ms, to_ms
from storage.tables import table

JOURNAL = table("journal")
_FIELDS = ("id", "kind", "channel", "conversation", "person", "intent", "confidence", "reason", "trace", "at")

_WRITE = insert(JOURNAL).values({name: bindparam(name) for name in _FIELDS})
_NEWEST = select(*(JOURNAL.c[name] for name in _FIELDS)).order_by(JOURNAL.c.seq.desc()).limit(bindparam("most"))
_NEWEST_HERE = _NEWEST.where(JOURNAL.c.conversation == bindparam("here"))


def commit(tx: Tx, turn: Commit) -> tuple[Queued, ...]:
    """Applies the turn once: a stimulus that ended before, or a due question that another asking of it answered, has no further effect. Raises Stale, and
    then nothing may stay written."""
    if not inbox.finish(tx, turn.stimulus) or (isinstance(turn.stimulus, Due) and not items.open_still(tx, turn.stimulus)):
        return ()
    for effect in turn.puts:
        put(tx, effect.entity)
    if isinstance(turn.stimulus, Due):
        items.answered(tx, turn.stimulus)
    held = outbox.add(tx, (*turn.outbound, *turn.calls))
    tx.run(_WRITE, _row(turn.journal))
    return held


def _row(entry: Journal) -> dict[str, Any]:
    row = {name: getattr(entry, name) for name in _FIELDS}
    row["at"] = to_ms(entry.at)
    return row


def journal(tx: Tx, conversation: str, limit: int) -> Sequence[Journal]:
    """The newest turns, newest first; of all conversations when `conversation` is empty."""
    rows = tx.run(_NEWEST_HERE if conversation else _NEWEST, {"here": conversation, "most": limit}).fetchall()
    return [Journal(**dict(zip(_FIELDS, (*row[:-1], from_ms(row[-1])), strict=True))) for row in rows]
