"""The backlog by age: what waits for a decision, the oldest first, with whom."""

from __future__ import annotations

from datetime import datetime

from bot.core.facts import Ask, Facts
from bot.core.model import Action, Application, Person, Request
from bot.core.turn import Decision, Here, Reason, Say, Turn

MOST = 500
SHOWN = 10
AGES = (24, 72)
"""Hours after which something waits long, and very long."""


def asked(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """Everything that waits for a decision."""
    return Ask(Application, states=("submitted", "resubmitted"), most=MOST), Ask(Request, states=("pending",), most=MOST)


def holders(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """Who holds the oldest, and who asked for them."""
    people = [ident for item in _oldest(facts)[:SHOWN] for ident in (item.holder, item.person) if ident]
    return tuple(Ask(Person, id=ident) for ident in dict.fromkeys(people))


def show(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """How many wait how long, and the oldest by name."""
    waiting = _oldest(facts)
    hours = [int((now - item.since).total_seconds() // 3600) for item in waiting]
    rows = [
        {
            "code": item.code,
            "kind": "request" if isinstance(item, Request) else "application",
            "who": _who(facts, item),
            "holder": _name(facts, item.holder) if item.holder else "",
            "days": age // 24,
            "hours": age,
        }
        for item, age in zip(waiting[:SHOWN], hours, strict=False)
    ]
    data = {
        "rows": rows,
        "all": len(waiting),
        "long": sum(age >= AGES[0] for age in hours),
        "longest": sum(age >= AGES[1] for age in hours),
        "nobody": sum(not item.holder for item in waiting),
        "more": max(0, len(waiting) - SHOWN),
    }
    return Decision(Reason.ANSWERED, (Say(Here(), "adm/backlog", data, (Action("adm.stats"),)),), topic="adm.backlog")


def _oldest(facts: Facts) -> list[Application | Request]:
    waiting: list[Application | Request] = [*facts.all(Application), *facts.all(Request)]
    return sorted(waiting, key=lambda item: (item.since, item.id))


def _who(facts: Facts, item: Application | Request) -> str:
    told = item.field("name") if isinstance(item, Application) else ""
    return told or _name(facts, item.person)


def _name(facts: Facts, ident: str) -> str:
    person = facts.person(ident)
    return (person.name if person else "") or ident.rpartition(":")[2]
