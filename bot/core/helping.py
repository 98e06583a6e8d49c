"""The page of help: what this very person may do here."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.facts import Facts
from bot.core.model import Action, Audience
from bot.core.rights import CARE, Care, fault
from bot.core.turn import Here, Say, Turn

TOPIC = "act.help"
AREAS: Mapping[str, tuple[str, ...]] = {
    "people": ("adm.send_invite", "adm.member_status", "adm.backlog", "adm.access_review", "shell.erase"),
    "reminders": ("adm.nudge_policy", "adm.nudge_report", "adm.pause_nudges", "shell.quiet"),
    "answers": ("adm.unanswered", "adm.faq_add", "adm.faq_edit", "shell.tickets", "shell.lessons", "shell.stale", "shell.values"),
    "news": ("adm.broadcast", "shell.broadcasts", "shell.announce"),
    "figures": ("adm.stats", "adm.audit", "shell.console", "shell.export_faqs", "shell.export"),
    "house": ("shell.setup", "shell.prepare", "shell.rights", "shell.takeover", "shell.room", "shell.reload"),
}
"""The commands of the table of rights as help shows them; those that go by a button or a code stand in the message that has it."""
GRAVE = tuple(dict.fromkeys(command for (command, _), care in CARE.items() if care is Care.SECOND))
"""The commands that, for some argument, want a second person."""


def page(turn: Turn, facts: Facts, *, group: bool, whole: bool = False) -> Say:
    """The head of the page of the viewer's strongest right, or all of it, with the commands that they may give here; in a group the page for everybody."""
    strongest = next((name for name in (Audience.ADMIN, Audience.APPROVER) if name in facts.viewer.audiences), Audience.EMPLOYEE)
    name = "outsider" if not facts.viewer.inside else Audience.EMPLOYEE if group else strongest
    areas = {area: rows for area, names in AREAS.items() if (rows := _commands(names, turn, facts, group=group))}
    grave = [facts.catalogue.label(Action(name, label=f"grave_{name}"), turn.language) for name in GRAVE if not _shut(name, facts, group=group)]
    data = {"areas": areas, "approver": Audience.APPROVER in facts.viewer.audiences, "whole": whole, "grave": grave}
    more = () if whole or name == "outsider" else (Action("shell.more", (("reply", TOPIC),), "more"),)
    return Say(Here(), f"help/{name}", data, more, brief=not whole)


def _commands(names: tuple[str, ...], turn: Turn, facts: Facts, *, group: bool) -> list[dict[str, str]]:
    """What they may say and what it does."""
    found = [name for name in names if not _shut(name, facts, group=group)]
    return [{"label": facts.catalogue.label(Action(name), turn.language), "say": _said(name, turn, facts)} for name in found]


def _shut(name: str, facts: Facts, *, group: bool) -> bool:
    return bool(fault(facts.viewer, name, facts.policy.said, facts.conversation.id if group else ""))


def _said(name: str, turn: Turn, facts: Facts) -> str:
    """An example of the command, else its words."""
    for label in (f"example_{name}", f"say_{name}"):
        found = facts.catalogue.label(Action(name, label=label), turn.language)
        if found != label:
            return found
    return facts.catalogue.label(Action(name), turn.language)
