"""What admins want of the rules of reminders, from what their sentence names: each wish is a value by its name, as `said` keeps it, or a fault."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.core.calendar import Calendar, local
from bot.core.nudging.policy import LIMITS, Fault, NudgePolicy, wall
from bot.core.nudging.said import ESCALATES, FIRST, GAPS, MANUAL, PER_DAY, PER_WEEK, QUIET, SLOTS

GROWING = (1, 2, 4)
"""How gaps grow where only their number or their sum is named."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a sentence names. `about` are the rules it speaks of (first, gap, most, slots, per_day, per_week, manual, escalate, quiet), `no` that it wants
    something not to be; `lengths` are working minutes, `times` wall minutes, `every` working days between two reminders, `counts` numbers that are
    part of no time, `hours` all numbers and clock times as wall minutes (for spans over midnight)."""

    about: frozenset[str]
    no: bool = False
    lengths: tuple[int, ...] = ()
    times: tuple[int, ...] = ()
    every: int = 0
    counts: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Wished:
    """The values to set by name, and what cannot be."""

    values: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


def wished(named: Named, policy: NudgePolicy, calendar: Calendar) -> Wished:
    """Every rule that the sentence changes; empty when it names none for certain."""
    found: dict[str, str] = {}
    faults: list[Fault] = []
    for rule, read in _READ:
        value = read(named, policy, calendar) if rule in named.about else None
        if isinstance(value, Fault):
            faults.append(value)
        elif value is not None:
            found |= {name: told for name, told in value.items() if name not in found}
    return Wished(found, tuple(faults))


Read = Mapping[str, str] | Fault | None


def _first(named: Named, policy: NudgePolicy, calendar: Calendar) -> Read:  # noqa: ARG001 - every reader has this shape
    return _limited("first", named.lengths[0], FIRST) if named.lengths else None


def _manual(named: Named, policy: NudgePolicy, calendar: Calendar) -> Read:  # noqa: ARG001
    return _limited("manual_every", named.lengths[0], MANUAL) if named.lengths else None


def _per_day(named: Named, policy: NudgePolicy, calendar: Calendar) -> Read:  # noqa: ARG001
    return _limited("per_day", named.counts[-1], PER_DAY) if named.counts else None


def _per_week(named: Named, policy: NudgePolicy, calendar: Calendar) -> Read:  # noqa: ARG001
    return _limited("per_week", named.counts[-1], PER_WEEK) if named.counts else None


def _limited(rule: str, number: int, name: str) -> Read:
    least, most = LIMITS[rule]
    return {name: str(number)} if least <= number <= most else Fault(rule, str(number), str(least), str(most))


def _slots(named: Named, policy: NudgePolicy, calendar: Calendar) -> Read:  # noqa: ARG001
    times = sorted(set(named.times))
    return {SLOTS: " ".join(map(wall, times))} if times and "quiet" not in named.about else None


def _gap(named: Named, policy: NudgePolicy, calendar: Calendar) -> Read:
    """So many working days between two reminders, as many of them as are named or as there are now."""
    if {"first", "manual", "per_day", "per_week"} & named.about or (named.times and not named.lengths):
        return None
    minutes = named.lengths[0] if named.lengths else named.every * calendar.day_minutes
    if not minutes or ("escalate" in named.about and not named.every):
        return None
    days = minutes / max(1, calendar.day_minutes)
    if not LIMITS["gap"][0] <= days <= LIMITS["gap"][1]:
        return Fault("gap", f"{minutes / 60:g}", *map(str, LIMITS["gap"]))
    many = named.counts[0] if named.counts and "most" in named.about else policy.default.most
    return _many(many, (math.ceil(days),) * many)


def _most(named: Named, policy: NudgePolicy, calendar: Calendar) -> Read:  # noqa: ARG001
    """So many reminders before the next level; the gaps there are stay, further ones are as long as the last."""
    if not named.counts or {"per_day", "per_week"} & named.about:
        return None
    many, gaps = named.counts[0], policy.default.gaps
    return _many(many, (gaps + gaps[-1:] * many)[:many])


def _many(many: int, gaps: Sequence[int]) -> Read:
    least, most = LIMITS["reminders"]
    return {GAPS: " ".join(map(str, gaps))} if least <= many <= most else Fault("reminders", str(many), str(least), str(most))


def _escalate(named: Named, policy: NudgePolicy, calendar: Calendar) -> Read:
    """Not at all, after so many reminders, or after so much working time in which reminders grow as far as they fit."""
    if named.no and not named.lengths and not named.counts:
        return {ESCALATES: "no"}
    if named.lengths:
        left = max(1, math.ceil((named.lengths[0] - policy.default.first) / max(1, calendar.day_minutes)))
        return {ESCALATES: "yes", GAPS: " ".join(map(str, fitting(left)))}
    return {ESCALATES: "yes"}


def fitting(days: int) -> tuple[int, ...]:
    """Growing gaps with exactly this sum, the last of them what is left."""
    gaps: list[int] = []
    for gap in GROWING:
        if sum(gaps) + gap >= days:
            break
        gaps.append(gap)
    return (*gaps, days - sum(gaps))


def _quiet(named: Named, policy: NudgePolicy, calendar: Calendar) -> Read:  # noqa: ARG001
    """Both edges, or the one that is named: in the afternoon it is the beginning, in the morning the end."""
    start, end = calendar.quiet or (22 * 60, 8 * 60)
    edges = named.times or named.hours
    if len(edges) >= 2:
        start, end = edges[:2]
    elif edges:
        start, end = (edges[0], end) if edges[0] >= 12 * 60 else (start, edges[0])
    return {QUIET: f"{wall(start)}-{wall(end)}"} if edges and start != end else None


_READ: Sequence[tuple[str, Callable[[Named, NudgePolicy, Calendar], Read]]] = (
    ("quiet", _quiet), ("first", _first), ("manual", _manual), ("per_day", _per_day), ("per_week", _per_week), ("slots", _slots), ("gap", _gap),
    ("most", _most), ("escalate", _escalate),
)  # fmt: skip


def wall_minute(at: datetime, calendar: Calendar) -> int:
    """The minute of the day as the wall shows it."""
    there = local(calendar, at)
    return there.hour * 60 + there.minute
