"""From the last approval to a permission that works: the call to the finance system, its answer, the task of a person where no system can, and failures."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from bot.core.calendar import next_morning
from bot.core.facts import Ask, Facts
from bot.core.lifecycle import access as lives
from bot.core.model import Action, Grant, Person, Request
from bot.core.skills.access import filing, gathering
from bot.core.skills.access.telling import LOOK_AT, day_of, name_of, policy_of, role_told, shown
from bot.core.turn import Call, Decision, Effect, Outcome, Private, Put, Reason, Say, Turn

GIVEN = frozenset({"done", "already"})
GRANT, REVOKE = "grant", "revoke"


def call_of(request: Request, facts: Facts) -> Call:
    """The one call of this edition: its key is the same however often it is made."""
    operation = REVOKE if request.kind == REVOKE else GRANT
    args = {
        "request_id": request.id, "account": request.account, "role": request.role, "level": request.level, "module": request.module, "org": "",
        "end": request.until.isoformat() if request.until else "", "reason": request.reason, "person": request.person,
        "approved_by": ",".join(one.by for one in request.given), "grant": request.grant,
    }  # fmt: skip
    return Call(facts.policy.access.system(request.system).connector, operation, f"{operation}:{request.id}:{request.edition}", args)


def begun(request: Request, noted: Put, facts: Facts, now: datetime) -> tuple[Request, tuple[Effect, ...]]:
    """The approved request on its way to the system; whoever asked is told at once."""
    done = lives.started(request, now) or request
    data = {"what": "approved", "item": shown(done, facts, now), "by": name_of(facts, facts.viewer.id)}
    told = Say(Private(request.person), "access/told", data, priority=2)
    others = () if request.whose == request.person else (Say(Private(request.whose), "access/told", data),)
    return done, (Put(done), noted, call_of(done, facts), told, *others)


def answer_asks(turn: Turn, facts: Facts) -> gathering.Asked:  # noqa: ARG001 - every question has this shape
    """The request of an answer with its grants and people."""
    args = turn.stimulus.call.args if isinstance(turn.stimulus, Outcome) else {}
    ident, grant = args.get("request_id", ""), args.get("grant", "")
    by_request = (Ask(Request, id=ident, most=1), Ask(Grant, tag=f"request={ident}", most=3)) if ident else ()
    return (*by_request, *((Ask(Grant, id=grant, most=1),) if grant else ()))


def people_asks(turn: Turn, facts: Facts) -> gathering.Asked:  # noqa: ARG001 - every question has this shape
    """The people of the request at hand, and the finance admins."""
    people = [one for item in facts.all(Request) for one in (item.person, item.whose, *(given.by for given in item.approvals))]
    people += [one.person for one in facts.all(Grant)]
    finance = tuple(Ask(Person, tag=f"account={key}", most=1) for key in facts.policy.access.finance)
    return (*finance, *(Ask(Person, id=one, most=1) for one in dict.fromkeys(people)))


def answered(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """What the finance system said."""
    stimulus = turn.stimulus
    assert isinstance(stimulus, Outcome)  # noqa: S101 - the SKILLS table sends only outcomes here
    request, operation = facts.first(Request), stimulus.call.operation
    value = _read(stimulus.value) if stimulus.ok else {}
    if operation == "explain" and request is not None:
        return _explained(request, value, facts, now)
    if operation == REVOKE and (request is None or request.kind != REVOKE):
        return _taken(stimulus, value, turn, facts, now)
    if request is None or request.state != "granting" or operation not in (GRANT, REVOKE):
        return Decision(Reason.IGNORED)
    state = str(value.get("state", "")) if stimulus.ok else "failed"
    if state in GIVEN:
        return given(request, turn, facts, now)
    if state == "pending":
        return _task(request, facts, now)
    return failed(request, str(value.get("note", "") or state) if stimulus.ok else stimulus.value, turn, facts, now)


def _read(value: str) -> dict[str, object]:
    try:
        told = json.loads(value)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


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
    told = tuple(Say(Private(one), "access/told", data) for one in dict.fromkeys((request.person, request.whose)))
    return Decision(Reason.SAVED, (Put(done), Put(grant), noted, *told))


def _grant(request: Request, facts: Facts, now: datetime) -> Grant | None:
    """The grant as it is now: begun, prolonged, or ended."""
    old = next((one for one in facts.all(Grant) if one.id == request.grant), None)
    if request.kind == REVOKE:
        return replace(old, state="ended", since=now, due=None) if old is not None else None
    if old is not None:
        longer = replace(old, state="active", until=request.until, warned=0)
        return replace(longer, due=lives.next_look(longer, None))
    new = Grant(f"g{request.id[1:]}", request.id, request.whose, request.system, request.role, "active", now, request.level, request.account, request.until)
    return replace(new, due=lives.next_look(new, next_morning(facts.policy.calendar, now, LOOK_AT)))


def _task(request: Request, facts: Facts, now: datetime) -> Decision:
    """No system does it by itself: a finance admin gets it as a task, and says when it is done."""
    slots = (("code", request.code),)
    actions = (Action("access.done", slots, "task_done", request.code), Action("access.undone", slots, "task_failed", request.code))
    data = {"item": shown(request, facts, now), "account": request.account}
    people = [one for one in policy_of(facts).finance if one not in (request.person, request.whose)] or list(policy_of(facts).finance)
    told = tuple(Say(Private(one), "access/task", data, actions, priority=2) for one in people[:1])
    return Decision(Reason.SAVED, told)


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
    others = dict.fromkeys((request.person, *(one.by for one in request.given)))
    told += [Say(Private(one), "access/told", data) for one in others if one not in admins]
    return Decision(Reason.SAVED, (Put(done), filing.entry(turn, now, by, f"{request.kind}.failed", f"request:{request.id}", why[:80]), *told))


def _explained(request: Request, value: dict[str, object], facts: Facts, now: datetime) -> Decision:
    """Which layer is missing: for the admins who can mend it."""
    rows = value.get("layers")
    layers = (
        [{"layer": str(row.get("layer", "")), "standing": str(row.get("standing", ""))} for row in rows if isinstance(row, dict)]
        if isinstance(rows, list)
        else []
    )
    data = {"what": "not_effective", "item": shown(request, facts, now), "layers": layers, "fault": "", "account": request.account}
    actions = (Action("access.mended", (("code", request.code),), "access_mended", request.code),)
    return Decision(Reason.NOTED, tuple(Say(Private(one), "access/fault", data, actions, priority=2) for one in policy_of(facts).finance))


def _taken(stimulus: Outcome, value: dict[str, object], turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The answer to a revocation that nobody had to decide any more: an end that came, or a review."""
    grant = next((one for one in facts.all(Grant) if one.id == stimulus.call.args.get("grant")), None)
    state = str(value.get("state", ""))
    if grant is None or grant.state != "ending" or state == "pending":
        return _by_hand(grant, facts) if grant is not None and state == "pending" else Decision(Reason.IGNORED)
    ended = lives.settled(grant, "ended" if state in GIVEN else "fail", now)
    if ended is None:
        return Decision(Reason.IGNORED)
    noted = filing.entry(turn, now, "system", f"grant.{ended.state}", f"grant:{grant.id}", grant.role)
    data = {
        "role": role_told(facts.policy.access, grant.role),
        "until": day_of(grant.until, facts),
        "name": name_of(facts, grant.person),
        "account": grant.account,
    }
    if ended.state == "ended":
        renew = Action("act.permission_request", (("role", grant.role), ("system", grant.system)), "ask_again")
        return Decision(Reason.SAVED, (Put(ended), noted, Say(Private(grant.person), "access/ending", {"what": "ended", **data}, (renew,))))
    tomorrow = replace(ended, due=next_morning(facts.policy.calendar, now, LOOK_AT))
    told = tuple(Say(Private(one), "access/ending", {"what": "not_ended", **data}, priority=2) for one in policy_of(facts).finance)
    return Decision(Reason.SAVED, (Put(tomorrow), noted, *told))


def _by_hand(grant: Grant, facts: Facts) -> Decision:
    data = {"what": "by_hand", "role": role_told(facts.policy.access, grant.role), "until": day_of(grant.until, facts), "account": grant.account}
    action = Action("access.ended", (("grant", grant.id),), "take_back_done")
    told = tuple(
        Say(Private(one), "access/ending", {**data, "name": name_of(facts, grant.person)}, (action,), priority=2) for one in policy_of(facts).finance[:1]
    )
    return Decision(Reason.SAVED, told)
