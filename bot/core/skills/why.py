"""Tells how the last question was read: its normal form, what counted, the runner-up, the rule that decided."""

from __future__ import annotations

import re
from datetime import datetime

from bot.core.facts import Facts
from bot.core.model import Action
from bot.core.turn import Decision, Here, Reason, Say, Slot, Turn

MOST_ROWS = 8
MOST_CANDIDATES = 3
_NUMBERED = re.compile(r"\bsame\d+")
"""Meanings that have a number and no name tell nobody anything."""


def explain(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """One screen of reasons, and the id under which the journal keeps that turn; without a question before there is nothing to tell."""
    read = turn.understanding
    rows = [{"label": facts.catalogue.label(Action(one.intent), turn.language), "score": round(100 * one.score)} for one in read.candidates[:MOST_CANDIDATES]]
    data = {
        "question": facts.conversation.question,
        "normal": read.normal,
        "candidates": rows,
        "rule": facts.catalogue.label(Action("", label=f"rule_{read.rule}"), turn.language),
        "in_scope": round(100 * read.in_scope),
        "slots": [{"name": _word("slot", slot.name, turn, facts), "value": _said(slot, facts)} for slot in read.slots],
        "rows": [{"name": _reason(name, turn, facts), "value": value} for name, value in read.explained if not _NUMBERED.search(name)][:MOST_ROWS],
        "limit": next((value for name, value in read.explained if name == "answer at"), ""),
        "trace": facts.conversation.trace,
    }
    return Decision(Reason.EXPLAINED, (Say(Here(), "shell/why", data),), topic=facts.conversation.topic)


def _said(slot: Slot, facts: Facts) -> str:
    """The words that were read, else their value."""
    return facts.conversation.question[slot.start : slot.end] if 0 <= slot.start < slot.end else slot.value


def _reason(name: str, turn: Turn, facts: Facts) -> str:
    """What counted, in words: a signal, or the view of the text and what was seen in it."""
    whole = _word("why", name, turn, facts)
    view, _, seen = name.partition(" ")
    return whole if whole != name or not seen else f"{_word('why', view, turn, facts)} {seen}"


def _word(kind: str, name: str, turn: Turn, facts: Facts) -> str:
    """Its label, else its name."""
    label = f"{kind}_{name}"
    found = facts.catalogue.label(Action("", label=label), turn.language)
    return name if found == label else found
