"""What people say of a permission on its way: done by hand, tried again, it works, it does not, it was mended."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core.facts import Ask, Facts
from bot.core.lifecycle import access as lives
from bot.core.model import Action, Grant, Request
from bot.core.skills.access import filing, gathering, granting
from bot.core.skills.access.telling import no_such, policy_of, shown
from bot.core.turn import Call, Decision, Here, Private, Put, Reason, Say, Turn


def grants_asks(turn: Turn, facts: Facts) -> gathering.Asked:  # noqa: ARG001 - every question has this shape
    """The grants of the request that was named, or that it changes."""
    found = facts.all(Request)
    own = tuple(Ask(Grant, tag=f"request={one.id}", most=3) for one in found)
    return (*own, *(Ask(Grant, id=one.grant, most=1) for one in found if one.grant))


def _mine(facts: Facts, turn: Turn) -> Request | None:
    """The request that a code names, for a finance admin who gains nothing by it."""
    code = turn.understanding.slot("code")
    request = next((one for one in facts.all(Request) if one.code == code), None)
    allowed = request is not None and facts.viewer.id in policy_of(facts).finance and facts.viewer.id not in (request.person, request.whose)
    return request if allowed else None


def done_by_hand(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """A finance admin says that it was done, or that it cannot be."""
    request = _mine(facts, turn)
    if request is None or request.state != "granting":
        return no_such(turn)
    good = turn.understanding.intent == "access.done"
    by = facts.viewer.id
    why = turn.understanding.slot("reason") or "by_hand"
    told = granting.given(request, turn, facts, now, by=by) if good else granting.failed(request, why, turn, facts, now, by=by)
    call = granting.call_of(request, facts)
    closed = Call(call.connector, "confirm", f"confirm:{call.key}", {"key": call.key, "state": "done" if good else "refused", "by": by})
    thanks = Say(Private(by), "access/works_told", {"what": "task_done" if good else "task_failed", "item": shown(request, facts, now)})
    return Decision(Reason.SAVED, (*told.effects, closed, thanks))


def retried(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """A failed grant is tried once more, as another attempt of what was approved."""
    request = _mine(facts, turn)
    done = lives.moved(request, "retry", "admin", now) if request is not None else None
    if request is None or done is None:
        return no_such(turn)
    done = replace(done, attempt=done.attempt + 1, outcome="")
    again = granting.next_call(done, facts)
    noted = filing.entry(turn, now, facts.viewer.id, "grant.retry", f"request:{request.id}")
    return Decision(
        Reason.SAVED, (Put(done), noted, again, Say(Private(facts.viewer.id), "access/works_told", {"what": "retried", "item": shown(done, facts, now)}))
    )


def said(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Whether it works: said by whoever has the permission. What does not is looked into and goes to the admins."""
    code = turn.understanding.slot("code")
    request = next((one for one in facts.all(Request) if one.code == code and one.whose == facts.viewer.id), None)
    works = turn.understanding.intent == "access.works"
    done = lives.moved(request, "work" if works else "break", "applicant", now) if request is not None else None
    if request is None or done is None:
        return no_such(turn)
    marked = tuple(Put(replace(one, works="yes" if works else "no")) for one in facts.all(Grant) if one.request == request.id)
    noted = filing.entry(turn, now, facts.viewer.id, f"request.{done.state}", f"request:{request.id}")
    answer = Say(
        Here(),
        "access/works_told",
        {"what": "works" if works else "broken", "item": shown(done, facts, now)},
        () if works else (Action("after.relogin_cache"), Action("act.human", label="human")),
    )
    call = granting.call_of(request, facts)
    explain = () if works else (Call(call.connector, "explain", f"explain:{request.id}:{turn.seed[:8]}", dict(call.args)),)
    return Decision(Reason.NOTED, (Put(done), *marked, noted, *explain, answer))


def mended(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """An admin says that what was missing is there: its person is asked again."""
    request = _mine(facts, turn)
    if request is None or request.state != "not_effective":
        return no_such(turn)
    slots = (("code", request.code),)
    ask = Say(
        Private(request.whose),
        "access/works",
        {"item": shown(request, facts, now), "mended": True},
        (Action("access.works", slots, "it_works", request.code), Action("access.broken", slots, "it_does_not", request.code)),
    )
    return Decision(Reason.SAVED, (ask, Say(Private(facts.viewer.id), "access/works_told", {"what": "asked_again", "item": shown(request, facts, now)})))
