"""The answers whose review-by date has passed."""

from __future__ import annotations

from datetime import datetime

from bot.core.facts import Facts
from bot.core.freshness import overdue
from bot.core.model import Action
from bot.core.turn import Decision, Here, Reason, Say, Turn

SHOWN = 5


def show(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The oldest first; each can be changed with one tap."""
    found = overdue(facts.catalogue, facts.policy.wall(now).date())
    rows = [{"label": facts.catalogue.label(Action(name), turn.language), "owner": owner, "date": day} for name, owner, day in found[:SHOWN]]
    actions = tuple(Action("adm.faq_edit", (("intent", name),), name) for name, _, _ in found[:SHOWN])
    return Decision(Reason.ANSWERED, (Say(Here(), "adm/stale", {"rows": rows, "all": len(found)}, actions),), topic="shell.stale")
