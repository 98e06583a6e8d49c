"""Reminders: the digest at its slot, a nudge by wish, the next level, a promise, a snooze, an absence, and the rules as admins set them."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.facts import Need, Skill
from bot.core.skills.nudging import absence, asking, later, muting, raising
from bot.core.skills.nudging import round as rounds
from bot.core.skills.nudging.gathering import MINE, ROUND, own_desk

_ADMINS = frozenset({Need.ADMINS})

ROWS: Mapping[str, Skill] = {
    "act.nudge": Skill(asking.run, _ADMINS, MINE),
    "act.escalate": Skill(raising.run, _ADMINS, MINE),
    "act.snooze": Skill(later.snooze, _ADMINS, ROUND),
    "act.promise": Skill(later.promise, _ADMINS, ROUND),
    "act.mute": Skill(muting.run, asks=(own_desk,)),
    "act.away": Skill(absence.run, _ADMINS, (absence.mine, absence.called, absence.theirs, absence.decided, absence.meanwhile)),
    "due.round": Skill(rounds.run, _ADMINS, ROUND),
}
"""The skills of nudging by intent and due item."""
