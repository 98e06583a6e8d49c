"""清除成员资料: an administrator has somebody's data blanked - whom, then what it does, then the code; the person hears of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core import drawing
from bot.core.erasing import blanked, counted, everything, held
from bot.core.facts import Ask, Facts, Tally
from bot.core.model import Awaiting, Confirmation, Invite, Member, Person
from bot.core.skills.admin.asking import wanted
from bot.core.turn import Decision, Effect, Here, Message, Private, Reason, Say, Turn

ERASE = "shell.erase"
PATIENCE = timedelta(minutes=10)


def _mentioned(turn: Turn) -> list[str]:
    said = turn.stimulus
    return [f"{said.channel}:{account}" for account in said.mentioned[:1]] if isinstance(said, Message) else []


def named(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """Whom an administrator means: mentioned, or named or numbered as typed."""
    tagged = _mentioned(turn)
    if tagged:
        return tuple(ask for one in tagged for ask in (Ask(Person, id=one), Ask(Member, id=one)))
    text = _text(turn)
    return (Ask(Member, tag=f"name={text}", most=3), Ask(Invite, tag=f"!name={text}", most=3), Ask(Person, tag=f"name={text}", most=3)) if text else ()


def theirs(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:
    """All that is kept of the one who was found."""
    ids = _ids(turn, facts)
    return everything(ids[0]) if len(ids) == 1 else ()


def _text(turn: Turn) -> str:
    """The name behind the command, or the answer to its question."""
    said = turn.understanding.slot("value")
    return said.strip() if said else turn.text.strip().rpartition(" ")[2] if turn.understanding.rule == "opened" else ""


def _ids(turn: Turn, facts: Facts) -> list[str]:
    found = [one.person for one in facts.items if isinstance(one, Member | Invite)] + [one.id for one in facts.people]
    return _mentioned(turn) or list(dict.fromkeys(one for one in found if one))


def erase(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """An administrator has somebody's data blanked: whom, then what it does, then the code."""
    ids = _ids(turn, facts)
    if len(ids) != 1:
        waiting = Awaiting(ERASE, "value", (), now + PATIENCE)
        fault = "" if not _text(turn) else "many" if ids else "nobody"
        return Decision(Reason.ASKED_VALUE, (Say(Here(), "joining/erase_whom", {"fault": fault, "name": _text(turn)}),), awaiting=waiting)
    found, who = held(ids[0], facts, now), facts.person(ids[0])
    member = next((one for one in facts.all(Member) if one.person == ids[0]), None)
    name = (member.name if member else "") or (who.name if who else "") or _text(turn) or ids[0].rpartition(":")[2]
    if not found.goes and not found.files:
        return Decision(Reason.ANSWERED, (Say(Here(), "joining/erase_nothing", {"name": name, "stays": found.stays}),))
    return wanted(turn, facts, now, ERASE, {"person": ids[0], "name": name}, {"name": name, **counted(found)})


def known(kept: Confirmation, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every execution has this shape
    """What is kept of the person by now."""
    return everything(kept.arg("person"))


def done(turn: Turn, facts: Facts, now: datetime, kept: Confirmation) -> tuple[Effect, ...]:
    """The confirmed erasure; the person hears of it."""
    found = held(kept.arg("person"), facts, now)
    data = {"name": kept.arg("name"), **counted(found)}
    trail = drawing.line(turn, facts.viewer, now, "person.erase", f"person:{kept.arg('person')}", "admin")
    told = Say(Private(kept.arg("person")), "joining/erased", {"by": facts.viewer.name, **data})
    return *blanked(found, now), trail, Say(Here(), "joining/erase_done", data), told


def told(facts: Facts, kept: Confirmation) -> dict[str, object]:
    """What a second administrator is told: whose data, and what of them goes."""
    return {"name": kept.arg("name"), **counted(held(kept.arg("person"), facts, kept.made))}
