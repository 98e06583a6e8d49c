"""Laws of the core: nothing personal is kept, nobody's text becomes markup, rights hold in every room."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.core.decide import decide
from bot.core.masking import masked
from bot.core.model import Audience, Catalogue, Conversation, Intent, Organisation, Person, Scope
from bot.core.turn import Decision, Facts, Here, Message, Policy, Private, Reason, Sender, Turn, Understanding, Verdict
from bot.rendering import neutral

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)
HOSTILE = ["[点我](http://evil.test)", "# 公告", "- 一", "> 引", "**粗**", "`x`", "<b>", "![x](http://e)", "@所有人", "1. 一", "http://evil.test", "\u202e"]


@given(st.text(max_size=200))
def test_no_long_number_survives_masking(text: str) -> None:
    assert not re.search(r"\d{7,}", masked(text + " 13800138000 " + text))


@given(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=20), max_size=6).map("\n".join))
def test_a_value_never_becomes_markup(text: str) -> None:
    tokens = MarkdownIt("commonmark").enable("linkify" if False else "link").parse(f"前 {neutral(text)} 后")
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert {child.type for child in tokens[1].children or ()} <= {"text"}
    assert "://" not in neutral(text)
    assert "@" not in neutral(text)


def test_a_template_in_a_value_stays_text() -> None:
    assert "49" not in neutral("{{7*7}}")


def facts(viewer: Person, intent: Intent) -> Facts:
    catalogue = Catalogue("v", {intent.id: intent}, {"zh": {intent.id: intent.id}})
    private = Conversation("private", viewer.id)
    return Facts(viewer, Conversation("room", viewer.id), private, catalogue, Policy(Organisation()))


def asked(intent: Intent, *, group: bool, inside: bool = True) -> Turn:
    message = Message("c", "r", "1", "room", not group, Sender("a" if inside else "", "alias", "n", inside), "x", NOW)
    return Turn(message, Understanding(Verdict.ANSWER, intent.id, 1.0, 1.0), "zh", "0" * 32)


def decided(audience: Audience, group_of: str, *, group: bool, rights: frozenset[Audience], inside: bool = True, scope: Scope = Scope.PRIVATE) -> Decision:
    intent = Intent(f"{group_of}.thing", audience, scope)
    viewer = Person("c:a", "n", rights | {Audience.ALL}, inside)
    turn, known = asked(intent, group=group, inside=inside), facts(viewer, intent)
    assert decide(turn, known, NOW) == decide(turn, known, NOW)
    return decide(turn, known, NOW)


@pytest.mark.parametrize("group", [False, True])
@pytest.mark.parametrize("audience", [Audience.ADMIN, Audience.APPROVER])
def test_actions_belong_to_those_who_have_the_right(audience: Audience, group: bool) -> None:
    assert decided(audience, "adm", group=group, rights=frozenset({Audience.EMPLOYEE})).reason is Reason.DENIED
    assert decided(audience, "adm", group=group, rights=frozenset({Audience.EMPLOYEE, audience})).reason is Reason.NOT_YET


@pytest.mark.parametrize("group", [False, True])
def test_outsiders_get_nothing_personal(group: bool) -> None:
    assert decided(Audience.ALL, "perm", group=group, rights=frozenset(), inside=False).reason is Reason.OUTSIDER
    assert decided(Audience.ALL, "about", group=group, rights=frozenset(), inside=False, scope=Scope.GROUP).reason is Reason.ANSWERED


def test_what_is_personal_leaves_the_group() -> None:
    said = decided(Audience.EMPLOYEE, "perm", group=True, rights=frozenset({Audience.EMPLOYEE})).says
    assert [(one.to, one.reply) for one in said] == [(Private("c:a"), "perm/thing"), (Here(), "shell/moved_private")]
