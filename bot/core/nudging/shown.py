"""Moments as plain values for the templates."""

from __future__ import annotations

from datetime import datetime

from bot.core.calendar import Calendar, local
from bot.core.nudging.values import NEVER

Told = dict[str, object]


def moment(at: datetime | None, calendar: Calendar, now: datetime) -> Told | None:
    """An instant as the wall shows it, None for none or never; `near` is today, tomorrow or empty, `weekday` counts from Monday 0."""
    if at is None or at >= NEVER:
        return None
    wall = local(calendar, at)
    days = (wall.date() - local(calendar, now).date()).days
    return {"month": wall.month, "day": wall.day, "weekday": wall.weekday(), "time": f"{wall:%H:%M}", "near": {0: "today", 1: "tomorrow"}.get(days, "")}
