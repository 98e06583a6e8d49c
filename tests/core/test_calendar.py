"""Working time: every day of 2024-2026 against the official notices, spans and slots as tables, laws as properties, clocks that leap."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import calendars
from bot.core.calendar import (
    Calendar,
    Day,
    add_working,
    add_working_days,
    at_wall,
    coverage,
    current_slot,
    faults,
    in_quiet,
    is_working_day,
    is_working_time,
    local,
    may_send,
    next_send,
    next_slot,
    next_working,
    overridden,
    spans,
    working_minutes,
    working_time,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
CHINA = calendars.read(date(2026, 3, 3))
SLOTS = (600, 900)

OFFICIAL = {
    # Notices of the State Council: (first day off, last day off), and the weekend days that are worked.
    2024: (
        [("01-01", "01-01"), ("02-10", "02-17"), ("04-04", "04-06"), ("05-01", "05-05"), ("06-08", "06-10"), ("09-15", "09-17"), ("10-01", "10-07")],
        ["02-04", "02-18", "04-07", "04-28", "05-11", "09-14", "09-29", "10-12"],
    ),
    2025: (
        [("01-01", "01-01"), ("01-28", "02-04"), ("04-04", "04-06"), ("05-01", "05-05"), ("05-31", "06-02"), ("10-01", "10-08")],
        ["01-26", "02-08", "04-27", "09-28", "10-11"],
    ),
    2026: (
        [("01-01", "01-03"), ("02-15", "02-23"), ("04-04", "04-06"), ("05-01", "05-05"), ("06-19", "06-21"), ("09-25", "09-27"), ("10-01", "10-07")],
        ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"],
    ),
}
WORKED = {2024: 251, 2025: 248, 2026: 248}
"""Working days a year, as payroll counts them: a second check of the table itself."""


def days_of(year: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(days=number) for number in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]


def officially_works(day: date) -> bool:
    """What the notice of the year says of a date."""
    off, made_up = OFFICIAL[day.year]
    written = f"{day:%m-%d}"
    if any(first <= written <= last for first, last in off):
        return False
    return written in made_up or day.weekday() < 5


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize("year", OFFICIAL)
def test_every_day_is_as_the_notice_says(year: int) -> None:
    calendar = calendars.read(date(year, 6, 1))
    assert [day for day in days_of(year) if is_working_day(calendar, day) != officially_works(day)] == []
    assert sum(map(officially_works, days_of(year))) == WORKED[year]


@pytest.mark.parametrize("year", OFFICIAL)
def test_plain_weekdays_would_be_wrong_on_many_days(year: int) -> None:
    wrong = sum(officially_works(day) != (day.weekday() < 5) for day in days_of(year))
    assert wrong == {2024: 27, 2025: 23, 2026: 25}[year]


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-03-03T09:00", "2026-03-03T18:00", 450),
        ("2026-03-03T12:00", "2026-03-03T13:30", 0),
        ("2026-03-03T11:50", "2026-03-03T13:40", 20),
        ("2026-03-06T17:00", "2026-03-09T10:00", 120),  # over a weekend
        ("2026-02-13T17:00", "2026-02-14T10:00", 120),  # a Saturday that is worked
        ("2026-02-14T17:00", "2026-02-24T10:00", 120),  # the whole Spring Festival
        ("2026-03-03T20:00", "2026-03-04T08:00", 0),
        ("2026-03-04T10:00", "2026-03-03T10:00", 0),
    ],
)
def test_working_minutes(start: str, end: str, minutes: int) -> None:
    assert working_minutes(CHINA, at(start), at(end)) == minutes


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-03-03T16:00", 120, "2026-03-03T18:00"),
        ("2026-03-03T16:00", 121, "2026-03-04T09:01"),
        ("2026-03-06T17:00", 480, "2026-03-09T17:30"),  # Friday at five and eight hours
        ("2026-03-07T03:00", 60, "2026-03-09T10:00"),
        ("2026-03-03T12:15", 0, "2026-03-03T12:15"),
    ],
)
def test_adding_minutes(start: str, minutes: int, end: str) -> None:
    assert add_working(CHINA, at(start), minutes) == at(end)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-03-06T10:00", 1, "2026-03-09T10:00"),
        ("2026-02-13T10:00", 1, "2026-02-14T10:00"),
        ("2026-02-14T15:30", 1, "2026-02-24T15:30"),
        ("2026-03-07T10:00", 1, "2026-03-09T10:00"),
        ("2026-03-07T10:00", 0, "2026-03-07T10:00"),
        ("2026-03-03T10:00", 4, "2026-03-09T10:00"),
    ],
)
def test_adding_days(start: str, days: int, end: str) -> None:
    assert add_working_days(CHINA, at(start), days) == at(end)


@pytest.mark.parametrize(
    ("moment", "working", "quiet", "again"),
    [
        ("2026-03-03T09:00", True, False, "2026-03-03T09:00"),
        ("2026-03-03T12:00", False, False, "2026-03-03T13:30"),
        ("2026-03-03T18:30", False, False, "2026-03-04T09:00"),
        ("2026-03-03T19:00", False, True, "2026-03-04T09:00"),
        ("2026-03-03T08:29", False, True, "2026-03-03T09:00"),
        ("2026-03-03T08:30", False, False, "2026-03-03T09:00"),
        ("2026-03-07T10:00", False, True, "2026-03-09T09:00"),
        ("2026-10-03T10:00", False, True, "2026-10-08T09:00"),
        ("2026-10-10T10:00", True, False, "2026-10-10T10:00"),
    ],
)
def test_when_it_is_quiet(moment: str, working: bool, quiet: bool, again: str) -> None:
    assert (is_working_time(CHINA, at(moment)), in_quiet(CHINA, at(moment))) == (working, quiet)
    assert next_send(CHINA, at(moment)) == next_working(CHINA, at(moment)) == at(again)


def test_quiet_hours_within_working_hours_win() -> None:
    early = Calendar(SHANGHAI, hours=((480, 1080),), quiet=(1200, 570))
    assert next_working(early, at("2026-03-03T08:10")) == at("2026-03-03T08:10")
    assert next_send(early, at("2026-03-03T08:10")) == at("2026-03-03T09:30")
    assert not in_quiet(Calendar(SHANGHAI, quiet=None), at("2026-03-03T03:00"))
    assert in_quiet(Calendar(SHANGHAI, quiet=(0, 600)), at("2026-03-03T03:00"))


@pytest.mark.parametrize(
    ("moment", "newest", "following"),
    [
        ("2026-03-03T09:59", None, "2026-03-03T10:00"),
        ("2026-03-03T10:00", "2026-03-03T10:00", "2026-03-03T10:00"),
        ("2026-03-03T10:01", "2026-03-03T10:00", "2026-03-03T15:00"),
        ("2026-03-03T22:00", "2026-03-03T15:00", "2026-03-04T10:00"),
        ("2026-02-14T22:00", "2026-02-14T15:00", "2026-02-24T10:00"),
    ],
)
def test_slots(moment: str, newest: str | None, following: str) -> None:
    assert current_slot(CHINA, at(moment), SLOTS) == (at(newest) if newest else None)
    assert next_slot(CHINA, at(moment), SLOTS) == at(following)


def test_a_slot_every_working_day_over_spring_festival_and_national_day() -> None:
    for first, last in ((date(2026, 2, 13), date(2026, 2, 28)), (date(2026, 9, 20), date(2026, 10, 10))):
        fired, moment = [], at_wall(CHINA, first, 0)
        while (moment := next_slot(CHINA, moment, (600,))) < at_wall(CHINA, last, 1439):
            fired.append(local(CHINA, moment).date())
            moment += timedelta(seconds=1)
        assert fired == [day for day in days_of(2026) if first <= day <= last and officially_works(day)]


@given(st.sampled_from((SHANGHAI, NEW_YORK)), st.integers(0, 500 * 1440), st.integers(0, 400 * 1440), st.booleans())
def test_long_spans_are_the_sum_of_their_days(zone: ZoneInfo, begun: int, minutes: int, night: bool) -> None:
    calendar = Calendar(zone, hours=((60, 240),) if night else CHINA.hours, days=CHINA.days)
    start = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=begun)
    end = start + timedelta(minutes=minutes)
    days = (local(calendar, start).date() + timedelta(days=step) for step in range(minutes // 1440 + 3))
    walked = sum((max(timedelta(), min(closes, end) - max(opens, start)) for day in days for opens, closes in spans(calendar, day)), timedelta())
    assert working_time(calendar, start, end) == walked


def test_a_clock_that_leaps() -> None:
    plain = Calendar(NEW_YORK, hours=((60, 240),), weekend=frozenset({5}), quiet=None)
    assert at_wall(plain, date(2026, 3, 8), 150) == at("2026-03-08T03:00", NEW_YORK)  # 02:30 is not there: the first minute after the leap
    assert at_wall(plain, date(2026, 11, 1), 90) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # 01:30 comes twice: the first
    assert working_time(plain, at("2026-03-08T00:00", NEW_YORK), at("2026-03-09T00:00", NEW_YORK)) == timedelta(hours=2)
    assert working_time(plain, at("2026-11-01T00:00", NEW_YORK), at("2026-11-02T00:00", NEW_YORK)) == timedelta(hours=4)
    for leap in (date(2026, 3, 8), date(2026, 11, 1)):
        fired, moment = 0, at_wall(plain, leap, 0)
        while (moment := next_slot(plain, moment, (90, 150))) < at_wall(plain, leap + timedelta(days=1), 0):
            fired += 1
            moment += timedelta(seconds=1)
        assert fired == 2


def test_days_keep_their_wall_time_over_a_leap() -> None:
    plain = Calendar(NEW_YORK)
    assert add_working_days(plain, at("2026-03-06T10:00", NEW_YORK), 1) == at("2026-03-09T10:00", NEW_YORK)
    assert working_minutes(plain, at("2026-03-06T17:00", NEW_YORK), at("2026-03-09T10:00", NEW_YORK)) == 120


ZONES = st.sampled_from([SHANGHAI, NEW_YORK, ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("UTC")])
CALENDARS = st.builds(Calendar, ZONES, quiet=st.sampled_from([None, (1140, 510), (0, 480)]), days=st.just(CHINA.days))
MOMENTS = st.datetimes(datetime(2023, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@given(CALENDARS, MOMENTS, st.integers(1, 6_000))
def test_adding_is_the_inverse_of_counting(calendar: Calendar, start: datetime, minutes: int) -> None:
    end = add_working(calendar, start, minutes)
    assert working_time(calendar, start, end) == timedelta(minutes=minutes)
    assert working_time(calendar, start, end - timedelta(seconds=1)) < timedelta(minutes=minutes)


@given(CALENDARS, MOMENTS, st.timedeltas(timedelta(), timedelta(days=20)), st.timedeltas(timedelta(), timedelta(days=20)))
def test_counting_adds_up(calendar: Calendar, start: datetime, one: timedelta, two: timedelta) -> None:
    middle, end = start + one, start + one + two
    assert working_time(calendar, start, middle) + working_time(calendar, middle, end) == working_time(calendar, start, end) <= one + two


@given(CALENDARS, MOMENTS)
def test_the_next_moment_is_one_and_the_first(calendar: Calendar, moment: datetime) -> None:
    send, working, slot = next_send(calendar, moment), next_working(calendar, moment), next_slot(calendar, moment, SLOTS)
    assert may_send(calendar, send)
    assert is_working_time(calendar, working)
    assert moment <= working <= send <= slot
    assert working_time(calendar, moment, working) == timedelta()
    assert next_slot(calendar, slot, SLOTS) == slot == current_slot(calendar, slot, SLOTS)


@given(CALENDARS, MOMENTS, st.integers(1, 60))
def test_days_are_counted_one_by_one(calendar: Calendar, start: datetime, days: int) -> None:
    end = add_working_days(calendar, start, days)
    step = start
    for _ in range(days):
        step = add_working_days(calendar, step, 1)
    first, last = local(calendar, start).date(), local(calendar, end).date()
    assert local(calendar, step).date() == last
    assert sum(is_working_day(calendar, first + timedelta(days=n)) for n in range(1, (last - first).days + 1)) == days


def test_nothing_runs_for_ever_or_raises() -> None:
    never = Calendar(SHANGHAI, days={date(2026, 1, 1) + timedelta(days=n): Day(False) for n in range(5_000)})
    start, end_of_time = at("2026-03-03T10:00"), datetime(9999, 12, 20, tzinfo=UTC)
    assert min(add_working(never, start, 1), next_slot(never, start, SLOTS), next_send(never, start), next_working(never, start)) > start
    assert add_working_days(never, start, 3) > start
    assert working_minutes(CHINA, start, end_of_time) > 0
    assert next_slot(CHINA, end_of_time, SLOTS) > end_of_time - timedelta(days=1)
    assert spans(never, date(2026, 3, 3)) == ()


@pytest.mark.parametrize(("today", "left", "alarm"), [("2026-11-01", 61, False), ("2026-11-02", 60, True), ("2026-12-31", 1, True), ("2027-02-01", 0, True)])
def test_the_alarm_before_the_calendar_ends(today: str, left: int, alarm: bool) -> None:
    known = coverage(CHINA, date.fromisoformat(today))
    assert (known.until, known.days_left, known.alarm) == (date(2027, 1, 1), left, alarm)
    assert not coverage(Calendar(SHANGHAI), date.fromisoformat(today)).alarm


def test_the_operator_has_the_last_word() -> None:
    day = date(2026, 3, 3)
    rested = overridden(CHINA, {day: Day(False, "anniversary"), date(2026, 3, 7): Day(True)})
    assert not is_working_day(rested, day)
    assert is_working_day(rested, date(2026, 3, 7))
    assert is_working_day(CHINA, day)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"hours": ()}, "hours"),
        ({"hours": ((600, 540),)}, "hours"),
        ({"hours": ((540, 720), (700, 800))}, "hours"),
        ({"hours": ((540, 1500),)}, "hours"),
        ({"weekend": frozenset(range(7))}, "weekend"),
        ({"weekend": frozenset({9})}, "weekend"),
        ({"quiet": (600, 600)}, "quiet"),
        ({"quiet": (1500, 600)}, "quiet"),
    ],
)
def test_wrong_numbers_are_named(wrong: dict[str, object], named: str) -> None:
    assert [fault.split(":")[0] for fault in faults(Calendar(SHANGHAI, **wrong))] == [named]
    assert faults(CHINA) == []
