"""The rules as they are now, and the gathered people, desks and items as the rules see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.access import names
from bot.core.facts import Facts
from bot.core.model import Away, Desk, Request, Step
from bot.core.nudging import Absence, Rules, Waiting
from bot.core.nudging.said import pause_of
from bot.core.nudging.waiting import Held, beside, waiting_of
from bot.core.skills.nudging.gathering import access_of, items_of, ladder_of
from bot.core.turn import Effect, Put

KEPT = timedelta(days=15)
"""For how long it is remembered what somebody got; the budget needs a week."""


def rules_of(facts: Facts) -> Rules:
    """The calendar and the numbers with what admins said, absences, mutes and the pause."""
    absences = {one.id: Absence(one.person, one.start, one.end, one.deputy) for one in facts.all(Away)}
    mutes = {one.person: one.muted for one in facts.all(Desk) if one.muted is not None}
    return Rules(facts.policy.calendar, facts.policy.nudging, tuple(absences.values()), mutes, pause_of(facts.policy.said))


def waits_of(facts: Facts, now: datetime, who: str = "") -> tuple[tuple[Held, Waiting], ...]:
    """The gathered items with what the rules see of them. An item that `who`, or somebody they stand in for, decides beside its
    holder is seen as theirs."""
    access = access_of(facts)
    standing = names(who, facts.all(Away), now) if who else ()

    def seen(item: Held) -> Waiting:
        theirs = next((one for one in standing if isinstance(item, Request) and item.holder not in standing and one in item.also), "")
        return beside(item, theirs, now) if theirs and isinstance(item, Request) else waiting_of(item, ladder_of(item, facts, access), now=now)

    return tuple((item, _in_person(item, seen(item), facts)) for item in items_of(facts))


def _in_person(item: Held, waiting: Waiting, facts: Facts) -> Waiting:
    """What only DingTalk decides waits for its holder: a deputy here has no right there."""
    deputies = (one.deputy for one in facts.all(Away) if one.person == item.holder and one.deputy)
    return replace(waiting, barred=waiting.barred | frozenset(deputies)) if isinstance(item, Step) else waiting


def desk_of(person: str, facts: Facts) -> Desk:
    """What is remembered of somebody."""
    return next((one for one in facts.all(Desk) if one.id == person), Desk(person, person))


def written(desk: Desk, now: datetime, *, digest: bool) -> Desk:
    """The desk after one more message; what is too old to count is forgotten."""
    kept = tuple(at for at in desk.sent if now - at < KEPT)
    apart = tuple(at for at in desk.apart if now - at < KEPT)
    return replace(desk, sent=(*kept, now), apart=apart if digest else (*apart, now))


def noting(facts: Facts, effects: Sequence[Effect]) -> Facts:
    """What is known after these effects: what they said counts into the budgets for whatever the same turn says next."""
    desks = {effect.entity.id: effect.entity for effect in effects if isinstance(effect, Put) and isinstance(effect.entity, Desk)}
    others = tuple(one for one in facts.items if not (isinstance(one, Desk) and one.id in desks))
    return replace(facts, items=(*others, *desks.values())) if desks else facts


def once(effects: Sequence[Effect]) -> tuple[Effect, ...]:
    """The effects with each desk put down once, as it is in the end: of two new states of one thing the store takes none."""
    last = {effect.entity.id: place for place, effect in enumerate(effects) if isinstance(effect, Put) and isinstance(effect.entity, Desk)}
    kept = set(last.values())
    return tuple(effect for place, effect in enumerate(effects) if place in kept or not (isinstance(effect, Put) and isinstance(effect.entity, Desk)))
