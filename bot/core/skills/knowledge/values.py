"""The variables of answers: which there are and what they stand for, and another value for one of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.core import drawing
from bot.core.facts import Facts
from bot.core.model import Action, OrgValue
from bot.core.skills.knowledge.drafts import variables
from bot.core.turn import Decision, Here, Put, Reason, Say, Turn
from bot.core.variables import FIELDS, LINKS, LONGEST, LONGEST_LINK, Variables, fault


def manage(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Without a value the list; with one it counts at once."""
    read, known = turn.understanding, variables(turn, facts)
    name, text = read.slot("name") or read.slot("known"), " ".join(read.slot("text").split())
    if not name:
        return Decision(Reason.ANSWERED, (Say(Here(), "teach/values", {"rows": list(_rows(known, facts)), "unknown": ""}),), topic="shell.values")
    field = known.field(name)
    if not field:
        return Decision(Reason.INVALID_VALUE, (Say(Here(), "teach/values", {"rows": list(_rows(known, facts)), "unknown": name}),))
    cleared = text.casefold() in {word.casefold() for words in facts.catalogue.labels.values() for word in words.get("clear_words", "").split("|")}
    wrong = "" if cleared else fault(field, text)
    if wrong:
        data = {"name": known.titles[field], "fault": wrong, "most": LONGEST_LINK if field in LINKS else LONGEST, "value": "", "before": ""}
        return Decision(Reason.INVALID_VALUE, (Say(Here(), "teach/value_set", data),))
    return _set(turn, facts, now, field, "" if cleared else text)


def _rows(known: Variables, facts: Facts) -> Iterator[dict[str, str]]:
    for field in FIELDS:
        yield {"name": known.titles[field], "value": getattr(facts.policy.organisation, field)}


def _set(turn: Turn, facts: Facts, now: datetime, field: str, text: str) -> Decision:
    """Kept above the settings; taken away, what the settings say counts again."""
    before = str(getattr(facts.policy.organisation, field))
    old = next((one for one in facts.org_values if one.name == field), OrgValue(field, ""))
    line = drawing.line(turn, facts.viewer, now, "setup", f"value:{field}", "", text)
    data = {"name": variables(turn, facts).titles[field], "fault": "", "most": 0, "value": text, "before": before if before != text else ""}
    said = Say(Here(), "teach/value_set", data, (Action("shell.values"),))
    return Decision(Reason.SAVED, (Put(OrgValue(field, text, facts.viewer.id, old.version)), line, said))
