"""Decisions: who may, on what, with which outcome. Only a button or an exact command with its code decides; whatever comes near one shows the list."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core.access import names, principal
from bot.core.facts import Facts
from bot.core.lifecycle import access as lives
from bot.core.lifecycle import joining
from bot.core.model import Action, Application, Approval, Awaiting, Away, Batch, Member, Request
from bot.core.skills.access import agreeing, batching, choosing, emergency, ending, filing, pending
from bot.core.skills.access.telling import LEAVE, deciding, minute_of, name_of, policy_of, shown
from bot.core.turn import Decision, Here, Private, Put, Reason, Say, Turn

PATIENCE = timedelta(hours=1)
REASONS = ("reason_incomplete", "reason_too_much", "reason_wrong_person")
_SURE = frozenset({"button", "code"})


def decisive(turn: Turn) -> bool:
    """Whether this was meant as a decision and as nothing else: a button, an exact command, or an option by its number - or by its label when that says
    more than yes or no (a reason, a name)."""
    read = turn.understanding
    told = any(letter.isdigit() for letter in turn.text) or bool(read.slot("reason") or read.slot("to"))
    return read.rule in _SURE or (read.rule == "choice" and told)


def approve(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Yes to what the code names, if it is the viewer's to say."""
    code = turn.understanding.slot("code")
    if not decisive(turn) or not code:
        return choosing.near(turn, facts, now) or pending.listed(turn, facts, now, mistyped=bool(turn.understanding.slot("mistyped")), undecided=True)
    if any(one.code == code for one in facts.all(Batch)):
        return batching.carried_out(turn, facts, now)
    found = _found(facts, code, now)
    if turn.understanding.slot("reason") and found is not None:
        data = {"why": "as_filed", "code": code, "note": turn.understanding.slot("reason")}
        return Decision(Reason.ASKED_BACK, (Say(Here(), "access/cannot", data, deciding(code)),))
    if isinstance(found, Application):
        return _admitted(found, turn, facts, now)
    return _approved(found, turn, facts, now) if found is not None else _barred(code, turn, facts, now)


def reject(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """No, with a reason: asked for when it is missing, and read back before it counts when it came as free text."""
    code, reason = turn.understanding.slot("code"), " ".join(turn.understanding.slot("reason").split())[:200]
    awaited = turn.understanding.rule == "awaited"
    if not (decisive(turn) or awaited) or not code:
        place, words = choosing.one(turn, facts, now)
        if place:
            return _why(place, words, turn, facts, now)
        return pending.listed(turn, facts, now, mistyped=bool(turn.understanding.slot("mistyped")), undecided=True)
    found = _found(facts, code, now)
    if found is None:
        return _barred(code, turn, facts, now)
    if not reason or awaited:
        return _why(code, reason, turn, facts, now)
    if isinstance(found, Application):
        return _turned_down(found, reason, turn, facts, now)
    done = lives.rejected(found, Approval(facts.viewer.id, False, now, found.edition, reason, _instead(found, facts, now)))
    if done is None:
        return _barred(code, turn, facts, now)
    noted = filing.entry(turn, now, facts.viewer.id, "request.reject", f"request:{found.id}", f"edition {found.edition}", reason)
    again = Action("access.again", (("code", found.code),), "ask_again", found.code)
    data = {"what": "rejected", "item": shown(found, facts, now), "by": name_of(facts, facts.viewer.id), "reason": reason}
    told = () if found.kind == "revoke" else (Say(Private(found.person), "access/told", data, (again,), priority=2, language=found.language),)
    back = [
        effect for place, one in enumerate(emergency.undone(found, facts), 1) for effect in ending.taken_back(one, "rejected", turn, facts, now, place=place)
    ]
    return pending.answered(done, "rejected", (Put(done), noted, *told, *back), turn, facts, now)


def _why(code: str, reason: str, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Asks for the reason, or reads the one that was typed back."""
    if reason:
        yes = Action("act.reject", (("code", code), ("reason", reason)), "reject")
        said = Say(Here(), "access/cannot", {"why": "confirm_reject", "code": code, "note": reason}, (yes, LEAVE))
        return Decision(Reason.ASKED_BACK, (said,))
    known = [(label, facts.catalogue.label(Action("", label=label), turn.language)) for label in REASONS]
    buttons = tuple(Action("act.reject", (("code", code), ("reason", words)), label) for label, words in known)
    said = Say(Here(), "access/cannot", {"why": "ask_reason", "code": code}, (*buttons, LEAVE))
    return Decision(Reason.ASKED_BACK, (said,), awaiting=Awaiting("act.reject", "reason", (("code", code),), now + PATIENCE))


def _found(facts: Facts, code: str, now: datetime) -> Request | Application | None:
    """What the code names, if the viewer may decide it now."""
    for request in facts.all(Request):
        if request.code == code and agreeing.still_open(request, now) and principal(request, facts.viewer.id, policy_of(facts), facts.all(Away), now):
            return request
    may = names(facts.viewer.id, facts.all(Away), now)
    return next((one for one in facts.all(Application) if one.code == code and _reviewable(one, facts) and one.holder in may), None)


def _reviewable(application: Application, facts: Facts) -> bool:
    return application.state in joining.UNDECIDED and application.person != facts.viewer.id


def _instead(request: Request, facts: Facts, now: datetime) -> str:
    name = principal(request, facts.viewer.id, policy_of(facts), facts.all(Away), now)
    return name if name != facts.viewer.id else ""


def _barred(code: str, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The code names nothing that the viewer may decide. Only those it concerns learn more than that."""
    request = next((one for one in facts.all(Request) if one.code == code), None)
    viewer = facts.viewer.id
    if request is not None and viewer in (request.person, request.whose) and request.state == "pending":
        noted = filing.entry(turn, now, viewer, "request.own_decision", f"request:{request.id}", "refused")
        return Decision(Reason.DENIED, (Say(Here(), "access/cannot", {"why": "own", "code": code}), noted))
    concerned = request is not None and viewer in (request.person, *request.approvers, *(one.by for one in request.approvals))
    if request is None or not concerned:
        return pending.unknown(code, turn, facts, now)
    if request.state == "pending" and not agreeing.still_open(request, now):
        done = lives.lapsed(request, now)
        return Decision(Reason.STALE_OPTION, (Say(Here(), "access/cannot", {"why": "expired", "code": code}), *((Put(done),) if done else ())))
    mine = next((one for one in request.given if viewer in (one.by, one.of)), None)
    if request.state == "pending" and mine is None:
        return pending.unknown(code, turn, facts, now)
    last = request.approvals[-1] if request.approvals else None
    data = {
        "why": "decided",
        "code": code,
        "state": request.state,
        "by": name_of(facts, last.by) if last else "",
        "at": minute_of(last.at if last else request.since, facts),
    }
    return pending.beside(Say(Here(), "access/cannot", data), Reason.STALE_OPTION, code, turn, facts, now)


def _approved(request: Request, turn: Turn, facts: Facts, now: datetime) -> Decision:
    why = agreeing.hindered(request, facts)
    if why:
        data = {"why": why, "code": request.code, "item": shown(request, facts, now)}
        return Decision(Reason.DENIED, (Say(Here(), "access/cannot", data, deciding(request.code)[1:]),))
    found = agreeing.agreed(request, 0, turn, facts, now)
    if found is None:
        return _barred(request.code, turn, facts, now)
    done, effects = found
    return pending.answered(done, "partly" if done.state == "pending" else "approved", effects, turn, facts, now)


def _admitted(application: Application, turn: Turn, facts: Facts, now: datetime) -> Decision:
    member = next((one for one in facts.all(Member) if one.id == application.person), None)
    effects = joining.approve(application, facts.viewer, now, turn.seed, member=member)
    return pending.answered(application, "approved", effects, turn, facts, now) if effects else pending.unknown(application.code, turn, facts, now)


def _turned_down(application: Application, reason: str, turn: Turn, facts: Facts, now: datetime) -> Decision:
    cause = joining.cause_of(reason, dict(facts.catalogue.labels.get(turn.language, {})))
    effects = joining.reject(application, facts.viewer, now, turn.seed, cause=cause, note=reason)
    return pending.answered(application, "rejected", effects, turn, facts, now) if effects else pending.unknown(application.code, turn, facts, now)
