"""Commands given to one person or taken from one, above the rights of their role."""

from __future__ import annotations

from collections.abc import Mapping

from bot.core.facts import Facts
from bot.core.model import Action, Confirmation, OrgValue
from bot.core.rights import GIVEN, KEPT, RIGHTS, single
from bot.core.turn import Put, Turn

CHANGES: Mapping[str, str] = {"give_command": "yes", "take_command": "no", "usual_command": ""}
"""What the value of the person and the command becomes."""
SAY = "say_"


def parted(text: str) -> tuple[str, str]:
    """Whom and which command: a blank stands between them."""
    who, _, what = text.strip().partition(" ")
    return who, what.strip(" \u300c\u300d\"'")


def named(what: str, facts: Facts) -> str:
    """The command that is called so in help or on a button, in any language; empty for anything else."""
    wanted = what.strip(" \u300c\u300d\"'").casefold()
    for name in RIGHTS:
        called = {facts.catalogue.label(Action(name, label=label), language) for label in ("", f"{SAY}{name}") for language in ("zh", "en")}
        if wanted and wanted in {word.casefold() for word in called}:
            return name
    return ""


def called(name: str, turn: Turn, facts: Facts) -> str:
    """What people say to give the command, else its label."""
    said = facts.catalogue.label(Action(name, label=f"{SAY}{name}"), turn.language)
    return said if said != f"{SAY}{name}" else facts.catalogue.label(Action(name), turn.language)


def fault(change: str, command: str) -> str:
    """Why the command cannot be given or taken so."""
    if change == "give_command" and command not in GIVEN:
        return "careful"
    return "kept" if change == "take_command" and command in KEPT else ""


def listed(turn: Turn, facts: Facts) -> list[dict[str, object]]:
    """What stands for single people: the person's id, the command, given or taken."""
    rows = []
    for name, value in sorted(facts.policy.said.items()):
        if name.startswith("right:") and value:
            ident, _, command = name.removeprefix("right:").rpartition(":")
            person = facts.person(ident)
            who = (person.name if person else "") or ident.rpartition(":")[2]
            rows.append({"name": who, "label": called(command, turn, facts), "given": value == "yes"})
    return rows


def people(facts: Facts, most: int = 20) -> tuple[str, ...]:
    """The ids of those for whom something stands."""
    found = (name.removeprefix("right:").rpartition(":")[0] for name, value in facts.policy.said.items() if name.startswith("right:") and value)
    return tuple(dict.fromkeys(found))[:most]


def put(facts: Facts, kept: Confirmation) -> Put:
    """The confirmed value."""
    return valued(facts, single(kept.arg("person"), kept.arg("command")), CHANGES[kept.arg("change")])


def valued(facts: Facts, name: str, value: str) -> Put:
    """A value set in chat."""
    old = next((one for one in facts.org_values if one.name == name), OrgValue(name, ""))
    return Put(OrgValue(name, value, facts.viewer.id, old.version))
