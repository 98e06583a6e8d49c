"""查进度, 查邀请: where the asker stands, since when, who holds it, and what they can do now."""

from __future__ import annotations

from datetime import datetime

from bot.core.approvals import told
from bot.core.facts import Ask, Facts, Tally
from bot.core.lifecycle.joining import OPEN
from bot.core.model import Action, Application, Followed, Invite, Request
from bot.core.skills.joining import whose
from bot.core.skills.joining.cards import MOST_ACTIONS, Card, actions_of, cards_of, invite_card, request_card
from bot.core.skills.joining.checking import check
from bot.core.skills.joining.invites import coded
from bot.core.skills.joining.own import Standing, standing, whole
from bot.core.skills.joining.typed import code_in
from bot.core.turn import Decision, Here, Reason, Say, Turn

NOBODY: tuple[Action, ...] = (Action("act.request_invite"), Action("act.human", label="human"))


KEEP = "shell.keep"
"""Somebody thought better of a withdrawal."""


def asked(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:
    """All of the asker's own, and the invite whose code was said; of a colleague whom an administrator names, what bears the name."""
    if whose.another(turn, facts):
        return whose.named(turn, facts)
    return *whole(turn, facts), *coded(turn, facts)


def status(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Everything of the asker that is under way; with a code, that one; of a colleague only for administrators."""
    if whose.another(turn, facts):
        return whose.told(turn, facts, now)
    found = standing(facts)
    code = turn.understanding.slot("code") or code_in(turn.text)
    if code:
        return _one(code, turn, facts, now)
    rows = cards_of(found, facts, now) + [request_card(one, facts, now) for one in _pending(found)]
    actions = actions_of(found, now) if found.known else _request_actions(_pending(found))
    followed = [told(one, facts, now) for one in facts.all(Followed)]
    if followed and not found.known and not found.requests:
        actions = (Action("act.nudge"),)
    data = {"items": rows, "standing": _word(found), "followed": followed, "kept": turn.understanding.intent == KEEP and _open(found)}
    return Decision(Reason.ANSWERED, (Say(Here(), "act/status_check", data, actions[:MOST_ACTIONS]),), topic="act.status_check")


def _one(code: str, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The asker's own item of that code; somebody else's is not there for them."""
    application = next((one for one in facts.all(Application) if one.code == code and one.person == facts.viewer.id), None)
    invite = next((one for one in facts.all(Invite) if one.code == code and one.person == facts.viewer.id), None)
    request = next((one for one in facts.all(Request) if one.code == code and facts.viewer.id in (one.person, one.whose)), None)
    if not (application or invite or request) and any(one.code == code for one in facts.all(Invite)):
        return check(turn, facts, now)
    rows: list[Card] = []
    followed = [told(one, facts, now) for one in facts.all(Followed) if one.code == code]
    actions: tuple[Action, ...] = (Action("act.nudge", (("code", code),)),) if followed else (Action("act.human", label="human"),)
    if request:
        rows, actions = [request_card(request, facts, now)], _request_actions((request,))
    elif application or invite:
        picked = Standing(invite, application)
        rows, actions = cards_of(picked, facts, now), actions_of(picked, now)
    data = {"items": rows, "standing": "" if rows else "none" if followed else "no_such_code", "code": code, "followed": followed}
    return Decision(Reason.ANSWERED, (Say(Here(), "act/status_check", data, actions[:MOST_ACTIONS]),), topic="act.status_check")


def _pending(found: Standing) -> tuple[Request, ...]:
    """The permission requests worth telling: those under way, else the last one."""
    under_way = tuple(one for one in found.requests if one.state in ("draft", "pending", "approved", "granting"))
    return under_way or found.requests[:1]


def _request_actions(requests: tuple[Request, ...]) -> tuple[Action, ...]:
    """What can be done for a permission request; without one, what a newcomer can do."""
    if not requests:
        return NOBODY
    if any(one.state == "pending" for one in requests):
        return Action("act.nudge"), Action("act.withdraw"), Action("act.escalate")
    return Action("act.my_permissions"), Action("act.permission_request")


def _open(found: Standing) -> bool:
    """Whether there is anything that could have been withdrawn."""
    return bool(found.application and found.application.state in OPEN) or any(one.state == "pending" for one in found.requests)


def _word(found: Standing) -> str:
    """`none` when there is nothing at all."""
    return "" if found.known or found.requests else "none"


def invited(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """Was I invited? From the record: when, by whom, to which number, until when; a member or an applicant needs none."""
    found = standing(facts)
    if found.joined or (found.application and found.application.state != "withdrawn"):
        rows = cards_of(found, facts, now)
        state = "joined" if found.joined else "applied"
    elif found.invite:
        rows, state = [invite_card(found.invite, facts, now)], "invited"
    else:
        rows, state = [], "none"
    data = {"items": rows, "standing": state}
    return Decision(Reason.ANSWERED, (Say(Here(), "act/invite_check", data, actions_of(found, now)),), topic="act.invite_check")
