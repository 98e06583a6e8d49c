"""The laws of permission over the pure core: whatever arrives, nothing is given without the recorded yes of the right other people on that very edition."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from core_samples import CATALOGUE, SEED
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from bot.core.access import Access, Role, eligible
from bot.core.decide import decide
from bot.core.facts import Facts, Policy
from bot.core.lifecycle.access import GRANTS, REQUESTS
from bot.core.model import Approval, Audience, Away, Batch, Conversation, Grant, Intent, Member, Organisation, Person, Request, Scope, Sender
from bot.core.segregation import Held, conflicts
from bot.core.skills.access.granting import call_of, check_of
from bot.core.turn import Call, Decision, Due, Message, Outcome, Put, Slot, Turn, Understanding, Verdict
from bot.words.loading import bundled
from bot.words.policies import load

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)
PEOPLE = ("c:p0", "c:p1", "c:p2", "c:p3", "c:p4")
RULES = load((bundled(),), "tests").rules
TITLES = {"zh": "角色", "en": "role"}
ROLES = {
    "viewer": Role("viewer", TITLES, TITLES, low=True),
    "preparer": Role("preparer", TITLES, TITLES, duties=frozenset({"preparer"})),
    "reviewer": Role("reviewer", TITLES, TITLES, duties=frozenset({"reviewer"}), quorum=2),
    "cashier": Role("cashier", TITLES, TITLES, duties=frozenset({"cashier"})),
}
ANSWERS = ("", "{}", "[]", "nonsense", *(json.dumps({"state": state}) for state in ("done", "already", "pending", "refused", "unsupported")))
DOING = ("act.approve", "act.reject", "act.transfer", "access.works", "access.broken", "access.done", "access.undone", "access.retry", "access.mended")
INTENTS = {name: Intent(name, Audience.EMPLOYEE, Scope.PRIVATE) for name in DOING[:3]}
STATES = (*("pending",) * 8, "granting", "granted", "effective", "not_effective", "failed", "rejected", "withdrawn", "expired")
FREE = ("awaited", "same_words", "sure_enough", "mistyped", "follow_up")
SURE = ("button", "code", "choice")

people = some.sampled_from(PEOPLE)
groups = some.lists(people, min_size=2, max_size=4, unique=True).map(tuple)
few = some.lists(people, max_size=1).map(tuple)
approvals = some.builds(Approval, by=people, ok=some.booleans(), at=some.just(NOW), edition=some.integers(1, 2), instead_of=some.sampled_from(("", *PEOPLE)))
requests = some.builds(
    Request, id=some.sampled_from(("r1", "r2")), code=some.just("K7Q2M"), person=people, state=some.sampled_from(STATES),
    system=some.just(""), role=some.sampled_from(sorted(ROLES)), since=some.just(NOW), made=some.just(NOW), beneficiary=some.sampled_from(("", *PEOPLE)),
    edition=some.integers(1, 2), holder=some.sampled_from(("", *PEOPLE)), approvers=groups, quorum=some.sampled_from((1, 1, 2)),
    second=some.sampled_from(("", "", "", *PEOPLE)), approvals=some.lists(approvals, max_size=2).map(tuple), kind=some.sampled_from(("grant", "renew", "revoke")),
    lapses=some.sampled_from((None, None, NOW - timedelta(days=1), NOW + timedelta(days=1))), grant=some.sampled_from(("", "g1")), version=some.just(1),
)  # fmt: skip
accesses = some.builds(
    Access,
    roles=some.just(ROLES),
    owners=some.fixed_dictionaries(dict.fromkeys(sorted(ROLES), some.lists(people, min_size=1, max_size=3, unique=True).map(tuple))),
    finance=few,
    seconds=few,
)
aways = some.lists(
    some.builds(Away, id=people, person=people, start=some.just(NOW - timedelta(days=1)), end=some.sampled_from((NOW, NOW + timedelta(days=1))), deputy=people),
    min_size=1, max_size=3,
)  # fmt: skip
members = some.lists(
    some.builds(
        Member, id=people, person=people, name=some.just("某人"), state=some.sampled_from(("active", "left")), since=some.just(NOW),
        roles=some.sampled_from(((), (("", "cashier"),), (("", "preparer"),))),
    ),
    max_size=3, unique_by=lambda member: member.id,
)  # fmt: skip
grants = some.lists(
    some.builds(
        Grant, id=some.just("g1"), request=some.sampled_from(("r1", "r0")), person=people, system=some.just(""), role=some.sampled_from(sorted(ROLES)),
        state=some.sampled_from(("active", "ending", "ended", "failed")), since=some.just(NOW - timedelta(days=40)),
        until=some.sampled_from((None, NOW, NOW + timedelta(days=2))), version=some.just(1),
    ),
    max_size=1,
)  # fmt: skip
worlds = some.tuples(some.lists(requests, min_size=1, max_size=2, unique_by=lambda one: one.id), accesses, aways, members, grants)
heard = some.fixed_dictionaries(
    {
        "intent": some.sampled_from((*("act.approve",) * 6, *DOING)), "rule": some.sampled_from((*SURE, *SURE, *FREE)), "code": some.sampled_from(("K7Q2M", "K7Q2M", "K7Q2M", "9XK4T", "B4TCH", "")),
        "reason": some.sampled_from(("", "", "不全")), "to": some.sampled_from(("", *PEOPLE)), "text": some.sampled_from(("", "1", "批准", "先别批")),
    }
)  # fmt: skip
World = tuple[list[Request], Access, list[Away], list[Member], list[Grant]]


def facts_of(world: World, viewer: str, *, late: bool = False) -> Facts:
    """What is known when that person acts; a batch of their own is at hand."""
    asked, access, away, member, grant = world
    until = NOW - timedelta(seconds=1) if late else NOW
    batch = Batch("b1", "B4TCH", viewer, "open", tuple((one.id, one.edition) for one in asked), until, 1)
    private = Conversation("private", viewer)
    catalogue = replace(CATALOGUE, intents={**CATALOGUE.intents, **INTENTS})
    policy = Policy(Organisation(), access=access, segregation=RULES)
    items = (*asked, *away, *member, *grant, batch)
    return Facts(Person(viewer), private, private, catalogue, policy, items=items, people=tuple(map(Person, PEOPLE)))


def said(heard: dict[str, str], viewer: str) -> Turn:
    """What somebody does."""
    slots = tuple(Slot(name, heard[name]) for name in ("code", "reason", "to") if heard[name])
    message = Message("c", "robot", "m1", "chat", True, Sender(viewer[2:]), heard["text"], NOW)
    return Turn(message, Understanding(Verdict.ANSWER, heard["intent"], 1.0, 1.0, slots=slots, rule=heard["rule"]), "zh", SEED)


def put(decision: Decision, kind: type) -> list:
    """The new states of a kind."""
    return [effect.entity for effect in decision.effects if isinstance(effect, Put) and isinstance(effect.entity, kind)]


def calls(decision: Decision, *operations: str) -> list[Call]:
    """The calls of some kinds."""
    return [effect for effect in decision.effects if isinstance(effect, Call) and effect.operation in operations]


def legal(table, before: str, after: str) -> bool:
    """Whether one move, or approving and starting in one go, leads from state to state."""
    steps = {(source, move.target) for move in table.values() for source in move.sources}
    return before == after or (before, after) in steps or ((before, "approved") in steps and ("approved", after) in steps)


@settings(max_examples=600, deadline=None)
@given(worlds, people, heard)
def test_nothing_is_given_without_the_right_other_people(world: World, viewer: str, heard: dict[str, str]) -> None:
    before = {one.id: one for one in world[0]}
    decision = decide(said(heard, viewer), facts_of(world, viewer), NOW)
    after = {one.id: one for one in put(decision, Request)}
    given_ = calls(decision, "grant", "check", "revoke")
    assert len({call.args["request_id"] for call in given_}) == len(given_), "one call a request"
    for call in given_:
        old, new = before[call.args["request_id"]], after[call.args["request_id"]]
        if old.state == "failed":
            assert heard["intent"] == "access.retry"
            continue
        assert old.state == "pending"
        assert heard["intent"] == "act.approve"
        assert heard["rule"] in SURE
        yes = [one for one in new.approvals if one.ok and one.edition == new.edition]
        deciders = {one.by for one in yes}
        assert len(deciders) >= new.quorum
        assert not new.second or new.second in {one.of for one in yes}
        mine = next(one for one in yes if one.by == viewer)
        assert viewer not in (new.person, new.whose)
        assert mine.of not in (new.person, new.whose)
        allowed = eligible(world[1], new.role, new.department)
        assert mine.of in allowed | {new.second}
        assert mine.of == viewer or any(one.person == mine.of and one.deputy == viewer and one.start <= NOW < one.end for one in world[2])
        assert old.lapses is None or old.lapses > NOW


@settings(max_examples=600, deadline=None)
@given(worlds, people, heard, some.booleans())
def test_no_illegal_move_and_nobody_decides_their_own(world: World, viewer: str, heard: dict[str, str], late: bool) -> None:
    before = {one.id: one for one in world[0]}
    decision = decide(said(heard, viewer), facts_of(world, viewer, late=late), NOW)
    for new in put(decision, Request):
        old = before[new.id]
        assert legal(REQUESTS, old.state, new.state), (old.state, new.state)
        added = new.approvals[len(old.approvals) :]
        assert new.approvals[: len(old.approvals)] == old.approvals, "what was decided stays"
        assert all(one.by == viewer and viewer not in (old.person, old.whose) for one in added)
        assert new.state != "rejected" or (added and added[-1].reason)
    for new in put(decision, Grant):
        (old,) = [one for one in world[4] if one.id == new.id] or [None]
        assert old is None or legal(GRANTS, old.state, new.state) or new.state == "active"


@settings(max_examples=300, deadline=None)
@given(worlds, people, heard, some.sampled_from(FREE))
def test_free_words_never_decide(world: World, viewer: str, heard: dict[str, str], rule: str) -> None:
    assume(heard["intent"] in DOING[:3])
    decision = decide(said({**heard, "rule": rule}, viewer), facts_of(world, viewer), NOW)
    assert [one for one in put(decision, Request) if one.state != "expired"] == []
    assert calls(decision, "grant", "check", "revoke") == []


@settings(max_examples=200, deadline=None)
@given(worlds, people, heard)
def test_the_same_facts_give_the_same_decision(world: World, viewer: str, heard: dict[str, str]) -> None:
    turn, facts = said(heard, viewer), facts_of(world, viewer)
    assert decide(turn, facts, NOW) == decide(turn, facts, NOW)


@settings(max_examples=300, deadline=None)
@given(
    worlds,
    some.sampled_from(("grant", "revoke", "explain", "confirm")),
    some.booleans(),
    some.sampled_from(ANSWERS),
)
def test_whatever_a_system_answers_is_a_legal_move(world: World, operation: str, ok: bool, value: str) -> None:
    request = world[0][0]
    call = Call("sandbox", operation, f"{operation}:{request.id}", {"request_id": request.id, "grant": "g1", "person": request.person})
    turn = Turn(Outcome(call, ok, value, NOW), Understanding(Verdict.ANSWER), "zh", SEED)
    decision = decide(turn, facts_of(world, request.person), NOW)
    for new in put(decision, Request):
        assert legal(REQUESTS, request.state, new.state)
        assert new.state != "granted" or (ok and '"state": "' in value and ("done" in value or "already" in value))
    assert calls(decision, "grant") == []


@pytest.mark.parametrize("days", [1, 2, 9, 14, 30])
def test_whoever_was_just_given_longer_is_not_told_at_once_that_it_ends(days: int) -> None:
    old = Grant("g1", "r0", "c:p0", "", "viewer", "active", NOW - timedelta(days=40), until=NOW + timedelta(days=1), warned=3)
    until = NOW + timedelta(days=days)
    request = Request("r1", "K7Q2M", "c:p0", "granting", "", "viewer", NOW, NOW, kind="renew", grant="g1", until=until)
    call = Call("sandbox", "grant", "grant:r1:1", {"request_id": "r1"})
    turn = Turn(Outcome(call, True, json.dumps({"state": "done"}), NOW), Understanding(Verdict.ANSWER), "zh", SEED)
    (longer,) = put(decide(turn, facts_of(([request], Access(roles=ROLES), [], [], [old]), "c:p0"), NOW), Grant)
    assert NOW < longer.due <= until
    assert longer.until == until


@settings(max_examples=200, deadline=None)
@given(worlds, some.sampled_from(("request", "grant")))
def test_the_clock_gives_nothing(world: World, kind: str) -> None:
    item = world[0][0] if kind == "request" else next(iter(world[4]), None)
    assume(item is not None and (kind == "request" or item.state != "ended"))
    facts = facts_of(world, "c:p0")
    facts = replace(facts, items=tuple(replace(one, due=NOW) if one is item else one for one in facts.items))
    decision = decide(Turn(Due(kind, item.id, NOW, "1"), Understanding(Verdict.ANSWER), "zh", SEED), facts, NOW)
    assert calls(decision, "grant", "check") == []
    assert all(one.state in ("pending", "expired") or one.state == item.state == "granting" for one in put(decision, Request))
    overdue = kind == "grant" and (item.until == NOW or item.state == "failed") and item.state != "ending"
    assert len(calls(decision, "revoke")) == int(overdue), "what should have ended is tried again, whatever it ended for"
    assert len(calls(decision, "follow")) == int(item.state in ("granting", "ending")), "what is on its way is asked after"
    assert all(one.due is not None and one.due > NOW for one in put(decision, Grant) if one.state != "active"), "and looked at again"


HOLDINGS = ("", "{}", "[]", *(json.dumps({"known": True, "roles": [{"role": role}]}) for role in ("", "viewer", "preparer", "cashier.approve", "stranger")))


@settings(max_examples=400, deadline=None)
@given(
    worlds,
    some.sampled_from((*("granting",) * 6, "pending", "rejected", "failed")),
    some.booleans(),
    some.sampled_from(HOLDINGS),
    some.booleans(),
    some.booleans(),
)
def test_written_only_after_a_look_that_shows_no_conflict(world: World, state: str, ok: bool, value: str, mine: bool, agreed: bool) -> None:
    request = replace(world[0][0], state=state, kind="grant")
    if agreed:
        yes = tuple(Approval(one, True, NOW, request.edition) for one in (*world[1].owners[request.role], request.second) if one)
        request = replace(request, approvals=yes)
    facts = replace(facts_of(world, request.person), items=(request, *facts_of(world, request.person).items))
    call = check_of(request, facts) if mine else replace(check_of(request, facts), key="check:another")
    decision = decide(Turn(Outcome(call, ok, value, NOW), Understanding(Verdict.ANSWER), "zh", SEED), facts, NOW)
    written = calls(decision, "grant", "revoke")
    assert [call_of(request, facts)] == written or not written
    if not written:
        return
    assert ok
    assert mine
    assert state == "granting"
    may = eligible(world[1], request.role, request.department) | {request.second}
    assert sum(one.of in may for one in request.given) >= request.quorum
    rows = (json.loads(value) if value else {}) or {"roles": []}
    held = [row["role"].partition(".")[0] for row in rows.get("roles", [])]
    wanted = world[1].role(request.role).duties
    broken = conflicts(RULES, wanted, [Held(role, world[1].role(role).duties) for role in held if role != request.role])
    assert not any(one.rule.hard for one in broken)
    assert not broken or request.second
    assert not any(one.id == request.whose and one.state == "left" for one in world[3])
