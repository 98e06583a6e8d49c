"""帮助: what this person can do here."""

from __future__ import annotations

from datetime import datetime

from bot.core.facts import Facts
from bot.core.model import Action, Audience
from bot.core.rights import RIGHTS, fault
from bot.core.turn import Decision, Here, Reason, Say, Turn


def help_for(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """The page of the viewer's strongest right, with the commands that this very person may give here."""
    group = turn.in_group
    page = next((name for name in (Audience.ADMIN, Audience.APPROVER) if name in facts.viewer.audiences), Audience.EMPLOYEE)
    if group:
        page = Audience.EMPLOYEE
    data = {"commands": _commands(turn, facts, group=group), "approver": Audience.APPROVER in facts.viewer.audiences}
    return Decision(Reason.HELPED, (Say(Here(), f"help/{page}", data, brief=group),), topic="act.help")


def _commands(turn: Turn, facts: Facts, *, group: bool) -> list[dict[str, str]]:
    """What they may say and what it does; commands that are taken by buttons or codes have no words of their own here."""
    found = []
    for name in RIGHTS:
        said = facts.catalogue.label(Action(name, label=f"say_{name}"), turn.language)
        if said != f"say_{name}" and not fault(facts.viewer, name, facts.policy.said, facts.conversation.id if group else ""):
            found.append({"label": facts.catalogue.label(Action(name), turn.language), "say": said})
    return found
