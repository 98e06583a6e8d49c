"""Every reminder of any kind counts into the budget of whoever gets it: the setup list, a draft, an invite, a review, not only approvals."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core.facts import Ask, Facts
from bot.core.model import Desk
from bot.core.skills.nudging.gathering import Asked
from bot.core.skills.nudging.ruling import desk_of, written
from bot.core.turn import Decision, Due, Private, Put, Reason, Turn

ROUND = "round"
"""The question that keeps the budget itself."""


def own_asks(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """What the person whom something due concerns, and the admins where they are told, got so far."""
    return tuple(Ask(Desk, id=one, most=1) for one in _concerned(facts))


def _concerned(facts: Facts) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in (facts.viewer.id, *(admin.id for admin in facts.admins)) if one))


def counted(decision: Decision, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The decision with one message more on the desk of each of them who is reminded."""
    due = turn.stimulus
    if not isinstance(due, Due) or due.kind == ROUND or decision.reason is not Reason.REMINDED:
        return decision
    told = {say.to.person for say in decision.says if isinstance(say.to, Private)}
    desks = tuple(Put(written(desk_of(one, facts), now, digest=False)) for one in _concerned(facts) if one in told)
    return replace(decision, effects=(*decision.effects, *desks))
