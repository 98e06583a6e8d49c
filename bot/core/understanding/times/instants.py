"""A time that was said, as one instant: what the grammar leaves to the working calendar is found there."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from bot.core.calendar import Calendar, add_working, add_working_days, at_wall, local
from bot.core.understanding.times.values import WORKING, Ahead, Length, Point, Unit, Value


def instant(value: Value, calendar: Calendar, now: datetime) -> datetime | None:
    """A moment, or so long from now; None for periods, repetitions and nonsense."""
    if isinstance(value, Point):
        return value.at
    length = value.length if isinstance(value, Ahead) else value if isinstance(value, Length) else None
    if length is None:
        return None
    if length.unit in WORKING:
        at = add_working_days(calendar, now, length.amount) if length.unit is Unit.WORKDAY else add_working(calendar, now, 60 * length.amount)
    else:
        elapsed = length.elapsed
        if elapsed is None:
            return now + timedelta(days=30 * length.amount)
        at = now + elapsed
    hour: time | None = value.at if isinstance(value, Ahead) else None
    return at_wall(calendar, local(calendar, at).date(), hour.hour * 60 + hour.minute) if hour else at
