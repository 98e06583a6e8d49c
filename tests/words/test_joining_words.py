"""Every state of everything has words in both languages: no card, no answer from the record, no message fails to render."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from bot.core.facts import Facts, Policy
from bot.core.lifecycle.access import REQUESTS
from bot.core.lifecycle.joining import APPLICATIONS, CAUSES, INVITES, MEMBERS
from bot.core.lifecycle.moves import Table
from bot.core.model import Application, Conversation, Invite, Item, Member, Organisation, Person, Request
from bot.core.skills.joining import ROWS, cards
from bot.core.skills.joining.answers import QUESTIONS
from bot.core.turn import Here, Say
from bot.words.loading import Words

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)
ASKER = Person("c:a", "张三")


def states(moves: Table) -> list[str]:
    return sorted({state for move in moves.values() for state in (*move.sources, move.target)})


def facts(words: Words) -> Facts:
    nothing = Conversation("private", "c:a")
    return Facts(ASKER, nothing, nothing, words.catalogue, Policy(Organisation(**words.defaults_in("zh"))), admins=(Person("c:boss", "王敏"),))


def items() -> list[Item]:
    far = NOW - timedelta(days=30)
    invites = [Invite("i", state, "13800138000", "张三", "c:a", "c:boss", "sms", "K7Q2M", far, NOW + timedelta(days=1)) for state in states(INVITES)]
    applications = [
        Application(
            "a", "K7Q2M", "c:a", state, (("name", "张三"),), far, far, "c:boss", reason=cause, note="看不清", wrong=CAUSES[cause].wrong, nudges=(far,), due=NOW
        )
        for state, cause in product(states(APPLICATIONS), CAUSES)
    ]
    members = [Member("c:a", "c:a", "张三", state, far, "13800138000", joined=far, roles=(("", "reviewer"),)) for state in states(MEMBERS)]
    requests = [Request("r", "K7Q2M", "c:a", state, "yonyou", "reviewer", far, far, holder="c:boss") for state in states(REQUESTS)]
    return [*invites, *applications, *members, *requests]


def card(item: Item, known: Facts) -> cards.Card:
    if isinstance(item, Invite):
        return cards.invite_card(item, known, NOW)
    if isinstance(item, Application):
        return cards.application_card(item, known, NOW)
    return cards.member_card(item, known, NOW) if isinstance(item, Member) else cards.request_card(item, known, NOW)  # type: ignore[arg-type] # of the four


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("item", items(), ids=lambda item: f"{type(item).__name__}-{item.index.state}")
def test_every_state_has_a_card(words: Words, language: str, item: Item) -> None:
    known = facts(words)
    values = {"org": known.policy.organisation, "asker": {"name": "张三"}}
    shown = words.templates.render(Say(Here(), "act/status_check", {"items": [card(item, known)], "standing": ""}), language, values).text
    assert "{" not in shown
    assert "13800138000" not in shown
    assert shown.splitlines()[-1].startswith(("下一步：", "Next: "))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("group", QUESTIONS)
def test_every_question_is_answered_in_every_state(words: Words, language: str, group: str) -> None:
    known = facts(words)
    values = {"org": known.policy.organisation, "asker": {"name": "张三"}}
    fitting = {"invite": (Invite, Application, Member), "form": (Application,), "review": (Application,), "after": (Member,), "profile": (Member,)}[group]
    for asked, item in product(QUESTIONS[group], [one for one in items() if isinstance(one, fitting)]):
        shown = words.templates.render(Say(Here(), f"joining/own_{group}", {"asked": asked, "card": card(item, known)}), language, values).text
        assert "Next:" in shown if language == "en" else "下一步：" in shown
        assert shown.splitlines()[0].strip()


def test_the_questions_are_the_catalogue_s(words: Words) -> None:
    for group, names in QUESTIONS.items():
        assert set(names) == {name.partition(".")[2] for name in words.headings if name.startswith(f"{group}.")}


def test_every_reply_that_is_named_exists(words: Words) -> None:
    assert {cause.faq for cause in CAUSES.values()} <= set(words.headings)
    assert {name for name in ROWS if name.split(".")[0] not in {"due", "event", "joining", "outcome"}} <= set(words.headings)
