"""Gives data out: never into a chat, since it holds what is personal, but by a link that opens once, soon after it was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.core.facts import Ask, Facts, Tally
from bot.core.model import Confirmation
from bot.core.skills.admin.asking import wanted
from bot.core.turn import Call, Decision, Effect, Reason, Turn

COMMAND = "shell.export"
ALL, FAQS = "all", "faqs"


def show(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Everything: what is in it is told first, and it goes on after a confirmation."""
    return wanted(turn, facts, now, COMMAND, {"argument": ALL}, {})


def answers(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """The questions and answers, which hold nothing of people."""
    return Decision(Reason.NOTED, (_asked(turn, facts, FAQS),))


def known(kept: Confirmation, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every execution has this shape
    """Nothing more is needed."""
    return ()


def start(turn: Turn, facts: Facts, now: datetime, kept: Confirmation) -> tuple[Effect, ...]:  # noqa: ARG001 - every execution has this shape
    """The confirmed archive: its link is asked for."""
    return (_asked(turn, facts, ALL),)


def told(facts: Facts, kept: Confirmation) -> Mapping[str, object]:  # noqa: ARG001 - every execution has this shape
    """What a second admin would see of it."""
    return {}


def _asked(turn: Turn, facts: Facts, what: str) -> Call:
    """A key is made outside of the core, since nothing drawn from a turn is secret enough."""
    return Call("console", "key", f"export:{turn.seed[:16]}", {"person": facts.viewer.id, "for": "export", "what": what})
