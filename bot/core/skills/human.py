"""Hands a question over to a person: the asker is told who, the admins are told what."""

from __future__ import annotations

from datetime import datetime

from bot.core.facts import Facts
from bot.core.masking import masked
from bot.core.model import Wish
from bot.core.turn import Decision, Here, Private, Put, Reason, Say, Turn


def hand_over(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Keeps the last question, writes to each admin in private, and names them to the asker. Asking twice for the same question tells nobody twice."""
    question = facts.conversation.question or facts.private.question
    wish = Wish(f"w{turn.seed[:12]}", "hand_over", facts.conversation.topic, masked(question), facts.viewer.id, now)
    others = tuple(admin for admin in facts.admins if admin.id != facts.viewer.id)
    data = {"admins": [admin.name or admin.id.rpartition(":")[2] for admin in others], "question": masked(question)}
    told = tuple(Say(Private(admin.id), "human/request", {**data, "name": facts.viewer.name}, priority=2) for admin in others)
    again = any(old.kind == "hand_over" and old.text == wish.text and (now - old.at).total_seconds() < 3600 for old in facts.wishes)
    said = Say(Here(), "act/human", {**data, "again": again})
    return Decision(Reason.HANDED_OVER, (said,) if again else (said, Put(wish), *told), topic="act.human")
