"""The rules as they are now, and the gathered people, desks and items as the rules see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.facts import Facts
from bot.core.model import Away, Desk, Step
from bot.core.nudging import Absence, Rules, Waiting
from bot.core.nudging.budget import Sent
from bot.core.nudging.said import pause_of
from bot.core.nudging.waiting import Held, waiting_of
from bot.core.skills.nudging.gathering import access_of, items_of, ladder_of

KEPT = timedelta(days=15)
"""For how long it is remembered what somebody got; the budget needs a week."""


def rules_of(facts: Facts) -> Rules:
    """The calendar and the numbers with what admins said, absences, mutes and the pause."""
    absences = {one.id: Absence(one.person, one.start, one.end, one.deputy) for one in facts.all(Away)}
    mutes = {one.person: one.muted for one in facts.all(Desk) if one.muted is not None}
    return Rules(facts.policy.calendar, facts.policy.nudging, tuple(absences.values()), mutes, pause_of(facts.policy.said))


def waits_of(facts: Facts) -> tuple[tuple[Held, Waiting], ...]:
    """The gathered items with what the rules see of them."""
    access = access_of(facts)
    return tuple((item, _in_person(item, waiting_of(item, ladder_of(item, facts, access)), facts)) for item in items_of(facts))


def _in_person(item: Held, waiting: Waiting, facts: Facts) -> Waiting:
    """What only DingTalk decides waits for its holder: a deputy here has no right there."""
    deputies = (one.deputy for one in facts.all(Away) if one.person == item.holder and one.deputy)
    return replace(waiting, barred=waiting.barred | frozenset(deputies)) if isinstance(item, Step) else waiting


def desk_of(person: str, facts: Facts) -> Desk:
    """What is remembered of somebody."""
    return next((one for one in facts.all(Desk) if one.id == person), Desk(person, person))


def sent_of(desk: Desk) -> tuple[Sent, ...]:
    """What somebody got of the bot's own accord."""
    return tuple(Sent(at, at not in desk.apart) for at in desk.sent)


def written(desk: Desk, now: datetime, *, digest: bool) -> Desk:
    """The desk after one more message; what is too old to count is forgotten."""
    kept = tuple(at for at in desk.sent if now - at < KEPT)
    apart = tuple(at for at in desk.apart if now - at < KEPT)
    return replace(desk, sent=(*kept, now), apart=apart if digest else (*apart, now))
