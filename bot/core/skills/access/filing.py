"""Makes a request of what was confirmed: its deciders, its flags, its code, and the word to everybody concerned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import codes
from bot.core.access import Access, Role, Ways, least, longest, speaks_of, ways
from bot.core.facts import Facts
from bot.core.lifecycle import access as lives
from bot.core.model import Action, Away, Entry, Evidence, Grant, Member, Request
from bot.core.segregation import Conflict, Held, conflicts
from bot.core.skills.access import gathering, outgoing
from bot.core.skills.access.draft import Draft
from bot.core.skills.access.telling import account_of, deciding, end_of, name_of, policy_of, reviewers, shown
from bot.core.turn import About, Decision, Effect, Here, Private, Put, Reason, Say, Turn

LEFT = ("left", "frozen", "locked")
"""States of a member who can neither decide nor be given anything."""
ABOVE = "above_need"


def entry(turn: Turn, now: datetime, actor: str, act: str, subject: str, reason: str = "", detail: str = "", place: int = 0) -> Put:
    """A line of the audit trail; `place` tells several of one turn apart."""
    return Put(Entry(f"a{turn.seed[:16]}{place}", now, actor, act, subject, reason, detail))


def end_after(days: int, now: datetime, facts: Facts) -> datetime:
    """The end of the day so many days from now."""
    return end_of(now + timedelta(days=days), facts)


def having(whose: str, facts: Facts, *, but: str = "", states: tuple[str, ...] = lives.UNDER_WAY) -> tuple[Held, ...]:
    """What somebody holds by membership and grants, and has asked for in requests of these states, apart from one request."""
    access = facts.policy.access
    roles = {role for one in facts.all(Member) if one.id == whose for _, role in one.roles}
    roles |= {one.role for one in facts.all(Grant) if one.person == whose and one.state in gathering.HOLDING}
    asked = {one.role for one in facts.all(Request) if one.whose == whose and one.id != but and one.kind == "grant" and one.state in states}
    live = tuple(Held(role, access.role(role).duties) for role in sorted(roles))
    return (*live, *(Held(role, access.role(role).duties, pending=True) for role in sorted(asked - roles)))


def broken(draft: Draft, whose: str, facts: Facts) -> tuple[Conflict, ...]:
    """The rules of segregation that the wish would break; prolonging what one has breaks none anew."""
    wanted = facts.policy.access.role(draft.role).duties
    held = tuple(one for one in having(whose, facts) if one.role != draft.role)
    return conflicts(facts.policy.segregation, wanted, held)


def lesser(draft: Draft, access: Access) -> Role | None:
    """The least role that does what the reason describes, when it is less than what is asked for."""
    wanted = access.role(draft.role)
    if not draft.reason or draft.renew or speaks_of(wanted, draft.reason):
        return None
    found = least(access, draft.reason)
    return found if found is not None and found.weight < wanted.weight else None


def gone(facts: Facts, people: tuple[str, ...], now: datetime) -> frozenset[str]:
    """Those of them who left, and those who are away without a deputy."""
    left = {one.id for one in facts.all(Member) if one.state in LEFT}
    away = {one.person for one in facts.all(Away) if one.on(now) and not one.deputy}
    return frozenset(people) & (left | away)


def ways_of(draft: Draft, turn: Turn, facts: Facts, now: datetime) -> Ways:
    """Who decides on the draft."""
    whose, access = gathering.beneficiary(turn, facts), policy_of(facts)
    absent = gone(facts, access.deciders, now)
    exception = bool(broken(draft, whose, facts))
    return ways(access, draft.role, gathering.department(facts, whose), (facts.viewer.id, whose), absent, exception=exception)


def proof_of(draft: Draft, facts: Facts) -> Evidence | None:
    """The file that the asker sent for the draft, while it is kept."""
    return next((one for one in facts.all(Evidence) if one.id == draft.proof and one.person == facts.viewer.id and one.state == "kept"), None)


def files_of(draft: Draft, facts: Facts) -> tuple[tuple[str, str], ...]:
    """The evidence as (what people see of it, content hash): a file, or words without a hash; nothing when the file is gone."""
    if draft.proof:
        sent = proof_of(draft, facts)
        return ((sent.label, sent.sha256),) if sent is not None else ()
    return ((draft.evidence[:120], ""),) if draft.evidence else ()


def request_of(draft: Draft, turn: Turn, facts: Facts, now: datetime) -> Request:
    """The request as it would be filed."""
    access, whose = policy_of(facts), gathering.beneficiary(turn, facts)
    found, role = ways_of(draft, turn, facts, now), access.role(draft.role)
    conflicts_ = broken(draft, whose, facts)
    flags = [one.rule.id for one in conflicts_] + ([ABOVE] if lesser(draft, access) is not None else [])
    limit, end = longest(access, role, now, exception=bool(conflicts_)), draft.end()
    member = next((one for one in facts.all(Member) if one.id == whose), None)
    return Request(
        id=f"r{turn.seed[:14]}",
        code=codes.make(int(turn.seed[14:26], 16)),
        person=facts.viewer.id,
        state="pending",
        system=draft.system,
        role=draft.role,
        since=now,
        made=now,
        level=role.level,
        module=draft.module,
        reason=draft.reason,
        beneficiary="" if whose == facts.viewer.id else whose,
        until=end_of(min(end, end_of(limit, facts)) if limit else end, facts) if end else None,
        holder=next(iter(found.approvers), ""),
        approvers=found.approvers,
        quorum=found.quorum,
        second=found.second,
        flags=tuple(flags),
        files=files_of(draft, facts),
        current=tuple(one.role for one in having(whose, facts) if not one.pending)[:8],
        kind="renew" if draft.renew else "grant",
        grant=draft.renew,
        name=(member.name if member else "") or name_of(facts, whose),
        account=(member.employee if member else "") or account_of(facts.person(whose), whose),
        department=gathering.department(facts, whose),
        language=turn.language,
        lapses=now + timedelta(days=access.lapse_days),
        touched=now,
        due=now,
    )


def filed(draft: Draft, turn: Turn, facts: Facts, now: datetime, more: Callable[[Request, Facts], tuple[Action, ...]]) -> Decision:
    """Kept, told to those who decide, and answered with its code; `more` are further buttons."""
    request = request_of(draft, turn, facts, now)
    data = {"item": shown(request, facts, now), "approvers": reviewers(facts, request.approvers[:5]), "quorum": request.quorum}
    data |= {"oa": facts.policy.following.filing is not None}
    answer = Say(
        Here(),
        "access/filed",
        data,
        (
            Action("act.status_check", (("code", request.code), ("request", request.code))),
            Action("access.change", (("code", request.code),), "change_it"),
            Action("act.withdraw", (("code", request.code), ("request", request.code))),
            *more(request, facts),
        ),
    )
    noted = entry(turn, now, facts.viewer.id, "request.file", f"request:{request.id}", ",".join(request.flags), f"{request.role} {request.reason}")
    request, sent = outgoing.sent(request, facts, now)
    proof = proof_of(draft, facts)
    belongs = (Put(replace(proof, of=f"request:{request.id}", due=proof.until)),) if proof is not None else ()
    return Decision(Reason.SAVED, (Put(request), *belongs, noted, answer, *told(request, facts, now), *sent), topic="act.permission_request")


def told(request: Request, facts: Facts, now: datetime) -> tuple[Effect, ...]:
    """The word to as many deciders as are needed; the others find it in their list."""
    return tuple(review(request, one, facts, now, _deputy(one, request, facts, now)) for one in request.called if one in request.open_to)


def _deputy(one: str, request: Request, facts: Facts, now: datetime) -> str:
    """Who stands in for a decider that is away now: never whoever it is for. Empty when nobody does."""
    own = (request.person, request.whose)
    return next((away.deputy for away in facts.all(Away) if away.person == one and away.on(now) and away.deputy not in own), "")


def review(request: Request, to: str, facts: Facts, now: datetime, deputy: str = "") -> Say:
    """The card of whoever decides, or of who stands in for them; not sent any more once it is decided."""
    look = (Action("access.files", (("code", request.code),), "see_files", request.code),) if any(digest for _, digest in request.files) else ()
    data = {"item": shown(request, facts, now), "second": request.second == to, "instead": name_of(facts, to) if deputy else ""}
    about = About("request", request.id, ("pending",))
    return Say(Private(deputy or to), "access/review", data, deciding(request.code, more=look), priority=2, about=about)
