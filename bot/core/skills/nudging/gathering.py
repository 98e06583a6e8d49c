"""What the skills of nudging ask the store for: what waits for whom, to whom it may go up, who is away and who got how many messages."""

from __future__ import annotations

from collections.abc import Iterable

from bot.core.access import Access, eligible, group, resolved
from bot.core.facts import Ask, Facts, Tally
from bot.core.lifecycle.joining import UNDECIDED
from bot.core.model import Application, Away, Desk, Person, Request, Step
from bot.core.nudging.waiting import Held
from bot.core.turn import Turn

Asked = tuple[Ask | Tally, ...]
MOST = 200
"""Items of one person that are looked at in one turn."""
PENDING, OPEN = ("pending",), ("open",)
WAITS = (*UNDECIDED, *PENDING, *OPEN)


def held_by(person: str) -> Asked:
    """What somebody must decide."""
    return (
        Ask(Application, holder=person, states=UNDECIDED, most=MOST),
        Ask(Request, holder=person, states=PENDING, most=MOST),
        Ask(Step, holder=person, states=OPEN, most=MOST),
        Ask(Request, tag=f"also={person}", states=PENDING, most=MOST),
    )


def own_desk(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """What the viewer holds, their own absence, whom they stand in for, what they got."""
    who = facts.viewer.id
    return (Ask(Desk, id=who), Ask(Away, id=who), Ask(Away, holder=who), *held_by(who)) if who else ()


def instead(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """What those hold for whom the viewer stands in."""
    absent = dict.fromkeys(one.person for one in facts.all(Away) if one.deputy == facts.viewer.id)
    return tuple(ask for person in absent for ask in held_by(person))


def own_items(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """What of the viewer waits for a decision."""
    who = facts.viewer.id
    asked = (Ask(Application, person=who, states=UNDECIDED), Ask(Request, person=who, states=PENDING), Ask(Request, tag=f"for={who}", states=PENDING))
    return (*asked, Ask(Step, person=who, states=OPEN)) if who else ()


def people(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """Those whom the items name, and those whom the policy names for them."""
    known = {one.id for one in (facts.viewer, *facts.people, *facts.admins) if one.name}
    names = {one for item in items_of(facts) for one in _named(item)} | {one for away in facts.all(Away) for one in (away.person, away.deputy)}
    access = facts.policy.access
    keys = [key for item in facts.all(Request) for key in _keys(access, item)]
    return (
        *(Ask(Person, id=one, most=1) for one in sorted(names - known - {""})),
        *(Ask(Person, tag=f"account={key}", most=1) for key in dict.fromkeys(keys)),
    )


def _named(item: Held) -> tuple[str, ...]:
    return (item.person, item.holder, item.whose, *item.approvers) if isinstance(item, Request) else (item.person, item.holder)


def _keys(access: Access, item: Request) -> tuple[str, ...]:
    names = (*access.role(item.role).by, "finance")
    return tuple(key for name in names for key in group(access, name, item.role, item.department))


def presence(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """Whether the holders and those above them are there, and what they got."""
    access = access_of(facts)
    concerned = {one for item in items_of(facts) for one in (item.holder, *ladder_of(item, facts, access))} | {one.id for one in facts.admins}
    return _desks(concerned, facts)


def deputies(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """Whether the deputies of absent people are there themselves, and what they are called."""
    names = {one.deputy for one in facts.all(Away)}
    known = {one.id for one in (facts.viewer, *facts.people, *facts.admins) if one.name}
    return (*_desks(names, facts), *(Ask(Person, id=one, most=1) for one in sorted(names - known - {""})))


def _desks(concerned: Iterable[str], facts: Facts) -> Asked:
    away, desks = {one.id for one in facts.all(Away)}, {one.id for one in facts.all(Desk)}
    wanted = sorted(set(concerned) - {""})
    return (*(Ask(Away, id=one, most=1) for one in wanted if one not in away), *(Ask(Desk, id=one, most=1) for one in wanted if one not in desks))


def items_of(facts: Facts) -> tuple[Held, ...]:
    """The gathered items that wait for a decision, each once, the oldest first."""
    found = {one.id: one for one in facts.items if isinstance(one, Application | Request | Step) and one.state in WAITS and not _there(one)}
    return tuple(sorted(found.values(), key=lambda one: (one.made, one.id)))


def _there(item: Held) -> bool:
    """Whether it is decided in DingTalk: its turns there wait, and not the request."""
    return isinstance(item, Request) and item.elsewhere


def access_of(facts: Facts) -> Access:
    """The policy of permissions with the ids of the people who were gathered."""
    return resolved(facts.policy.access, (facts.viewer, *facts.people, *facts.admins))


def ladder_of(item: Held, facts: Facts, access: Access) -> tuple[str, ...]:
    """To whom the item may go up: its other approvers, then those who may decide everything; whom it is for never, nor anybody from whom it
    went up. An application goes to admins."""
    admins = tuple(one.id for one in facts.admins)
    if isinstance(item, Step):
        return ()
    if isinstance(item, Application):
        return tuple(one for one in admins if one not in (item.person, item.holder, *item.former))
    may = eligible(access, item.role, item.department)
    able = dict.fromkeys(one for one in (*item.open_to, *access.finance, *admins) if one in may)
    return tuple(one for one in able if one not in (item.person, item.whose, item.holder, *item.former))


ROUND = (own_desk, instead, people, presence, deputies)
"""For a person's digest and everything a person says about their own desk."""
MINE = (own_items, people, presence, deputies)
"""For whoever waits."""
