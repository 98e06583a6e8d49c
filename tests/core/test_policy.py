"""Who gets what, where: the table of roles, kinds of intents and rooms."""

from __future__ import annotations

import pytest
from core_samples import INTENTS, NOW, RIGHTS, facts, turn

from bot.core.decide import decide
from bot.core.turn import Here, Private, Reason

A, N, D, O = Reason.ANSWERED, Reason.NOT_YET, Reason.DENIED, Reason.OUTSIDER  # noqa: E741 - the letters of the table
TABLE = {
    #                employee            approver            admin               outsider
    "about.thing":   (A,                 A,                  A,                  A),
    "chat.thing":    (Reason.SMALL_TALK, Reason.SMALL_TALK,  Reason.SMALL_TALK,  Reason.SMALL_TALK),
    "perm.thing":    (A,                 A,                  A,                  O),
    "admin.thing":   (A,                 A,                  A,                  O),
    "act.thing":     (N,                 N,                  N,                  O),
    "act.approving": (D,                 N,                  D,                  O),
    "act.help":      (Reason.HELPED,     Reason.HELPED,      Reason.HELPED,      Reason.HELPED),
    "act.human":     (Reason.HANDED_OVER, Reason.HANDED_OVER, Reason.HANDED_OVER, O),
    "adm.thing":     (D,                 D,                  N,                  O),
    "shell.reload":  (D,                 D,                  Reason.RELOADED,    O),
    "shell.setup":   (D,                 D,                  Reason.ASKED_VALUE, O),
    "shell.why":     (Reason.EXPLAINED,  Reason.EXPLAINED,   Reason.EXPLAINED,   O),
}  # fmt: skip
ROWS = [(role, intent, wanted) for intent, row in TABLE.items() for role, wanted in zip(RIGHTS, row, strict=True)]
NEUTRAL = {"shell/moved_private", "shell/denied", "shell/outsider", "shell/not_yet"}
"""What may be said in a group of something personal."""
PERSONAL = {intent.id for intent in INTENTS if intent.scope == "private"}


@pytest.mark.parametrize(("role", "intent", "wanted"), ROWS)
def test_in_private(role: str, intent: str, wanted: Reason) -> None:
    decision = decide(turn(intent), facts(role), NOW)
    assert decision.reason is wanted
    assert all(isinstance(say.to, Here) for say in decision.says if say.reply != "human/request")


@pytest.mark.parametrize(("role", "intent", "wanted"), ROWS)
def test_in_a_group(role: str, intent: str, wanted: Reason) -> None:
    decision = decide(turn(intent, group=True), facts(role, group=True), NOW)
    assert decision.reason in {wanted, Reason.MOVED_PRIVATE}
    here = {say.reply for say in decision.says if isinstance(say.to, Here)}
    if intent in PERSONAL:
        assert here <= NEUTRAL
        assert (here == {"shell/moved_private"}) == any(say.to == Private("c:a") for say in decision.says) or intent == "shell.reload"
    else:
        assert not any(isinstance(say.to, Private) for say in decision.says)


def test_a_moved_reply_is_whole_and_the_line_in_the_group_names_its_reader() -> None:
    decision = decide(turn("perm.thing", group=True), facts(group=True), NOW)
    assert [(say.to, say.reply, say.brief, say.mention) for say in decision.says] == [
        (Private("c:a"), "perm/thing", False, False),
        (Here(), "shell/moved_private", False, True),
    ]


def test_the_rest_of_an_answer_goes_to_colleagues_in_private_and_to_outsiders_where_they_are() -> None:
    slots = {"slots": turn("x").understanding.slots}
    asked = turn("shell.more", group=True, **slots)
    known = {role: facts(role, group=True) for role in ("employee", "outsider")}
    from dataclasses import replace

    seen = {role: replace(fact, conversation=replace(fact.conversation, topic="about.thing")) for role, fact in known.items()}
    assert [say.to for say in decide(asked, seen["employee"], NOW).says] == [Private("c:a"), Here()]
    assert [(say.to, say.reply) for say in decide(asked, seen["outsider"], NOW).says] == [(Here(), "about/thing")]
