"""The audit trail: appended in the turn's own transaction, chained afterwards by HMAC, verified from its first line to its last."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from bot.core.model import Entry
from storage.sql import UNIT, Tx, from_ms, to_ms
from storage.tables import table

AUDIT = table("audit")
FIELDS = ("id", "at", "actor", "act", "subject", "reason", "detail")
SLICE = 500

_NOTHING: ColumnElement[str] = literal_column("''")
_ONE: ColumnElement[int] = literal_column("1")
_ADD = insert(AUDIT).values({name: bindparam(name) for name in FIELDS} | {"mac": _NOTHING}).on_conflict_do_nothing(index_elements=["id"])
_LAST = select(AUDIT.c.link, AUDIT.c.mac).where(AUDIT.c.link.is_not(None)).order_by(AUDIT.c.link.desc()).limit(_ONE)
_MAC_AT = select(AUDIT.c.mac).where(AUDIT.c.link == bindparam("place"))
_LINE = tuple(AUDIT.c[name] for name in FIELDS)
_OPEN = select(AUDIT.c.seq, *_LINE).where(AUDIT.c.link.is_(None)).order_by(AUDIT.c.seq).limit(bindparam("most"))
_CHAIN = update(AUDIT).where(AUDIT.c.seq == bindparam("which")).values(link=bindparam("place"), mac=bindparam("mac_new"))
_ALL = select(AUDIT.c.link, *_LINE, AUDIT.c.mac).where(AUDIT.c.link > bindparam("after")).order_by(AUDIT.c.link).limit(bindparam("most"))
_NEWEST = select(*_LINE).order_by(AUDIT.c.seq.desc()).limit(bindparam("most"))
_ABOUT = _NEWEST.where(or_(AUDIT.c.subject == bindparam("about"), AUDIT.c.actor == bindparam("about")))
LOCK = 0x75736872
"""PostgreSQL's advisory lock of the one who chains."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a verification: how many chained lines were read, the head of the chain, and the place of the first that does not fit (0: none)."""

    lines: int
    head: str
    broken: int


def add(tx: Tx, entry: Entry) -> None:
    """Appends it; an id that is there already is the same line."""
    row: dict[str, Any] = {name: getattr(entry, name) for name in FIELDS}
    tx.run(_ADD, row | {"at": to_ms(entry.at), "detail": tx.sealer.seal(entry.detail.encode(), f"audit:{entry.id}")})


def head(tx: Tx) -> tuple[int, str]:
    """How many lines the chain has, and its last mac."""
    last = tx.run(_LAST, {}).fetchone()
    return (int(last[0]), str(last[1])) if last else (0, "")


def mac_at(tx: Tx, link: int) -> str:
    """The mac that the line at that place of the chain has, empty when there is none."""
    row = tx.run(_MAC_AT, {"place": link}).fetchone()
    return str(row[0]) if row else ""


def chain(tx: Tx, key: bytes) -> int:
    """Chains the next lines that are not; how many. `link` is a line's place in the chain, since a transaction may commit after one with a greater `seq`."""
    if not _alone(tx):
        return 0
    link, mac = head(tx)
    rows = tx.run(_OPEN, {"most": SLICE}).fetchall()
    for seq, *line in rows:
        link += 1
        mac = _mac(key, mac, link, line)
        tx.run(_CHAIN, {"which": seq, "place": link, "mac_new": mac})
    return len(rows)


def verify(tx: Tx, key: bytes) -> Checked:
    """Recomputes the whole chain. A line changed, removed, swapped or put in between breaks it; a cut-off end shows against an anchored head."""
    mac, last = "", 0
    while rows := tx.run(_ALL, {"after": last, "most": SLICE}).fetchall():
        for link, *line, kept in rows:
            mac = _mac(key, mac, link, line)
            if link != last + 1 or not hmac.compare_digest(mac, kept):
                return Checked(last, mac, link)
            last = link
    return Checked(last, mac, 0)


def entries(tx: Tx, about: str, most: int) -> Sequence[Entry]:
    """The newest lines about a subject or by an actor (all when empty), newest first."""
    rows = tx.run(_ABOUT if about else _NEWEST, {"about": about, "most": most}).fetchall()
    return [
        Entry(ident, from_ms(at), actor, act, subject, reason, tx.sealer.open(bytes(detail), f"audit:{ident}").decode())
        for ident, at, actor, act, subject, reason, detail in rows
    ]


def _alone(tx: Tx) -> bool:
    """Whether this process may chain now; SQLite has one writer anyway."""
    if tx.core.dialect.name != "postgresql":
        return True
    return bool(tx.core.execute(select(func.pg_try_advisory_xact_lock(LOCK))).scalar())


def _mac(key: bytes, before: str, link: int, line: Sequence[Any]) -> str:
    told = [before, str(link), *(bytes(part).hex() if isinstance(part, bytes | memoryview) else str(part) for part in line)]
    return hmac.new(key, UNIT.join(told).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
