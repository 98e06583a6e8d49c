"""A round over everything that somebody has on their desk: one new state of each thing at most, nobody over their budget, and each item on record."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from core_samples import SEED, facts
from hypothesis import given, settings
from hypothesis import strategies as some
from nudging_samples import CHINA, at

from bot.core.access import Access, Role
from bot.core.decide import decide
from bot.core.facts import Facts, Policy
from bot.core.model import Application, Away, Desk, Item, Organisation, Person, Request, kind_of
from bot.core.nudging import NudgePolicy, plan
from bot.core.nudging.budget import budget_of
from bot.core.nudging.values import Rules
from bot.core.nudging.waiting import sent_of
from bot.core.skills.nudging.ruling import rules_of, waits_of
from bot.core.turn import Decision, Due, Private, Put, Say, Turn, Understanding, Verdict

NOW = at("03-12 10:00")
PEOPLE = ("c:li", "c:wang", "c:zhao", "c:chen")
ADMINS = tuple(Person(one, one) for one in PEOPLE[1:3])
ROLES = {name: Role(name, {"zh": name}, {"zh": name}, quorum=quorum) for name, quorum in (("viewer", 1), ("supervisor", 2))}
ACCESS = Access(ROLES, owners={"viewer": PEOPLE[:1], "supervisor": (PEOPLE[0], PEOPLE[3])}, finance=PEOPLE[1:3])
people = some.sampled_from(PEOPLE)
days = some.integers(0, 9).map(lambda number: NOW - timedelta(days=number))
few = some.lists(days, max_size=3).map(lambda times: tuple(sorted(times)))
maybe = some.sampled_from((None, None, NOW - timedelta(days=3), NOW + timedelta(days=2)))
former = some.lists(some.sampled_from(PEOPLE[1:]), max_size=3, unique=True).map(tuple)
requests = some.builds(
    Request, id=some.sampled_from(("r1", "r2", "r3")), code=some.just("K7Q2M"), person=some.just("c:ann"), state=some.just("pending"), system=some.just(""),
    role=some.sampled_from(sorted(ROLES)), since=days, made=some.just(NOW - timedelta(days=9)), holder=people, quorum=some.sampled_from((1, 2)),
    approvers=some.lists(people, min_size=1, max_size=3, unique=True).map(tuple), nudges=few, snoozed=maybe, promised=maybe, raised=maybe, former=former,
)  # fmt: skip
applications = some.builds(
    Application, id=some.sampled_from(("a1", "a2")), code=some.just("9XK4T"), person=some.just("c:ben"), state=some.just("submitted"), fields=some.just(()),
    since=days, made=some.just(NOW - timedelta(days=9)), holder=people, nudges=few, raised=maybe, former=former,
)  # fmt: skip
desks = some.lists(some.builds(Desk, id=people, person=some.just(""), sent=few, muted=maybe), max_size=3, unique_by=lambda desk: desk.id)
aways = some.lists(
    some.builds(
        Away, id=people, person=some.just(""), start=some.just(NOW - timedelta(days=5)), end=some.sampled_from((NOW, NOW + timedelta(days=1))), deputy=people
    ),
    max_size=2,
    unique_by=lambda away: away.id,
)
items = some.lists(some.one_of(requests, applications), min_size=1, max_size=5, unique_by=lambda item: item.id)


def at_desk(found: list[Request | Application], kept: list[Desk], gone: list[Away], viewer: str) -> Facts:
    """What is gathered for a round of that person."""
    whole: tuple[Item, ...] = (*found, *(replace(one, person=one.id) for one in kept), *(replace(one, person=one.id) for one in gone))
    policy = Policy(Organisation(), access=ACCESS, calendar=CHINA)
    return replace(facts(items=whole, policy=policy), viewer=Person(viewer), people=tuple(map(Person, PEOPLE)), admins=ADMINS)


def round_of(known: Facts, now: datetime = NOW) -> Decision:
    """What comes of it."""
    return decide(Turn(Due("round", known.viewer.id, now, "1", known.viewer.id), Understanding(Verdict.ANSWER), "zh", SEED), known, now)


@settings(max_examples=150, deadline=None)
@given(items, desks, aways, people)
def test_a_round_changes_each_thing_once_and_keeps_to_everybodys_budget(
    found: list[Request | Application], kept: list[Desk], gone: list[Away], viewer: str
) -> None:
    known = at_desk(found, kept, gone, viewer)
    done = round_of(known)
    changed = Counter((kind_of(type(one.entity)), one.entity.id) for one in done.effects if isinstance(one, Put))
    assert all(times == 1 for times in changed.values()), changed
    told = Counter(say.to.person for say in done.says if isinstance(say, Say) and isinstance(say.to, Private))
    for one, times in told.items():
        before = next((desk for desk in known.all(Desk) if desk.id == one), Desk(one, one))
        if one in PEOPLE:
            assert times <= budget_of(sent_of(before), Rules(CHINA, NudgePolicy()), NOW).left


@settings(max_examples=60, deadline=None)
@given(items, desks, aways, people)
def test_an_absence_that_is_over_changes_nothing(found: list[Request | Application], kept: list[Desk], gone: list[Away], viewer: str) -> None:
    over = [replace(one, end=NOW) for one in gone]
    assert round_of(at_desk(found, kept, over, viewer)) == round_of(at_desk(found, kept, [], viewer))


@settings(max_examples=60, deadline=None)
@given(items, desks, aways, people)
def test_everything_somebody_holds_is_told_goes_on_or_has_its_reason(
    found: list[Request | Application], kept: list[Desk], gone: list[Away], viewer: str
) -> None:
    known = at_desk(found, kept, gone, viewer)
    done = round_of(known)
    after = {one.entity.id: one.entity for one in done.effects if isinstance(one, Put)}
    desk = after.get(viewer, next((one for one in known.all(Desk) if one.id == viewer), Desk(viewer, viewer)))
    assert isinstance(desk, Desk)
    reasons = dict(desk.reasons)
    for item, waiting in waits_of(known, NOW, viewer):
        if item.holder == viewer and item.id not in after and item.id not in reasons:
            verdict = plan(waiting, rules_of(known), NOW)
            assert verdict.at is not None, (item, verdict)
            assert verdict.at > NOW, (item, verdict)
