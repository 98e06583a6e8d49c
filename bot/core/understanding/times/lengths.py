"""Phrases that say how long and how often: lengths of time and repetitions, over tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time

from bot.core.understanding.times.clock import DAY, minute_of, read_clock
from bot.core.understanding.times.days import NoSuchTime
from bot.core.understanding.times.values import Length, Nonsense, Repeat, Unit
from bot.core.understanding.times.words import TimeWords, Token

UNITS: Mapping[str, Unit] = {
    "minute": Unit.MINUTE, "hour": Unit.HOUR, "days": Unit.DAY, "week": Unit.WEEK, "month": Unit.MONTH, "months": Unit.MONTH, "year": Unit.YEAR,
    "workday": Unit.WORKDAY, "workhour": Unit.WORKHOUR,
}  # fmt: skip
_HALF: Mapping[Unit, tuple[int, int, Unit]] = {
    Unit.HOUR: (60, 30, Unit.MINUTE), Unit.DAY: (24, 12, Unit.HOUR), Unit.WORKDAY: (8, 4, Unit.WORKHOUR),
    Unit.MONTH: (30, 15, Unit.DAY), Unit.YEAR: (12, 6, Unit.MONTH),
}  # fmt: skip
"""What a unit and its half are worth in the smaller one, where people speak of halves: 24 hours, 8 hours of work, 30 days, 12 months."""
_MOST: Mapping[Unit, int] = {
    Unit.MINUTE: 5_256_000, Unit.HOUR: 87_600, Unit.DAY: 3_650, Unit.WEEK: 520, Unit.MONTH: 120, Unit.YEAR: 10, Unit.WORKDAY: 2_600, Unit.WORKHOUR: 20_800,
}  # fmt: skip
"""Ten years of each."""
_CYCLES: Mapping[str, Unit] = {"every_day": Unit.DAY, "every_week": Unit.WEEK, "every_month": Unit.MONTH, "every_hour": Unit.HOUR}

MOST_TIMES = 12
"""Times of the day that one repetition may name."""

Read = tuple[Repeat, int] | None


def _kind(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].kind if at < len(tokens) else ""


def read_length(tokens: Sequence[Token], at: int) -> tuple[Length, int] | None:
    """The length of time named at a place, and the place behind it. Raises NoSuchTime."""
    if _kind(tokens, at) == "half" and _kind(tokens, at + 1) in UNITS:
        return _sized(0, True, UNITS[tokens[at + 1].kind]), at + 2
    if _kind(tokens, at) not in ("number", "half_number"):
        return None
    if tokens[at].kind == "number" and _kind(tokens, at + 1) == "quarter_hour":
        return _sized(tokens[at].value * tokens[at + 1].value, False, Unit.MINUTE), at + 2
    amount, half = tokens[at].value, tokens[at].kind == "half_number"
    end = at + 1
    measured = _kind(tokens, end) == "measure"
    end += measured
    if [_kind(tokens, one) for one in range(end, end + 3)] == ["and", "number", "half"]:
        half, end = True, end + 3
    elif _kind(tokens, end) == "half":
        half, end = True, end + 1
    unit = UNITS.get(_kind(tokens, end))
    if unit is None or _names_a_month(tokens[end], measured=measured or half) or (unit is Unit.YEAR and amount >= 1000):
        return None
    end += 1
    if _kind(tokens, end) == "half" and not half and not tokens[end].text.isascii() and _kind(tokens, end + 1) not in UNITS:
        half, end = True, end + 1
    return _sized(amount, half, unit), end


def _names_a_month(token: Token, *, measured: bool) -> bool:
    """In Chinese a number before the word month names one, unless a measure word stands between."""
    return token.kind == "month" and not measured and not token.text.isascii()


def _sized(amount: int, half: bool, unit: Unit) -> Length:
    if half:
        if unit not in _HALF:
            raise NoSuchTime(Nonsense.NO_HALF)
        whole, part, smaller = _HALF[unit]
        amount, unit = amount * whole + part, smaller
    if amount < 1:
        raise NoSuchTime(Nonsense.NO_INTERVAL)
    if amount > _MOST[unit]:
        raise NoSuchTime(Nonsense.TOO_FAR)
    return Length(amount, unit)


def read_repeat(tokens: Sequence[Token], at: int, words: TimeWords) -> Read:
    """The repetition named at a place, and the place behind it; times of the day may stand on either side, and a span of hours behind it is a phrase of its
    own. Raises NoSuchTime."""
    if _kind(tokens, at) not in _OPENERS:
        return _once(tokens, at) or _timed_first(tokens, at, words)
    found = _repeated(tokens, at, words)
    if found is None:
        return None
    repeat, end = found
    end += _kind(tokens, end) == "once"
    times, after = _times(tokens, end)
    if len(times) == 1 and _kind(tokens, after) == "to" and read_clock(tokens, after + 1) is not None:
        apart = tokens[end].start >= tokens[end - 1].end
        return (Repeat(repeat.unit, repeat.every, repeat.days), end) if apart else None
    end = after
    if not times and repeat.unit is Unit.WORKDAY and tokens[at].kind == "workday":
        return None
    return Repeat(repeat.unit, repeat.every, repeat.days, times), end


_OPENERS = frozenset({"every", "every_other", "weekday_every", "workday", *_CYCLES})


def _once(tokens: Sequence[Token], at: int) -> Read:
    """Once a week, once in two days; the word stands before in English and behind in Chinese."""
    leading = _kind(tokens, at) == "once"
    found = read_length(tokens, at + leading) if _kind(tokens, at + leading) == "number" else None
    if found is None or not (leading or _kind(tokens, found[1]) == "once"):
        return None
    return Repeat(found[0].unit, found[0].amount), found[1] + (not leading)


def _timed_first(tokens: Sequence[Token], at: int, words: TimeWords) -> Read:
    """At nine every day."""
    times, end = _times(tokens, at)
    if not times or _kind(tokens, end) not in ("every", "every_other", *_CYCLES):
        return None
    found = _repeated(tokens, end, words)
    return None if found is None else (Repeat(found[0].unit, found[0].every, found[0].days, times), found[1])


def _repeated(tokens: Sequence[Token], at: int, words: TimeWords) -> Read:
    kind = tokens[at].kind
    if kind == "workday":
        return Repeat(Unit.WORKDAY), at + 1
    if kind == "weekday_every":
        return _on_days(Repeat(Unit.WEEK), tokens, at, words)
    if kind in _CYCLES:
        return _on_days(Repeat(_CYCLES[kind]), tokens, at + 1, words)
    if kind == "every_other":
        return _skipping(tokens, at + 1, words)
    return _every(tokens, at + 1, words)


def _skipping(tokens: Sequence[Token], at: int, words: TimeWords) -> Read:
    """Every other day is every second one; but with two days between, people mean every two days."""
    if _kind(tokens, at) in UNITS:
        return _on_days(Repeat(UNITS[tokens[at].kind], 2), tokens, at + 1, words)
    found = read_length(tokens, at)
    if found is None:
        return None
    length, end = found
    doubled = length.amount == 1 and length.unit not in (Unit.MINUTE, Unit.HOUR, Unit.WORKHOUR)
    return _on_days(Repeat(length.unit, 2 if doubled else length.amount), tokens, end, words)


def _every(tokens: Sequence[Token], at: int, words: TimeWords) -> Read:
    if _kind(tokens, at) in UNITS:
        return _on_days(Repeat(UNITS[tokens[at].kind]), tokens, at + 1, words)
    if _kind(tokens, at) in ("weekday", "weekend"):
        return _on_days(Repeat(Unit.WEEK), tokens, at, words)
    if _kind(tokens, at) == "month_edge":
        return _on_days(Repeat(Unit.MONTH), tokens, at, words)
    if _kind(tokens, at) == "part":
        return Repeat(Unit.DAY), at
    found = read_length(tokens, at)
    return None if found is None else _on_days(Repeat(found[0].unit, found[0].amount), tokens, found[1], words)


def _on_days(repeat: Repeat, tokens: Sequence[Token], at: int, words: TimeWords) -> tuple[Repeat, int]:
    """The weekdays or days of the month that follow."""
    found: list[int] = []
    end = at
    while end < len(tokens):
        days, behind = _listed(repeat.unit, tokens, end, words, first=not found)
        if not days:
            break
        found, end = found + days, behind
    return Repeat(repeat.unit, repeat.every, tuple(sorted(set(found)))), end


def _listed(unit: Unit, tokens: Sequence[Token], at: int, words: TimeWords, *, first: bool) -> tuple[list[int], int]:
    step = at + (_kind(tokens, at) == "and")
    kind = _kind(tokens, step)
    if unit is Unit.WEEK:
        return _weekdays(tokens, step, kind, words, first=first), step + 1
    if unit is not Unit.MONTH:
        return [], at
    if kind in ("month_edge", "ordinal"):
        return [_day_of_month(tokens[step].value)], step + 1
    if kind == "number" and _kind(tokens, step + 1) == "day_mark":
        return [_day_of_month(tokens[step].value)], step + 2
    listed = kind == "number" and _kind(tokens, step + 1) == "and" and _kind(tokens, step + 2) == "number"
    return ([_day_of_month(tokens[step].value)], step + 1) if listed else ([], at)


def _weekdays(tokens: Sequence[Token], at: int, kind: str, words: TimeWords, *, first: bool) -> list[int]:
    if kind in ("weekday", "weekday_every"):
        return [tokens[at].value]
    if kind == "weekend":
        return [5, 6]
    if kind in ("number", "about", "days", "day_mark") and not first and tokens[at].text and all(sign in words.weekdays for sign in tokens[at].text):
        return [words.weekdays[sign] for sign in tokens[at].text] if _kind(tokens, at + 1) != "hour_mark" else []
    return []


def _day_of_month(day: int) -> int:
    if day != -1 and not 1 <= day <= 31:
        raise NoSuchTime(Nonsense.NO_SUCH_DATE)
    return day


def _times(tokens: Sequence[Token], at: int) -> tuple[tuple[time, ...], int]:
    found: list[time] = []
    end = at
    while end < len(tokens) and len(found) < MOST_TIMES:
        clock = read_clock(tokens, end + (bool(found) and tokens[end].kind == "and"))
        if clock is None:
            break
        minute = minute_of(clock[0]) % DAY
        found.append(time(minute // 60, minute % 60))
        end = clock[1]
    return tuple(sorted(set(found))), end
