"""What a time phrase can mean, as plain values with one written form each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum


class Unit(StrEnum):
    """What is counted. WORKDAY and WORKHOUR are resolved by the working calendar, never here."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    WORKDAY = "workday"
    WORKHOUR = "workhour"


_ELAPSED = {Unit.MINUTE: timedelta(minutes=1), Unit.HOUR: timedelta(hours=1), Unit.DAY: timedelta(days=1), Unit.WEEK: timedelta(weeks=1)}
WORKING = frozenset({Unit.WORKDAY, Unit.WORKHOUR})
OPEN = ".."


class Nonsense(StrEnum):
    """Why a phrase that speaks of time is refused instead of guessed."""

    NO_SUCH_HOUR = "no_such_hour"
    NO_SUCH_MINUTE = "no_such_minute"
    NO_SUCH_DATE = "no_such_date"
    NO_INTERVAL = "no_interval"
    NO_HALF = "no_half"
    REVERSED = "reversed"
    TOO_FAR = "too_far"


@dataclass(frozen=True, slots=True)
class Point:
    """A moment, aware."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to, not including, `end`; aware. `whole_days` says that only days were named, so both are midnights. `open` is set when
    nobody said where it ends (from tomorrow on); `end` is then the end of its first day."""

    start: datetime
    end: datetime
    whole_days: bool = True
    open: bool = False


@dataclass(frozen=True, slots=True)
class Length:
    """So many units, at least one."""

    amount: int
    unit: Unit

    @property
    def elapsed(self) -> timedelta | None:
        """The same span whenever it begins; None for months, years and working units."""
        one = _ELAPSED.get(self.unit)
        return None if one is None else self.amount * one


@dataclass(frozen=True, slots=True)
class Ahead:
    """So many working units from now, or with `within` at the latest then: only the working calendar knows when that is. `at` is a time of that day."""

    length: Length
    within: bool = False
    at: time | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """Every so many units. `days` are weekdays (Monday is 0) when the unit is WEEK, days of the month when MONTH (-1 is the last); `times` of the day
    stand in order."""

    unit: Unit
    every: int = 1
    days: tuple[int, ...] = ()
    times: tuple[time, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A phrase of the grammar that names no time there is."""

    reason: Nonsense


Value = Point | Period | Length | Ahead | Repeat | Refused


@dataclass(frozen=True, slots=True)
class Phrase:
    """A value and where its words stand: `start` and `end` are offsets in the text that was read."""

    value: Value
    start: int
    end: int


def written(value: Value) -> str:
    """One line that `parsed` reads back: ISO dates and times, and words for what ISO has no form for.

    `2026-11-25T15:00:00+08:00`, `2026-11-25/2026-11-28` (whole days, the last one included), `A/B` with times, `A/..` for an open end,
    `3 workday`, `ahead 3 workday`, `within 3 workday`, `every 1 week 0,3 09:00,15:00`, `refused no_such_hour`.
    """
    match value:
        case Point(at):
            return at.isoformat()
        case Period():
            return _period(value)
        case Length(amount, unit):
            return f"{amount} {unit}"
        case Ahead(length, within, at):
            return " ".join(filter(None, ("within" if within else "ahead", written(length), at.isoformat("minutes") if at else "")))
        case Repeat(unit, every, days, times):
            listed = ",".join(map(str, days)) or "-", ",".join(one.isoformat("minutes") for one in times) or "-"
            return f"every {every} {unit} {listed[0]} {listed[1]}"
        case Refused(reason):
            return f"refused {reason}"


def _period(value: Period) -> str:
    if not value.whole_days:
        return f"{value.start.isoformat()}/{OPEN if value.open else value.end.isoformat()}"
    return f"{value.start.date()}/{OPEN if value.open else (value.end - timedelta(days=1)).date()}"


def parsed(text: str, zone: tzinfo) -> Value | None:
    """The value that `written` wrote, or None for any other text. Whole days begin and end in `zone`."""
    head, *rest = text.split(" ")
    try:
        if head in ("ahead", "within"):
            return Ahead(_length(rest), head == "within", time.fromisoformat(rest[2]) if len(rest) > 2 else None)
        if head == "every":
            days, times = ([] if part == "-" else part.split(",") for part in rest[2:4])
            return Repeat(Unit(rest[1]), int(rest[0]), tuple(map(int, days)), tuple(map(time.fromisoformat, times)))
        if head == "refused":
            return Refused(Nonsense(rest[0]))
        if rest:
            return _length([head, *rest])
        return _moment(head, zone)
    except (ValueError, IndexError):
        return None


def _length(parts: list[str]) -> Length:
    return Length(int(parts[0]), Unit(parts[1]))


def _moment(text: str, zone: tzinfo) -> Point | Period:
    first, slash, last = text.partition("/")
    if not slash:
        return Point(datetime.fromisoformat(first))
    if "T" in first:
        start = datetime.fromisoformat(first)
        return Period(start, day_end(start.date(), zone) if last == OPEN else datetime.fromisoformat(last), False, last == OPEN)
    return days(date.fromisoformat(first), date.fromisoformat(first if last == OPEN else last), zone, open=last == OPEN)


def midnight(day: date, zone: tzinfo) -> datetime:
    """The first moment of a day."""
    return datetime.combine(day, time(), zone)


def day_end(day: date, zone: tzinfo) -> datetime:
    """The first moment after a day."""
    return midnight(day + timedelta(days=1), zone)


def days(first: date, last: date, zone: tzinfo, *, open: bool = False) -> Period:  # noqa: A002 - the field's name
    """Whole days, the last one included."""
    return Period(midnight(first, zone), day_end(last, zone), True, open)
