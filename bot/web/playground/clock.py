"""The steps of the simulated clock. Working days are Monday to Friday in the zone of the play."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
MORNING, EVENING = time(9, 30), time(17)
_FRIDAY = 4


def working(day: datetime) -> bool:
    """Whether the day is a working day."""
    return day.weekday() <= _FRIDAY


def an_hour(now: datetime) -> datetime:
    """An hour later."""
    return now + timedelta(hours=1)


def next_morning(now: datetime) -> datetime:
    """The next time that a working day's morning begins."""
    there = now.astimezone(ZONE)
    morning = there.replace(hour=MORNING.hour, minute=MORNING.minute, second=0, microsecond=0)
    while morning <= there or not working(morning):
        morning += timedelta(days=1)
    return morning


def three_days(now: datetime) -> datetime:
    """The same time of day, three working days later."""
    there, left = now.astimezone(ZONE), 3
    while left:
        there += timedelta(days=1)
        left -= working(there)
    return there


def friday(now: datetime) -> datetime:
    """The next Friday when work is nearly over."""
    there = now.astimezone(ZONE)
    evening = there.replace(hour=EVENING.hour, minute=EVENING.minute, second=0, microsecond=0)
    while evening <= there or evening.weekday() != _FRIDAY:
        evening += timedelta(days=1)
    return evening


STEPS: Mapping[str, Callable[[datetime], datetime]] = {"hour": an_hour, "morning": next_morning, "days": three_days, "friday": friday}
"""The buttons, by the name of their words."""
