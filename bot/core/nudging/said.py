"""The rules of nudging as admins set them in chat: values by name that stand above the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.core.calendar import Calendar, Span
from bot.core.nudging.kinds import paced
from bot.core.nudging.policy import NudgePolicy, Pace
from bot.core.nudging.values import NEVER, Pause

SLOTS, FIRST, GAPS, ESCALATES = "nudging.slots", "nudging.first", "nudging.gaps", "nudging.escalates"
PER_DAY, PER_WEEK, MANUAL = "nudging.per_day", "nudging.per_week", "nudging.manual_every"
TRIAL = "nudging.hold_out"
PAUSED, QUIET = "nudging.paused_until", "nudging.quiet"
"""Names of the values: wall times `10:00 15:00`, working minutes, working days `1 2 4`, yes or no, numbers, per cent and since when (`10 2026-11-24`,
`0`: no experiment), an aware instant (empty: not paused; NEVER: until somebody ends it), `22:00-08:00`."""
_WALL = re.compile(r"(\d{1,2}):(\d{2})")


def minutes(text: str) -> tuple[int, ...]:
    """The wall minutes of every time in a text, in its order."""
    return tuple(int(hour) * 60 + int(minute) for hour, minute in _WALL.findall(text))


def numbers(text: str) -> tuple[int, ...]:
    """The whole numbers of a text."""
    return tuple(map(int, re.findall(r"\d{1,5}", text)))


def _number(said: Mapping[str, str], name: str, default: int) -> int:
    return next(iter(numbers(said.get(name, ""))), default)


def policy_of(policy: NudgePolicy, said: Mapping[str, str]) -> NudgePolicy:
    """The numbers with those that were set in chat."""
    pace = Pace(
        _number(said, FIRST, policy.default.first),
        numbers(said.get(GAPS, "")) or policy.default.gaps,
        said[ESCALATES] == "yes" if said.get(ESCALATES) else policy.default.escalates,
    )
    made = replace(
        policy,
        default=pace,
        slots=tuple(sorted(set(minutes(said.get(SLOTS, ""))))) or policy.slots,
        per_day=_number(said, PER_DAY, policy.per_day),
        per_week=_number(said, PER_WEEK, policy.per_week),
        manual_every=_number(said, MANUAL, policy.manual_every),
        hold_out=_number(said, TRIAL, 0) / 100 if said.get(TRIAL) else policy.hold_out,
        hold_out_salt=said.get(TRIAL, "") or policy.hold_out_salt,
    )
    return paced(made, said)


def calendar_of(calendar: Calendar, said: Mapping[str, str]) -> Calendar:
    """The calendar with the quiet hours that were set in chat."""
    span = minutes(said.get(QUIET, ""))
    quiet: Span | None = (span[0], span[1]) if len(span) == 2 else calendar.quiet
    return replace(calendar, quiet=quiet)


def pause_of(said: Mapping[str, str]) -> Pause | None:
    """The pause of all reminders, if one was set."""
    until = said.get(PAUSED, "")
    end = datetime.fromisoformat(until) if until else None
    return None if end is None else Pause(end if end < NEVER else None)
