"""Phrases that name days: their patterns over tokens, and which days they are seen from today."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.core.understanding.times.values import Nonsense, Unit
from bot.core.understanding.times.words import Token

FURTHEST = 3_660
"""Days into either direction that a phrase may reach."""


class NoSuchTime(Exception):
    """A phrase of the grammar that names no time there is."""

    def __init__(self, reason: Nonsense) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Day:
    """A day or a stretch of days as it was said. `n` is the word's own number; `shift` is this (0), next (1), last (-1), or None when nobody said."""

    kind: str
    n: int = 0
    shift: int | None = None
    month: int | None = None
    year: int | None = None

    @property
    def loose(self) -> bool:
        """Whether it is read from where it stands: the next such day, not a day counted from today."""
        return self.kind in _LOOSE and self.shift is None and self.year is None

    @property
    def edge(self) -> bool:
        """Whether before it means before it ends: the end of a month is no whole day to be done with in advance."""
        return self.kind in ("month_edge", "year_edge", "quarter_edge")


@dataclass(frozen=True, slots=True)
class Sight:
    """From where a phrase is seen: the day it is said, whether what is not told lies behind instead of ahead."""

    today: date
    back: bool = False


Built = Callable[[Sequence[Token]], Day]
_LOOSE = frozenset({"weekday", "monthday", "monthdate", "month_no", "month_edge", "weekend", "next_day"})


def _said(kind: str, **places: int) -> Built:
    """Builds a Day of `kind`; each named place is the position of the token that gives the field."""
    return lambda tokens: Day(kind, **{name: tokens[place].value for name, place in places.items()})


PATTERNS: Sequence[tuple[str, Built]] = (
    ("date", lambda tokens: Day("monthdate", tokens[0].values[-1], None, tokens[0].values[-2], tokens[0].values[0] if len(tokens[0].values) > 2 else None)),
    ("number year number month number day_mark", lambda t: Day("monthdate", t[4].value, None, t[2].value, t[0].value)),
    ("number year number month number", lambda t: Day("monthdate", t[4].value, None, t[2].value, t[0].value)),
    ("year_shift number month number day_mark", lambda t: Day("monthdate", t[3].value, t[0].value, t[1].value)),
    ("number month number day_mark", lambda t: Day("monthdate", t[2].value, None, t[0].value)),
    ("number month number", lambda t: Day("monthdate", t[2].value, None, t[0].value)),
    ("month_name number number", lambda t: Day("monthdate", t[1].value, None, t[0].value, t[2].value)),
    ("month_name ordinal number", lambda t: Day("monthdate", t[1].value, None, t[0].value, t[2].value)),
    ("number month_name number", lambda t: Day("monthdate", t[0].value, None, t[1].value, t[2].value)),
    ("ordinal month_name number", lambda t: Day("monthdate", t[0].value, None, t[1].value, t[2].value)),
    ("month_name number", lambda t: Day("monthdate", t[1].value, None, t[0].value)),
    ("month_name ordinal", lambda t: Day("monthdate", t[1].value, None, t[0].value)),
    ("number month_name", lambda t: Day("monthdate", t[0].value, None, t[1].value)),
    ("ordinal month_name", lambda t: Day("monthdate", t[0].value, None, t[1].value)),
    ("ordinal shift month", _said("monthday", n=0, shift=1)),
    ("shift month ordinal", _said("monthday", shift=0, n=2)),
    ("shift month number day_mark", _said("monthday", shift=0, n=2)),
    ("number day_mark", _said("monthday", n=0)),
    ("ordinal", _said("monthday", n=0)),
    ("shift month month_part", _said("month_part", shift=0, n=2)),
    ("number month month_part", lambda t: Day("month_part", t[2].value, None, t[0].value)),
    ("number month_edge", lambda t: Day("month_edge", t[1].value, None, t[0].value)),
    ("shift month_edge", _said("month_edge", shift=0, n=1)),
    ("month_edge", _said("month_edge", n=0)),
    ("edge month_name", lambda t: Day("month_edge", t[0].value, None, t[1].value)),
    ("edge shift month", _said("month_edge", n=0, shift=1)),
    ("edge month", _said("month_edge", n=0)),
    ("edge shift week", _said("week_edge", n=0, shift=1)),
    ("edge week", _said("week_edge", n=0)),
    ("edge shift year", _said("year_edge", n=0, shift=1)),
    ("edge year", _said("year_edge", n=0)),
    ("edge quarter_year", _said("quarter_edge", n=0)),
    ("edge shift quarter_year", _said("quarter_edge", n=0, shift=1)),
    ("year_shift year_edge", _said("year_edge", shift=0, n=1)),
    ("year_edge", _said("year_edge", n=0)),
    ("shift quarter_edge", _said("quarter_edge", shift=0, n=1)),
    ("quarter_edge", _said("quarter_edge", n=0)),
    ("shift week weekday", _said("weekday", shift=0, n=2)),
    ("weekday shift week", _said("weekday", n=0, shift=1)),
    ("shift weekday", _said("weekday", shift=0, n=1)),
    ("weekday", _said("weekday", n=0)),
    ("shift weekend", _said("weekend", shift=0)),
    ("weekend", _said("weekend")),
    ("shift week", _said("week", shift=0)),
    ("shift month", _said("month", shift=0)),
    ("shift quarter_year", _said("quarter", shift=0)),
    ("shift year", _said("year", shift=0)),
    ("year_shift number month", lambda t: Day("month_no", t[1].value, t[0].value)),
    ("number month", _said("month_no", n=0)),
    ("year_shift", _said("year", shift=0)),
    ("day", _said("offset", n=0)),
)
"""Sequences of token kinds and the day they name; a longer one above what it begins with."""
_BY_FIRST = {
    first: [(tuple(pattern.split()), built) for pattern, built in PATTERNS if pattern.split()[0] == first] for first in {row[0].split()[0] for row in PATTERNS}
}


def read_day(tokens: Sequence[Token], at: int) -> tuple[Day, int] | None:
    """The day named at a place, and the place behind it."""
    if at >= len(tokens):
        return None
    for kinds, built in _BY_FIRST.get(tokens[at].kind, ()):
        part = tokens[at : at + len(kinds)]
        if tuple(token.kind for token in part) == kinds and _sensible(part):
            return built(part), at + len(kinds)
    return None


def _sensible(part: Sequence[Token]) -> bool:
    """English says three month(s) where Chinese would be saying March; and beside a month's name a small number is a day, a large one a year."""
    kinds = [token.kind for token in part]
    if kinds[:2] == ["number", "month"]:
        return not part[1].text.isascii()
    if "month_name" not in kinds or len(part) < 2:
        return True
    numbers = [token.value for token in part if token.kind in ("number", "ordinal")]
    return all(number < 100 for number in numbers[:1]) and all(number >= 1000 for number in numbers[1:])


def days_of(day: Day, sight: Sight) -> tuple[date, date]:
    """The first and the last day that are meant. Raises NoSuchTime."""
    try:
        first, last = _RESOLVED[day.kind](day, sight)
    except (ValueError, OverflowError) as fault:
        raise NoSuchTime(Nonsense.NO_SUCH_DATE) from fault
    if abs((first - sight.today).days) > FURTHEST:
        raise NoSuchTime(Nonsense.TOO_FAR)
    return first, last


def months_on(day: date, months: int) -> date:
    """The same day so many months later, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def moved(day: date, amount: int, unit: Unit) -> date:
    """A day so many calendar units later."""
    if unit in (Unit.MONTH, Unit.YEAR):
        return months_on(day, amount * (12 if unit is Unit.YEAR else 1))
    return day + timedelta(days=amount * (7 if unit is Unit.WEEK else 1))


def _one(day: date) -> tuple[date, date]:
    return day, day


def _offset(day: Day, sight: Sight) -> tuple[date, date]:
    return _one(sight.today + timedelta(days=day.n))


def _next_day(day: Day, sight: Sight) -> tuple[date, date]:
    """The day after the one from which it is seen."""
    return _one(sight.today + timedelta(days=day.n))


def _week(day: Day, sight: Sight) -> tuple[date, date]:
    monday = sight.today + timedelta(days=7 * (day.shift or 0) - sight.today.weekday())
    return monday, monday + timedelta(days=6)


def _weekday(day: Day, sight: Sight) -> tuple[date, date]:
    if day.shift is not None:
        return _one(_week(day, sight)[0] + timedelta(days=day.n))
    distance = (day.n - sight.today.weekday()) % 7
    return _one(sight.today + timedelta(days=distance - (7 if sight.back and distance else 0)))


def _weekend(day: Day, sight: Sight) -> tuple[date, date]:
    saturday = _week(day, sight)[0] + timedelta(days=5)
    return saturday, saturday + timedelta(days=1)


def _week_edge(day: Day, sight: Sight) -> tuple[date, date]:
    """A week of work ends on its Friday; at the weekend the coming one is meant."""
    monday, _ = _week(day, sight)
    friday = monday + timedelta(days=4)
    return _one(monday if day.n > 0 else friday + timedelta(days=7 if day.shift is None and friday < sight.today else 0))


def _monthdate(day: Day, sight: Sight) -> tuple[date, date]:
    month = day.month or 0
    if day.year is not None or day.shift is not None:
        return _one(date(day.year if day.year is not None else sight.today.year + (day.shift or 0), month, day.n))
    if not 1 <= month <= 12 or not 1 <= day.n <= 31:
        raise NoSuchTime(Nonsense.NO_SUCH_DATE)
    step = -1 if sight.back else 1
    for year in (sight.today.year, sight.today.year + step):
        if day.n <= calendar.monthrange(year, month)[1]:
            found = date(year, month, day.n)
            if found <= sight.today if sight.back else found >= sight.today:
                return _one(found)
    raise NoSuchTime(Nonsense.NO_SUCH_DATE)


def _monthday(day: Day, sight: Sight) -> tuple[date, date]:
    """The next such day; a month that has no such day is passed over, unless it was the one that was named."""
    first = sight.today.replace(day=1)
    if day.shift is not None:
        return _one(months_on(first, day.shift).replace(day=day.n))
    for step in range(3):
        month = months_on(first, -step if sight.back else step)
        if 1 <= day.n <= calendar.monthrange(month.year, month.month)[1]:
            found = month.replace(day=day.n)
            if found <= sight.today if sight.back else found >= sight.today:
                return _one(found)
    raise NoSuchTime(Nonsense.NO_SUCH_DATE)


def _month(day: Day, sight: Sight) -> tuple[date, date]:
    first = months_on(sight.today.replace(day=1), day.shift or 0)
    return first, _last(first)


def _last(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _month_no(day: Day, sight: Sight) -> tuple[date, date]:
    first = date(sight.today.year + (day.shift or 0), day.n, 1)
    if day.shift is None:
        behind, ahead = first > sight.today, _last(first) < sight.today
        first = first.replace(year=first.year - 1) if sight.back and behind else first.replace(year=first.year + 1) if not sight.back and ahead else first
    return first, _last(first)


def _month_edge(day: Day, sight: Sight) -> tuple[date, date]:
    first, last = _month_no(Day("month_no", day.month), sight) if day.month is not None else _month(day, sight)
    if day.n < 0:
        return _one(last)
    return _one(months_on(first, 1) if day.shift is None and day.month is None and first < sight.today and not sight.back else first)


def _month_part(day: Day, sight: Sight) -> tuple[date, date]:
    """Ten days from the first, the eleventh, or the twenty-first to the end."""
    first, last = _month_no(Day("month_no", day.month), sight) if day.month is not None else _month(day, sight)
    return first.replace(day=day.n), last if day.n > 20 else first.replace(day=day.n + 9)


def _year(day: Day, sight: Sight) -> tuple[date, date]:
    year = sight.today.year + (day.shift or 0)
    return date(year, 1, 1), date(year, 12, 31)


def _year_edge(day: Day, sight: Sight) -> tuple[date, date]:
    first, last = _year(day, sight)
    return _one(last if day.n < 0 else first.replace(year=first.year + 1) if day.shift is None and not sight.back else first)


def _quarter(day: Day, sight: Sight) -> tuple[date, date]:
    first = months_on(sight.today.replace(day=1), 3 * (day.shift or 0) - (sight.today.month - 1) % 3)
    return first, _last(months_on(first, 2))


def _quarter_edge(day: Day, sight: Sight) -> tuple[date, date]:
    first, last = _quarter(day, sight)
    return _one(last if day.n < 0 else months_on(first, 3) if day.shift is None and first < sight.today and not sight.back else first)


_RESOLVED: dict[str, Callable[[Day, Sight], tuple[date, date]]] = {
    "next_day": _next_day, "month_part": _month_part,
    "offset": _offset, "week": _week, "weekday": _weekday, "weekend": _weekend, "week_edge": _week_edge, "monthdate": _monthdate,
    "monthday": _monthday, "month": _month, "month_no": _month_no, "month_edge": _month_edge, "year": _year, "year_edge": _year_edge,
    "quarter": _quarter, "quarter_edge": _quarter_edge,
}  # fmt: skip
