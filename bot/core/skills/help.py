"""帮助: what this person can do here."""

from __future__ import annotations

from datetime import datetime

from bot.core.facts import Facts
from bot.core.helping import TOPIC, page
from bot.core.turn import Decision, Reason, Turn


def help_for(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """The head of their page; all of it is one step further."""
    return Decision(Reason.HELPED, (page(turn, facts, group=turn.in_group),), topic=TOPIC)
