"""Every reminder of any kind keeps to the rules of its receiver: it counts into their budget, and waits while that is used up, at night, in a pause, while
they are away. What ends is no reason to wait beyond: its last warning goes over the budget, and its end is never put off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.calendar import may_send, next_send
from bot.core.facts import Ask, Facts
from bot.core.model import Away, Desk, Grant, Invite, Item, kind_of
from bot.core.nudging import Rules, away, room
from bot.core.nudging.values import NEVER
from bot.core.nudging.waiting import sent_of
from bot.core.skills.nudging.gathering import Asked
from bot.core.skills.nudging.ruling import desk_of, rules_of, written
from bot.core.turn import Decision, Due, Effect, Private, Put, Reason, Say, Turn

ROUND = "round"
"""The question that keeps the budget itself."""
ORDER = ("ticket", "grant", "invite", "application", "request", "review", "member")
"""Kinds of items as their reminders follow each other when they become free together: where somebody waits or something ends first. Digests come before."""
APART = timedelta(minutes=2)
LOOK_AGAIN = timedelta(days=1)
"""After so long a pause or a silence without an end is looked at again."""


def own_asks(turn: Turn, facts: Facts) -> Asked:
    """What the person whom something due concerns, whoever is told beside them, and the admins got so far, and whether they are there."""
    concerned = _concerned(turn, facts)
    return (*(Ask(Desk, id=one, most=1) for one in concerned), *(Ask(Away, id=one, most=1) for one in concerned))


def _concerned(turn: Turn, facts: Facts) -> tuple[str, ...]:
    item = _item(turn, facts)
    beside = [getattr(item, name, "") for name in ("person", "holder", "inviter", "by")]
    named = (facts.viewer.id, *beside, *(admin.id for admin in facts.admins))
    return tuple(dict.fromkeys(one for one in named if one == facts.viewer.id or ":" in one))


def _item(turn: Turn, facts: Facts) -> Item | None:
    """The item that is due."""
    due = turn.stimulus
    return next((one for one in facts.items if isinstance(due, Due) and one.id == due.entity and kind_of(type(one)) == due.kind), None)


def kept_to(decision: Decision, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The decision with one message more on the desk of each of them who is reminded; those to whom nothing may be sent now are left out, and when that is
    everybody nothing is done and the item is due again when the first of them is free."""
    due = turn.stimulus
    if not isinstance(due, Due) or due.kind == ROUND or decision.reason is not Reason.REMINDED:
        return decision
    known, rules = _concerned(turn, facts), rules_of(facts)
    told = list(dict.fromkeys(say.to.person for say in decision.says if isinstance(say.to, Private)))
    item = _item(turn, facts)
    end = _end(item, now)
    waits = {one: at for one in told if one in known and (at := _waits(one, facts, rules, now, due.kind, end)) is not None}
    if told and len(waits) == len(told) and item is not None:
        again = min(_in_order(min(waits.values()), due.kind, rules), end or NEVER)
        return Decision(Reason.HELD_BACK, (Put(replace(item, due=again)),))  # type: ignore[type-var] # every item that falls due is a dataclass
    return replace(decision, effects=tuple(_sent(decision, told, waits, known, facts, now)))


def _end(item: Item | None, now: datetime) -> datetime | None:
    """When what is warned of ends: a warning that comes later is none, and what is held until then would not end in time."""
    end = item.until if isinstance(item, Grant) else item.expires if isinstance(item, Invite) else None
    return end if end is not None and end > now else None


def _waits(person: str, facts: Facts, rules: Rules, now: datetime, kind: str, end: datetime | None) -> datetime | None:
    """Until when this person is left alone, None: told now. The budget alone holds nothing back beyond its end; night, pauses and absences do."""
    at = free_at(person, facts, rules, now)
    if at is None or end is None or _in_order(at, kind, rules) < end:
        return at
    return _there(person, rules, now)


def _sent(decision: Decision, told: list[str], waits: dict[str, datetime], known: tuple[str, ...], facts: Facts, now: datetime) -> Iterator[Effect]:
    for effect in decision.effects:
        if not (isinstance(effect, Say) and isinstance(effect.to, Private) and effect.to.person in waits):
            yield effect
    for one in told:
        if one in known and one not in waits:
            yield Put(written(desk_of(one, facts), now, digest=False))


def free_at(person: str, facts: Facts, rules: Rules, now: datetime) -> datetime | None:
    """When this person may be reminded of something, None: now."""
    return _there(person, rules, now) or room(sent_of(desk_of(person, facts)), rules, now)


def _there(person: str, rules: Rules, now: datetime) -> datetime | None:
    """When nothing but the budget may hold a reminder back from this person, None: now."""
    gone, mute = away(person, rules.absences, now), rules.mutes.get(person)
    stop = (rules.pause.until or NEVER) if rules.pause is not None else now
    ends = [end for end in (stop, gone.end if gone else now, mute or now) if end > now]
    if ends:
        latest = max(ends)
        return next_send(rules.calendar, latest if latest < NEVER else now + LOOK_AGAIN)
    return None if may_send(rules.calendar, now) else next_send(rules.calendar, now)


def _in_order(at: datetime, kind: str, rules: Rules) -> datetime:
    """A little after the moment, each kind at its place."""
    place = ORDER.index(kind) if kind in ORDER else len(ORDER)
    return next_send(rules.calendar, at + (place + 1) * APART)
