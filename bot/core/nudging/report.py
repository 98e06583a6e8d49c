"""Figures of the report: how long decisions take in working time, how many reminders they cost, where they wait, and whether reminders work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from bot.core.calendar import Calendar, working_time

HASTY = timedelta(seconds=10)
"""A decision this soon after the item was opened was hardly read."""
RUBBER_STAMP = 0.98
"""Approving nearly everything is a sign only from so many decisions on."""
FEW = 20


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision of the period. `start` is when the item came to whoever decided, `opened` when they first saw it (None: not known), `paused` the working
    time in which information of the asker was missing, `promised` the last promise."""

    item: str
    by: str
    start: datetime
    at: datetime
    approved: bool = True
    opened: datetime | None = None
    reminders: int = 0
    paused: timedelta = timedelta()
    held_out: bool = False
    promised: datetime | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """Time to decision in working hours, shares of those over one and three working days (0 to 1), reminders a decision, and how many promises were made and
    not kept. Empty: `count` 0."""

    count: int
    p50: float
    p75: float
    over_one: float
    over_three: float
    reminders: float
    promises: int
    broken: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """An approver whose decisions look unread: `hasty` is the share of those made within ten seconds of opening, `approved` the share of approvals."""

    person: str
    decisions: int
    hasty: float
    approved: float


@dataclass(frozen=True, slots=True)
class Effect:
    """What reminders save: median working hours to decision with and without them, the difference with its 95 % interval, and whether that excludes zero."""

    with_reminders: float
    without: float
    saved: float
    low: float
    high: float
    clear: bool


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share lies, between neighbours in proportion; 0 for none."""
    if not values:
        return 0.0
    ranked = sorted(values)
    place = share * (len(ranked) - 1)
    below = int(place)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (ranked[above] - ranked[below]) * (place - below)


def hours(decision: Decided, calendar: Calendar) -> float:
    """Working hours that the decision took, without the time in which something of the asker was missing."""
    spent = working_time(calendar, decision.start, decision.at) - decision.paused
    return max(0.0, spent.total_seconds() / 3600)


def times(decisions: Sequence[Decided], calendar: Calendar) -> Times:
    """The figures of a set of decisions; a working day is as long as the calendar's."""
    spent = [hours(decision, calendar) for decision in decisions]
    many, day = max(1, len(spent)), calendar.day_minutes / 60
    return Times(
        count=len(spent),
        p50=percentile(spent, 0.5),
        p75=percentile(spent, 0.75),
        over_one=sum(took > day for took in spent) / many,
        over_three=sum(took > 3 * day for took in spent) / many,
        reminders=sum(decision.reminders for decision in decisions) / many,
        promises=sum(decision.promised is not None for decision in decisions),
        broken=sum(decision.promised is not None and decision.at > decision.promised for decision in decisions),
    )


def slow(decisions: Iterable[Decided], calendar: Calendar, node: Callable[[Decided], str], least: int = 5) -> tuple[tuple[str, Times], ...]:
    """Nodes (a role, a step, a person: whatever `node` names) with at least so many decisions, the slowest by P75 first."""
    groups: dict[str, list[Decided]] = {}
    for decision in decisions:
        groups.setdefault(node(decision), []).append(decision)
    found = [(name, times(rows, calendar)) for name, rows in groups.items() if len(rows) >= least]
    return tuple(sorted(found, key=lambda row: (-row[1].p75, row[0])))


def stamps(decisions: Iterable[Decided], most_hasty: float = 0.3) -> tuple[Stamp, ...]:
    """Approvers whose figures ask for a look: many decisions within ten seconds of opening, or nearly everything approved. A guard, not a verdict."""
    desks: dict[str, list[Decided]] = {}
    for decision in decisions:
        desks.setdefault(decision.by, []).append(decision)
    found = []
    for person, rows in sorted(desks.items()):
        opened = [row.at - row.opened for row in rows if row.opened is not None]
        hasty = sum(took < HASTY for took in opened) / max(1, len(opened))
        approved = sum(row.approved for row in rows) / len(rows)
        if len(rows) >= FEW and (hasty > most_hasty or approved >= RUBBER_STAMP):
            found.append(Stamp(person, len(rows), hasty, approved))
    return tuple(found)


def effect(decisions: Sequence[Decided], calendar: Calendar, dice: Callable[[int], int], draws: int = 1_000) -> Effect | None:
    """The effect of reminders on the median time to decision, from the items that were held out by lot: a bootstrap with the given `dice` (n -> 0..n-1).
    Items still open belong in, with now as their `at`: leaving them out would hide the slowest of the side that has more of them. None when either side
    has fewer than FEW items."""
    treated = [hours(decision, calendar) for decision in decisions if not decision.held_out]
    control = [hours(decision, calendar) for decision in decisions if decision.held_out]
    if min(len(treated), len(control)) < FEW:
        return None

    def again(values: Sequence[float]) -> float:
        return median(values[dice(len(values))] for _ in values)

    differences = [again(control) - again(treated) for _ in range(draws)]
    low, high = percentile(differences, 0.025), percentile(differences, 0.975)
    with_reminders, without = median(treated), median(control)
    return Effect(with_reminders, without, without - with_reminders, low, high, low > 0 or high < 0)
