"""Where to get data out: never into a chat, since it holds what is personal."""

from __future__ import annotations

from datetime import datetime

from bot.core.facts import Facts
from bot.core.turn import Decision, Here, Reason, Say, Turn


def show(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """The verbs of the program that do it."""
    return Decision(Reason.ANSWERED, (Say(Here(), "adm/export"),))
