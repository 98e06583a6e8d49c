"""What I may do: roles and permissions as they are known here, what ends soon, what is under way."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core.facts import Ask, Facts
from bot.core.model import Action, Grant, Member, Request
from bot.core.skills.access import gathering
from bot.core.skills.access.telling import granted, role_told, shown
from bot.core.turn import Decision, Here, Reason, Say, Turn

SOON = timedelta(days=14)


def asks(turn: Turn, facts: Facts) -> gathering.Asked:  # noqa: ARG001 - every question has this shape
    """Everything of the viewer."""
    return (*gathering.having(facts.viewer.id), Ask(Request, person=facts.viewer.id, states=("failed", "not_effective"), most=5))


def run(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """The list, with a button for what ends soon."""
    access = facts.policy.access
    grants = sorted((one for one in facts.all(Grant) if one.person == facts.viewer.id), key=lambda one: (one.until is None, one.until or now))
    known = {one.role for one in grants}
    basic = [role_told(access, role) for member in facts.all(Member) if member.id == facts.viewer.id for _, role in member.roles if role not in known]
    requests = {one.id: one for one in facts.all(Request) if facts.viewer.id in (one.person, one.whose)}
    ending = [one for one in grants if one.state == "active" and one.until is not None and one.until - now <= SOON][:2]
    renew = tuple(Action("act.permission_request", (("role", one.role), ("system", one.system), ("renew", one.id)), "renew") for one in ending[:1])
    data = {
        "grants": [{**granted(one, facts), "soon": one in ending, "works": one.works} for one in grants],
        "basic": basic,
        "requests": [{**shown(one, facts, now), "state": one.state} for one in requests.values()],
    }
    return Decision(Reason.ANSWERED, (Say(Here(), "access/mine", data, (*renew, Action("act.permission_request"))),), topic="act.my_permissions")
