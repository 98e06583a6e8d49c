"""A request that waits and is looked at by the clock: it lapses, or passes to somebody who is there when its deciders no longer are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.access import eligible, ways
from bot.core.facts import Ask, Facts
from bot.core.lifecycle import access as lives
from bot.core.model import Action, Request
from bot.core.skills.access import filing, gathering, granting
from bot.core.skills.access.telling import policy_of, shown
from bot.core.turn import Decision, Due, Private, Put, Reason, Say, Turn

LOOK = timedelta(hours=12)


def asks(turn: Turn, facts: Facts) -> gathering.Asked:  # noqa: ARG001 - every question has this shape
    """The request that is due."""
    return (Ask(Request, id=turn.stimulus.entity, most=1),) if isinstance(turn.stimulus, Due) else ()


def presence_asks(turn: Turn, facts: Facts) -> gathering.Asked:  # noqa: ARG001 - every question has this shape
    """Whether those who could decide are here."""
    access = policy_of(facts)
    people: Iterable[str] = {one for request in facts.all(Request) for one in (*eligible(access, request.role, request.department), *request.approvers)}
    return gathering.presence(people)


def looked_at(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Lapsed, passed on, or left until the next look."""
    request = facts.first(Request)
    if request is not None and request.state == "granting":
        return Decision(Reason.SAVED, (Put(replace(request, due=None)), granting.follow_of(request, facts, turn.seed)))
    if request is None or request.state != "pending":
        return Decision(Reason.IGNORED)
    done = lives.lapsed(request, now)
    if done is not None:
        noted = filing.entry(turn, now, "system", "request.lapse", f"request:{request.id}")
        again = Action("access.again", (("code", request.code),), "ask_again", request.code)
        data = {"what": "expired", "item": shown(done, facts, now), "by": ""}
        told = () if request.person == "system" else (Say(Private(request.person), "access/told", data, (again,)),)
        return Decision(Reason.SAVED, (Put(done), noted, *told, *lives.recalled(request)))
    later = min(now + LOOK, request.lapses) if request.lapses else now + LOOK
    rerouted = _rerouted(request, facts, now)
    if rerouted is None:
        return Decision(Reason.IGNORED, (Put(replace(request, due=later)),))
    noted = filing.entry(turn, now, "system", "request.transfer", f"request:{request.id}", "fallback", rerouted.holder)
    return Decision(Reason.SAVED, (Put(replace(rerouted, due=later)), noted, *filing.told(rerouted, facts, now)))


def _rerouted(request: Request, facts: Facts, now: datetime) -> Request | None:
    """The request with new deciders when too few of its own are left; None when there is nothing to change."""
    if request.elsewhere:
        return None
    access = policy_of(facts)
    gone = filing.gone(facts, (*request.approvers, *access.deciders), now)
    may = eligible(access, request.role, request.department)
    there = [one for one in request.open_to if one not in gone and one in may]
    if len(there) + len(request.given) >= request.quorum and (not request.second or request.second not in gone):
        return None
    found = ways(access, request.role, request.department, (request.person, request.whose), gone, exception=bool(request.second))
    moved = lives.moved(request, "transfer", "system", now)
    if not found.open or moved is None or found.approvers == request.approvers:
        return None
    return replace(moved, approvers=found.approvers, second=found.second, holder=found.approvers[0])
