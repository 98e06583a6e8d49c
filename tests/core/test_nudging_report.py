"""Figures of the report by hand, and the effect of reminders against a truth that is known because it was made."""

from __future__ import annotations

import random
from datetime import timedelta
from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nudging_samples import CHINA, at

from bot.core.calendar import add_working
from bot.core.nudging.report import Decided, effect, hours, percentile, slow, stamps, times


def decided(start: str = "03-03 09:00", end: str = "03-03 10:00", by: str = "li", **other: object) -> Decided:
    return Decided("r", by, at(start), at(end), **other)


def took(minutes: int, *, held_out: bool = False) -> Decided:
    start = at("03-03 09:00")
    return Decided("r", "li", start, add_working(CHINA, start, minutes), held_out=held_out)


def test_hours_are_working_hours_without_the_time_that_something_was_missing() -> None:
    assert hours(decided(end="03-04 10:00"), CHINA) == 8.5
    assert hours(decided(end="03-04 10:00", paused=timedelta(hours=2)), CHINA) == 6.5
    assert hours(decided("03-07 09:00", "03-08 10:00"), CHINA) == 0.0
    assert hours(decided(paused=timedelta(hours=9)), CHINA) == 0.0


def test_the_figures_of_a_week() -> None:
    found = times([took(60, held_out=False), took(120), took(450), took(451), took(1_351)], CHINA)
    assert (found.count, found.p50, found.p75) == (5, 7.5, pytest.approx(451 / 60))
    assert (found.over_one, found.over_three) == (0.4, 0.2)
    assert times([decided(reminders=2), decided(reminders=1)], CHINA).reminders == 1.5
    kept, broken = decided(promised=at("03-03 10:00")), decided(promised=at("03-03 09:30"))
    assert (times([kept, broken, decided()], CHINA).promises, times([kept, broken, decided()], CHINA).broken) == (2, 1)
    assert times([], CHINA).count == 0


@given(st.lists(st.floats(0, 1_000), min_size=2, max_size=60))
def test_percentiles_are_those_of_the_textbook(values: list[float]) -> None:
    quarters = quantiles(values, n=4, method="inclusive")
    assert [percentile(values, share) for share in (0.25, 0.5, 0.75)] == pytest.approx(quarters)
    assert (percentile(values, 0), percentile(values, 1)) == (min(values), max(values))


def test_slow_nodes_come_slowest_first_and_only_with_enough_decisions() -> None:
    rows = [took(60) for _ in range(5)] + [decided("03-03 09:00", "03-05 09:00", by="wang") for _ in range(5)] + [decided(by="zhao")]
    assert [name for name, _ in slow(rows, CHINA, lambda row: row.by)] == ["wang", "li"]


def test_the_guard_against_rubber_stamps() -> None:
    start = at("03-03 09:00")

    def row(by: str, seconds: int | None, approved: bool) -> Decided:
        return Decided("r", by, start, start + timedelta(seconds=600), approved, None if seconds is None else start + timedelta(seconds=600 - seconds))

    hasty = [row("hasty", 3, number % 3 > 0) for number in range(30)]
    careful = [row("careful", 90, number % 5 > 0) for number in range(30)]
    nods = [row("nods", 90, True) for _ in range(30)]
    few = [row("few", 3, True) for _ in range(5)]
    unknown = [row("unknown", None, number % 5 > 0) for number in range(30)]
    found = {stamp.person: stamp for stamp in stamps([*hasty, *careful, *nods, *few, *unknown])}
    assert found.keys() == {"hasty", "nods"}
    assert (found["hasty"].hasty, found["nods"].approved, found["nods"].hasty) == (1.0, 1.0, 0.0)


@pytest.mark.parametrize("slower", [240, 0])
def test_the_interval_of_the_effect_holds_the_truth_as_often_as_it_says(slower: int) -> None:
    held = clear = 0
    for seed in range(30):
        dice = random.Random(seed)
        treated = [took(1 + int(dice.expovariate(1 / 240))) for _ in range(80)]
        control = [took(1 + slower + int(dice.expovariate(1 / 240)), held_out=True) for _ in range(80)]
        found = effect(treated + control, CHINA, dice.randrange, draws=100)
        assert found is not None
        held += found.low <= slower / 60 <= found.high
        clear += found.clear
    assert held >= 25
    assert clear == 30 if slower else clear <= 5


def test_the_effect_is_the_same_with_the_same_dice_and_not_told_from_few() -> None:
    rows = [took(minute) for minute in range(1, 60)] + [took(minute * 2, held_out=True) for minute in range(1, 60)]
    assert effect(rows, CHINA, random.Random(1).randrange, 50) == effect(rows, CHINA, random.Random(1).randrange, 50)
    assert effect(rows[:60], CHINA, random.Random(1).randrange) is None
