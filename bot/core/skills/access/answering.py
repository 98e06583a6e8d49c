"""What a finance system said: of a write, of what somebody holds there before it is written, of a layer that is missing, of an end that came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.access import duties, eligible
from bot.core.calendar import next_morning
from bot.core.facts import Ask, Facts
from bot.core.lifecycle import access as lives
from bot.core.model import Action, Grant, Person, Request
from bot.core.segregation import Held
from bot.core.skills.access import agreeing, emergency, ending, filing, gathering, granting
from bot.core.skills.access.granting import FOLLOW, GIVEN, GRANT, REVOKE
from bot.core.skills.access.telling import LOOK_AT, day_of, name_of, policy_of, role_told, shown
from bot.core.turn import Decision, Outcome, Private, Put, Reason, Say, Turn

AT_ONCE = timedelta(hours=1)
"""How long a write that is not to be seen yet is left alone before anybody is told."""
BY_HAND = frozenset({"manual_task"})
"""Notes of a pending write that a person must do."""
Told = Mapping[str, object]


def answer_asks(turn: Turn, facts: Facts) -> gathering.Asked:  # noqa: ARG001 - every question has this shape
    """The request of an answer with its grants and people."""
    args = turn.stimulus.call.args if isinstance(turn.stimulus, Outcome) else {}
    ident, grant = args.get("request_id", ""), args.get("grant", "")
    by_request = (Ask(Request, id=ident, most=1), Ask(Grant, tag=f"request={ident}", most=3)) if ident else ()
    if ident.startswith(emergency.MARK):
        by_request = (*by_request, Ask(Request, id=f"r{ident[1:]}", most=1))
    return (*by_request, *((Ask(Grant, id=grant, most=1),) if grant else ()))


def holding_asks(turn: Turn, facts: Facts) -> gathering.Asked:
    """Before something is written: who decides on it, and what is held."""
    checking = isinstance(turn.stimulus, Outcome) and turn.stimulus.call.operation == granting.CHECK
    if not checking:
        return ()
    return (*gathering.all_deciders(turn, facts), *(ask for one in facts.all(Request) for ask in gathering.having(one.whose)))


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
    request, operation = next((one for one in facts.all(Request) if one.id == stimulus.call.args.get("request_id")), None), stimulus.call.operation
    value = stimulus.told
    if operation == "explain" and request is not None:
        return _explained(request, value, facts, now)
    if REVOKE in (operation, stimulus.call.args.get("operation")) and (request is None or request.kind != REVOKE):
        return _taken(stimulus, value, turn, facts, now)
    if request is None or request.state != "granting" or operation not in (granting.CHECK, GRANT, REVOKE, FOLLOW):
        return Decision(Reason.IGNORED)
    if not stimulus.ok:
        return granting.failed(request, stimulus.value, turn, facts, now)
    return _checked(request, stimulus, value, turn, facts, now) if operation == granting.CHECK else _written(request, stimulus, value, turn, facts, now)


def _written(request: Request, stimulus: Outcome, value: Told, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Done, waiting for a person or for the other side, or refused."""
    state, note = str(value.get("state", "")), str(value.get("note", ""))
    if state in GIVEN:
        return emergency.settled(request, turn, facts, now) or granting.given(request, turn, facts, now)
    if state == "unsupported" or (state == "pending" and note in BY_HAND):
        return _task(request, stimulus.call.operation, facts, now)
    if state == "pending":
        return _later(request, stimulus.call.operation, facts, now)
    return granting.failed(request, note or state, turn, facts, now)


def _checked(request: Request, stimulus: Outcome, value: Told, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Written now, unless those who said yes may not any more or what is held there breaks a rule."""
    if stimulus.call.key != granting.check_of(request, facts).key:
        return Decision(Reason.IGNORED)
    unheard = emergency.unwarranted(request, facts) if request.kind == emergency.KIND else _unheard_of(request, facts)
    why = unheard or agreeing.hindered(request, facts, live=_live(request, value, facts))
    if why:
        return granting.failed(request, why, turn, facts, now)
    return Decision(Reason.SAVED, (granting.call_of(request, facts),))


def _unheard_of(request: Request, facts: Facts) -> str:
    """Whether too few of those who said yes may say so still."""
    may = eligible(policy_of(facts), request.role, request.department) | ({request.second} if request.second in policy_of(facts).deciders else set())
    return "" if sum(one.of in may for one in request.given) >= request.quorum else "authority"


def _live(request: Request, value: Told, facts: Facts) -> tuple[Held, ...]:
    """What the account holds in the system itself, whoever gave it, apart from what is asked for."""
    rows = value.get("roles")
    keys = {str(row.get("role", "")) for row in rows if isinstance(row, dict)} if isinstance(rows, list) else set()
    pairs = [(key.partition(".")[0], key.partition(".")[2]) for key in sorted(keys)]
    access = facts.policy.access
    return tuple(Held(role, duties(access.role(role), level)) for role, level in pairs if role and role != request.role)


def _later(request: Request, operation: str, facts: Facts, now: datetime) -> Decision:
    """The system has it and it is not to be seen yet: looked at again soon, and told to the finance admins when it stays so."""
    if operation != FOLLOW:
        return Decision(Reason.SAVED, (Put(replace(request, due=now + AT_ONCE)),))
    slots = (("code", request.code),)
    actions = (Action("access.done", slots, "task_done", request.code), Action("access.undone", slots, "task_failed", request.code))
    data = {"what": "slow", "item": shown(request, facts, now), "fault": "", "account": request.account, "layers": []}
    told = tuple(Say(Private(one), "access/fault", data, actions, priority=2) for one in policy_of(facts).finance)
    return Decision(Reason.SAVED, (Put(replace(request, due=next_morning(facts.policy.calendar, now, LOOK_AT))), *told))


def _task(request: Request, operation: str, facts: Facts, now: datetime) -> Decision:
    """No system does it by itself: a finance admin gets it as a task and says when it is done; while nobody says so, all of them hear of it again."""
    slots = (("code", request.code),)
    actions = (Action("access.done", slots, "task_done", request.code), Action("access.undone", slots, "task_failed", request.code))
    data = {"item": shown(request, facts, now), "account": request.account}
    people = [one for one in policy_of(facts).finance if one not in (request.person, request.whose)] or list(policy_of(facts).finance)
    told = tuple(Say(Private(one), "access/task", data, actions, priority=2) for one in _asked(people, operation))
    return Decision(Reason.SAVED, (Put(replace(request, due=granting.again_at(request.since, facts, now))), *told))


def _asked(people: Sequence[str], operation: str) -> Sequence[str]:
    """Who is asked to do by hand what no system does: one at first, all of them when it was not done."""
    return people if operation == FOLLOW else people[:1]


def _explained(request: Request, value: Told, facts: Facts, now: datetime) -> Decision:
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


def _taken(stimulus: Outcome, value: Told, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The answer to a revocation that nobody had to decide any more: an end that came, or a review."""
    grant = next((one for one in facts.all(Grant) if one.id == stimulus.call.args.get("grant")), None)
    state = str(value.get("state", ""))
    if grant is None or grant.state != "ending" or state == "pending":
        return _by_hand(grant, stimulus.call.operation, facts) if grant is not None and state == "pending" else Decision(Reason.IGNORED)
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
        renew = ending.named_by(grant, facts, "access.again", "ask_again")
        word = (Say(Private(grant.person), "access/ending", {"what": "ended", **data}, (renew,)),)
        return Decision(Reason.SAVED, (Put(ended), noted, *(word if stimulus.call.args.get("reason") != "left" else ())))
    tomorrow = replace(ended, due=next_morning(facts.policy.calendar, now, LOOK_AT))
    told = tuple(Say(Private(one), "access/ending", {"what": "not_ended", **data}, priority=2) for one in policy_of(facts).finance)
    return Decision(Reason.SAVED, (Put(tomorrow), noted, *told))


def _by_hand(grant: Grant, operation: str, facts: Facts) -> Decision:
    data = {"what": "by_hand", "role": role_told(facts.policy.access, grant.role), "until": day_of(grant.until, facts), "account": grant.account}
    action = ending.named_by(grant, facts, "access.ended", "take_back_done")
    told = tuple(
        Say(Private(one), "access/ending", {**data, "name": name_of(facts, grant.person)}, (action,), priority=2)
        for one in _asked(policy_of(facts).finance, operation)
    )
    return Decision(Reason.SAVED, told)
