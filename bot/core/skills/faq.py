"""Answers a question from the catalogue; small talk is answered the same way."""

from __future__ import annotations

from datetime import datetime

from bot.core.facts import Facts
from bot.core.helping import TOPIC, page
from bot.core.model import Action
from bot.core.turn import Decision, Here, Reason, Say, Turn

MOST_ACTIONS = 3
_ACTING = {"act", "adm", "shell", "setup", "elsewhere"}


def answer(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The reply of the same name, its follow-ups as buttons, in a group only down to its fold."""
    name = turn.understanding.intent
    intent = facts.catalogue.intents[name]
    reply = name.replace(".", "/", 1)
    group = turn.in_group
    folded = group and any((language, reply) in facts.catalogue.long_replies for language in (turn.language, "zh"))
    more = (Action("shell.more", (("reply", name),), "more"),) if folded else ()
    actions = (*more, *(Action(other) for other in intent.follow_up))[:MOST_ACTIONS]
    reason = Reason.SMALL_TALK if name.startswith("chat.") else Reason.ANSWERED
    return Decision(reason, (Say(Here(), reply, actions=actions, brief=group, notice=_notice(name, facts, now)),), topic=name)


def _notice(name: str, facts: Facts, now: datetime) -> str:
    """What was announced about this answer and lasts."""
    if name.startswith("chat."):
        return ""
    return next((one.text for one in facts.policy.announcements if one.lasts(name, now)), "")


def more(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The whole reply that a group saw only the head of. Of what acts there is no more to tell: its reply was whole, and depends on more than the words."""
    name = turn.understanding.slot("reply") or facts.conversation.topic
    if name == TOPIC:
        return Decision(Reason.HELPED, (page(turn, facts, group=False),), topic=TOPIC)
    intent = facts.catalogue.intents.get(name)
    if intent is None or name.split(".")[0] in _ACTING or name.replace(".", "/", 1) not in facts.catalogue.replies:
        return Decision(Reason.STALE_OPTION, (Say(Here(), "shell/stale_option"),))
    actions = tuple(Action(other) for other in intent.follow_up)[:MOST_ACTIONS]
    return Decision(Reason.ANSWERED, (Say(Here(), name.replace(".", "/", 1), actions=actions, notice=_notice(name, facts, now)),), topic=name)
