"""How many messages a person may still get: one budget a day and a week, shared by every source of reminders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.core.calendar import at_wall, local, next_send, next_slot
from bot.core.nudging.values import Rules


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of the bot's own accord that a person got: a digest, or anything else that reminds."""

    at: datetime
    digest: bool = True


@dataclass(frozen=True, slots=True)
class Budget:
    """What a person got and may still get: `today` and `week` were sent, `day_left` and `week_left` may follow, `again` is the first slot at which
    a digest may be sent, `free` when the budget is there again."""

    today: int
    week: int
    day_left: int
    week_left: int
    again: datetime
    free: datetime

    @property
    def left(self) -> int:
        """Messages that may be sent now."""
        return min(self.day_left, self.week_left)


def monday(day: date) -> date:
    """The day a date's week begins; budgets are of calendar weeks, since that is what people can count."""
    return day - timedelta(days=day.weekday())


def budget_of(sent: Sequence[Sent], rules: Rules, now: datetime) -> Budget:
    """The budget of a person from what they got; older than a week does not matter. Days and weeks are those of the calendar's zone."""
    calendar, policy = rules.calendar, rules.policy
    today = local(calendar, now).date()
    days = [local(calendar, message.at).date() for message in sent]
    of_day = days.count(today)
    of_week = sum(monday(day) == monday(today) for day in days)
    day_left, week_left = max(0, policy.per_day - of_day), max(0, policy.per_week - of_week)
    free = now
    if not week_left:
        free = at_wall(calendar, monday(today) + timedelta(days=7), 0)
    elif not day_left:
        free = at_wall(calendar, today + timedelta(days=1), 0)
    return Budget(of_day, of_week, day_left, week_left, next_slot(calendar, free, policy.slots), free)


def room(sent: Sequence[Sent], rules: Rules, now: datetime) -> datetime | None:
    """When a reminder that is no digest may go to whoever got these; None: now. Decisions come first: whoever gets digests keeps a message of the day for
    the one that may still come today."""
    calendar, slots = rules.calendar, rules.policy.slots
    budget = budget_of(sent, rules, now)
    if not budget.left:
        return next_send(calendar, budget.free)  # before what falls due on that day, so that nobody is put off for ever
    today = local(calendar, now).date()
    digests = [local(calendar, message.at).date() for message in sent if message.digest]
    following = next_slot(calendar, now + timedelta(microseconds=1), slots)
    kept = digests and today not in digests and budget.left == 1 and local(calendar, following).date() == today
    return following if kept else None
