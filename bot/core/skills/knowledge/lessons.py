"""The lessons of late: what is live, what waits for its second person, what was blocked."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.core import variants
from bot.core.facts import Ask, Facts
from bot.core.model import Action, Lesson, Person
from bot.core.turn import Decision, Here, Reason, Say, Turn

SHOWN = 10
_BUTTONS = {"proposed": ("publish", "drop"), "live": ("unpublish",)}


def asked(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """The newest."""
    return (Ask(Lesson, states=("trying", "proposed", "live", "withdrawn", "blocked"), most=SHOWN),)


def teachers(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """Who taught them."""
    return tuple(Ask(Person, id=ident) for ident in dict.fromkeys(lesson.by for lesson in facts.all(Lesson)))


def show(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """One line each, with the code that undoes or publishes it."""
    zone = ZoneInfo(facts.policy.zone)
    found = facts.all(Lesson)
    rows = [
        {
            "code": lesson.code,
            "kind": lesson.kind,
            "state": lesson.state,
            "label": lesson.question or facts.catalogue.label(Action(lesson.intent), turn.language),
            "whom": variants.titled(lesson.only, facts, turn.language),
            "at": (lesson.live or lesson.made).astimezone(zone).strftime("%m-%d %H:%M"),
            "by": _name(facts, lesson.by),
        }
        for lesson in found
    ]
    offers = [(lesson, name) for lesson in found for name in _BUTTONS.get(lesson.state, ())]
    actions = tuple(Action(f"shell.{name}", (("code", lesson.code),), name, lesson.code) for lesson, name in offers[:5])
    return Decision(Reason.ANSWERED, (Say(Here(), "teach/lessons", {"rows": rows}, actions),), topic="shell.lessons")


def _name(facts: Facts, ident: str) -> str:
    person = facts.person(ident)
    return (person.name if person else "") or ident.rpartition(":")[2]
