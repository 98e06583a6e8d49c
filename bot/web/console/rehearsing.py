"""Rules of reminders tried on the last weeks before anybody is asked to follow them: how many messages each person would have got, before and after."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.core.calendar import Calendar
from bot.core.facts import Ask, Policy
from bot.core.model import Application, Request
from bot.core.nudging import NudgePolicy, Rules
from bot.core.nudging.past import past
from bot.core.nudging.policy import Fault, echo, faults, wall
from bot.core.nudging.replay import compared
from bot.core.nudging.said import ESCALATES, FIRST, GAPS, MANUAL, PER_DAY, PER_WEEK, QUIET, SLOTS, calendar_of, policy_of
from bot.core.skills.admin.reminding import MOST, RULES, WEEKS
from bot.web.console.inside import Inside
from bot.web.console.showing import Asked, names

SHOWN = 50
"""People of the table: those for whom it changes most."""
LONGEST = 60
HOURS = frozenset({FIRST, MANUAL})
"""Values that the form has in hours and the rules in minutes."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of it: the items replayed, all messages and most on one day and items passed on, each before and after; and people with their messages."""

    items: int
    totals: tuple[int, int]
    most: tuple[int, int]
    up: tuple[int, int]
    people: tuple[tuple[str, int, int], ...]


async def rehearsal(inside: Inside, asked: Asked) -> Mapping[str, Any]:
    """The form with the values as they are or were typed, what is wrong with them, and what they would have done; the values to hand in."""
    policy, now = inside.policy(asked.language), inside.clock.now()
    typed = {name: asked.query.get(_short(name), "").strip()[:LONGEST] for name in RULES}
    standing = _values(policy.nudging, policy.calendar)
    values = {name: _kept(name, value) for name, value in typed.items() if value and value != standing[name]}
    form = [(name, _short(name), typed[name] or standing[name]) for name in RULES]
    wrong, found = _tried(policy, values) if values else ((), None)
    run = await _run(inside, policy, found, now) if found is not None and not wrong else None
    return {"form": form, "wrong": wrong, "run": run, "values": tuple(values.items()), "weeks": WEEKS}


def _short(name: str) -> str:
    return name.partition(".")[2]


def _values(policy: NudgePolicy, calendar: Calendar) -> Mapping[str, str]:
    """The rules as the form spells them."""
    told = echo(policy)
    return {
        SLOTS: " ".join(told.slots), FIRST: f"{told.first_hours:g}", GAPS: " ".join(map(str, told.gaps)), ESCALATES: "yes" if told.escalates else "no",
        PER_DAY: str(told.per_day), PER_WEEK: str(told.per_week), MANUAL: f"{told.manual_hours:g}", QUIET: "-".join(map(wall, calendar.quiet or ())),
    }  # fmt: skip


def _kept(name: str, value: str) -> str:
    """The value as the rules keep it; one that is no number stays as it is and changes nothing."""
    if name not in HOURS:
        return value
    try:
        return str(round(60 * float(value)))
    except (ValueError, OverflowError):
        return value


def _tried(policy: Policy, values: Mapping[str, str]) -> tuple[tuple[Fault, ...], Rules]:
    calendar, nudging = policy.settled or (policy.calendar, policy.nudging)
    said = {**policy.said, **values}
    rules = Rules(calendar_of(calendar, said), policy_of(nudging, said))
    return tuple(faults(rules.policy, rules.calendar)), rules


async def _run(inside: Inside, policy: Policy, rules: Rules, now: datetime) -> Rehearsal:
    """The last weeks by the rules as they are and as they would be, away from the event loop."""
    start = now - timedelta(weeks=WEEKS)
    found = (await inside.store.answer([Ask(Application, most=MOST), Ask(Request, most=MOST)])).items
    own = [item for item in found if isinstance(item, Application | Request)]
    count, before, after = await asyncio.to_thread(compared, past(own), Rules(policy.calendar, policy.nudging), rules, start, now)
    old, new = dict(before.messages), dict(after.messages)
    ranked = sorted({*old, *new}, key=lambda one: (-abs(new.get(one, 0) - old.get(one, 0)), -new.get(one, 0), one))[:SHOWN]
    known = await names(inside, ranked)
    people = tuple((known[one], old.get(one, 0), new.get(one, 0)) for one in ranked)
    sums = ((before.total, after.total), (before.most_a_day, after.most_a_day), (before.escalated, after.escalated))
    return Rehearsal(count, *sums, people)
