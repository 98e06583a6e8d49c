"""Somebody leaves or moves on: what they were given ends with them, or is put before whoever answers for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import codes
from bot.core.access import ways
from bot.core.facts import Ask, Asks, Facts, Skill
from bot.core.lifecycle import access as lives
from bot.core.model import Grant, Member, Person, Request
from bot.core.skills.access import ending, filing
from bot.core.skills.access.gathering import Asked, deciders
from bot.core.skills.access.telling import policy_of, role_told
from bot.core.turn import Decision, Effect, Private, Put, Reason, Say, Turn

SYSTEM = "system"


def theirs(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """What they hold, what is asked for them or by them, and the finance admins."""
    who = facts.viewer.id
    if not who:
        return ()
    mine = (Ask(Grant, person=who, states=("active", "failed"), most=100), Ask(Request, tag=f"for={who}", states=("pending", "granting"), most=50))
    return (*mine, Ask(Request, person=who, states=("pending",), most=50), *(Ask(Person, tag=f"account={key}", most=1) for key in facts.policy.access.finance))


def answerable(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """Who decides on what they hold."""
    where = facts.first(Member)
    return tuple(ask for one in facts.all(Grant) for ask in deciders(one.role, where.department if where is not None else "", facts))


def following(row: Skill, then: Callable[[Decision, Turn, Facts, datetime], Decision], *asks: Asks) -> Skill:
    """The row of a contact event with what it means for permissions behind it."""

    def run(turn: Turn, facts: Facts, now: datetime) -> Decision:
        return then(row.run(turn, facts, now), turn, facts, now)

    return Skill(run, row.needs, (*row.asks, *asks))


def left(decision: Decision, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """With the membership end the permissions: each is taken back in its system at once, and what was still asked for is closed."""
    member = facts.first(Member)
    if not any(isinstance(one, Put) and isinstance(one.entity, Member) and one.entity.state in filing.LEFT for one in decision.effects):
        return decision
    effects: list[Effect] = []
    for place, grant in enumerate(facts.all(Grant)):
        effects += ending.taken_back(grant, "left", turn, facts, now, place=place)
    open_ = {one.id: one for one in facts.all(Request) if one.state == "pending" and one.kind != "revoke"}
    closed = [(one, lives.withdrawn(one, one.person, now)) for one in open_.values()]
    for place, (one, done) in enumerate(closed, len(facts.all(Grant))):
        if done is not None:
            effects += [Put(done), filing.entry(turn, now, SYSTEM, "request.withdraw", f"request:{one.id}", "left", one.role, place)]
    if not effects:
        return decision
    rows = [{"role": role_told(facts.policy.access, one.role), "system": facts.policy.access.system(one.system).title} for one in facts.all(Grant)]
    data = {"why": "left", "name": member.name if member else facts.viewer.name, "rows": rows, "closed": [one.code for one, done in closed if done is not None]}
    told = [Say(Private(one), "access/parted", data) for one in policy_of(facts).finance if one != facts.viewer.id]
    return Decision(Reason.SAVED, (*decision.effects, *effects, *told))


def moved(decision: Decision, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Another post or department: for each permission a request to take it back goes to whoever answers for the role; nothing is taken without them."""
    before = facts.first(Member)
    after = next((one.entity for one in decision.effects if isinstance(one, Put) and isinstance(one.entity, Member)), None)
    if before is None or after is None or (before.post, before.department) == (after.post, after.department):
        return decision
    why = f"{before.department} {before.post}".strip(), f"{after.department} {after.post}".strip()
    asked = {one.grant for one in facts.all(Request) if one.kind == "revoke"}
    effects: list[Effect] = []
    for place, grant in enumerate(one for one in facts.all(Grant) if one.state == "active" and one.id not in asked):
        request = _request(grant, after, f"{why[0] or '-'} \u2192 {why[1] or '-'}", place, turn, facts, now)
        if request is not None:
            effects += [Put(request), filing.entry(turn, now, SYSTEM, "request.file", f"request:{request.id}", "moved", grant.role, place)]
            effects += filing.told(request, facts, now)
    return Decision(Reason.SAVED, (*decision.effects, *effects)) if effects else decision


def _request(grant: Grant, member: Member, reason: str, place: int, turn: Turn, facts: Facts, now: datetime) -> Request | None:
    """The request to take one permission back; None when nobody may decide it, the finance admins are told of the move anyway."""
    access = policy_of(facts)
    found = ways(access, grant.role, member.department, (grant.person,), filing.gone(facts, access.deciders, now))
    if not found.open:
        return None
    lapses = now + timedelta(days=access.lapse_days)
    code = codes.make(int(turn.seed[14:26], 16) + 1000 * place)
    request = Request(f"r{turn.seed[:12]}{place:02}", code, SYSTEM, "pending", grant.system, grant.role, now, now, grant.level, reason=reason)
    whose = replace(request, beneficiary=grant.person, name=member.name, account=grant.account, department=member.department, until=grant.until)
    return replace(whose, kind="revoke", grant=grant.id, holder=found.approvers[0], approvers=found.approvers, lapses=lapses, touched=now, due=now)
