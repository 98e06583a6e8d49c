"""Reads fields out of vendors' answers: ids and codes that come as string or number, lists of rows, and the days that stand for moments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.connectors.contract import ContractError, Holding
from bot.connectors.http import Json

_FOREVER = 9999


def text(row: Mapping[str, object], name: str, what: str) -> str:
    """A field that must be there, string or whole number (ids of 16 to 19 digits come as numbers and must stay exact). Raises ContractError."""
    found = optional(row, name, what)
    if not found:
        raise ContractError(f"{what}: no {name} in the answer")
    return found


def optional(row: Mapping[str, object], name: str, what: str) -> str:
    """The same for a field that may be missing: empty then."""
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ContractError(f"{what}: {name} is neither text nor number")
    return str(value)


def rows(value: object, what: str) -> list[Json]:
    """A list of objects. Raises ContractError."""
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise ContractError(f"{what}: rows were expected")
    return value


def inner(row: Mapping[str, object], name: str, what: str) -> Json:
    """An object within an object. Raises ContractError."""
    value = row.get(name)
    if not isinstance(value, dict):
        raise ContractError(f"{what}: no object {name} in the answer")
    return value


def moment(value: str, what: str) -> datetime | None:
    """An ISO 8601 moment with its offset; None for an empty text. Raises ContractError."""
    if not value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ContractError(f"{what}: a moment with its offset was expected")
    return found


def iso(value: datetime | None) -> str:
    """A moment as text; empty for None."""
    return value.isoformat() if value else ""


def first_day(begin: datetime | None, zone: ZoneInfo) -> str:
    """The day a grant begins on, YYYY-MM-DD; empty for None."""
    return begin.astimezone(zone).date().isoformat() if begin else ""


def last_day(end: datetime | None, zone: ZoneInfo) -> str:
    """The last day on which a grant still holds, YYYY-MM-DD: a system that knows only days takes it away later than we do, never earlier. Empty for None."""
    return (end - timedelta(microseconds=1)).astimezone(zone).date().isoformat() if end else ""


def day_begins(value: str, zone: ZoneInfo, what: str) -> datetime | None:
    """The first moment of a day (`2026-12-01`, also with a time behind it); None for an empty text. Raises ContractError."""
    day = _day(value, what)
    return datetime.combine(day, time(), zone).astimezone(UTC) if day and 1900 < day.year < _FOREVER else None


def day_ends(value: str, zone: ZoneInfo, what: str) -> datetime | None:
    """The first moment after a day; None for an empty text and for the vendors' forever, 9999. Raises ContractError."""
    day = _day(value, what)
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC) if day and day.year < _FOREVER else None


def _day(value: str, what: str) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        pass
    raise ContractError(f"{what}: a day was expected")


def merged(held: Sequence[Holding]) -> list[Holding]:
    """Each role and organisation once, as vendors repeat rows."""
    return list({(one.role, one.org): one for one in held}.values())
