"""What operators need of the store: figures for health, and the purge of what was kept long enough."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Delete, Select, bindparam, delete, func, literal_column, select, tuple_

from storage.inbox import INBOX, RECEIVED
from storage.outbox import OUTBOX, PENDING
from storage.sql import NowMs, Tx
from storage.tables import OPEN_INBOX, OPEN_OUTBOX, VAIN_ITEM, table

SLICE = 500
"""Rows looked at in one transaction of a purge, so that nobody waits long for the writer."""

_DEAD: ColumnElement[bool] = literal_column("state = 'dead'")
_COUNTS = select(
    select(func.count()).select_from(INBOX).where(RECEIVED).scalar_subquery(),
    select(NowMs() - func.min(INBOX.c.received)).where(RECEIVED).scalar_subquery(),
    select(func.count()).select_from(OUTBOX).where(PENDING).scalar_subquery(),
    select(NowMs() - func.min(OUTBOX.c.made)).where(PENDING).scalar_subquery(),
    select(func.count()).select_from(INBOX).where(_DEAD, literal_column(OPEN_INBOX)).scalar_subquery(),
    select(func.count()).select_from(OUTBOX).where(_DEAD, literal_column(OPEN_OUTBOX)).scalar_subquery(),
    select(func.count()).select_from(table("item")).where(literal_column(VAIN_ITEM)).scalar_subquery(),
)


def counts(tx: Tx, size: str) -> Mapping[str, float]:
    """Depths in rows, ages in seconds (0 when empty), what died, what fell due and was asked about in vain, bytes by the query `size`."""
    inbox_depth, inbox_ms, outbox_depth, outbox_ms, dead_in, dead_out, vain = tx.run(_COUNTS, {}).fetchone()
    return {
        "inbox_depth": inbox_depth,
        "inbox_oldest_s": max(0, inbox_ms or 0) / 1000,
        "outbox_depth": outbox_depth,
        "outbox_oldest_s": max(0, outbox_ms or 0) / 1000,
        "dead": dead_in + dead_out,
        "due_in_vain": vain,
        "db_bytes": tx.core.exec_driver_sql(size).scalar_one(),
    }


Walk = tuple[Select[tuple[int, int]], Delete]


def _walk(name: str, born: str, ended: str, but: str = "") -> Walk:
    """How a table is purged along its growing `seq`, which needs no index of times: where a slice ends, and what goes of it."""
    rows = table(name)
    part = select(rows.c.seq, rows.c[born].label("born")).where(rows.c.seq > bindparam("after")).order_by(rows.c.seq).limit(SLICE).subquery()
    old = [rows.c.seq > bindparam("after"), rows.c.seq <= bindparam("last"), rows.c[ended] < bindparam("before")]
    return select(func.max(part.c.seq), func.max(part.c.born)), delete(rows).where(*old, *([literal_column(but)] if but else []))


WALKS: tuple[Walk, ...] = (
    _walk("inbox", "received", "received", "state <> 'received'"),
    _walk("outbox", "made", "settled"),
    _walk("journal", "at", "at"),
)

_CONVERSATION = table("conversation")
_KEYS = tuple(_CONVERSATION.primary_key)
_IDLE = delete(_CONVERSATION).where(tuple_(*_KEYS).in_(select(*_KEYS).where(_CONVERSATION.c.touched < bindparam("before")).limit(SLICE)))


def purge(tx: Tx, walk: Walk, before: int, after: int) -> tuple[int, int | None]:
    """Deletes what ended before that millisecond among the SLICE rows after `after`: how many went, and where the next slice begins, None at the end."""
    last, born = tx.run(walk[0], {"after": after}).fetchone()
    if last is None:
        return 0, None
    gone = tx.run(walk[1], {"after": after, "last": last, "before": before}).rowcount
    return gone, last if born < before else None


_ITEM, _TAG, _WISH = table("item"), table("item_tag"), table("wish")
_OVER = (
    select(_ITEM.c.id)
    .where(_ITEM.c.kind == bindparam("of_kind"), _ITEM.c.state == bindparam("of_state"), _ITEM.c.at < bindparam("before"))
    .where(_ITEM.c.touched < bindparam("before"), _ITEM.c.due_at.is_(None))
    .order_by(_ITEM.c.at, _ITEM.c.id)
    .limit(SLICE)
)
_UNTAGGED = delete(_TAG).where(_TAG.c.kind == bindparam("of_kind"), _TAG.c.id.in_(_OVER))
_GONE = delete(_ITEM).where(_ITEM.c.kind == bindparam("of_kind"), _ITEM.c.id.in_(_OVER))


def purge_items(tx: Tx, kind: str, state: str, before: int) -> int:
    """Deletes at most SLICE items of that kind and state, with their tags, which began and were last put before that millisecond and are not due: how many
    went."""
    told = {"of_kind": kind, "of_state": state, "before": before}
    tx.run(_UNTAGGED, told)
    return tx.run(_GONE, told).rowcount


def purge_wishes(tx: Tx, before: datetime) -> int:
    """Deletes what nobody could answer before that instant: how many went."""
    return tx.core.execute(delete(_WISH).where(_WISH.c.at < before)).rowcount


def purge_idle(tx: Tx, before: int) -> int:
    """Deletes at most SLICE conversations that were last put before that millisecond: how many went."""
    return tx.run(_IDLE, {"before": before}).rowcount
