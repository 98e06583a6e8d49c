"""The page of help: what this very person may do here."""

from __future__ import annotations

from bot.core.facts import Facts
from bot.core.model import Action, Audience
from bot.core.rights import RIGHTS, fault
from bot.core.turn import Here, Say, Turn

TOPIC = "act.help"


def page(turn: Turn, facts: Facts, *, group: bool) -> Say:
    """The page of the viewer's strongest right, with the commands that they may give here; in a group the head of the page for everybody."""
    strongest = next((name for name in (Audience.ADMIN, Audience.APPROVER) if name in facts.viewer.audiences), Audience.EMPLOYEE)
    name = Audience.EMPLOYEE if group else strongest
    data = {"commands": _commands(turn, facts, group=group), "approver": Audience.APPROVER in facts.viewer.audiences}
    return Say(Here(), f"help/{name}", data, brief=group)


def _commands(turn: Turn, facts: Facts, *, group: bool) -> list[dict[str, str]]:
    """What they may say and what it does; commands that are taken by buttons or codes have no words of their own here."""
    found = []
    for name in RIGHTS:
        said = facts.catalogue.label(Action(name, label=f"say_{name}"), turn.language)
        if said != f"say_{name}" and not fault(facts.viewer, name, facts.policy.said, facts.conversation.id if group else ""):
            found.append({"label": facts.catalogue.label(Action(name), turn.language), "say": said})
    return found
