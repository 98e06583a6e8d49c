"""The report that admins read: its figures by hand, and the experiment against a truth that was made."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from core_samples import facts, turn
from nudging_samples import CHINA, at

from bot.core.calendar import add_working
from bot.core.facts import Policy
from bot.core.model import Approval, Desk, Item, Organisation, Request
from bot.core.nudging import NudgePolicy, Rules
from bot.core.nudging.plan import held_out
from bot.core.nudging.said import TRIAL, policy_of
from bot.core.nudging.waiting import waiting_of
from bot.core.skills.admin.figures import dice, of, show
from bot.core.turn import Here, Say
from bot.words.loading import bundled, load

NOW = at("03-20 10:00")
TRIED = policy_of(NudgePolicy(), {TRIAL: "50 2026-03-02"})


def decided(number: int, hours: float, **other: Any) -> Request:
    """A request of Monday the 16th that took so many working hours."""
    made = at("03-16 09:00") + timedelta(minutes=number)
    yes = Approval("c:li", True, add_working(CHINA, made, round(60 * hours)), 1)
    values = {"approvals": (yes,), "approvers": ("c:li",), **other}
    return Request(f"r{number}", f"K7Q{number}", "c:ann", "granted", "k3", "viewer", made, made, **values)


def told(*items: Item, policy: NudgePolicy | None = None) -> dict[str, Any]:
    known = facts("admin", items=items, policy=Policy(Organisation(), calendar=CHINA, nudging=policy or NudgePolicy()))
    found = of(turn("adm.nudge_report"), known, NOW)
    (said,) = show(turn("adm.nudge_report"), known, NOW).says
    assert said.data == found
    return found


def test_the_week_in_figures() -> None:
    promised = decided(4, 10, promised=at("03-16 12:00"))
    desk = Desk("c:li", "c:li", sent=(at("03-10 10:00"), at("03-18 10:00")), muted=NOW + timedelta(days=1))
    found = told(decided(1, 1), decided(2, 2, nudges=(at("03-16 10:00"),)), decided(3, 3), promised, decided(5, 24), desk)
    week = found["figures"]
    assert (week["count"], week["p50"], week["p75"], week["over_one"], week["over_three"]) == (5, 3.0, 10.0, 40, 20)
    assert (week["reminders"], week["promises"], week["broken"]) == (0.2, 1, 1)
    assert (found["sent"], found["mutes"], found["before"], found["effect"]) == (1, 1, None, None)
    assert [(node["count"], node["p75"]) for node in found["slow"]] == [(5, 10.0)]
    assert found["stamps"] == [], "five decisions are too few to say anything of anybody"


def test_the_experiment_finds_what_reminders_save_and_says_when_it_cannot() -> None:
    rules = Rules(CHINA, TRIED)
    plain = [decided(number, 0) for number in range(120)]
    items = [decided(number, 30 if held_out(waiting_of(one), rules) else 10 + number % 5) for number, one in enumerate(plain)]
    effect = told(*items, policy=TRIED)["effect"]
    assert effect["percent"] == 50
    assert 40 <= effect["out"] <= 80
    assert effect["out"] + effect["rest"] == 120
    assert effect["found"]["clear"]
    assert effect["found"]["low"] <= effect["found"]["saved"] <= effect["found"]["high"]
    assert 16 <= effect["found"]["saved"] <= 20
    assert told(*items[:20], policy=TRIED)["effect"]["found"] is None, "too few"
    same = [decided(number, 10 + number % 5) for number in range(120)]
    assert not told(*same, policy=TRIED)["effect"]["found"]["clear"]


def test_there_is_no_experiment_until_somebody_wants_one_and_never_with_urgent_items() -> None:
    assert NudgePolicy().hold_out == 0
    assert policy_of(NudgePolicy(), {TRIAL: "0"}).hold_out == 0
    many = [waiting_of(decided(number, 1, kind="revoke"), now=NOW) for number in range(60)]
    assert not any(held_out(one, Rules(CHINA, TRIED)) for one in many)
    assert not any(held_out(waiting_of(decided(number, 1)), Rules(CHINA)) for number in range(60))


def test_dice_are_the_same_for_the_same_turn_and_fair() -> None:
    first, second = dice("ab" * 16), dice("ab" * 16)
    drawn = [first(6) for _ in range(6_000)]
    assert drawn == [second(6) for _ in range(6_000)]
    assert all(850 < drawn.count(side) < 1_150 for side in range(6))


@pytest.mark.parametrize(("language", "piece"), [("zh", "2027-01-01** 之前，还剩 37 天"), ("en", "2027-01-01**, 37 days")])
def test_the_word_that_the_calendar_ends_can_be_said(language: str, piece: str) -> None:
    words = load([bundled()])
    said = Say(Here(), "setup/calendar", {"until": "2027-01-01", "days_left": 37})
    assert piece in words.templates.render(said, language, {"org": Organisation(), "asker": {"name": ""}, "site": ""}).text
