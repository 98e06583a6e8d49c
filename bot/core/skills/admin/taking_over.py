"""接管管理员: the platform's own administrators become ours - asked of the address book, shown, confirmed by two. What a message says of its sender
never counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.core import drawing
from bot.core.facts import Ask, Facts, Tally
from bot.core.introducing import introductions
from bot.core.model import Action, Audience, Confirmation, Person
from bot.core.skills.admin.asking import wanted
from bot.core.turn import Call, Decision, Effect, Here, Outcome, Private, Put, Reason, Say, Turn

COMMAND = "shell.takeover"
MOST = 20
_EVERYBODY = frozenset({Audience.ALL, Audience.EMPLOYEE, Audience.COMPANY})


def begin(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Asks the address book who administers there; with the people of a button, for the confirmation."""
    people = turn.understanding.slot("people").split()
    if not people:
        args = {"person": facts.viewer.id, "for": "takeover"}
        return Decision(Reason.NOTED, (Call("contacts", "admins", f"takeover:{turn.seed[:16]}", args),))
    shown = {"names": [_name(ident, facts) for ident in people]}
    args = {"people": " ".join(people), "names": " ".join(shown["names"]), "argument": ""}
    return wanted(turn, facts, now, COMMAND, args, shown)


def pressed(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """Those of the button."""
    return tuple(Ask(Person, id=one) for one in turn.understanding.slot("people").split()[:MOST])


def known(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:
    """Those whom the address book names, as far as they are stored."""
    return tuple(Ask(Person, id=ident) for ident, _ in _told(turn, facts))


def found(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Shows who is an administrator there and not here."""
    outcome = turn.stimulus
    if not isinstance(outcome, Outcome) or Audience.ADMIN not in facts.viewer.audiences:
        return Decision(Reason.IGNORED)
    admins = {admin.id for admin in facts.admins}
    rows = [(ident, main) for ident, main in _told(turn, facts) if ident not in admins]
    data = {"away": not outcome.ok, "rows": [{"name": _name(ident, facts), "main": main} for ident, main in rows]}
    actions = (Action(COMMAND, (("people", " ".join(ident for ident, _ in rows)),), "takeover"),) if rows else ()
    asked = introductions((ident for ident, _ in rows), facts, now)
    return Decision(Reason.ANSWERED, (*asked, Say(Private(facts.viewer.id), "adm/takeover", data, actions)))


def _told(turn: Turn, facts: Facts) -> list[tuple[str, bool]]:
    """(person's id, whether the main administrator) of the answer."""
    outcome, channel = turn.stimulus, facts.viewer.id.partition(":")[0]
    rows = outcome.told.get("admins") if isinstance(outcome, Outcome) and outcome.ok else None
    users = [(row.get("user"), bool(row.get("main"))) for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    return [(f"{channel}:{user}", main) for user, main in users if isinstance(user, str) and user][:MOST]


def whose(kept: Confirmation, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every execution has this shape
    """The people as they are now."""
    return tuple(Ask(Person, id=one) for one in kept.arg("people").split())


def take(turn: Turn, facts: Facts, now: datetime, kept: Confirmation) -> tuple[Effect, ...]:
    """The confirmed take-over; everybody concerned hears of it."""
    effects: list[Effect] = []
    for ident in kept.arg("people").split():
        channel, _, account = ident.partition(":")
        person = facts.person(ident) or Person(ident, "", _EVERYBODY, accounts=((channel, account),))
        effects += [Put(replace(person, audiences=person.audiences | {Audience.ADMIN})), drawing.line(turn, facts.viewer, now, "make_admin", f"person:{ident}")]
        effects.append(Say(Private(ident), "adm/rights_yours", {"name": _name(ident, facts), "change": "make_admin", "by": _name(facts.viewer.id, facts)}))
    data = {"names": kept.arg("names").split(), "by": _name(facts.viewer.id, facts)}
    others = [admin.id for admin in facts.admins if admin.id != facts.viewer.id]
    return *effects, Say(Here(), "adm/taken_over", data), *(Say(Private(one), "adm/taken_over", data) for one in others)


def told(facts: Facts, kept: Confirmation) -> Mapping[str, object]:  # noqa: ARG001 - every execution has this shape
    """What a second admin sees of it."""
    return {"names": kept.arg("names").split()}


def _name(ident: str, facts: Facts) -> str:
    person = facts.person(ident)
    return ((person.name if person else "") or ident.rpartition(":")[2]).replace(" ", "")
