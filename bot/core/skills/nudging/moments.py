"""What a sentence says of time, as instants: when to come back to something, by when something will be done, from when to when somebody is away."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core.calendar import Calendar, at_wall, local
from bot.core.turn import Turn
from bot.core.understanding.times.instants import instant
from bot.core.understanding.times.values import Length, Period, Point, Unit, Value, parsed

NAMES = ("when", "duration", "when.read", "duration.read")
Span = tuple[datetime, datetime]


def values(turn: Turn, calendar: Calendar) -> tuple[Value, ...]:
    """Every time that the sentence names, in its order."""
    found = (parsed(slot.value, calendar.zone) for slot in turn.understanding.slots if slot.name in NAMES)
    return tuple(value for value in found if value is not None)


def chosen(turn: Turn) -> datetime | None:
    """The instant that a button carries."""
    said = turn.understanding.slot("until")
    return datetime.fromisoformat(said) if said else None


def back_at(turn: Turn, calendar: Calendar, now: datetime, until: str = "") -> datetime | None:
    """When to come back: the beginning of a time that lies ahead, the end of one that has begun, on the day itself until which it was put off. None when the
    sentence names none."""
    for value in values(turn, calendar):
        if isinstance(value, Period):
            day = value.end - timedelta(days=1) if value.whole_days and _until(turn, until) else value.end
            return value.start if value.start > now else day
        at = instant(value, calendar, now)
        if at is not None:
            return at
    return None


def _until(turn: Turn, words: str) -> bool:
    """Whether the first time of the sentence opens with a word like until."""
    first = next((slot for slot in turn.understanding.slots if slot.name in NAMES and slot.start >= 0), None)
    return first is not None and turn.text[first.start :].casefold().startswith(tuple(words.split()) or "\0")


def done_by(turn: Turn, calendar: Calendar, now: datetime) -> datetime | None:
    """By when something will be done: the end of the time that is named, of whole days the end of their work."""
    for value in values(turn, calendar):
        if isinstance(value, Period):
            last = local(calendar, value.end - timedelta(seconds=1)).date()
            return at_wall(calendar, last, calendar.hours[-1][1]) if value.whole_days else value.end
        at = instant(value, calendar, now)
        if at is not None:
            return at
    return None


def away_from(turn: Turn, calendar: Calendar, now: datetime) -> Span | None:
    """From when to when somebody is away: the days that are named, or so many from now on. None when the sentence names none, or no end."""
    for value in values(turn, calendar):
        if isinstance(value, Period) and not value.open:
            return max(value.start, now), value.end
        if isinstance(value, Point) and value.at > now:
            return now, value.at
        if isinstance(value, Length):
            days = _days(value)
            return None if days is None else (now, at_wall(calendar, local(calendar, now).date() + timedelta(days=days), 0))
    return None


def _days(length: Length) -> int | None:
    """So many days, today counted; of a length shorter than a day today alone."""
    if length.unit in (Unit.WORKDAY, Unit.DAY, Unit.WEEK, Unit.MONTH):
        return length.amount * {Unit.WEEK: 7, Unit.MONTH: 30}.get(length.unit, 1)
    return 1 if length.unit in (Unit.HOUR, Unit.MINUTE, Unit.WORKHOUR) else None
