"""Tells how the last question was read: its normal form, what counted, the runner-up, the rule that decided."""

from __future__ import annotations

from datetime import datetime

from bot.core.facts import Facts
from bot.core.model import Action
from bot.core.turn import Decision, Here, Reason, Say, Turn

MOST_ROWS = 8
MOST_CANDIDATES = 3


def explain(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """One screen of reasons; without a question before there is nothing to tell."""
    read = turn.understanding
    rows = [{"label": facts.catalogue.label(Action(one.intent), turn.language), "score": round(100 * one.score)} for one in read.candidates[:MOST_CANDIDATES]]
    data = {
        "question": facts.conversation.question,
        "normal": read.normal,
        "candidates": rows,
        "rule": facts.catalogue.label(Action("", label=f"rule_{read.rule}"), turn.language),
        "in_scope": round(100 * read.in_scope),
        "rows": [{"name": name, "value": value} for name, value in read.explained[:MOST_ROWS]],
    }
    return Decision(Reason.EXPLAINED, (Say(Here(), "shell/why", data),), topic=facts.conversation.topic)
