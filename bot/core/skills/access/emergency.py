"""Break-glass: a named person opens a permission at once, for hours. It is off unless the settings say otherwise, everybody who decides hears of it, and the
request stays to be decided: no takes it back at once, yes lets it last as long as was asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.access import eligible
from bot.core.facts import Facts
from bot.core.lifecycle import access as lives
from bot.core.model import Action, Grant, Request
from bot.core.model.access import BREAK_GLASS
from bot.core.segregation import conflicts
from bot.core.skills.access import filing, granting
from bot.core.skills.access.telling import LEAVE, conflict_told, deciding, minute_of, name_of, no_such, policy_of, shown
from bot.core.turn import Decision, Effect, Here, Private, Put, Reason, Say, Turn

INTENT = "access.emergency"
FLAG = BREAK_GLASS
KIND = "emergency"
MARK = "x"
"""What the id of the opening begins with; the rest is that of the request, so that there is one a request."""


def offered(request: Request, facts: Facts) -> tuple[Action, ...]:
    """The button for somebody whom the settings name, on a request of their own."""
    named = facts.viewer.id in policy_of(facts).emergency and request.kind == "grant" and FLAG not in request.flags
    return (Action(INTENT, (("code", request.code),), "open_now", request.code),) if named else ()


def opened(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Read back with all that follows; then the permission is on its way, and everybody is told."""
    request = next((one for one in facts.all(Request) if one.code == turn.understanding.slot("code") and one.person == facts.viewer.id), None)
    if request is None or request.state != "pending" or not offered(request, facts):
        return _refused("not_now" if facts.viewer.id in policy_of(facts).emergency else "not_you", turn, facts, now, request)
    held = (one for one in filing.having(request.whose, facts, but=request.id) if one.role != request.role)
    hard = next((one for one in conflicts(facts.policy.segregation, facts.policy.access.role(request.role).duties, held) if one.rule.hard), None)
    if hard is not None:
        return _refused("blocked", turn, facts, now, request, rule=conflict_told(hard, facts.policy.access))
    if not turn.understanding.slot("confirmed"):
        yes = Action(INTENT, (("code", request.code), ("confirmed", "1")), "open_now_sure")
        data = {"what": "confirm", "item": shown(request, facts, now), "hours": facts.policy.access.emergency_hours, "told": len(_concerned(request, facts))}
        return Decision(Reason.ASKED_BACK, (Say(Here(), "access/emergency", data, (yes, LEAVE)),))
    return _begun(request, turn, facts, now)


def _refused(why: str, turn: Turn, facts: Facts, now: datetime, request: Request | None, **more: object) -> Decision:
    """Not theirs to open, or not any more; the attempt is a line of the trail."""
    code = turn.understanding.slot("code") or turn.understanding.slot("mistyped")
    noted = filing.entry(turn, now, facts.viewer.id, "request.break_glass_refused", f"request:{request.id}" if request else "request:?", why, code)
    if request is None and why != "not_you":
        done = no_such(turn)
        return replace(done, effects=(*done.effects, noted))
    return Decision(Reason.DENIED, (Say(Here(), "access/emergency", {"what": why, "code": code, **more}), noted))


def _concerned(request: Request, facts: Facts) -> tuple[str, ...]:
    """Everybody who may decide on it, the finance admins and the administrators."""
    access = policy_of(facts)
    people = (*request.approvers, *sorted(eligible(access, request.role, request.department)), *access.finance, *(one.id for one in facts.admins))
    return tuple(one for one in dict.fromkeys(people) if one not in (facts.viewer.id, request.whose))


def _begun(request: Request, turn: Turn, facts: Facts, now: datetime) -> Decision:
    until = now + timedelta(hours=facts.policy.access.emergency_hours)
    ident = f"{MARK}{request.id[1:]}"
    glass = replace(request, id=ident, code="", state="granting", kind=KIND, until=until, since=now, made=now, approvals=(), flags=(*request.flags, FLAG))
    glass = replace(glass, holder="", approvers=(), quorum=0, second="", due=None, lapses=None, filed="", elsewhere=False, version=0)
    after = replace(request, kind="renew", grant=f"g{request.id[1:]}", flags=(*request.flags, FLAG), touched=now)
    noted = filing.entry(turn, now, facts.viewer.id, "request.break_glass", f"request:{request.id}", request.role, request.reason)
    data = {"what": "opened", "item": shown(after, facts, now), "who": name_of(facts, facts.viewer.id), "until": minute_of(until, facts)}
    loud: list[Effect] = [
        Say(Private(one), "access/emergency", {**data, "yours": one in after.open_to}, deciding(after.code) if one in after.open_to else (), priority=2)
        for one in _concerned(request, facts)
    ]
    answer = Say(Here(), "access/emergency", {**data, "what": "yours"})
    return Decision(Reason.SAVED, (Put(glass), Put(after), noted, granting.check_of(glass, facts), answer, *loud))


def unwarranted(glass: Request, facts: Facts) -> str:
    """Why an opening must not be written after all: whoever opened it may not any more, or the request was turned down meanwhile. Empty: nothing."""
    if glass.person not in policy_of(facts).emergency:
        return "authority"
    return "" if _still_asked(glass, facts) else "rejected"


def _still_asked(glass: Request, facts: Facts) -> bool:
    request = next((one for one in facts.all(Request) if one.id == f"r{glass.id[1:]}"), None)
    return request is not None and request.state not in ("rejected", "withdrawn")


def undone(request: Request, facts: Facts) -> tuple[Grant, ...]:
    """What an opening gave, when its request is turned down."""
    return tuple(one for one in facts.all(Grant) if FLAG in request.flags and one.id == request.grant and one.state == "active")


def settled(glass: Request, turn: Turn, facts: Facts, now: datetime) -> Decision | None:
    """An opening that was given though its request was turned down in the meantime is taken back at once; None: it stands."""
    if glass.kind != KIND or _still_asked(glass, facts):
        return None
    done = lives.moved(glass, "fail", "system", now)
    if done is None:
        return None
    call = granting.call_of(glass, facts)
    back = replace(call, operation="revoke", key=f"revoke:{call.key}")
    return Decision(
        Reason.SAVED, (Put(replace(done, outcome="rejected")), filing.entry(turn, now, "system", "grant.end", f"request:{glass.id}", "rejected"), back)
    )
