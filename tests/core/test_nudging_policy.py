"""The numbers of nudging: limits that no setting can leave, what is told of them, and what a change would have sent over past weeks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nudging_samples import CHINA, at, rules, waiting

from bot.core.nudging import Absence, NudgePolicy, Pace
from bot.core.nudging.plan import held_out
from bot.core.nudging.policy import LIMITS, PACES, echo, faults, wall
from bot.core.nudging.replay import replay


def test_the_defaults_are_the_derived_rules() -> None:
    policy = NudgePolicy()
    told = echo(policy)
    assert (told.first_hours, told.gaps, told.reminders, told.slots, told.per_day, told.per_week, told.manual_hours) == (
        8.0,
        (1, 2, 4),
        3,
        ("10:00", "15:00"),
        2,
        6,
        4.0,
    )
    assert told.reach == 7
    assert faults(policy, CHINA) == []
    assert {name for name, _ in told.kinds} == PACES.keys()
    assert not echo(policy, "oa").escalates


@pytest.mark.parametrize(
    ("changed", "rules_broken"),
    [
        ({"default": Pace(first=1)}, ["first"]),
        ({"default": Pace(first=60 * 81)}, ["first"]),
        ({"default": Pace(gaps=())}, ["reminders"]),
        ({"default": Pace(gaps=(1,) * 6)}, ["reminders"]),
        ({"default": Pace(gaps=(0, 31))}, ["gap", "gap"]),
        ({"kinds": {"setup": Pace(first=0)}}, ["first"]),
        ({"slots": ()}, ["slots"]),
        ({"slots": (900, 600)}, ["slots"]),
        ({"slots": (540, 570, 600, 630, 660)}, ["slots"]),
        ({"slots": (600, 21 * 60)}, ["slot_quiet"]),
        ({"slots": (8 * 60,)}, ["slot_quiet"]),
        ({"slots": (12 * 60 + 30,)}, ["slot_idle"]),
        ({"slots": (18 * 60 + 30,)}, ["slot_idle"]),
        ({"slots": (18 * 60,)}, ["slot_idle"]),
        ({"slots": (9 * 60, 13 * 60 + 30)}, []),
        ({"per_day": 0}, ["per_day"]),
        ({"per_day": 50, "per_week": 100}, ["per_day", "per_week"]),
        ({"per_day": 3, "per_week": 2}, ["per_week"]),
        ({"manual_every": 1}, ["manual_every"]),
        ({"hold_out": 0.9}, ["hold_out"]),
        ({"hold_out": -0.1}, ["hold_out"]),
    ],
)
def test_numbers_outside_their_limits_are_named_with_the_limits(changed: dict[str, Any], rules_broken: list[str]) -> None:
    found = faults(replace(NudgePolicy(), **changed), CHINA)
    assert [fault.rule for fault in found] == rules_broken
    assert all(fault.least and fault.most for fault in found)


def test_a_calendar_without_quiet_hours_still_keeps_slots_at_work() -> None:
    assert [fault.rule for fault in faults(NudgePolicy(slots=(22 * 60,)), replace(CHINA, quiet=None))] == ["slot_idle"]
    assert wall(24 * 60) == "24:00"


@given(st.integers(-100, 10_000), st.lists(st.integers(-5, 100), max_size=8), st.integers(-1, 30), st.integers(-1, 30))
def test_a_policy_without_faults_is_within_all_limits(first: int, gaps: list[int], day: int, week: int) -> None:
    policy = NudgePolicy(Pace(first, tuple(gaps)), per_day=day, per_week=week)
    if not faults(policy, CHINA):
        assert LIMITS["first"][0] <= first <= LIMITS["first"][1]
        assert 1 <= len(gaps) <= 5
        assert min(gaps) >= 1
        assert 1 <= day <= week <= 15


def test_the_lot_of_the_experiment_is_fair_and_steady() -> None:
    by = rules(policy=NudgePolicy(hold_out=0.2, hold_out_salt="spring"))
    drawn = [held_out(waiting(item=f"r{number}"), by) for number in range(2_000)]
    assert 0.16 < sum(drawn) / len(drawn) < 0.24
    assert drawn == [held_out(waiting(item=f"r{number}"), by) for number in range(2_000)]
    assert not any(held_out(waiting(item=f"r{number}", urgent=True), by) for number in range(200))
    other = rules(policy=NudgePolicy(hold_out=0.2, hold_out_salt="summer"))
    assert drawn != [held_out(waiting(item=f"r{number}"), other) for number in range(2_000)]


def test_a_dry_run_counts_what_each_person_would_have_got() -> None:
    past = [
        waiting("03-02 09:00", "quick", decided=at("03-02 11:00")),
        waiting("03-02 09:00", "slow", decided=at("03-06 11:00")),
        waiting("03-02 10:00", "with", holder="zhao", ladder=(), decided=at("03-04 11:00")),
        waiting("03-02 10:00", "open", ladder=("wang",)),
    ]
    found = replay(past, rules(), at("03-02 00:00"), at("03-20 00:00"))
    assert dict(found.messages) == {"li": 6, "wang": 2, "zhao": 1}
    assert (found.total, found.most_a_day, found.items, found.escalated) == (9, 2, 3, 1)
    busier = replay(past, rules(policy=NudgePolicy(Pace(first=60, gaps=(1, 1, 1, 1)))), at("03-02 00:00"), at("03-20 00:00"))
    assert busier.total > found.total


def test_a_dry_run_knows_who_was_away() -> None:
    absence = Absence("li", at("03-02 00:00"), at("03-20 00:00"), "bo")
    past = [waiting("03-02 09:00", "r1"), waiting("03-02 09:00", "r2", asker="bo", ladder=())]
    assert dict(replay(past, rules(absences=(absence,)), at("03-02 00:00"), at("03-06 00:00")).messages) == {"bo": 2}
    assert replay([], rules(), at("03-02 00:00"), at("03-06 00:00")).messages == ()
