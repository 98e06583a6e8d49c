"""Working time: which days and hours count as work in a zone, when it is quiet, and how far the calendar is known."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

DAY = 24 * 60
"""Minutes of a day of the clock; hours and slots are minutes since midnight on the wall."""
HORIZON = 3_660
"""Days that a calculation looks ahead before it gives up and answers with the last one: no input makes it run for long or raise."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Day:
    """A date that is not what its weekday says: `works` on a make-up day, rests on a public holiday; `name` is for people."""

    works: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When people work. `hours` are ascending spans of a working day and `quiet` a span that may cross midnight, in wall minutes; days off are quiet as a
    whole. `weekend` has weekdays from Monday 0. `days` are the exceptions. `covered_until` is the first date without an official plan: from there on
    the calendar is a guess; None means that no plan is needed. Instants are aware and come back in UTC."""

    zone: tzinfo
    hours: tuple[Span, ...] = ((9 * 60, 12 * 60), (13 * 60 + 30, 18 * 60))
    weekend: frozenset[int] = frozenset({5, 6})
    days: Mapping[date, Day] = field(default_factory=dict, repr=False)
    quiet: Span | None = (19 * 60, 8 * 60 + 30)
    covered_until: date | None = None

    @property
    def day_minutes(self) -> int:
        """Working minutes of a whole working day."""
        return sum(end - start for start, end in self.hours)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the calendar is known: `alarm` is raised in time for somebody to load the next plan."""

    until: date | None
    days_left: int | None
    alarm: bool


def faults(calendar: Calendar) -> list[str]:
    """What is wrong with the numbers of a calendar, one sentence each; an empty list when it can be used."""
    found = []
    edges = [edge for span in calendar.hours for edge in span]
    if not edges or edges != sorted(set(edges)) or edges[0] < 0 or edges[-1] > DAY:
        found.append("hours: spans must ascend within one day and not touch, such as 09:00-12:00 13:30-18:00")
    if not calendar.weekend <= set(range(7)) or len(calendar.weekend) == 7:
        found.append("weekend: weekdays are 0 (Monday) to 6 (Sunday), and at least one must be left for work")
    if calendar.quiet and not (0 <= calendar.quiet[0] < DAY and 0 <= calendar.quiet[1] <= DAY and calendar.quiet[0] != calendar.quiet[1]):
        found.append("quiet: a span such as 19:00-08:30")
    return found


def overridden(calendar: Calendar, days: Mapping[date, Day]) -> Calendar:
    """The calendar with single days set by the operator, which win over everything."""
    return replace(calendar, days={**calendar.days, **days})


def local(calendar: Calendar, instant: datetime) -> datetime:
    """The instant as the wall clock of the calendar's zone shows it."""
    return instant.astimezone(calendar.zone)


def is_working_day(calendar: Calendar, day: date) -> bool:
    """Whether people work on this date."""
    exception = calendar.days.get(day)
    return exception.works if exception else day.weekday() not in calendar.weekend


def at_wall(calendar: Calendar, day: date, minute: int) -> datetime:
    """The instant at which the wall shows `minute` of `day`. A repeated minute is its first occurrence; one that the clock leaps over is the first after
    the leap (reliability D7)."""
    plain = _plain_midnight(calendar.zone, day)
    if plain is not None:
        return plain + timedelta(minutes=minute)
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001 - a wall time gets its zone in the next line
    instant = wall.replace(tzinfo=calendar.zone).astimezone(UTC)
    if instant.astimezone(calendar.zone).replace(tzinfo=None) == wall:
        return instant
    early = wall.replace(tzinfo=calendar.zone, fold=1).astimezone(UTC)
    offset = early.astimezone(calendar.zone).utcoffset()
    leap = range(int((instant - early).total_seconds() // 60))
    steps = bisect_left(leap, True, key=lambda step: (early + timedelta(minutes=step)).astimezone(calendar.zone).utcoffset() != offset)
    return early + timedelta(minutes=steps)


@lru_cache(maxsize=4096)
def _plain_midnight(zone: tzinfo, day: date) -> datetime | None:
    """When the date begins, or None when its clock is changed on that date, so that minutes cannot just be added."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    offset = midnight.utcoffset()
    if offset is None or offset != (midnight + timedelta(days=1)).utcoffset():
        return None
    return (midnight.replace(tzinfo=None) - offset).replace(tzinfo=UTC)


def spans(calendar: Calendar, day: date) -> tuple[tuple[datetime, datetime], ...]:
    """The working spans of a date as instants, none on a day off."""
    if not is_working_day(calendar, day):
        return ()
    plain = _plain_midnight(calendar.zone, day)
    if plain is None:
        return tuple((at_wall(calendar, day, start), at_wall(calendar, day, end)) for start, end in calendar.hours)
    return _even_spans(plain, calendar.hours)


@lru_cache(maxsize=1024)
def _even_spans(midnight: datetime, hours: tuple[Span, ...]) -> tuple[tuple[datetime, datetime], ...]:
    return tuple((midnight + timedelta(minutes=start), midnight + timedelta(minutes=end)) for start, end in hours)


def dates(first: date, most: int = HORIZON) -> Iterator[date]:
    """Dates from `first` on, at most so many and never past the end of time."""
    for number in range(min(most, (date.max - first).days - 1)):
        yield first + timedelta(days=number)


def is_working_time(calendar: Calendar, instant: datetime) -> bool:
    """Whether people are at work, lunch excluded; the end of a span is not work any more."""
    return any(start <= instant < end for start, end in spans(calendar, local(calendar, instant).date()))


def in_quiet(calendar: Calendar, instant: datetime) -> bool:
    """Whether nothing may be sent of the bot's own accord: a day off, or inside the quiet span."""
    wall = local(calendar, instant)
    if not is_working_day(calendar, wall.date()):
        return True
    if calendar.quiet is None:
        return False
    start, end = calendar.quiet
    minute = wall.hour * 60 + wall.minute
    return start <= minute < end if start < end else minute >= start or minute < end


def may_send(calendar: Calendar, instant: datetime) -> bool:
    """Whether reminders may go out: at work and not quiet."""
    return is_working_time(calendar, instant) and not in_quiet(calendar, instant)


def working_time(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Time at work between two instants; zero when they are in the wrong order. Counts at most HORIZON days. Dates that lie whole between the two are
    counted, not walked: a year ago costs what yesterday does."""
    total = timedelta()
    if end <= start:
        return total
    first, last = local(calendar, start).date(), local(calendar, end).date()
    last = min(last, first + timedelta(days=min(HORIZON - 1, (date.max - first).days - 2)))
    uneven = [day for year in range(first.year, last.year + 1) for day in _uneven(calendar.zone, year) if first < day < last]
    for day in {first, last, *uneven}:
        for opens, closes in spans(calendar, day):
            total += max(timedelta(), min(closes, end) - max(opens, start))
    days = _working_days(calendar, first, last) - sum(is_working_day(calendar, day) for day in uneven)
    return total + timedelta(minutes=days * calendar.day_minutes)


def _working_days(calendar: Calendar, first: date, last: date) -> int:
    """How many dates between the two, both left out, people work on."""
    between = (last - first).days - 1
    if between <= 0:
        return 0
    weeks, rest = divmod(between, 7)
    days = weeks * (7 - len(calendar.weekend)) + sum((first.weekday() + step) % 7 not in calendar.weekend for step in range(1, rest + 1))
    return days + sum(day.works - (on.weekday() not in calendar.weekend) for on, day in calendar.days.items() if first < on < last)


@lru_cache(maxsize=64)
def _uneven(zone: tzinfo, year: int) -> tuple[date, ...]:
    """The dates of a year on which the zone's clock is changed: their hours must be looked at one by one."""
    offsets = [datetime(year, 1, 1, tzinfo=zone).utcoffset()]
    found = []
    for day in dates(date(year, 1, 1), 366):
        offsets.append((datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(days=1)).utcoffset())
        if offsets[-1] != offsets[-2] and day.year == year:
            found.append(day)
    return tuple(found)


def working_minutes(calendar: Calendar, start: datetime, end: datetime) -> int:
    """Whole working minutes between two instants."""
    return int(working_time(calendar, start, end).total_seconds() // 60)


def add_working(calendar: Calendar, start: datetime, minutes: int) -> datetime:
    """The first instant with so many working minutes since `start`: 16:00 and two hours is 18:00 of the same day. Nothing added gives `start`."""
    left = timedelta(minutes=minutes)
    if not left:
        return start.astimezone(UTC)
    day = today = local(calendar, start).date()
    for day in dates(today):
        for opens, closes in spans(calendar, day):
            opens = max(opens, start)
            if closes - opens >= left:
                return opens + left
            left -= max(timedelta(), closes - opens)
    return at_wall(calendar, day, DAY - 1)


def add_working_days(calendar: Calendar, start: datetime, days: int) -> datetime:
    """The same wall time so many working days later; zero gives `start`."""
    if days <= 0:
        return start.astimezone(UTC)
    wall = local(calendar, start)
    day = wall.date()
    for day in dates(wall.date() + timedelta(days=1)):
        days -= is_working_day(calendar, day)
        if days == 0:
            break
    return at_wall(calendar, day, wall.hour * 60 + wall.minute) + timedelta(seconds=wall.second, microseconds=wall.microsecond)


def next_working(calendar: Calendar, instant: datetime) -> datetime:
    """The instant itself when people are at work, else the next at which they are."""
    day = today = local(calendar, instant).date()
    for day in dates(today):
        for opens, closes in spans(calendar, day):
            if instant < closes:
                return max(opens, instant).astimezone(UTC)
    return at_wall(calendar, day, DAY - 1)


def next_send(calendar: Calendar, instant: datetime) -> datetime:
    """The first instant from this one on at which reminders may go out."""
    if may_send(calendar, instant):
        return instant.astimezone(UTC)
    day = today = local(calendar, instant).date()
    wakes = () if calendar.quiet is None else (calendar.quiet[1],)
    for day in dates(today):
        if is_working_day(calendar, day):
            opens = sorted(at_wall(calendar, day, minute) for minute in (*(start for start, _ in calendar.hours), *wakes))
            found = next((moment for moment in opens if moment >= instant and may_send(calendar, moment)), None)
            if found:
                return found
    return at_wall(calendar, day, DAY - 1)


def next_slot(calendar: Calendar, instant: datetime, slots: Sequence[int]) -> datetime:
    """The first slot (wall minutes, ascending) of a working day at or after the instant, outside quiet hours."""
    day = today = local(calendar, instant).date()
    for day in dates(today):
        if is_working_day(calendar, day):
            moments = (at_wall(calendar, day, slot) for slot in slots)
            found = next((moment for moment in moments if moment >= instant and not in_quiet(calendar, moment)), None)
            if found:
                return found
    return at_wall(calendar, day, DAY - 1)


def next_morning(calendar: Calendar, instant: datetime, minute: int) -> datetime:
    """That wall minute of the next day on which people work, later than the instant's own day."""
    return next_slot(calendar, at_wall(calendar, local(calendar, instant).date() + timedelta(days=1), 0), (minute,))


def current_slot(calendar: Calendar, instant: datetime, slots: Sequence[int]) -> datetime | None:
    """The newest slot of the instant's own date that has come, or None; older ones are superseded by it (reliability D6)."""
    moments = [at_wall(calendar, local(calendar, instant).date(), slot) for slot in slots]
    return max((moment for moment in moments if moment <= instant), default=None)


def coverage(calendar: Calendar, today: date, ahead: int = 60) -> Coverage:
    """How far the calendar is known, and whether somebody must be told: `ahead` days before the first date without a plan (reliability D8)."""
    if calendar.covered_until is None:
        return Coverage(None, None, False)
    left = (calendar.covered_until - today).days
    return Coverage(calendar.covered_until, max(0, left), left <= ahead)
