"""What pages of many rows need: a page of items in their order, counts by age and by day, the turns of each day, a page of the audit trail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import BigInteger, ColumnElement, bindparam, func, literal_column, select, tuple_

from bot.core.model import Entry, Item, kind_of
from storage import audit, items
from storage.sql import Tx, from_ms, to_ms
from storage.tables import TALK_JOURNAL, table

ITEM, AUDIT, JOURNAL = table("item"), table("audit"), table("journal")
_DAY_MS = literal_column("86400000", BigInteger)
LAST = 2**62
Place = tuple[int, str]
"""Where a page ends: the milliseconds and the id of its last item."""

_OF_STATE = (ITEM.c.kind == bindparam("kind"), ITEM.c.state == bindparam("state"))
_ROW = select(ITEM.c.at, ITEM.c.id, ITEM.c.body, ITEM.c.version).where(*_OF_STATE).limit(bindparam("most"))
_HERE = tuple_(ITEM.c.at, ITEM.c.id)
_PLACE = tuple_(bindparam("at"), bindparam("ident"))
_OLDEST = _ROW.where(ITEM.c.at >= bindparam("at"), _HERE > _PLACE).order_by(ITEM.c.at, ITEM.c.id)
_NEWEST = _ROW.where(ITEM.c.at <= bindparam("at"), _HERE < _PLACE).order_by(ITEM.c.at.desc(), ITEM.c.id.desc())
_BETWEEN = select(func.count()).select_from(ITEM).where(*_OF_STATE, ITEM.c.at >= bindparam("start"), ITEM.c.at < bindparam("end"))
_DAY = ((ITEM.c.at + bindparam("offset")) // _DAY_MS).label("day")
_DAILY = select(_DAY, func.count()).where(*_OF_STATE, ITEM.c.at >= bindparam("start")).group_by(literal_column("day"))

_TURN_DAY = ((JOURNAL.c.at + bindparam("offset")) // _DAY_MS).label("day")
_TALK: ColumnElement[bool] = literal_column(TALK_JOURNAL)
_TURNS = (
    select(_TURN_DAY, func.count()).where(JOURNAL.c.reason == bindparam("reason"), JOURNAL.c.at >= bindparam("start"), _TALK).group_by(literal_column("day"))
)
_LINE = select(AUDIT.c.seq, *(AUDIT.c[name] for name in audit.FIELDS)).where(AUDIT.c.seq < bindparam("before"))
_LINE = _LINE.order_by(AUDIT.c.seq.desc()).limit(bindparam("most"))
_TRAILS = (_LINE.where(AUDIT.c.subject == bindparam("about")), _LINE.where(AUDIT.c.actor == bindparam("about")))


def page(tx: Tx, kind: type[Item], states: Sequence[str], after: Place | None, most: int, oldest: bool) -> tuple[tuple[Item, ...], Place | None]:
    """At most `most` items of these states after that place, the oldest or the newest first, and the place where the page ends (None: nothing follows).
    Each state is read along its index; only what is shown is opened."""
    at, ident = after or ((-1, "") if oldest else (LAST, ""))
    name = kind_of(kind)
    values = {"kind": name, "at": at, "ident": ident, "most": most + 1}
    rows = [row for state in states for row in tx.run(_OLDEST if oldest else _NEWEST, {**values, "state": state}).fetchall()]
    rows.sort(key=lambda row: (row[0], row[1]), reverse=not oldest)
    found = tuple(items.opened(tx, name, one, bytes(body), version) for _, one, body, version in rows[:most])
    return found, (rows[most - 1][0], rows[most - 1][1]) if len(rows) > most else None


def ages(tx: Tx, kind: type[Item], states: Sequence[str], edges: Sequence[datetime]) -> tuple[int, ...]:
    """How many items of these states lie between each two neighbours of ascending `edges`."""
    spans = [(to_ms(start), to_ms(end)) for start, end in pairwise(edges)]
    values = {"kind": kind_of(kind)}
    counts = [[tx.run(_BETWEEN, {**values, "state": state, "start": start, "end": end}).fetchone()[0] for state in states] for start, end in spans]
    return tuple(sum(row) for row in counts)


def daily(tx: Tx, kind: type[Item], states: Sequence[str], since: datetime, offset: timedelta) -> Mapping[int, int]:
    """How many items of these states lie on each day: days since 1970 by a wall clock that is `offset` ahead of UTC."""
    found: Counter[int] = Counter()
    for state in states:
        for day, count in tx.run(_DAILY, {"kind": kind_of(kind), "state": state, "start": to_ms(since), "offset": _ms(offset)}).fetchall():
            found[int(day)] += int(count)
    return found


def turns(tx: Tx, reasons: Sequence[str], since: datetime, offset: timedelta) -> Mapping[tuple[int, str], int]:
    """How many turns with people ended for these reasons, by day (as in `daily`) and reason; each reason is read along its index."""
    values = {"start": to_ms(since), "offset": _ms(offset)}
    counts = ((reason, tx.run(_TURNS, {**values, "reason": reason}).fetchall()) for reason in reasons)
    return {(int(day), reason): int(count) for reason, rows in counts for day, count in rows}


def trail(tx: Tx, about: str, before: int, most: int) -> tuple[tuple[tuple[int, Entry], ...], int]:
    """At most `most` audit lines about a subject or by an actor (all when empty) that lie before a number, newest first, each with its number; and the
    number from which to go on (0: nothing follows)."""
    values = {"before": before or LAST, "most": most + 1, **({"about": about} if about else {})}
    found = {row[0]: row for query in (_TRAILS if about else (_LINE,)) for row in tx.run(query, values).fetchall()}
    rows = sorted(found.values(), key=lambda row: -int(row[0]))
    lines = tuple((int(row[0]), _entry(tx, row[1:])) for row in rows[:most])
    return lines, lines[-1][0] if len(rows) > most else 0


def _entry(tx: Tx, row: Sequence[object]) -> Entry:
    ident, at, actor, act, subject, reason, detail = row
    told = tx.sealer.open(bytes(detail), f"audit:{ident}").decode()  # type: ignore[call-overload] # the driver's bytes or memoryview
    return Entry(str(ident), from_ms(int(str(at))), str(actor), str(act), str(subject), str(reason), told)


def _ms(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
