"""From the last approval to a permission: the look at what is held there, the one write, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.core.calendar import add_working_days, next_morning, working_minutes
from bot.core.facts import Facts
from bot.core.lifecycle import access as lives
from bot.core.model import Action, Grant, Request
from bot.core.skills.access import filing
from bot.core.skills.access.telling import LOOK_AT, name_of, policy_of, shown
from bot.core.turn import Call, Decision, Effect, Private, Put, Reason, Say, Turn

GIVEN = frozenset({"done", "already"})
GRANT, REVOKE, CHECK, FOLLOW = "grant", "revoke", "check", "follow"


def again_at(since: datetime, facts: Facts, now: datetime) -> datetime:
    """When what waits for a person or for the other side since then is looked at again: the next working morning, then after twice as long each time."""
    calendar = facts.policy.calendar
    waited = working_minutes(calendar, since, now) // max(1, calendar.day_minutes)
    return next_morning(calendar, add_working_days(calendar, now, waited - 1), LOOK_AT)


def call_of(request: Request, facts: Facts) -> Call:
    """The one write of this edition and attempt: its key is the same however often it is made."""
    operation = REVOKE if request.kind == REVOKE else GRANT
    again = f":{request.attempt}" if request.attempt else ""
    args = {
        "request_id": request.id, "account": request.account, "role": request.role, "level": request.level, "module": request.module, "org": "",
        "end": request.until.isoformat() if request.until else "", "reason": request.reason, "person": request.person,
        "approved_by": ",".join(one.by for one in request.given), "grant": request.grant,
    }  # fmt: skip
    return Call(facts.policy.access.system(request.system).connector, operation, f"{operation}:{request.id}:{request.edition}{again}", args)


def check_of(request: Request, facts: Facts) -> Call:
    """The look at what the account holds in the system now, before anything is written."""
    write = call_of(request, facts)
    return replace(write, operation=CHECK, key=f"{CHECK}:{write.key}")


def follow_of(request: Request, facts: Facts, seed: str) -> Call:
    """Another look at a write that was not to be seen yet."""
    write = call_of(request, facts)
    return replace(write, operation=FOLLOW, key=f"{FOLLOW}:{write.key}:{seed[:8]}", args={**write.args, "operation": write.operation, "key": write.key})


def next_call(request: Request, facts: Facts) -> Call:
    """What comes first of an approved request: taking back needs no look before."""
    return call_of(request, facts) if request.kind == REVOKE else check_of(request, facts)


def begun(request: Request, noted: Put, facts: Facts, now: datetime) -> tuple[Request, tuple[Effect, ...]]:
    """The approved request on its way to the system; whoever asked is told at once."""
    done = lives.started(request, now) or request
    data = {"what": "approved", "item": shown(done, facts, now), "by": name_of(facts, facts.viewer.id)}
    told = (_word(request, one, data, priority=2) for one in concerned(request))
    return done, (Put(done), noted, next_call(done, facts), *told)


def _word(request: Request, to: str, data: Mapping[str, object], priority: int = 1) -> Say:
    """The word to one of them: whoever asked reads it in the language in which they asked, whatever the decider speaks."""
    language = request.language if to == request.person else ""
    return Say(Private(to), "access/told", {**data, "yours": to == request.whose}, priority=priority, language=language)


def concerned(request: Request) -> tuple[str, ...]:
    """Whoever asked, unless the house did by itself, and whose permission it is."""
    return tuple(one for one in dict.fromkeys((request.person, request.whose)) if one != "system")


def given(request: Request, turn: Turn, facts: Facts, now: datetime, *, by: str = "system") -> Decision:
    """The system has it: the grant begins with its clock, and its person is told."""
    done = lives.moved(request, "give", "system", now)
    if done is None:
        return Decision(Reason.IGNORED)
    grant = _grant(request, facts, now)
    noted = filing.entry(turn, now, by, f"{request.kind}.done", f"request:{request.id}", request.role)
    if grant is None:
        return Decision(Reason.SAVED, (Put(done), noted))
    data = {"what": "revoked" if request.kind == REVOKE else "granted", "item": shown(done, facts, now)}
    told = tuple(Say(Private(one), "access/told", data) for one in concerned(request))
    return Decision(Reason.SAVED, (Put(done), Put(grant), noted, *told))


def _grant(request: Request, facts: Facts, now: datetime) -> Grant | None:
    """The grant as it is now: begun, prolonged, or ended."""
    old = next((one for one in facts.all(Grant) if one.id == request.grant), None)
    if request.kind == REVOKE:
        return replace(old, state="ended", since=now, due=None) if old is not None else None
    if old is not None:
        longer = lives.renewed(old, request.until, now)
        return replace(longer, due=lives.next_look(longer, None))
    new = Grant(f"g{request.id[1:]}", request.id, request.whose, request.system, request.role, "active", now, request.level, request.account, request.until)
    return replace(new, due=lives.next_look(new, next_morning(facts.policy.calendar, now, LOOK_AT)))


def failed(request: Request, why: str, turn: Turn, facts: Facts, now: datetime, *, by: str = "system") -> Decision:
    """It did not work: said to whoever asked, to whoever approved, and to the finance admins, who can try again."""
    done = lives.moved(request, "fail", "system", now)
    if done is None:
        return Decision(Reason.IGNORED)
    done = replace(done, outcome=why[:200])
    data = {"what": "failed", "item": shown(done, facts, now), "fault": why[:200], "account": request.account, "layers": []}
    again = (Action("access.retry", (("code", request.code),), "try_again", request.code),)
    admins = policy_of(facts).finance
    told = [Say(Private(one), "access/fault", data, again, priority=2) for one in admins]
    others = dict.fromkeys((*concerned(request)[:1], *(one.by for one in request.given)))
    told += [_word(request, one, data) for one in others if one not in admins]
    return Decision(Reason.SAVED, (Put(done), filing.entry(turn, now, by, f"{request.kind}.failed", f"request:{request.id}", why[:80]), *told))
