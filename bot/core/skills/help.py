"""帮助: what this person can do here."""

from __future__ import annotations

from datetime import datetime

from bot.core.facts import Facts
from bot.core.model import Audience
from bot.core.turn import Decision, Here, Reason, Say, Turn


def help_for(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """The page of the viewer's strongest right."""
    group = turn.in_group
    page = next((name for name in (Audience.ADMIN, Audience.APPROVER) if name in facts.viewer.audiences), Audience.EMPLOYEE)
    if group:
        page = Audience.EMPLOYEE
    return Decision(Reason.HELPED, (Say(Here(), f"help/{page}", brief=group),), topic="act.help")
