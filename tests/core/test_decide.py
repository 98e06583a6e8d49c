"""The one door: pure, total, and what a conversation remembers of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from core_samples import BOSS, CATALOGUE, NOW, RIGHTS, SEED, facts, message, turn
from hypothesis import given
from hypothesis import strategies as st

from bot.core.decide import SKILLS, decide
from bot.core.facts import Policy
from bot.core.model import Action, Awaiting, Conversation, Organisation, OrgValue, Ticket, Wish
from bot.core.skills import access, admin, console, following, human, joining, knowledge, nudging
from bot.core.skills.setup import FIELDS
from bot.core.turn import Call, Candidate, Due, Here, Message, MessageKind, Outcome, Private, Put, Reason, Say, Slot, Turn, Understanding, Verdict
from bot.words.loading import bundled, headings

SHIPPED = frozenset(headings([bundled()]))
CANDIDATES = st.lists(st.builds(Candidate, st.sampled_from([*CATALOGUE.intents, "gone.away"]), st.floats(0, 1)), max_size=4).map(tuple)
READS = st.builds(
    Understanding,
    st.sampled_from(Verdict),
    st.sampled_from([*CATALOGUE.intents, "setup.value", "gone.away", ""]),
    st.floats(0, 1),
    st.floats(0, 1),
    CANDIDATES,
    st.lists(st.builds(Slot, st.sampled_from(["reply", "field", "value"]), st.sampled_from(["about.thing", *FIELDS, "", "x" * 61])), max_size=3).map(tuple),
    st.sampled_from(["exact", "choice", "awaited", "fence", "empty", "unreadable", "too_long", "same_words"]),
)
SAID = st.builds(
    lambda text, group, kind, addressed: message(text, group=group, kind=kind, addressed=addressed),
    st.text(max_size=50),
    st.booleans(),
    st.sampled_from(MessageKind),
    st.booleans(),
)


@given(SAID, READS, st.sampled_from([*RIGHTS]), st.sampled_from([None, "told", "silent"]))
def test_the_same_arguments_give_the_same_decision(said: Message, read: Understanding, role: str, flood: str | None) -> None:
    asked = Turn(said, read, "zh", SEED, flood)  # type: ignore[arg-type] # sampled from its values
    known = facts(role, group=not said.private)
    first, again = decide(asked, known, NOW), decide(asked, known, NOW)
    assert first == again
    assert isinstance(first.reason, Reason)
    if not said.addressed:
        assert first.effects == ()


@given(SAID, READS, st.sampled_from([*RIGHTS]))
def test_nobody_is_put_off_without_a_word(said: Message, read: Understanding, role: str) -> None:
    decision = decide(Turn(said, read, "zh", SEED), facts(role, group=not said.private), NOW)
    spoken = decision.says or any(isinstance(effect, Call) for effect in decision.effects)
    assert spoken or not said.addressed


@pytest.mark.parametrize("name", SKILLS)
def test_every_row_of_the_table_has_an_intent_or_a_stimulus(name: str) -> None:
    group = name.split(".", maxsplit=1)[0]
    assert group in {"due", "event", "outcome", "setup", "joining", "access", "card"} or any(one == name or one.startswith(f"{name}.") for one in SHIPPED)


def test_not_meant() -> None:
    assert decide(turn("about.thing", said=message(group=True, addressed=False)), facts(group=True), NOW).effects == ()


@pytest.mark.parametrize(("flood", "replies"), [("told", ["shell/busy"]), ("silent", [])])
def test_flood(flood: str, replies: list[str]) -> None:
    decision = decide(replace(turn("about.thing"), flood=flood), facts(), NOW)  # type: ignore[arg-type] # parametrised
    assert (decision.reason, [say.reply for say in decision.says]) == (Reason.FLOODED, replies)


def remembered(decision_effects: tuple[object, ...]) -> list[Conversation]:
    return [effect.entity for effect in decision_effects if isinstance(effect, Put) and isinstance(effect.entity, Conversation)]


def test_an_answer_remembers_its_topic_its_question_and_its_buttons() -> None:
    (kept,) = remembered(decide(turn("about.thing", said=message("张三 13800138000 问一句", group=True)), facts(group=True), NOW).effects)
    assert (kept.id, kept.topic, kept.language, kept.at) == ("room", "about.thing", "zh", NOW)
    assert "138" not in kept.question
    assert kept.options == (Action("shell.more", (("reply", "about.thing"),), "more"), Action("act.thing"))


def test_a_command_keeps_the_question_before_it() -> None:
    known = replace(facts(), conversation=Conversation("private", "c:a", question="先前的问题"))
    (kept,) = remembered(decide(turn("shell.why", rule="exact"), known, NOW).effects)
    assert kept.question == "先前的问题"


def test_what_moves_to_private_leaves_no_buttons_in_the_group() -> None:
    kept = {one.id: one for one in remembered(decide(turn("perm.thing", group=True), facts(group=True), NOW).effects)}
    assert kept.keys() == {"private", "room"}
    assert kept["room"].options == ()
    assert all(one.person == "c:a" for one in kept.values())


def test_ask_back_shows_three_and_a_way_out() -> None:
    near = tuple(Candidate(name, 0.2) for name in ("elsewhere.it", "gone.away", "about.thing", "perm.thing", "act.thing", "adm.thing"))
    (said,) = decide(turn("about.thing", verdict=Verdict.ASK, candidates=near), facts(), NOW).says
    assert [one.intent for one in said.actions] == ["about.thing", "perm.thing", "act.thing", "shell.none"]


def test_the_unknown_is_kept_masked_for_its_owner() -> None:
    decision = decide(turn("", said=message("打 13800138000 找谁"), verdict=Verdict.REJECT), facts(), NOW)
    (wish,) = (effect.entity for effect in decision.effects if isinstance(effect, Put) and isinstance(effect.entity, Wish))
    assert (wish.kind, wish.person) == ("unanswered", "c:a")
    assert "138" not in wish.text


def test_another_desk_is_named_only_by_the_fence() -> None:
    near = (Candidate("elsewhere.it", 0.9),)
    for rule, reason in (("fence", Reason.ELSEWHERE), ("unsure", Reason.UNKNOWN)):
        assert decide(turn("", verdict=Verdict.REJECT, candidates=near, rule=rule), facts(), NOW).reason is reason


def asked_for(question: str, **other: object) -> tuple[Say, ...]:
    known = replace(facts(**other), conversation=Conversation("private", "c:a", question=question))  # type: ignore[arg-type] # facts of the viewer
    return decide(turn("act.human"), known, NOW).says


def test_nobody_is_told_twice_of_one_question() -> None:
    said = asked_for("怎么办")
    assert [(say.to, say.reply) for say in said] == [(Here(), "act/human"), (Private("c:boss"), "human/request")]
    for question, times in (("怎么办", 1), ("另一句", 2)):
        assert len(asked_for("怎么办", items=(Ticket("t", "K7Q2M", "c:a", "open", question, NOW),))) == times


def test_an_admin_is_not_sent_their_own_question() -> None:
    assert [say.reply for say in asked_for("怎么办", admins=(replace(BOSS, id="c:a"),))] == ["act/human"]


def setup_turn(field: str, text: str) -> Turn:
    return turn("setup.value", rule="awaited", slots=(Slot("field", field), Slot("value", text)))


@pytest.mark.parametrize("field", FIELDS)
def test_setup_keeps_each_value_and_asks_for_the_next(field: str) -> None:
    known = facts("admin", org_values=(OrgValue(field, "旧", "c:b", 4),))
    known = replace(known, admins=())
    decision = decide(setup_turn(field, " 新  值 "), known, NOW)
    assert Put(OrgValue(field, "新 值", "c:a", 4)) in decision.effects
    following = FIELDS[FIELDS.index(field) + 1 :]
    assert [(say.reply, say.data.get("field")) for say in decision.says] == ([("setup/ask", following[0])] if following else [("setup/done", None)])
    assert decision.awaiting == (Awaiting("setup.value", "value", (("field", following[0]),), NOW + timedelta(days=3)) if following else None)


@pytest.mark.parametrize("text", ["", "   ", "长" * 61])
def test_setup_asks_again_for_what_is_no_value(text: str) -> None:
    decision = decide(setup_turn("contact", text), facts("admin"), NOW)
    assert (decision.reason, [say.reply for say in decision.says]) == (Reason.INVALID_VALUE, ["setup/invalid"])
    assert decision.awaiting
    assert decision.awaiting.filled == (("field", "contact"),)


@pytest.mark.parametrize("text", ["跳过", "skip", "SKIP"])
def test_setup_passes_over(text: str) -> None:
    decision = decide(setup_turn("contact", text), facts("admin"), NOW)
    assert not any(isinstance(effect, Put) and isinstance(effect.entity, OrgValue) for effect in decision.effects)
    assert decision.says[0].data["field"] == "approvers"


def test_setup_skips_what_is_known() -> None:
    known = replace(facts("admin"), policy=Policy(Organisation(review_time="一天", contact="王敏")))
    assert decide(turn("shell.setup"), known, NOW).says[0].data["field"] == "invite_link_life"
    assert decide(setup_turn("invite_link_life", "7 天"), known, NOW).says[0].data["field"] == "approvers"


def test_due_speaks_to_the_person_in_private_and_waits_there() -> None:
    asked = Turn(Due("setup", "c:a", NOW), Understanding(Verdict.ANSWER), "zh", SEED)
    decision = decide(asked, facts("admin"), NOW)
    assert [(say.to, say.reply) for say in decision.says] == [(Private("c:a"), "setup/ask")]
    (kept,) = remembered(decision.effects)
    assert (kept.id, kept.awaiting and kept.awaiting.slot) == ("private", "value")


@pytest.mark.parametrize(
    ("ok", "person", "told"), [(True, "c:a", ["shell/reloaded"]), (False, "c:a", ["shell/reload_failed"]), (False, "", ["shell/reload_failed"]), (True, "", [])]
)
def test_the_outcome_of_reading_the_words(ok: bool, person: str, told: list[str]) -> None:
    call = Call("words", "reload", "k", {"person": person} if person else {})
    asked = Turn(Outcome(call, ok, "140 8000" if ok else "x.yaml: fault", NOW), Understanding(Verdict.ANSWER), "zh", SEED)
    says = decide(asked, facts("admin"), NOW).says
    assert [say.reply for say in says] == told
    assert all(say.to == Private(person or "c:boss") for say in says)


def test_no_two_skills_answer_the_same() -> None:
    rooms = (access, admin, console, following, human, joining, knowledge, nudging)
    named = Counter(name for room in rooms for name in room.ROWS)
    assert [name for name, count in named.items() if count > 1] == []
