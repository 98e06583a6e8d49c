"""Laws of nudging, tried on invented offices: never at night, never over budget, never after a decision, never to the wrong person, nothing forgotten."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st
from nudging_samples import CHINA, Office, at, every, waiting

from bot.core.calendar import in_quiet, is_working_time, local, working_minutes
from bot.core.nudging import Absence, Act, NudgePolicy, Pace, Pause, Rules, Waiting, Why, digest, next_due, plan
from bot.core.nudging.budget import Sent, monday
from bot.core.nudging.manual import Asked, ask
from bot.core.nudging.values import NEVER
from bot.core.nudging.whom import away

PEOPLE = ("ann", "bo", "li", "wang", "zhao")
START = at("02-09 00:00")
MOMENTS = st.integers(0, 40 * 24 * 60).map(lambda minute: START + timedelta(minutes=minute))
person = st.sampled_from(PEOPLE)
ABSENCES = st.builds(
    lambda who, start, days, deputy: Absence(who, start, start + timedelta(days=days), deputy), person, MOMENTS, st.integers(1, 12), person | st.just("")
)
PACES = st.builds(
    Pace, st.sampled_from([60, 240, 480]), st.sampled_from([(1,), (1, 2, 4), (3, 1)]), st.booleans(), st.sampled_from([False, False, False, True])
)
POLICIES = st.builds(
    NudgePolicy,
    PACES,
    st.just({}),
    st.sampled_from([(600,), (600, 900), (570, 690, 1020)]),
    st.integers(1, 3),
    st.integers(3, 7),
    hold_out=st.sampled_from([0.0, 0.3]),
)
MUTES = st.dictionaries(person, MOMENTS | st.just(NEVER), max_size=1)
RULES = st.builds(Rules, st.just(CHINA), POLICIES, st.lists(ABSENCES, max_size=4).map(tuple), MUTES, st.none() | st.builds(Pause, MOMENTS | st.none()))
LADDERS = st.lists(person, max_size=3, unique=True).map(tuple)


@st.composite
def items(draw: st.DrawFn, name: str = "r1") -> Waiting:
    """An item with any history that can be."""
    since = draw(MOMENTS)
    later = st.none() | st.integers(0, 10 * 24 * 60).map(lambda minute: since + timedelta(minutes=minute))
    asked = draw(later)
    values = {word: draw(later) for word in ("active", "promised", "snoozed")} | {"lacking": draw(later) if draw(st.integers(0, 3)) == 0 else None}
    return Waiting(
        name, "request", draw(person), draw(person), since, urgent=draw(st.booleans()), asks=(asked,) if asked else (), ladder=draw(LADDERS), **values
    )


OFFICES = st.integers(1, 5).flatmap(lambda many: st.tuples(*(items(f"r{number}") for number in range(many))))
AT_WORK = st.builds(lambda day, minute: START + timedelta(days=day, minutes=minute), st.integers(0, 11), st.integers(9 * 60, 18 * 60 - 1))
BUSY = st.lists(st.tuples(AT_WORK, st.booleans()), min_size=6, max_size=14).map(
    lambda rows: tuple(Waiting(f"r{number}", "request", "li", "ann", since, urgent=urgent) for number, (since, urgent) in enumerate(rows))
)
"""Much that falls due for one person, day after day."""
TIGHT = st.builds(NudgePolicy, st.just(Pace(60, (1, 2, 4))), st.just({}), st.just((570, 690, 1020)), st.integers(1, 2), st.integers(3, 4))
TIMES = st.lists(MOMENTS, min_size=1, max_size=40, unique=True).map(sorted)


def lived(found: tuple[Waiting, ...], rules: Rules, times: list[datetime], decided: int = 0) -> Office:
    """An office that ticked at these moments, whatever the hour; the first item is decided at one of them."""
    office = Office({item.item: item for item in found}, rules)
    for number, moment in enumerate(times):
        if number == decided:
            office.items["r0"] = replace(office.items["r0"], decided=moment)
        office.tick(moment)
    return office


@settings(max_examples=150, deadline=None)
@given(OFFICES, RULES, TIMES, st.integers(0, 40))
def test_what_is_never_done(found: tuple[Waiting, ...], rules: Rules, times: list[datetime], decided: int) -> None:
    office = lived(found, rules, times, decided)
    for now, sent in office.sent:
        assert is_working_time(rules.calendar, now) and not in_quiet(rules.calendar, now)  # noqa: PT018 - one law
        assert not away(sent.person, rules.absences, now)
        assert not (sent.person in rules.mutes and rules.mutes[sent.person] > now)
        assert rules.pause is None or (rules.pause.until is not None and rules.pause.until <= now)
        for line in sent.lines:
            item = next(item for item in found if item.item == line.item)
            assert line.item != "r0" or decided >= len(times) or now < times[decided]
            assert sent.person != item.asker or item.lacking
            if line.deputising:
                absence = away(line.deputising, rules.absences, now)
                assert absence is not None
                assert absence.deputy == sent.person
            assert 1 <= line.step <= line.most
    for now, verdict in office.passed:
        item = next(item for item in found if item.item == verdict.item)
        assert verdict.to in item.ladder
        assert verdict.to not in {item.asker, *item.barred}
        assert not away(verdict.to, rules.absences, now)
        assert is_working_time(rules.calendar, now)


@settings(max_examples=120, deadline=None)
@given(OFFICES, RULES, TIMES)
def test_never_over_budget(found: tuple[Waiting, ...], rules: Rules, times: list[datetime]) -> None:
    office = lived(found, rules, times)
    for mail in office.mail.values():
        days = [local(rules.calendar, message.at).date() for message in mail]
        assert max(Counter(days).values()) <= rules.policy.per_day
        assert max(Counter(map(monday, days)).values()) <= rules.policy.per_week


@settings(max_examples=15, deadline=None)
@given(BUSY, TIGHT)
def test_never_over_a_tight_budget_with_much_to_do(found: tuple[Waiting, ...], policy: NudgePolicy) -> None:
    office = Office({item.item: item for item in found}, Rules(CHINA, policy)).run(every(90, "02-09 09:30", "02-20 18:00"))
    days = [local(CHINA, message.at).date() for message in office.mail.get("li", ())]
    assert max(Counter(days).values(), default=0) <= policy.per_day
    assert max(Counter(map(monday, days)).values(), default=0) <= policy.per_week


@settings(max_examples=100, deadline=None)
@given(OFFICES | BUSY, RULES, MOMENTS | AT_WORK)
@example((waiting("03-02 09:00"), waiting("03-03 17:00", "r2")), Rules(CHINA), at("03-04 09:30"))
@example((waiting("03-02 09:00"),), Rules(CHINA, pause=Pause(None)), at("03-04 10:00"))
def test_every_item_is_nudged_or_has_its_reason(found: tuple[Waiting, ...], rules: Rules, now: datetime) -> None:
    for who in PEOPLE:
        sent = digest(who, found, [], rules, now)
        assert [verdict.item for verdict in sent.verdicts] == [item.item for item in found]
        nudged = {verdict.item for verdict in sent.verdicts if verdict.act is Act.NUDGE and verdict.to == who}
        assert nudged == {line.item for line in sent.lines}
        for verdict in sent.verdicts:
            assert isinstance(verdict.why, Why)
            assert verdict.act is not Act.WAIT or verdict.at is None or verdict.at > now
            assert verdict.act is not Act.WAIT or verdict.at or verdict.why in {Why.PAUSED, Why.MUTED, Why.OFF}


@settings(max_examples=250, deadline=None)
@given(items(), RULES, MOMENTS, st.floats(0, 1, exclude_max=True))
def test_nothing_happens_before_the_bound(item: Waiting, rules: Rules, now: datetime, share: float) -> None:
    bound = next_due(item, rules, now)
    between = now + (min(bound, now + timedelta(days=60)) - now) * share if bound else now + timedelta(days=60) * share
    if bound == now or (bound and between >= bound):
        return
    assert plan(item, rules, between).act is not Act.ESCALATE
    assert not any(digest(who, [item], [], rules, between).lines for who in PEOPLE)


@settings(max_examples=120, deadline=None)
@given(OFFICES, RULES, MOMENTS, st.lists(MOMENTS, max_size=6), st.floats(0, 1, exclude_max=True))
def test_a_digest_that_is_held_says_until_when(found: tuple[Waiting, ...], rules: Rules, now: datetime, got: list[datetime], share: float) -> None:
    sent = [Sent(at, digest=bool(number % 2)) for number, at in enumerate(sorted(got)) if at <= now]
    for who in PEOPLE:
        held = digest(who, found, sent, rules, now)
        if held.at:
            assert held.at > now
            mine = [item for item, verdict in zip(found, held.verdicts, strict=True) if verdict.why is held.why and verdict.at == held.at]
            assert not digest(who, mine, sent, rules, now + (held.at - now) * share).lines


@settings(max_examples=100, deadline=None)
@given(items(), RULES, MOMENTS)
def test_asking_at_every_bound_gets_every_item_somewhere(item: Waiting, rules: Rules, now: datetime) -> None:
    """Following the bounds alone, an item ends in a reminder, an escalation, or a state with a reason that time does not change."""
    for _ in range(400):
        bound = next_due(item, rules, now)
        if bound is None:
            verdict = plan(item, rules, now)
            assert verdict.act is Act.NOTHING or verdict.why in {Why.PAUSED, Why.MUTED, Why.OFF}
            return
        now = bound
        found = {who: digest(who, [item], [], rules, now) for who in PEOPLE}
        if any(sent.lines or sent.verdicts[0].act is Act.ESCALATE for sent in found.values()):
            return
        later = [sent.at for sent in found.values() if sent.at]
        now = max([now + timedelta(seconds=1), *later])
    raise AssertionError("the bounds lead nowhere")


@settings(max_examples=15, deadline=None)
@given(OFFICES, RULES, TIMES)
def test_the_same_facts_give_the_same(found: tuple[Waiting, ...], rules: Rules, times: list[datetime]) -> None:
    assert lived(found, rules, times).log == lived(found, rules, times).log


@settings(max_examples=120, deadline=None)
@given(items(), RULES, TIMES)
def test_wishes_are_throttled_and_counted(item: Waiting, rules: Rules, times: list[datetime]) -> None:
    mail: list[Sent] = []
    item = replace(item, asks=())
    for now in times:
        answer = ask(item, mail, rules, now)
        if answer.asked in {Asked.SENT, Asked.FOLDED}:
            assert not item.asks or working_minutes(rules.calendar, item.asks[-1], now) >= rules.policy.manual_every or item.asks[-1] < item.begun
            assert answer.to != item.asker
            assert answer.asked is Asked.SENT or (answer.at is not None and answer.at >= now)
            item = replace(item, asks=(*item.asks, now))
        if answer.asked is Asked.SENT:
            assert is_working_time(rules.calendar, now)
            assert not away(answer.to, rules.absences, now)
            mail.append(Sent(now, digest=False))
    days = Counter(local(rules.calendar, message.at).date() for message in mail)
    assert max(days.values(), default=0) <= rules.policy.per_day
