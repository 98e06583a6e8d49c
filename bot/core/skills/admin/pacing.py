"""The rules of one kind of thing, as a sentence sets them: which kind it names, the pace it wants, and how both are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.core.calendar import Calendar
from bot.core.facts import Facts
from bot.core.nudging import NudgePolicy, Pace
from bot.core.nudging.kinds import KIND, KINDS, OFF, PACED, SPACED, written
from bot.core.nudging.policy import Fault
from bot.core.nudging.said import ESCALATES, FIRST, GAPS, policy_of
from bot.core.nudging.wished import Named, Wished, wished
from bot.core.turn import Turn

Told = dict[str, object]
SPOKEN = frozenset({"first", "gap", "most", "escalate"})
"""What can be said of a kind."""
USUAL: Mapping[str, int] = {"review": 3}
"""Working days between two reminders of a kind where nothing else says them."""


@dataclass(frozen=True, slots=True)
class Of:
    """A kind that a sentence speaks of, and whether it wants silence or what is usual."""

    kind: str = ""
    off: bool = False
    usual: bool = False


def named_kind(turn: Turn, facts: Facts) -> Of:
    """By `kind_<name>_words`, `rule_off_words` and `rule_usual_words` of labels.yaml; of several words the longest counts."""
    labels, text = facts.catalogue.labels.get(turn.language, {}), turn.text.casefold()

    def hits(name: str) -> list[str]:
        return [word for word in labels.get(name, "").casefold().replace("_", "\x00").split() if word.replace("\x00", " ") in text]

    found = max(((len(word), kind) for kind in KINDS for word in hits(f"kind_{kind}_words")), default=(0, ""))[1]
    return Of(found, bool(hits("rule_off_words")), bool(hits("rule_usual_words"))) if found else Of()


def wished_of(of: Of, named: Named, policy: NudgePolicy, calendar: Calendar) -> Wished:
    """The value of the kind; empty when the sentence names none for certain. What nothing else is said of is the time before the first reminder."""
    name = KIND + of.kind
    if of.usual:
        return Wished({name: ""})
    if of.off:
        return Wished({name: OFF})
    if of.kind not in PACED + SPACED:
        return Wished()
    about = named.about & SPOKEN or frozenset({"gap" if of.kind in SPACED else "first"})
    base = replace(policy.pace(of.kind), off=False)
    found = wished(replace(named, about=about), replace(policy, default=base), calendar)
    values = {rule: value for rule, value in found.values.items() if rule in (FIRST, GAPS, ESCALATES)}
    if found.faults or not values:
        return Wished({}, found.faults)
    pace = policy_of(NudgePolicy(base, {}), values).default
    return Wished({name: written(pace)}, () if of.kind in PACED or GAPS in values else (Fault("gap", "", "1", "30"),))


def told(kind: str, policy: NudgePolicy, facts: Facts) -> Told:
    """How a kind is reminded of: `every` working days for what comes once in so long, the pace for what is decided."""
    pace = policy.pace(kind)
    every = policy.every(kind, USUAL.get(kind, facts.policy.joining.setup_days)) if kind in SPACED else 0
    return {"off": policy.silent(kind), "every": every, "once": kind == "works", **_pace(pace)}


def _pace(pace: Pace) -> Told:
    return {"first": f"{pace.first / 60:g}", "gaps": pace.gaps, "escalates": pace.escalates}


def all_told(policy: NudgePolicy, facts: Facts) -> list[Told]:
    """Every kind as it stands; `own` says that it differs from the rules for all."""
    usual = _pace(policy.default)
    rows = [{"kind": kind, **told(kind, policy, facts)} for kind in KINDS]
    return [{**row, "own": bool(row["off"] or row["every"] or row["once"] or any(row[name] != value for name, value in usual.items()))} for row in rows]
