"""People, intents and turns that the tests of the core speak of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.core.facts import Facts, Policy
from bot.core.model import Audience, Catalogue, Conversation, Intent, Organisation, Person, Scope, Sender
from bot.core.turn import Message, Turn, Understanding, Verdict

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)
SEED = "0123456789abcdef" * 2
RIGHTS = {"employee": {Audience.EMPLOYEE}, "approver": {Audience.EMPLOYEE, Audience.APPROVER}, "admin": {Audience.EMPLOYEE, Audience.ADMIN}, "outsider": set()}
INTENTS = [
    Intent("about.thing", Audience.ALL, Scope.GROUP, follow_up=("act.thing",)),
    Intent("perm.thing", Audience.EMPLOYEE, Scope.PRIVATE),
    Intent("admin.thing", Audience.ADMIN, Scope.PRIVATE),
    Intent("chat.thing", Audience.ALL, Scope.GROUP),
    Intent("act.thing", Audience.EMPLOYEE, Scope.PRIVATE),
    Intent("act.approving", Audience.APPROVER, Scope.PRIVATE),
    Intent("act.help", Audience.ALL, Scope.GROUP),
    Intent("act.human", Audience.ALL, Scope.PRIVATE),
    Intent("adm.thing", Audience.ADMIN, Scope.PRIVATE),
    Intent("shell.reload", Audience.ADMIN, Scope.PRIVATE),
    Intent("shell.setup", Audience.ADMIN, Scope.PRIVATE),
    Intent("shell.more"),
    Intent("shell.none"),
    Intent("shell.why"),
    Intent("elsewhere.it", desk="it"),
]
LABELS = {"zh": {"skip": "跳过"}, "en": {"skip": "skip"}}
CATALOGUE = Catalogue("v1", {intent.id: intent for intent in INTENTS}, LABELS, frozenset({("zh", "about/thing")}), frozenset({"about/thing"}))
BOSS = Person("c:boss", "王敏", frozenset({Audience.ADMIN, Audience.ALL}), accounts=(("c", "boss"),))


def person(role: str) -> Person:
    """Somebody with the rights of a role."""
    return Person("c:a", "张三", frozenset(RIGHTS[role] | {Audience.ALL}), role != "outsider", accounts=(("c", "a"),))


def message(text: str = "问一句", *, group: bool = False, **other: Any) -> Message:
    """Something they say."""
    return Message("c", "robot", "m1", "room" if group else "chat", not group, Sender("a", "alias", "张三"), text, NOW, **other)


def turn(intent: str, *, group: bool = False, said: Message | None = None, verdict: Verdict = Verdict.ANSWER, **read: Any) -> Turn:
    """Their message, understood."""
    return Turn(said or message(group=group), Understanding(verdict, intent, 1.0, 1.0, **read), "zh", SEED)


def facts(role: str = "employee", *, group: bool = False, **other: Any) -> Facts:
    """What is known when they speak."""
    viewer = person(role)
    private = Conversation("private", viewer.id)
    here = Conversation("room", viewer.id) if group else private
    values = {"conversation": here, "private": private, "catalogue": CATALOGUE, "policy": Policy(Organisation()), "admins": (BOSS,), **other}
    return Facts(viewer, **values)
