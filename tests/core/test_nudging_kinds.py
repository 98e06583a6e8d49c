"""Reminders of every kind keep to one budget: digests, wishes and all others together, whatever falls due and whenever it is looked at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from core_samples import SEED, facts
from hypothesis import given, settings
from hypothesis import strategies as st
from nudging_samples import CHINA, Office, at, waiting
from test_nudging_laws import MOMENTS, OFFICES, PEOPLE, RULES, TIMES

from bot.core.calendar import in_quiet, is_working_time, local
from bot.core.facts import Facts, Policy
from bot.core.model import Away, Desk, Invite, Item, Member, Organisation, Person, Ticket, kind_of
from bot.core.nudging import Absence, Act, Nudge, NudgePolicy, Pace, Rules, Waiting, Why, next_due, plan
from bot.core.nudging import Verdict as Ruled
from bot.core.nudging.budget import Sent, monday
from bot.core.nudging.kinds import read, written
from bot.core.nudging.manual import Asked, ask
from bot.core.nudging.said import PAUSED, policy_of
from bot.core.nudging.values import NEVER
from bot.core.nudging.whom import away
from bot.core.nudging.wished import Named
from bot.core.skills.admin.pacing import Of, wished_of
from bot.core.skills.nudging.holding import ORDER, kept_to
from bot.core.turn import Decision, Due, Private, Put, Reason, Say, Turn, Understanding, Verdict

KINDS = st.sampled_from(["member", "invite", "ticket"])
OTHERS = st.lists(st.tuples(KINDS, st.sampled_from(PEOPLE), MOMENTS), max_size=12)


def item_of(kind: str, number: int, person: str, due: datetime) -> Item:
    ident = f"{kind}{number}"
    if kind == "member":
        return Member(ident, person, person, "synced", due, due=due)
    if kind == "ticket":
        return Ticket(ident, "T7Q2M", person, "open", "?", due, due=due)
    return Invite(ident, "sent", "", "", person, "boss", "c", "V7Q2M", due, due=due)


def as_gathered(person: str, mail: list[Sent], item: Item, rules: Rules) -> Facts:
    """What the engine would gather for a due item of this person."""
    mute = rules.mutes.get(person)
    desk = Desk(person, person, tuple(one.at for one in mail), mute, tuple(one.at for one in mail if not one.digest))
    gone = (Away(f"{number}", one.person, one.start, one.end, one.deputy) for number, one in enumerate(rules.absences) if one.person == person)
    said = {PAUSED: (rules.pause.until or NEVER).isoformat()} if rules.pause else {}
    policy = Policy(Organisation(), said=said, calendar=rules.calendar, nudging=rules.policy)
    return replace(facts(items=(desk, item, *gone), policy=policy), viewer=Person(person), admins=())


@dataclass
class Mixed:
    """An office in which other things fall due, too."""

    office: Office
    others: dict[str, tuple[str, Item]]
    told: list[tuple[datetime, str, str]]

    def look(self, now: datetime) -> None:
        """Digests first, as rounds come at their slot; then a wish; then what else is due, in the order in which it became so."""
        self.office.tick(now)
        self.wish(now)
        due = [(item.index.due, name) for name, (_, item) in self.others.items() if item.index.due and item.index.due <= now]
        for _, name in sorted(due):
            self.remind(name, now)

    def wish(self, now: datetime) -> None:
        item = self.office.items["r0"]
        for who in PEOPLE:
            found = ask(item, self.office.mail.get(who, []), self.office.rules, now)
            if found.asked is Asked.SENT and found.to == who:
                self.office.mail.setdefault(who, []).append(Sent(now, digest=False))
                self.office.items["r0"] = replace(item, asks=(*item.asks, now))
                return

    def remind(self, name: str, now: datetime) -> None:
        person, item = self.others[name]
        kind = kind_of(type(item))
        mail = self.office.mail.setdefault(person, [])
        turn = Turn(Due(kind, item.id, item.index.due or now, "1", person), Understanding(Verdict.ANSWER), "zh", SEED)
        decision = Decision(Reason.REMINDED, (Put(replace(item, due=None)), Say(Private(person), "x")))  # type: ignore[type-var] # a dataclass
        done = kept_to(decision, turn, as_gathered(person, mail, item, self.office.rules), now)
        (after,) = (one.entity for one in done.effects if isinstance(one, Put) and isinstance(one.entity, type(item)))
        if done.reason is Reason.HELD_BACK:
            assert not done.says
            assert after.index.due is not None
            assert after.index.due > now, "it comes back later, not at once"
        else:
            mail.append(Sent(now, digest=False))
            self.told.append((now, person, name))
        self.others[name] = (person, after)


def lived(found: tuple[Waiting, ...], rules: Rules, times: list[datetime], others: list[tuple[str, str, datetime]]) -> Mixed:
    kept = {f"{kind}{number}": (person, item_of(kind, number, person, due)) for number, (kind, person, due) in enumerate(others)}
    mixed = Mixed(Office({item.item: item for item in found}, rules), kept, [])
    for moment in times:
        mixed.look(moment)
    return mixed


@settings(max_examples=120, deadline=None)
@given(OFFICES, RULES, TIMES, OTHERS)
def test_never_over_budget_over_all_kinds(found: tuple[Waiting, ...], rules: Rules, times: list[datetime], others: list[tuple[str, str, datetime]]) -> None:
    mixed = lived(found, rules, times, others)
    for mail in mixed.office.mail.values():
        days = [local(rules.calendar, message.at).date() for message in mail]
        assert max(Counter(days).values(), default=0) <= rules.policy.per_day
        assert max(Counter(map(monday, days)).values(), default=0) <= rules.policy.per_week
    for now, person, _ in mixed.told:
        assert is_working_time(rules.calendar, now)
        assert not in_quiet(rules.calendar, now)
        assert not away(person, rules.absences, now)
        assert rules.mutes.get(person, now) <= now
        assert rules.pause is None or (rules.pause.until is not None and rules.pause.until <= now)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(KINDS, st.sampled_from(PEOPLE), st.integers(0, 5 * 24 * 60)), min_size=1, max_size=12))
def test_what_is_held_back_goes_in_the_end_and_what_somebody_waits_for_goes_first(many: list[tuple[str, str, int]]) -> None:
    """Followed by their own due times alone, all are sent within the weeks that their number takes; of those held together the pressing kinds go first."""
    rules, start = Rules(CHINA), at("03-02 08:00")
    mixed = lived((), rules, [], [(kind, person, start + timedelta(minutes=minute)) for kind, person, minute in many])
    for _ in range(400):
        due = [item.index.due for _, item in mixed.others.values() if item.index.due]
        if not due:
            break
        now = min(due)
        for name in sorted(name for name, (_, item) in mixed.others.items() if item.index.due == now):
            mixed.remind(name, now)
    assert len(mixed.told) == len(many)
    assert max(now for now, _, _ in mixed.told) < start + timedelta(days=7 * (2 + len(many) // 6))


def test_the_order_of_those_that_become_free_together() -> None:
    rules, got = Rules(CHINA), [Sent(at("03-03 10:00")), Sent(at("03-03 11:00"), digest=False)]
    mixed = lived((), rules, [], [("member", "li", at("03-03 14:00")), ("ticket", "li", at("03-03 14:00")), ("invite", "li", at("03-03 14:00"))])
    mixed.office.mail["li"] = got
    for name in list(mixed.others):
        mixed.remind(name, at("03-03 14:00"))
    freed = sorted((item.index.due or at("01-01 00:00"), name) for name, (_, item) in mixed.others.items())
    assert [name for _, name in freed] == ["ticket1", "invite2", "member0"]
    assert all(at("03-04 09:00") < moment < at("03-04 09:30") for moment, _ in freed), "before what falls due on that day"
    assert ORDER.index("ticket") < ORDER.index("invite") < ORDER.index("member")


def ended(expires: datetime, now: datetime, mail: list[Sent], **rules: object) -> tuple[bool, datetime | None]:
    """Whether the warning that an invite ends then goes out, and when the invite is looked at next."""
    mixed = lived((), replace(Rules(CHINA), **rules), [], [("invite", "li", now)])  # type: ignore[arg-type] # fields of Rules
    person, item = mixed.others["invite0"]
    mixed.others["invite0"], mixed.office.mail["li"] = (person, replace(item, expires=expires)), mail  # type: ignore[type-var] # a dataclass
    mixed.remind("invite0", now)
    return bool(mixed.told), mixed.others["invite0"][1].index.due


def test_the_budget_holds_no_warning_beyond_what_it_warns_of() -> None:
    got, now = [Sent(at("03-03 10:00")), Sent(at("03-03 11:00"), digest=False)], at("03-03 14:00")
    assert ended(at("03-05 14:00"), now, got) == (False, at("03-04 09:06")), "there is time for it tomorrow"
    assert ended(at("03-04 09:00"), now, got)[0], "tomorrow would be too late"
    full = [Sent(at(f"03-0{day} {hour}")) for day in (2, 3, 4) for hour in ("10:00", "15:00")]
    assert ended(at("03-06 14:00"), at("03-05 14:00"), full)[0], "and so would next week"
    away = (Absence("li", at("03-01 00:00"), at("03-20 00:00"), ""),)
    assert ended(at("03-04 14:00"), now, got, absences=away) == (False, at("03-04 14:00")), "who is away is left alone, and it ends in time all the same"


def test_who_gets_digests_keeps_a_message_for_the_one_that_may_come_today() -> None:
    mixed = lived((), Rules(CHINA), [], [("member", "li", at("03-03 09:30")), ("member", "bo", at("03-03 09:30"))])
    mixed.office.mail = {who: [Sent(at("03-02 10:00"), digest=who == "li"), Sent(at("03-03 09:10"), digest=False)] for who in ("li", "bo")}
    for name in ("member0", "member1"):
        mixed.remind(name, at("03-03 09:30"))
    assert [(person, now) for now, person, _ in mixed.told] == [("bo", at("03-03 09:30"))]
    assert mixed.others["member0"][1].index.due == at("03-03 10:14"), "after the digest of ten"


@given(st.builds(Pace, st.integers(60, 4800), st.lists(st.integers(1, 30), min_size=1, max_size=5).map(tuple), st.booleans(), st.booleans()))
def test_a_kind_is_kept_as_it_was_set(pace: Pace) -> None:
    assert read(written(pace), replace(pace, off=False)) == pace


@pytest.mark.parametrize(
    ("of", "named", "value"),
    [
        (Of("request"), Named(frozenset({"gap"}), every=2), "first=480 gaps=2,2,2 escalates=yes"),
        (Of("application"), Named(frozenset(), lengths=(480,)), "first=480 gaps=1,2,4 escalates=yes"),
        (Of("application"), Named(frozenset({"gap", "most"}), every=1, counts=(2,)), "first=480 gaps=1,1 escalates=yes"),
        (Of("request"), Named(frozenset({"escalate"}), no=True), "first=480 gaps=1,2,4 escalates=no"),
        (Of("oa", off=True), Named(frozenset()), "off"),
        (Of("oa", off=True, usual=True), Named(frozenset()), ""),
        (Of("review"), Named(frozenset({"gap"}), every=5), "first=480 gaps=5,5,5 escalates=yes"),
        (Of("request"), Named(frozenset({"slots"}), times=(600,)), None),
        (Of("works"), Named(frozenset({"gap"}), every=2), None),
        (Of("request"), Named(frozenset({"gap"}), lengths=(60,)), None),
    ],
)
def test_what_a_sentence_sets_of_a_kind(of: Of, named: Named, value: str | None) -> None:
    assert dict(wished_of(of, named, NudgePolicy(), CHINA).values) == ({} if value is None else {f"nudging.kind.{of.kind}": value})


def test_a_kind_that_is_off_is_quiet_and_what_people_ask_for_still_comes() -> None:
    rules = Rules(CHINA, policy_of(NudgePolicy(), {"nudging.kind.request": "off"}))
    item = waiting("03-02 09:00")
    assert plan(item, rules, at("03-20 10:00")) == Ruled("r1", Act.WAIT, Why.OFF, "li")
    assert plan(replace(item, kind="application"), rules, at("03-20 10:00")).act is Act.NUDGE
    wished = plan(replace(item, asks=(at("03-19 16:00"),)), rules, at("03-20 10:00"))
    assert (wished.act, wished.why) == (Act.NUDGE, Why.ASKED)
    promised = plan(replace(item, promised=at("03-19 16:00")), rules, at("03-20 10:00"))
    assert (promised.act, promised.why) == (Act.NUDGE, Why.PROMISED)
    raised = replace(item, raised=at("03-19 16:00"))
    assert plan(raised, rules, at("03-20 10:00")).act is Act.NUDGE, "the holder is told before it goes up"
    told = replace(raised, nudges=(Nudge("li", at("03-20 10:00")),))
    assert plan(told, rules, at("03-23 10:00")).act is Act.ESCALATE


def test_what_missed_its_slot_to_go_up_goes_when_people_are_back_at_work() -> None:
    barred = waiting("02-09 00:00", holder="ann", ladder=("bo",))
    assert next_due(barred, Rules(CHINA), at("02-11 00:00")) == at("02-11 09:00")
    assert plan(barred, Rules(CHINA), at("02-11 09:00")).act is Act.ESCALATE
