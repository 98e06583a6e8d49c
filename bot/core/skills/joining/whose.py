"""Whose status is asked for? A sentence that is a colleague's name and words for a status asks for theirs: administrators get it, others hear that it is
told to each alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core import rights
from bot.core.facts import Ask, Facts, Tally
from bot.core.model import Action
from bot.core.skills.joining import looking
from bot.core.turn import Decision, Here, Reason, Say, Slot, Turn

LOOK = "adm.member_status"
"""The command whose right decides."""


def another(turn: Turn, facts: Facts) -> str:
    """The colleague whose status the whole sentence asks for; empty for the asker's own, also where a name only stands in it."""
    name = turn.understanding.slot("other")
    return "" if name == facts.viewer.name else name


def _able(facts: Facts) -> bool:
    return not rights.fault(facts.viewer, LOOK, facts.policy.said)


def _look(turn: Turn, facts: Facts) -> Turn:
    """The same as the administrators' command."""
    return replace(turn, understanding=replace(turn.understanding, slots=(Slot("value", another(turn, facts)),)))


def named(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:
    """Whatever bears the name, for those who may see it."""
    return looking.named(_look(turn, facts), facts) if _able(facts) else ()


def theirs(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:
    """The record of those who were found."""
    return looking.theirs(_look(turn, facts), facts) if another(turn, facts) and _able(facts) else ()


def told(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The colleague's record, with its line on the audit trail; or that only one's own is shown."""
    return looking.look(_look(turn, facts), facts, now) if _able(facts) else only_own(turn, facts)


def only_own(turn: Turn, facts: Facts) -> Decision:
    """Where somebody stands is told to them alone."""
    said = Say(Here(), "joining/only_own", {"name": another(turn, facts)}, (Action("act.status_check", label="my_status"),))
    return Decision(Reason.ANSWERED, (said,), topic="act.status_check")
