"""What admins want of the rules, as values or as faults; and what an item that its asker wants higher up does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from core_samples import NOW, SEED, facts
from hypothesis import given
from hypothesis import strategies as st
from nudging_samples import CHINA, at, rules, waiting, wall

from bot.core.facts import Policy
from bot.core.model import Application, Approval, Desk, Organisation, Request
from bot.core.nudging import Act, Nudge, NudgePolicy, Pace, Why, plan
from bot.core.nudging.past import decisions, past
from bot.core.nudging.plan import raised_due
from bot.core.nudging.policy import faults as policy_faults
from bot.core.nudging.said import policy_of
from bot.core.nudging.waiting import beside, pressing, reminded, waiting_of
from bot.core.nudging.wished import Named, fitting, wished
from bot.core.skills.nudging.holding import kept_to as counted
from bot.core.skills.nudging.holding import own_asks
from bot.core.turn import Decision, Due, Private, Put, Reason, Say, Turn, Understanding, Verdict

HOUR, DAY = 60, 450


@pytest.mark.parametrize(
    ("named", "values"),
    [
        (Named(frozenset({"gap"}), lengths=(2 * DAY,)), {"nudging.gaps": "2 2 2"}),
        (Named(frozenset({"gap", "most"}), every=1, counts=(3,)), {"nudging.gaps": "1 1 1"}),
        (Named(frozenset({"most"}), counts=(2,)), {"nudging.gaps": "1 2"}),
        (Named(frozenset({"most"}), counts=(5,)), {"nudging.gaps": "1 2 4 4 4"}),
        (Named(frozenset({"slots", "gap"}), times=(600,)), {"nudging.slots": "10:00"}),
        (Named(frozenset({"slots"}), times=(900, 570, 900)), {"nudging.slots": "09:30 15:00"}),
        (Named(frozenset({"first", "gap"}), lengths=(4 * HOUR,)), {"nudging.first": "240"}),
        (Named(frozenset({"per_day", "most"}), lengths=(DAY,), counts=(1,)), {"nudging.per_day": "1"}),
        (Named(frozenset({"per_week", "most"}), counts=(5,)), {"nudging.per_week": "5"}),
        (Named(frozenset({"manual"}), lengths=(8 * HOUR,)), {"nudging.manual_every": "480"}),
        (Named(frozenset({"escalate", "no"}), no=True), {"nudging.escalates": "no"}),
        (Named(frozenset({"escalate"}), lengths=(4 * DAY,)), {"nudging.escalates": "yes", "nudging.gaps": "1 2"}),
        (Named(frozenset({"escalate", "most"}), counts=(2,)), {"nudging.escalates": "yes", "nudging.gaps": "1 2"}),
        (Named(frozenset({"quiet"}), hours=(22 * HOUR, 8 * HOUR)), {"nudging.quiet": "22:00-08:00"}),
        (Named(frozenset({"quiet"}), times=(20 * HOUR,)), {"nudging.quiet": "20:00-08:30"}),
        (Named(frozenset({"quiet"}), times=(9 * HOUR,)), {"nudging.quiet": "19:00-09:00"}),
        (Named(frozenset({"gap"})), {}),
        (Named(frozenset()), {}),
    ],
)
def test_a_sentence_changes_what_it_names_and_nothing_else(named: Named, values: dict[str, str]) -> None:
    found = wished(named, NudgePolicy(), CHINA)
    assert (dict(found.values), found.faults) == (values, ())


@pytest.mark.parametrize(
    ("named", "rule"),
    [
        (Named(frozenset({"gap"}), lengths=(4 * HOUR,)), "gap"),
        (Named(frozenset({"most"}), counts=(20,)), "reminders"),
        (Named(frozenset({"first"}), lengths=(5,)), "first"),
        (Named(frozenset({"per_day"}), counts=(50,)), "per_day"),
    ],
)
def test_what_would_be_noise_or_silence_is_a_fault_with_its_limits(named: Named, rule: str) -> None:
    found = wished(named, NudgePolicy(), CHINA)
    assert not found.values
    assert [(fault.rule, bool(fault.least), bool(fault.most)) for fault in found.faults] == [(rule, True, True)]


@given(st.integers(1, 60))
def test_growing_gaps_have_the_sum_that_is_wanted(days: int) -> None:
    assert sum(fitting(days)) == days
    assert len(fitting(days)) <= 4


@given(
    st.sets(st.sampled_from(["first", "gap", "most", "slots", "per_day", "per_week", "manual", "escalate", "quiet"])),
    st.lists(st.integers(1, 40_000), max_size=2),
    st.lists(st.integers(0, 1_439), max_size=3),
    st.lists(st.integers(0, 400), max_size=2),
    st.integers(0, 40),
)
def test_no_sentence_makes_rules_outside_the_limits_unnoticed(about: set[str], lengths: list[int], times: list[int], counts: list[int], every: int) -> None:
    found = wished(Named(frozenset(about), lengths=tuple(lengths), times=tuple(times), counts=tuple(counts), every=every), NudgePolicy(), CHINA)
    made = policy_of(NudgePolicy(), found.values)
    named = {fault.rule for fault in policy_faults(made, CHINA)}
    assert named <= {"slots", "slot_quiet", "slot_idle", "gap", "reminders", "per_week"}, "the skill refuses these with their limits"


def test_an_item_whose_asker_wants_it_higher_goes_up_a_working_day_after_its_holder_was_told() -> None:
    told = waiting(raised=at("03-04 14:00"), asks=(at("03-04 14:00"),), nudges=(Nudge("li", at("03-04 14:00"), "ann"),), urgent=True)
    assert wall(raised_due(told, rules())) == "03-05 14:00"
    assert plan(told, rules(), at("03-05 14:30")).act is not Act.ESCALATE
    verdict = plan(told, rules(), at("03-05 15:00"))
    assert (verdict.act, verdict.to, verdict.why, verdict.told) == (Act.ESCALATE, "wang", Why.ASKED, True)
    promised = replace(told, promised=at("03-06 15:00"))
    assert plan(promised, rules(), at("03-05 15:00")).act is Act.WAIT
    unknown = replace(told, nudges=())
    assert raised_due(unknown, rules()) is None, "nobody told the holder yet"
    assert raised_due(replace(told, since=at("03-05 09:00")), rules()) is None, "that was before it came to this holder"


REQUEST = Request(
    "r1", "K7Q2M", "ann", "pending", "k3", "supervisor", at("03-03 09:00"), at("03-03 09:00"), holder="li", approvers=("li", "wang", "zhao"), quorum=2
)  # fmt: skip


def test_who_decides_beside_the_holder_has_reminders_of_their_own() -> None:
    assert REQUEST.also == ("wang",)
    once = reminded(REQUEST, "wang", at("03-04 10:00"))
    assert isinstance(once, Request)
    assert (waiting_of(once).nudges, len(beside(once, "wang", at("03-04 10:00")).nudges)) == ((), 1)
    later = replace(once, rests=(("wang", at("03-06 10:00")),))
    assert plan(beside(later, "wang", at("03-05 10:00")), rules(), at("03-05 10:00")).why is Why.SNOOZED
    assert plan(waiting_of(later), rules(), at("03-05 10:00")).act is Act.NUDGE, "the holder goes on"
    assert not beside(REQUEST, "wang", at("03-04 10:00")).ladder, "only the holder's clock escalates"
    given = replace(REQUEST, approvals=(Approval("li", True, at("03-03 10:00"), 1),), holder="wang")
    assert given.also == ()


def test_what_is_urgent() -> None:
    now = at("03-04 10:00")
    assert not pressing(REQUEST, now)
    assert pressing(replace(REQUEST, kind="revoke"), now)
    assert pressing(replace(REQUEST, lapses=now + timedelta(days=2)), now)
    assert not pressing(replace(REQUEST, lapses=now + timedelta(days=20)), now)
    assert pressing(replace(REQUEST, raised=now), now)


def test_past_items_are_seen_as_when_they_came() -> None:
    yes = (Approval("li", True, at("03-04 09:00"), 1), Approval("wang", True, at("03-04 09:00") + timedelta(seconds=5), 1))
    done = replace(REQUEST, state="granted", holder="", approvals=yes, nudges=(at("03-03 15:00"),), former=())
    open_ = replace(REQUEST, id="r2", nudges=(at("03-04 10:00"),))
    gone = replace(REQUEST, id="r3", state="withdrawn")
    joined = Application("a1", "K7Q2P", "bob", "approved", (), at("03-05 09:00"), at("03-03 09:00"), holder="wang", decided_by="wang")
    found = {one.item: one for one in past((done, open_, gone, joined))}
    assert set(found) == {"r1", "r2", "a1"}
    assert (found["r1"].holder, found["r1"].ladder, found["r1"].decided) == ("li", ("wang", "zhao"), yes[1].at)
    assert (found["r2"].nudges, found["r2"].decided) == ((), None)
    rows = decisions((done, open_, gone, joined), at("03-02 09:00"), at("03-09 09:00"), rules(policy=NudgePolicy(default=Pace())))
    assert [(row.by, row.reminders, row.opened) for row in rows] == [("li", 1, None), ("wang", 0, None), ("wang", 0, None)]


def test_the_next_item_of_one_sitting_was_seen_with_the_decision_before() -> None:
    first, second = at("03-04 09:00"), at("03-04 09:00") + timedelta(seconds=4)
    one = replace(REQUEST, quorum=1, state="granted", approvals=(Approval("li", True, first, 1),))
    two = replace(one, id="r2", approvals=(Approval("li", True, second, 1),))
    together = replace(one, id="r3", approvals=(Approval("li", True, second, 1),))
    rows = decisions((one, two), at("03-02 09:00"), at("03-09 09:00"), rules())
    assert [row.opened for row in rows] == [None, first]
    assert [row.opened for row in decisions((two, together), at("03-02 09:00"), at("03-09 09:00"), rules())] == [None, None], "a batch"


def test_a_reminder_of_any_kind_counts_into_the_budget_of_whoever_gets_it() -> None:
    due = Turn(Due("member", "m1", NOW, "1", "c:a"), Understanding(Verdict.ANSWER), "zh", SEED)
    known = facts(items=(Desk("c:a", "c:a", sent=(NOW - timedelta(hours=1),), version=3),), policy=Policy(Organisation(), calendar=CHINA))
    reminder = Decision(
        Reason.REMINDED, (Say(Private("c:a"), "joining/does_it_work"), Say(Private("c:other"), "joining/alarm"), Say(Private("c:boss"), "joining/alarm"))
    )
    desks = {effect.entity.id: effect.entity for effect in counted(reminder, due, known, NOW).effects if isinstance(effect, Put)}
    assert {name: (len(desk.sent), len(desk.apart), desk.version) for name, desk in desks.items()} == {"c:a": (2, 1, 3), "c:boss": (1, 1, 0)}  # type: ignore[union-attr]
    assert counted(replace(reminder, reason=Reason.SAVED), due, known, NOW).effects == reminder.effects
    assert {ask.id for ask in own_asks(due, known)} == {"c:a", "c:boss"}  # type: ignore[union-attr]
