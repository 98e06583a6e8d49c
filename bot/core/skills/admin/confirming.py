"""Takes the code of a dangerous command: the same person within the time, then perhaps a second admin, then it is done, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core import drawing
from bot.core.facts import Ask, Facts, Tally
from bot.core.model import Action, Confirmation, Person
from bot.core.skills.admin import announcing, broadcasting, erasing, exporting, pausing, reminding, rights, rooms, taking_over
from bot.core.skills.admin.asking import buttons
from bot.core.turn import Decision, Effect, Here, Private, Put, Reason, Say, Turn

SECOND_PATIENCE = timedelta(hours=4)
Asks = Callable[[Confirmation, Facts], tuple[Ask | Tally, ...]]
Doing = Callable[[Turn, Facts, datetime, Confirmation], tuple[Effect, ...]]
Telling = Callable[[Facts, Confirmation], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Execution:
    """How a confirmed command is done: what it must know, what it does, and what a second admin is told of it."""

    asks: Asks
    do: Doing
    tell: Telling


EXECUTIONS: Mapping[str, Execution] = {
    "adm.broadcast": Execution(broadcasting.audience, broadcasting.start, broadcasting.second),
    "adm.pause_nudges": Execution(pausing.known, pausing.stop, pausing.told),
    "adm.nudge_policy": Execution(reminding.known, reminding.change, reminding.told),
    "shell.rights": Execution(rights.whose, rights.change, rights.told),
    "shell.room": Execution(rooms.known, rooms.put, rooms.told),
    "shell.erase": Execution(erasing.known, erasing.done, erasing.told),
    "shell.takeover": Execution(taking_over.whose, taking_over.take, taking_over.told),
    "shell.export": Execution(exporting.known, exporting.start, exporting.told),
    "shell.announce": Execution(announcing.known, announcing.put_up, announcing.told),
}


def asked(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """The command that the code names."""
    code = turn.understanding.slot("code")
    return (Ask(Confirmation, tag=f"code={code}", most=1),) if code else ()


def needed(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """What the command itself must know."""
    kept = facts.first(Confirmation)
    return EXECUTIONS[kept.act].asks(kept, facts) if kept is not None else ()


def confirm(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Every fault has its own word; a code that did its work does nothing more."""
    kept = facts.first(Confirmation)
    fault = _fault(kept, turn, facts, now)
    if fault or kept is None:
        typed = turn.understanding.slot("mistyped") or turn.understanding.slot("code")
        data = {"fault": fault, "code": typed, "again": _words(kept, turn, facts) if fault not in ("not_yours", "same_person") else ""}
        return Decision(Reason.DENIED, (Say(Here(), "adm/not_confirmed", data),))
    if kept.second and kept.state == "open":
        return _second(turn, facts, now, kept)
    done = EXECUTIONS[kept.act].do(turn, facts, now, kept)
    by = f"{kept.person}, {facts.viewer.id}" if kept.second else kept.person
    line = drawing.line(turn, facts.viewer, now, kept.act, f"confirmation:{kept.id}", kept.arg("argument"), f"by {by}")
    rest = tuple(arg for arg in kept.args if arg[0] != "name")  # whoever was erased is not to be read here
    return Decision(Reason.SAVED, (Put(replace(kept, state="done", due=None, args=rest)), line, *done))


def _words(kept: Confirmation | None, turn: Turn, facts: Facts) -> str:
    """What is said to begin anew; empty for a code that names nothing."""
    label = f"say_{kept.act}" if kept is not None else ""
    return facts.catalogue.label(Action("", label=label), turn.language) if label else ""


def _fault(kept: Confirmation | None, turn: Turn, facts: Facts, now: datetime) -> str:
    if kept is None:
        return "mistyped" if turn.understanding.slot("mistyped") else "missing" if not turn.understanding.slot("code") else "unknown"
    if kept.state == "second" and facts.viewer.id == kept.person:
        return "same_person"
    if kept.state == "open" and facts.viewer.id != kept.person:
        return "not_yours"
    if kept.state not in {"open", "second"}:
        return kept.state
    return "late" if now > kept.until else ""


def _second(turn: Turn, facts: Facts, now: datetime, kept: Confirmation) -> Decision:
    """The first admin has confirmed; the others get a code of their own."""
    other = drawing.code(turn, 1)
    until = now + SECOND_PATIENCE
    others = [admin for admin in facts.admins if admin.id != kept.person]
    shown = {
        **EXECUTIONS[kept.act].tell(facts, kept),
        "act": kept.act,
        "argument": kept.arg("argument"),
        "code": other,
        "by": facts.viewer.name or facts.viewer.id.rpartition(":")[2],
        "hours": int(SECOND_PATIENCE.total_seconds() // 3600),
    }
    says = tuple(Say(Private(admin.id), "adm/second", shown, buttons(other), priority=2) for admin in others)
    told = Say(Here(), "adm/second_asked", {"names": [admin.name or admin.id.rpartition(":")[2] for admin in others], "hours": shown["hours"]})
    line = drawing.line(turn, facts.viewer, now, f"{kept.act}.first", f"confirmation:{kept.id}", kept.arg("argument"))
    return Decision(Reason.ASKED_BACK, (Put(replace(kept, state="second", other=other, until=until, due=until)), line, told, *says))


def due(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """The confirmation whose time is over."""
    return (Ask(Confirmation, id=getattr(turn.stimulus, "entity", "")),)


def asker(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """Whoever asked for it."""
    kept = facts.first(Confirmation)
    return (Ask(Person, id=kept.person),) if kept is not None else ()


def lapse(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """Nobody confirmed in time: it cannot be done any more; whoever waited for a second person is told."""
    kept = facts.first(Confirmation)
    if kept is None or kept.state not in {"open", "second"}:
        return Decision(Reason.IGNORED)
    told = (Say(Private(kept.person), "adm/not_confirmed", {"fault": "nobody", "code": ""}),) if kept.state == "second" else ()
    return Decision(Reason.NOTED, (Put(replace(kept, state="late", due=None)), *told))
