"""The next level: an item goes over to somebody else, whoever had it is told, the new holder gets it with its buttons, the requester hears where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.facts import Facts
from bot.core.model import Application, Entry, Request, Step
from bot.core.nudging import Rules, Verdict, Waiting, Why, away, budget_of
from bot.core.nudging.waiting import Held, sent_of
from bot.core.skills.nudging.ruling import desk_of, written
from bot.core.skills.nudging.telling import DESK, about, deciding, item_told, name_of
from bot.core.turn import Effect, Private, Put, Say, Turn

SYSTEM = "system"
"""The actor of what happens by the schedule."""


@dataclass(frozen=True, slots=True)
class Passed:
    """An item that went over: as it was, as it is, and by which verdict."""

    item: Held
    done: Held
    verdict: Verdict


def passed(item: Held, verdict: Verdict, now: datetime) -> Passed:
    """The item in the hands of the next one: its clock begins anew, what the former holder promised or put off is theirs no longer."""
    assert not isinstance(item, Step)  # noqa: S101 - what is only followed has no ladder and never goes up
    former = item.former if verdict.why is Why.AWAY else tuple(dict.fromkeys((*item.former, item.holder)))
    done: Held = replace(item, holder=verdict.to, since=now, escalated=now, promised=None, snoozed=None, raised=None, touched=None, former=former)
    if isinstance(done, Request):
        second = verdict.to if done.second == item.holder else done.second
        done = replace(done, approvers=tuple(dict.fromkeys((*done.approvers, verdict.to))), second=second)
    return Passed(item, done, verdict)


def trail(one: Passed, actor: str, turn: Turn, now: datetime) -> Put:
    """The line of the audit trail: from whom to whom, and why."""
    kind = "application" if isinstance(one.item, Application) else "request"
    told = f"{one.item.holder} > {one.verdict.to}"
    return Put(Entry(f"n{turn.seed[:16]}:{one.item.id}", now, actor, f"{kind}.escalate", f"{kind}:{one.item.id}", one.verdict.why.value, told))


def reachable(person: str, facts: Facts, rules: Rules, now: datetime) -> bool:
    """Whether something may be said to somebody of the bot's own accord now: they are there, not muted, and have budget left."""
    mute = rules.mutes.get(person)
    there = away(person, rules.absences, now) is None and not (mute is not None and mute > now)
    return there and budget_of(sent_of(desk_of(person, facts)), rules, now).left > 0


def received(one: Sequence[Passed], to: str, facts: Facts, rules: Rules, now: datetime) -> tuple[Effect, ...]:
    """What the new holder is told, in one message however many items came; when their budget is used up it comes with the first digest that may go out."""
    if not reachable(to, facts, rules, now):
        again = budget_of(sent_of(desk_of(to, facts)), rules, now).again
        return tuple(Put(replace(item.done, snoozed=again)) for item in one)
    data = {
        "items": [{**item_told(item.done, facts), "from": name_of(item.item.holder, facts), "why": item.verdict.why.value} for item in one][:8],
        "total": len(one),
    }
    single = one[0].done if len(one) == 1 else None
    actions = deciding(single) if single else (DESK,)
    said = Say(Private(to), "nudge/received", data, actions, priority=2, about=about(single) if single else None)
    return (*(Put(item.done) for item in one), said, Put(written(desk_of(to, facts), now, digest=False)))


def requester_told(one: Passed, waiting: Waiting, facts: Facts, rules: Rules, now: datetime) -> tuple[Effect, ...]:
    """A neutral word to whoever waits: who has it now, and nothing of why."""
    gone = away(waiting.asker, rules.absences, now) is not None
    if gone or waiting.asker == SYSTEM:
        return ()
    data = {**item_told(one.item, facts), "to": name_of(one.verdict.to, facts)}
    return (Say(Private(waiting.asker), "nudge/moved", data, about=about(one.done)),)


def lost(items: Sequence[Passed], facts: Facts) -> list[dict[str, object]]:
    """The items that went over, for whoever had them."""
    return [{**item_told(one.item, facts), "to": name_of(one.verdict.to, facts), "why": one.verdict.why.value} for one in items]


def carried_out(
    found: Sequence[tuple[Held, Waiting, Verdict]], turn: Turn, facts: Facts, rules: Rules, now: datetime, actor: str = SYSTEM, *, silent: bool = False
) -> tuple[tuple[Passed, ...], tuple[Effect, ...]]:
    """The items that go up by these verdicts, and everything that comes of it but the word to whoever had them. `silent`: whoever waits asked for it and is
    answered anyway."""
    moved = [(passed(item, verdict, now), waiting) for item, waiting, verdict in found]
    effects: list[Effect] = []
    for to in dict.fromkeys(one.verdict.to for one, _ in moved):
        effects += received([one for one, _ in moved if one.verdict.to == to], to, facts, rules, now)
    for one, waiting in moved:
        effects += (trail(one, actor, turn, now), *(() if silent else requester_told(one, waiting, facts, rules, now)))
    return tuple(one for one, _ in moved), tuple(effects)
