"""What is asked of the store when somebody's own record is wanted, and what of it counts now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from bot.core.facts import Ask, Facts, Tally
from bot.core.lifecycle.joining import LOST, OPEN, VALID
from bot.core.model import Application, Followed, Invite, Member, Person, Request
from bot.core.turn import Turn

T = TypeVar("T", Invite, Application)
ENDED = ("withdrawn", "expired", "failed")
"""States of a permission request that nobody asks about any more."""
MOST, MOST_REQUESTS = 3, 6


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands: of each noun the one that counts, None when there is none."""

    invite: Invite | None = None
    application: Application | None = None
    member: Member | None = None
    requests: tuple[Request, ...] = ()

    @property
    def known(self) -> bool:
        """Whether there is any record of joining."""
        return bool(self.invite or self.application or self.member)

    @property
    def joined(self) -> bool:
        """Whether they are in the organisation."""
        return self.member is not None and self.member.state != "left"


def record(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """The viewer's invites, applications and membership."""
    who = facts.viewer.id
    if not who or not facts.viewer.inside:
        return ()
    return Ask(Invite, person=who, most=MOST), Ask(Application, person=who, most=MOST), Ask(Member, id=who)


def requests(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """The viewer's permission requests."""
    who = facts.viewer.id
    if not (facts.viewer.inside and who):
        return ()
    return Ask(Request, person=who, most=MOST_REQUESTS), Ask(Followed, person=who, states=("running",), most=MOST_REQUESTS)


def whole(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:
    """Both, in one statement."""
    return *record(turn, facts), *requests(turn, facts)


def others(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """The people whom the viewer's record names; of who left, invites to their mobile that were made out before anybody knew whose it is."""
    names = {item.index.holder for item in facts.items} | {one.inviter for one in facts.all(Invite)} | {one.decided_by for one in facts.all(Application)}
    names |= {task.holder for one in facts.all(Followed) for task in one.waiting}
    known = {facts.viewer.id, *(person.id for person in (*facts.people, *facts.admins) if person.name)}
    member = facts.first(Member)
    mobile = member.mobile if member and member.id == facts.viewer.id and member.state == "left" else ""
    mine = (Ask(Invite, tag=f"!mobile={mobile}", most=MOST),) if mobile else ()
    return *(Ask(Person, id=one) for one in sorted(names - known - {""})), *mine


def standing(facts: Facts, who: str = "") -> Standing:
    """Where the person (the viewer when empty) stands by what was gathered: an open application before a decided one, a valid invite before a lost one."""
    who = who or facts.viewer.id
    member = next((one for one in facts.all(Member) if one.person == who), None)
    mobile = member.mobile if member else ""
    invites = [one for one in facts.all(Invite) if one.person == who or (mobile and not one.person and one.mobile == mobile)]
    applications = [one for one in facts.all(Application) if one.person == who]
    wanted = tuple(one for one in facts.all(Request) if who in (one.person, one.whose) and one.state not in ENDED)
    return Standing(_first(invites, VALID, ("asked",), LOST), _first(applications, OPEN, ("approved",)), member, wanted)


def _first(items: list[T], *ranks: tuple[str, ...]) -> T | None:
    """The newest of the first rank that has any, else the newest."""
    newest = sorted(items, key=lambda one: (one.index.at is not None, one.index.at), reverse=True)
    return next((one for states in ranks for one in newest if one.state in states), newest[0] if newest else None)
