"""One person's yes to one edition of a request: what stands in its way, and all that follows when it was the last one needed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core.access import enough, principal
from bot.core.facts import Facts
from bot.core.lifecycle import access as lives
from bot.core.model import Approval, Away, Member, Request
from bot.core.segregation import Held, conflicts
from bot.core.skills.access import filing, granting
from bot.core.skills.access.telling import policy_of
from bot.core.turn import Effect, Put, Turn


def still_open(request: Request, now: datetime) -> bool:
    """Whether it waits for a decision and is not too old for one."""
    return request.state == "pending" and (request.lapses is None or now < request.lapses)


def hindered(request: Request, facts: Facts, *, live: tuple[Held, ...] = ()) -> str:
    """Why the request cannot be approved as things stand now: a rule it breaks with what is held today (`live`: read from the system itself), or its person
    is gone. Empty: nothing."""
    member = next((one for one in facts.all(Member) if one.id == request.whose), None)
    if member is not None and member.state in filing.LEFT and request.kind != "revoke":
        return "left"
    opened = request.opened
    if request.kind not in ("grant", "emergency") and not opened:
        return ""
    held = tuple(one for one in filing.having(request.whose, facts, but=request.id, states=("granting",)) if one.role != request.role)
    found = conflicts(facts.policy.segregation, facts.policy.access.role(request.role).duties, (*held, *live))
    if any(one.rule.hard for one in found):
        return "blocked"
    return "needs_second" if found and not request.second and not opened else ""


def agreed(request: Request, place: int, turn: Turn, facts: Facts, now: datetime) -> tuple[Request, tuple[Effect, ...]] | None:
    """The viewer's yes on this edition, and all that follows: the grant when it was the last one needed, else the word to the next. None: not theirs."""
    name = principal(request, facts.viewer.id, policy_of(facts), facts.all(Away), now)
    if not name or not still_open(request, now) or any(facts.viewer.id == one.by for one in request.given):
        return None
    approval = Approval(facts.viewer.id, True, now, request.edition, instead_of=name if name != facts.viewer.id else "")
    seen = replace(request, approvals=(*request.approvals, approval))
    rest = [one for one in seen.open_to if one not in (request.person, request.whose)]
    wanting = request.second if request.second in rest else next(iter(rest), "")
    done = lives.agreed(request, approval, enough=enough(seen), next_holder=wanting)
    if done is None:
        return None
    noted = filing.entry(turn, now, facts.viewer.id, "request.approve", f"request:{request.id}", f"edition {request.edition}", approval.instead_of, place)
    if done.state == "approved":
        return granting.begun(done, noted, facts, now)
    further = (filing.review(done, wanting, facts, now),) if wanting and wanting not in request.called else ()
    return done, (Put(done), noted, *further)
