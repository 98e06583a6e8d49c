"""One more time by its code: asked again after a no or an end, prolonged before its end, asked for with less; and a request that still waits, changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core import codes
from bot.core.access import longest
from bot.core.facts import Ask, Facts
from bot.core.lifecycle import access as lives
from bot.core.model import Action, Awaiting, Grant, Request
from bot.core.skills.access import asking, filing, gathering
from bot.core.skills.access.draft import when
from bot.core.skills.access.telling import LEAVE, day_of, end_of, no_such, reviewers, shown
from bot.core.turn import About, Decision, Effect, Here, Private, Put, Reason, Say, Turn

CHANGE = "access.change"
"""The intent of another edition."""
_TIMES = ("duration", "when")
_AROUND = 4
"""Letters around a time ("until", "改到") with which a text is that time still; a longer one is a purpose that has a time in it."""


def coded(turn: Turn, facts: Facts) -> gathering.Asked:  # noqa: ARG001 - every question has this shape
    """The request of the viewer's that a code names, and the grants that came of it."""
    code = turn.understanding.slot("code")
    return (Ask(Request, tag=f"code={code}", most=5),) if code else ()


def granted(turn: Turn, facts: Facts) -> gathering.Asked:
    """The grant that came of that request, or that it prolonged."""
    found = gathering.again(turn, facts)
    if found is None:
        return ()
    return (Ask(Grant, tag=f"request={found.id}", most=3), *((Ask(Grant, id=found.grant, most=1),) if found.grant else ()))


def asked_again(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The page of asking, with what the code's request says filled in."""
    if gathering.again(turn, facts) is None:
        return no_such(turn)
    return asking.run(turn, facts, now)


def change(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Another end or another reason for a request nobody has decided yet: read back first, and only the button makes the edition. Whoever agreed to the one
    before must say so again."""
    request = gathering.again(turn, facts)
    if request is None or request.person != facts.viewer.id:
        return no_such(turn)
    if request.state != "pending" or request.kind != "grant":
        status = Action("act.status_check", (("code", request.code), ("request", request.code)))
        return Decision(Reason.STALE_OPTION, (Say(Here(), "access/changed", {"why": "decided", "code": request.code}, (status,)),))
    if request.elsewhere:
        return Decision(Reason.DENIED, (Say(Here(), "access/changed", {"why": "elsewhere", "code": request.code}),))
    until, reason = _wanted(turn, request, facts, now)
    if until is None and not reason:
        return _ask(request, facts, now)
    limit = longest(facts.policy.access, facts.policy.access.role(request.role), now, exception=bool(request.second))
    if until is not None and limit is not None and until > end_of(limit, facts):
        return _ask(request, facts, now, over=day_of(limit, facts))
    done = lives.edited(request, codes.make(int(turn.seed[14:26], 16)), now, until=until, reason=reason)
    if done is None:
        return no_such(turn)
    if not turn.understanding.slot("confirmed"):
        slots = (("code", request.code), ("until", until.isoformat() if until else ""), ("reason", reason), ("confirmed", "1"))
        yes = Action(CHANGE, tuple(pair for pair in slots if pair[1]), "change_so")
        data: dict[str, object] = {"why": "confirm", "before": shown(request, facts, now), "item": shown(done, facts, now), "given": len(request.given)}
        return Decision(Reason.ASKED_BACK, (Say(Here(), "access/changed", data, (yes, LEAVE)),))
    return _edition(request, done, turn, facts, now)


def _wanted(turn: Turn, request: Request, facts: Facts, now: datetime) -> tuple[datetime | None, str]:
    """The new end, or the new reason when what was said is no time."""
    read = turn.understanding
    if read.slot("confirmed"):
        return (datetime.fromisoformat(read.slot("until")) if read.slot("until") else None), read.slot("reason")
    said = " ".join((read.slot("reason") or (read.slot("duration") if read.rule == "awaited" else "")).split())
    names = tuple(f"{name}.read" for name in _TIMES) if read.rule == "awaited" else _TIMES
    time = next((one for one in read.slots if one.name in names and one.end - one.start >= len(said) - _AROUND), None)
    moment = when(time.value if time is not None else said, facts, now) if said else None
    if moment is not None:
        return (moment, "") if moment > now and moment != request.until else (None, "")
    return None, said[:200] if said != request.reason else ""


def _ask(request: Request, facts: Facts, now: datetime, over: str = "") -> Decision:
    """What is to be another."""
    waiting = Awaiting(CHANGE, "duration", (("code", request.code),), now + asking.PATIENCE)
    data = {"why": "ask", "item": shown(request, facts, now), "code": request.code, "over": over}
    return Decision(Reason.ASKED_BACK, (Say(Here(), "access/changed", data, (LEAVE,)),), awaiting=waiting)


def _edition(request: Request, done: Request, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The new edition, told to its deciders; the card before is told to be void."""
    fresh = replace(done, flags=tuple(one for one in done.flags if one != filing.ABOVE), holder=next(iter(done.approvers), ""), nudges=())
    noted = filing.entry(turn, now, facts.viewer.id, "request.edit", f"request:{request.id}", f"edition {fresh.edition}", request.code)
    data: dict[str, object] = {"why": "done", "item": shown(fresh, facts, now), "approvers": reviewers(facts, fresh.approvers[:5]), "before": request.code}
    slots = (("code", fresh.code), ("request", fresh.code))
    answer = Say(Here(), "access/changed", data, (Action("act.status_check", slots), Action("act.withdraw", slots)))
    void_: dict[str, object] = {"why": "void", "name": fresh.name, "before": request.code, "code": fresh.code}
    about = About("request", fresh.id, ("pending",))
    void: list[Effect] = [Say(Private(one.by), "access/changed", void_, about=about) for one in request.given if one.by not in fresh.called]
    return Decision(Reason.SAVED, (Put(fresh), noted, answer, *filing.told(fresh, facts, now), *void), topic=asking.INTENT)
