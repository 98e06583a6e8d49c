"""Nudging as tables: what becomes of one item, of a day's digest, of a wish; and whole histories as a colleague would tell them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from nudging_samples import CHINA, Office, at, every, rules, waiting, wall

from bot.core.nudging import Absence, Nudge, NudgePolicy, Pace, Pause, budget_of, digest, next_due, plan, receiver
from bot.core.nudging.budget import Sent
from bot.core.nudging.manual import ask, escalation, promise_fault
from bot.core.nudging.values import NEVER
from bot.core.nudging.whom import absence_faults

LI_AWAY = Absence("li", at("03-02 00:00"), at("03-07 00:00"), "bo")


def nudged(*moments: str, to: str = "li", by: str = "") -> dict[str, tuple[Nudge, ...]]:
    """Reminders that went out."""
    return {"nudges": tuple(Nudge(to, at(moment), by) for moment in moments)}


THREE = nudged("03-04 10:00", "03-05 10:00", "03-09 10:00")
SLOW = {"policy": NudgePolicy(kinds={"slow": Pace(2 * 450, (2, 4), escalates=False)})}
PLANS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    # now, the item (since 03-03 09:00), the rules, and what is done
    ("03-03 16:00", {}, {}, "wait not_yet li 03-04 09:30"),
    ("03-04 09:30", {}, {}, "nudge overdue li 03-04 09:30 1"),
    ("03-04 12:30", {}, {}, "wait quiet li 03-04 13:30"),
    ("03-04 23:00", {}, {}, "wait quiet li 03-05 09:00"),
    ("03-07 11:00", {}, {}, "wait quiet li 03-09 09:00"),
    ("03-05 10:00", {"active": at("03-04 17:00")}, {}, "wait active li 03-05 17:30"),
    ("03-05 09:00", nudged("03-04 10:00"), {}, "wait gap li 03-05 10:00"),
    ("03-05 10:00", nudged("03-04 10:00"), {}, "nudge unanswered li 03-05 10:00 2"),
    ("03-05 10:00", nudged("03-04 11:40"), {}, "nudge unanswered li 03-05 10:00 2"),  # a late one does not push the next off its slot
    ("03-06 10:00", nudged("03-04 10:00", "03-05 10:00"), {}, "wait gap li 03-09 10:00"),
    ("03-10 10:00", THREE, {}, "wait gap li 03-13 10:00"),
    ("03-13 10:00", THREE, {}, "escalate unanswered wang 03-13 10:00 told"),
    ("03-13 10:00", {**THREE, "ladder": ()}, {}, "nothing exhausted li"),
    ("03-13 10:00", {**THREE, "ladder": ("ann",)}, {}, "nothing exhausted li"),
    ("03-13 10:00", {**THREE, "barred": frozenset({"wang"})}, {}, "escalate unanswered zhao 03-13 10:00 told"),
    ("03-04 10:00", {"decided": at("03-04 09:59")}, {}, "nothing decided"),
    # promise, snooze
    ("03-04 10:00", {"promised": at("03-04 15:00")}, {}, "wait promised li 03-04 15:00"),
    ("03-04 15:00", {"promised": at("03-04 15:00")}, {}, "nudge promised li 03-04 15:00 1"),
    ("03-06 10:00", {"snoozed": at("03-06 09:00"), **nudged("03-04 10:00", "03-05 10:00")}, {}, "nudge snoozed li 03-06 09:00 3"),
    ("03-06 10:00", {"snoozed": at("03-04 09:00"), **nudged("03-04 10:00", "03-05 10:00")}, {}, "wait gap li 03-09 10:00"),
    ("03-04 10:00", {"promised": at("03-04 15:00"), "asks": (at("03-04 09:50"),)}, {}, "wait promised li 03-04 15:00"),
    ("03-10 15:00", {"promised": at("03-10 12:00"), "asks": (at("03-10 14:00"),), **THREE}, {}, "escalate unanswered wang 03-10 15:00 told"),
    # a wish
    ("03-10 15:00", {"asks": (at("03-10 14:00"),), **THREE}, {}, "nudge asked li 03-10 14:00 3"),
    ("03-03 10:00", {"asks": (at("03-03 09:50"),)}, {}, "nudge asked li 03-03 09:50 1"),
    ("03-03 10:00", {"asks": (at("03-03 09:30"),), **nudged("03-03 09:30", by="ann")}, {}, "wait not_yet li 03-04 09:30"),
    ("03-04 10:00", {"asks": (at("03-04 09:40"),), **nudged("03-04 09:40", by="ann")}, {}, "wait gap li 03-05 09:40"),
    # information is missing: the asker's turn, and the holder's clock begins anew with the answer
    ("03-04 10:00", {"lacking": at("03-03 17:00")}, {}, "wait not_yet ann 03-04 17:30"),
    ("03-05 10:00", {"lacking": at("03-03 17:00")}, {}, "nudge overdue ann 03-04 17:30 1"),
    ("03-05 10:00", {"active": at("03-04 17:00"), **nudged("03-04 10:00", to="ann")}, {}, "wait active li 03-05 17:30"),
    ("03-06 10:00", {"active": at("03-04 17:00"), **nudged("03-04 10:00", to="ann")}, {}, "nudge overdue li 03-05 17:30 1"),
    ("03-20 10:00", {"lacking": at("03-03 17:00"), **nudged("03-05 10:00", "03-06 10:00", "03-10 10:00", to="ann")}, {}, "nothing exhausted ann"),
    # away
    ("03-04 10:00", {}, {"absences": (LI_AWAY,)}, "nudge overdue bo 03-04 09:30 1 for li"),
    ("03-04 10:00", {}, {"absences": (replace(LI_AWAY, deputy=""),)}, "escalate away wang 03-04 10:00"),
    ("03-04 10:00", {"ladder": ()}, {"absences": (replace(LI_AWAY, deputy=""),)}, "wait away 03-07 00:00"),
    ("03-04 10:00", {}, {"absences": (replace(LI_AWAY, deputy="ann"),)}, "escalate away wang 03-04 10:00"),  # never to the requester
    ("03-04 10:00", {"ladder": ()}, {"absences": (LI_AWAY, Absence("bo", at("03-04 00:00"), at("03-05 00:00"), "wang"))}, "wait away 03-05 00:00"),  # no chains
    ("03-04 10:00", {}, {"absences": (replace(LI_AWAY, deputy=""), Absence("wang", at("03-04 00:00"), at("03-05 00:00")))}, "escalate away zhao 03-04 10:00"),
    ("03-04 11:00", {}, {"absences": (replace(LI_AWAY, start=at("03-04 10:30")),)}, "nudge overdue bo 03-04 10:30 1 for li"),
    ("03-05 10:00", {"lacking": at("03-03 17:00")}, {"absences": (Absence("ann", at("03-04 00:00"), at("03-06 00:00"), "bo"),)}, "wait away 03-06 00:00"),
    ("03-03 10:00", {"holder": "ann"}, {}, "escalate barred wang 03-03 10:00"),
    ("03-03 10:00", {"holder": "ann", "ladder": ()}, {}, "nothing nobody"),
    # mute, pause, hold-out
    ("03-04 10:00", {}, {"mutes": {"li": at("03-06 09:00")}}, "wait muted li 03-06 09:00"),
    ("03-06 10:00", {}, {"mutes": {"li": at("03-06 09:00")}}, "nudge overdue li 03-06 09:00 1"),
    ("03-12 10:00", {}, {"mutes": {"li": NEVER}}, "wait muted li 03-13 10:00"),
    ("03-13 10:00", {}, {"mutes": {"li": NEVER}}, "escalate muted wang 03-13 10:00"),
    ("03-13 10:00", {"ladder": ()}, {"mutes": {"li": NEVER}}, "wait muted li"),
    ("03-04 10:00", {}, {"pause": Pause(at("03-09 09:00"))}, "wait paused li 03-09 09:00"),
    ("03-04 10:00", {}, {"pause": Pause(None)}, "wait paused li"),
    ("03-04 10:00", {}, {"pause": Pause(at("03-04 09:00"))}, "nudge overdue li 03-04 09:30 1"),
    ("03-05 10:00", {}, {"policy": NudgePolicy(hold_out=1.0)}, "wait held_out li 03-09 09:30"),
    ("03-05 10:00", {"urgent": True}, {"policy": NudgePolicy(hold_out=1.0)}, "nudge overdue li 03-04 09:30 1"),
    # another kind, another pace
    ("03-05 10:00", {"kind": "slow"}, SLOW, "nudge overdue li 03-04 18:00 1"),
    ("03-13 10:00", {"kind": "slow", **nudged("03-05 10:00", "03-09 10:00")}, SLOW, "nothing exhausted li"),
]


@pytest.mark.parametrize(("now", "item", "by", "wanted"), PLANS)
def test_one_item(now: str, item: dict[str, Any], by: dict[str, Any], wanted: str) -> None:
    found = plan(waiting(**item), rules(**by), at(now))
    told = [
        found.act.value,
        found.why.value,
        found.to,
        wall(found.at),
        str(found.step or ""),
        "for " + found.deputising if found.deputising else "",
        "told" * found.told,
    ]
    assert " ".join(word for word in told if word) == wanted


def test_friday_at_five_is_tuesday_at_ten() -> None:
    office = Office({"r1": waiting("03-06 17:00")}, rules()).run(every(10, "03-06 17:00", "03-23 18:00"))
    assert office.log == [
        "03-10 10:00 li r1/1",
        "03-11 10:00 li r1/2",
        "03-13 10:00 li r1/3",
        "03-19 10:00 r1 to wang: unanswered",
        "03-20 15:00 wang r1/1",
    ]


def test_the_last_reminder_says_who_gets_it_next_and_when() -> None:
    office = Office({"r1": waiting("03-06 17:00")}, rules()).run(every(10, "03-06 17:00", "03-23 18:00"))
    lines = [found.lines[0] for _, found in office.sent if found.person == "li"]
    assert [(line.step, line.most, line.passes_to, wall(line.passes_at)) for line in lines] == [(1, 3, "", ""), (2, 3, "", ""), (3, 3, "wang", "03-19 10:00")]
    assert [line.age for line in lines] == sorted({line.age for line in lines}), "each carries a new fact"
    assert {line.waits for line in lines} == {"ann"}


def test_a_holiday_and_its_worked_weekend() -> None:
    office = Office({"r1": waiting("02-13 09:00")}, rules()).run(every(10, "02-13 09:00", "03-02 18:00"))
    assert office.log[:3] == ["02-14 10:00 li r1/1", "02-24 10:00 li r1/2", "02-26 10:00 li r1/3"]


@pytest.mark.parametrize(
    ("down", "up", "wanted"),
    [
        ("03-06 18:00", "03-09 11:00", ["03-09 11:00 li r1/1"]),  # missed Monday's slot: once, at once
        ("03-04 09:40", "03-04 23:00", ["03-05 10:00 li r1/1"]),  # up at night: nothing at night
        ("03-04 09:40", "03-04 12:30", ["03-04 13:30 li r1/1"]),  # up at lunch: after it
        ("03-04 09:40", "03-04 16:00", ["03-04 16:00 li r1/1"]),
        ("03-04 09:40", "03-07 11:00", ["03-09 10:00 li r1/1"]),  # five slots missed, up at the weekend
    ],
)
def test_a_restart_catches_up_once(down: str, up: str, wanted: list[str]) -> None:
    since = "03-03 09:00" if down < "03-05" else "03-06 09:00"
    office = Office({"r1": waiting(since)}, rules()).run(every(10, since, down)).run(every(10, up, wanted[0][:6] + "18:00"))
    assert office.log == wanted


def digest_of(now: str, sent: list[Sent], *items: Any, **by: Any) -> str:
    """What Li gets, or what holds it."""
    found = digest("li", items, sent, rules(**by), at(now))
    return " ".join(line.item for line in found.lines) or f"{found.why.value} {wall(found.at)}" if found.lines or found.why else "none"


def mailed(*moments: str, digest: bool = True) -> list[Sent]:
    return [Sent(at(moment), digest) for moment in moments]


DAY_OLD = waiting("03-03 09:00", "day-old", **nudged("03-04 10:00"))
OLD, NEW, URGENT = (
    waiting("03-03 09:00", "old", **nudged("03-04 15:00")),
    waiting("03-04 14:00", "new"),
    waiting("03-03 09:00", "urgent", urgent=True, **nudged("03-04 15:00")),
)


@pytest.mark.parametrize(
    ("now", "sent", "items", "wanted"),
    [
        ("03-05 15:00", [], [OLD], "not_new 03-06 10:00"),
        ("03-05 15:00", [], [OLD, NEW], "old new"),
        ("03-05 15:00", [], [URGENT, OLD], "urgent old"),
        ("03-05 15:00", mailed("03-05 10:00"), [NEW], "new"),
        ("03-05 16:00", [], [DAY_OLD], "day-old"),  # the first slot was missed
        ("03-05 16:00", mailed("03-05 10:00"), [DAY_OLD], "not_new 03-06 10:00"),
        ("03-05 15:00", mailed("03-05 15:00"), [NEW], "slot 03-06 10:00"),
        ("03-05 14:59", [], [NEW], "slot 03-05 15:00"),
        ("03-05 09:30", [], [waiting("03-03 09:00", "old")], "slot 03-05 10:00"),
        ("03-05 15:00", mailed("03-05 10:00", "03-05 11:00"), [NEW], "budget 03-06 10:00"),
        ("03-05 15:00", mailed("03-05 11:00", "03-05 11:30", digest=False), [NEW], "budget 03-06 10:00"),
        ("03-05 15:00", mailed("03-02 10:00", "03-02 15:00", "03-03 10:00", "03-03 15:00", "03-04 10:00", "03-04 15:00"), [NEW], "budget 03-09 10:00"),
        ("03-05 15:00", mailed("02-27 10:00", "03-02 15:00", "03-03 10:00", "03-03 15:00", "03-04 10:00", "03-04 15:00"), [NEW], "new"),
        ("03-05 10:00", [], [], "none"),
        ("03-04 10:00", [], [NEW], "none"),
    ],
)
def test_a_digest_and_what_holds_it(now: str, sent: list[Sent], items: list[Any], wanted: str) -> None:
    assert digest_of(now, sent, *items) == wanted


def test_the_order_of_a_digest() -> None:
    items = [
        waiting("03-02 09:00", "oldest"),
        waiting("03-02 10:00", "third", **nudged("03-02 16:00", "03-03 10:00")),
        waiting("03-03 09:00", "younger"),
        waiting("03-03 10:00", "wished", asks=(at("03-05 09:00"),)),
        waiting("03-03 10:00", "broken", promised=at("03-05 09:00")),
        waiting("03-03 10:00", "urgent", urgent=True),
    ]
    assert digest_of("03-06 10:00", [], *items) == "urgent wished broken third oldest younger"
    assert digest("li", items, [], rules(policy=NudgePolicy(shown=2)), at("03-06 10:00")).shown == 2


def test_a_deputy_gets_what_the_absent_person_would_and_their_own() -> None:
    items = [waiting("03-03 09:00", "hers"), waiting("03-03 09:00", "own", holder="bo"), waiting("03-03 09:00", "bos", asker="bo", ladder=())]
    found = digest("bo", items, [], rules(absences=(LI_AWAY,)), at("03-05 10:00"))
    assert [(line.item, line.deputising) for line in found.lines] == [("hers", "li"), ("own", "")]
    assert [verdict.why.value for verdict in found.verdicts] == ["overdue", "overdue", "away"]


def test_the_budget_can_be_seen() -> None:
    seen = budget_of(mailed("03-02 10:00", "03-05 10:00"), rules(), at("03-05 11:00"))
    assert (seen.today, seen.week, seen.day_left, seen.week_left, seen.left, wall(seen.again)) == (1, 2, 1, 4, 1, "03-05 15:00")
    worked_sunday = [moment for day in range(14, 17) for moment in (f"09-{day} 10:00", f"09-{day} 15:00")]
    assert wall(budget_of(mailed(*worked_sunday), rules(), at("09-18 11:00")).again) == "09-21 10:00"


FULL = mailed("03-04 10:00", "03-04 11:00")
ASKS: list[tuple[str, dict[str, Any], list[Sent], dict[str, Any], str]] = [
    ("03-04 11:30", {}, [], {}, "sent li 03-04 11:30"),
    ("03-04 11:30", {}, FULL, {}, "folded li 03-05 10:00 budget"),
    ("03-04 12:30", {}, [], {}, "folded li 03-04 15:00 quiet"),
    ("03-04 22:00", {}, [], {}, "folded li 03-05 10:00 quiet"),
    ("03-04 11:30", {"asks": (at("03-04 09:00"),)}, [], {}, "throttled li 03-04 14:30"),
    ("03-04 14:30", {"asks": (at("03-04 09:00"),)}, [], {}, "sent li 03-04 14:30"),
    ("03-04 11:30", {"since": "03-04 10:00", "asks": (at("03-04 09:00"),)}, [], {}, "sent li 03-04 11:30"),  # asked of the one before
    ("03-04 11:30", {"decided": at("03-04 09:00")}, [], {}, "decided"),
    ("03-04 11:30", {"lacking": at("03-04 09:00")}, [], {}, "your_turn ann 03-04 09:00"),
    ("03-04 11:30", {"promised": at("03-04 15:00")}, [], {}, "promised li 03-04 15:00"),
    ("03-04 15:30", {"promised": at("03-04 15:00")}, [], {}, "sent li 03-04 15:30"),
    ("03-04 11:30", {"snoozed": at("03-05 09:00")}, [], {}, "folded li 03-05 10:00 snoozed"),
    ("03-04 11:30", {}, [], {"absences": (LI_AWAY,)}, "sent bo 03-04 11:30"),
    ("03-04 11:30", {"ladder": ()}, [], {"absences": (replace(LI_AWAY, deputy=""),)}, "away 03-07 00:00"),
    ("03-04 11:30", {}, [], {"absences": (replace(LI_AWAY, deputy=""),)}, "away wang"),
    ("03-04 11:30", {}, [], {"mutes": {"li": NEVER}}, "silent li"),
    ("03-04 11:30", {}, [], {"pause": Pause(None)}, "paused li"),
]


@pytest.mark.parametrize(("now", "item", "sent", "by", "wanted"), ASKS)
def test_a_wish(now: str, item: dict[str, Any], sent: list[Sent], by: dict[str, Any], wanted: str) -> None:
    found = ask(waiting(**item), sent, rules(**by), at(now))
    why = found.why.value if found.why and found.asked.value == "folded" else ""
    assert " ".join(word for word in (found.asked.value, found.to, wall(found.at), why) if word) == wanted


def test_a_folded_wish_is_in_the_next_digest_and_said_to_be_one() -> None:
    item = waiting("03-04 14:00", asks=(at("03-04 17:30"),))
    assert wall(next_due(item, rules(), at("03-04 17:30"))) == "03-05 10:00"
    line = digest("li", [item], FULL, rules(), at("03-05 10:00")).lines[0]
    assert (line.why.value, line.asks) == ("asked", 1)


def test_wishes_do_not_press_an_item_up_the_ladder() -> None:
    item = waiting("03-03 09:00", **nudged("03-03 10:00", "03-04 10:00", "03-05 10:00", "03-06 10:00", by="ann"))
    assert (plan(item, rules(), at("03-09 15:00")).act.value, item.steps) == ("nudge", 0)


@pytest.mark.parametrize(
    ("now", "item", "wanted"),
    [
        ("03-04 10:30", {}, "wait not_yet li"),
        ("03-04 16:00", nudged("03-04 10:00"), "wait gap wang 03-05 10:00"),
        ("03-05 10:00", nudged("03-04 10:00"), "escalate asked wang 03-05 10:00 told"),
        ("03-05 23:00", nudged("03-04 10:00"), "escalate asked wang 03-06 09:00 told"),
        ("03-05 10:00", {**nudged("03-04 10:00"), "promised": at("03-06 15:00")}, "wait promised wang 03-06 15:00"),
        ("03-05 10:00", {**nudged("03-04 10:00"), "ladder": ("ann",)}, "nothing nobody"),
        ("03-05 10:00", {"lacking": at("03-04 10:00")}, "nothing nobody ann"),
        ("03-05 10:00", {"decided": at("03-04 10:00")}, "nothing decided"),
    ],
)
def test_a_request_to_escalate(now: str, item: dict[str, Any], wanted: str) -> None:
    found = escalation(waiting(**item), rules(), at(now))
    told = [found.act.value, found.why.value, found.to, wall(found.at), "told" * found.told]
    assert " ".join(word for word in told if word) == wanted


@pytest.mark.parametrize(("until", "wanted"), [("03-03 09:00", "past"), ("03-03 15:00", ""), ("03-10 18:00", ""), ("03-20 09:00", "too_far")])
def test_how_far_a_promise_reaches(until: str, wanted: str) -> None:
    assert promise_fault(at(until), rules(), at("03-03 09:00")) == wanted


@pytest.mark.parametrize(
    ("absence", "others", "wanted"),
    [
        (LI_AWAY, (), []),
        (replace(LI_AWAY, end=LI_AWAY.start), (), ["order", "past"]),
        (replace(LI_AWAY, end=LI_AWAY.start + timedelta(days=300)), (), ["too_long"]),
        (replace(LI_AWAY, deputy="li"), (), ["deputy_self"]),
        (LI_AWAY, (Absence("bo", at("03-06 00:00"), at("03-10 00:00")),), ["deputy_away"]),
        (LI_AWAY, (Absence("bo", at("03-07 00:00"), at("03-10 00:00")),), []),
        (LI_AWAY, (Absence("zhao", at("03-06 00:00"), at("03-10 00:00"), "li"),), ["covers"]),
    ],
)
def test_absences_that_need_a_word(absence: Absence, others: tuple[Absence, ...], wanted: list[str]) -> None:
    assert absence_faults(absence, others, at("03-02 09:00")) == wanted


def test_of_two_absences_the_later_end_counts() -> None:
    twice = (replace(LI_AWAY, deputy="wang"), replace(LI_AWAY, end=at("03-10 00:00")))
    assert receiver(waiting(), rules(absences=twice), at("03-04 10:00")).to == "bo"


@pytest.mark.parametrize(
    ("now", "item", "by", "wanted"),
    [
        ("03-03 10:00", {}, {}, "03-04 10:00"),
        ("03-04 10:00", {}, {}, "03-04 10:00"),
        ("03-04 22:00", {}, {}, "03-05 10:00"),
        ("03-04 12:10", {}, {}, "03-04 13:30"),
        ("03-03 10:00", {"promised": at("03-06 15:00")}, {}, "03-06 15:00"),
        ("03-03 10:00", {"decided": at("03-03 09:30")}, {}, ""),
        ("03-03 10:00", {}, {"pause": Pause(None)}, ""),
        ("03-04 11:00", {}, {"mutes": {"bo": NEVER}, "absences": (replace(LI_AWAY, end=at("03-05 11:00")),)}, "03-05 11:00"),
        ("03-03 10:00", {}, {"policy": NudgePolicy(Pace(first=60), slots=(630,))}, "03-03 10:30"),
    ],
)
def test_when_a_row_is_looked_at_again(now: str, item: dict[str, Any], by: dict[str, Any], wanted: str) -> None:
    assert wall(next_due(waiting(**item), rules(**by), at(now))) == wanted


def test_the_calendar_of_another_place() -> None:
    from zoneinfo import ZoneInfo

    there = replace(rules(), calendar=replace(CHINA, zone=ZoneInfo("America/New_York"), days={}))
    item = waiting("03-07 01:00")  # Friday noon in New York; the clocks leap on Sunday
    assert next_due(item, there, item.since) == at("03-10 03:00")  # Monday 15:00 there, an hour earlier here than the week before
