"""Answers a question from the catalogue; small talk is answered the same way."""

from __future__ import annotations

from datetime import datetime

from bot.core import answering, variants
from bot.core.facts import Ask, Facts
from bot.core.helping import TOPIC, page
from bot.core.turn import Decision, Here, Reason, Say, Turn

_ACTING = {"act", "adm", "shell", "setup", "elsewhere"}


def answer(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The reply of the same name."""
    name = turn.understanding.intent
    reason = Reason.SMALL_TALK if name.startswith("chat.") else Reason.ANSWERED
    return Decision(reason, answering.said(name, turn, facts, now), topic=name)


def asked_more(turn: Turn, facts: Facts) -> tuple[Ask, ...]:
    """What the rest of an answer must know of who asks."""
    return variants.asked(facts.catalogue.intents.get(_named(turn, facts)), facts)


def more(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The whole reply that a group saw only the head of. Of what acts there is no more to tell: its reply was whole, and depends on more than the words."""
    name = _named(turn, facts)
    if name == TOPIC:
        return Decision(Reason.HELPED, (page(turn, facts, group=False, whole=True),), topic=TOPIC)
    if name not in facts.catalogue.intents or name.split(".")[0] in _ACTING or name.replace(".", "/", 1) not in facts.catalogue.replies:
        return Decision(Reason.STALE_OPTION, (Say(Here(), "shell/stale_option"),))
    return Decision(Reason.ANSWERED, (answering.whole(name, facts, now),), topic=name)


def _named(turn: Turn, facts: Facts) -> str:
    return turn.understanding.slot("reply") or facts.conversation.topic
