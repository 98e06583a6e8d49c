"""The web console's side of the one flow: who gets a key to it, who is let in, and the audit lines of what they looked at and changed there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import drawing, rights
from bot.core.facts import Ask, Facts, Need, Skill
from bot.core.model import Audience, Door, Person, Session
from bot.core.turn import About, Call, Decision, Effect, Event, Outcome, Private, Put, Reason, Say, Turn

SOURCE = "console"
"""The source of the console's own events; nobody else's count, whatever they are called."""
EXPORTS: Mapping[str, str] = {"all": "export", "faqs": "export_faqs"}
"""What can be taken away, and the command that it takes."""
KEY_LIFE = timedelta(minutes=5)
"""A key in a chat is for the one who asked for it just now."""
FIRST_LIFE = timedelta(hours=24)
LONGEST_SESSION = timedelta(hours=24)
_LONGEST = 200
_REFUSED = Decision(Reason.DENIED)
_EVERYBODY = frozenset({Audience.ALL, Audience.EMPLOYEE, Audience.COMPANY})


def ask(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """An admin wants in: a key is made outside of the core, since nothing drawn from a turn is secret enough."""
    return Decision(Reason.NOTED, (Call(SOURCE, "key", f"console:{turn.seed[:16]}", {"person": facts.viewer.id}),))


def keyed(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The key is there: its hash is kept, and the link goes to the admin's private chat while it is good."""
    stimulus = turn.stimulus
    assert isinstance(stimulus, Outcome)  # noqa: S101 - the table of skills sends only outcomes here
    if not _admin(facts.viewer):
        return _REFUSED
    if not stimulus.ok:
        return Decision(Reason.FAILED, (Say(Private(facts.viewer.id), "adm/console", {"key": "", "minutes": 0}),))
    told = json.loads(stimulus.value)
    door = Door(told["door"], facts.viewer.id, "link", "open", now, now + KEY_LIFE)
    data = {"key": told["key"], "minutes": int(KEY_LIFE.total_seconds() // 60)}
    said = Say(Private(facts.viewer.id), "adm/console", data, about=About("door", door.id, ("open",)), priority=2)
    return Decision(Reason.SAVED, (Put(door), drawing.line(turn, facts.viewer, now, "console.key", f"person:{facts.viewer.id}"), said))


def keyed_export(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The same for data that is to be taken away: the key opens that one file, once. Without an address the way on the server is told."""
    stimulus = turn.stimulus
    assert isinstance(stimulus, Outcome)  # noqa: S101 - the table of skills sends only outcomes here
    what = stimulus.call.args.get("what", "")
    if rights.fault(facts.viewer, f"shell.{EXPORTS[what]}", facts.policy.said):
        return _REFUSED
    if not stimulus.ok:
        return Decision(Reason.FAILED, (Say(Private(facts.viewer.id), "adm/export"),))
    told = json.loads(stimulus.value)
    door = Door(told["door"], facts.viewer.id, f"export_{what}", "open", now, now + KEY_LIFE)
    data = {"key": told["key"], "minutes": int(KEY_LIFE.total_seconds() // 60), "what": what}
    said = Say(Private(facts.viewer.id), "adm/export_link", data, about=About("door", door.id, ("open",)), priority=2)
    return Decision(Reason.SAVED, (Put(door), drawing.line(turn, facts.viewer, now, "export.key", f"export:{what}"), said))


def exported(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The file is taken: its key opens once, in its time, for whoever it was made for and while they may."""
    door = facts.first(Door)
    what = door.kind.removeprefix("export_") if door is not None else ""
    if not _ours(turn) or door is None or what not in EXPORTS or not _opens(door, f"export_{what}", now) or door.person != facts.viewer.id:
        return _REFUSED
    if rights.fault(facts.viewer, f"shell.{EXPORTS[what]}", facts.policy.said):
        return _REFUSED
    return Decision(Reason.SAVED, (Put(replace(door, state="used")), drawing.line(turn, facts.viewer, now, f"export.{what}", f"export:{what}")))


def took(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Who is signed in takes the answers, which hold nothing of people, while they may."""
    if not _ours(turn) or _value(turn, "what") != "faqs" or rights.fault(facts.viewer, f"shell.{EXPORTS['faqs']}", facts.policy.said):
        return _REFUSED
    return Decision(Reason.NOTED, (drawing.line(turn, facts.viewer, now, "export.faqs", "export:faqs"),))


def at_door(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """The door that the key opens."""
    ident = _value(turn, "door")
    return (Ask(Door, id=ident),) if ident else ()


def enter(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The key opens once, in its time, for the admin it was made for."""
    door = facts.first(Door)
    if not _ours(turn) or door is None or not _opens(door, "link", now) or door.person != facts.viewer.id or not _admin(facts.viewer):
        return _REFUSED
    return Decision(Reason.SAVED, (Put(replace(door, state="used")), *_begun(turn, facts.viewer, now)))


def signed(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The platform vouched for somebody: they are let in if they are an admin here."""
    if not _ours(turn) or not _admin(facts.viewer):
        return _REFUSED
    return Decision(Reason.SAVED, _begun(turn, facts.viewer, now))


def first_doors(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """Keys of earlier starts."""
    return (Ask(Door, states=("open",), tag="kind=first"),)


def put_up(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """At a start without any admin a key for the first one is kept; those of earlier starts open nothing any more."""
    if not _ours(turn) or facts.admins:
        return _REFUSED
    old = tuple(Put(replace(door, state="void")) for door in facts.all(Door))
    return Decision(Reason.SAVED, (*old, Put(Door(_value(turn, "door"), "", "first", "open", now, now + FIRST_LIFE))))


def name_first(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Whoever holds the key of the terminal names the first admin and is signed in as that person, while there is none."""
    door, viewer = facts.first(Door), facts.viewer
    if not _ours(turn) or facts.admins or door is None or not _opens(door, "first", now) or not viewer.id or not viewer.inside:
        return _REFUSED
    channel, _, account = viewer.id.partition(":")
    known = replace(viewer, name=viewer.name or _value(turn, "name"), accounts=viewer.accounts or ((channel, account),))
    admin = replace(known, audiences=known.audiences | _EVERYBODY | {Audience.ADMIN})
    line = drawing.line(turn, admin, now, "console.first", f"person:{admin.id}")
    told = Say(Private(admin.id), "adm/console_first", {})
    return Decision(Reason.SAVED, (Put(replace(door, state="used")), Put(admin), line, *_begun(turn, admin, now), told))


def at_session(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """The session that ends."""
    return (Ask(Session, id=_value(turn, "session")),)


def leave(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Signed out: the cookie is worth nothing any more."""
    session = facts.first(Session)
    if not _ours(turn) or session is None or session.state != "open" or session.person != facts.viewer.id:
        return _REFUSED
    return Decision(Reason.SAVED, (Put(replace(session, state="ended")), drawing.line(turn, facts.viewer, now, "console.left", f"person:{facts.viewer.id}")))


def noted(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """A line in the audit trail: what the admin looked at or did, before they see it. Refused to anybody else, and then nothing is shown."""
    act, subject = _value(turn, "act"), _value(turn, "subject")
    if not _ours(turn) or not _admin(facts.viewer) or not act or not subject:
        return _REFUSED
    line = drawing.line(turn, facts.viewer, now, f"console.{act}"[:_LONGEST], subject[:_LONGEST], _value(turn, "reason")[:_LONGEST])
    return Decision(Reason.NOTED, (line,))


def _begun(turn: Turn, person: Person, now: datetime) -> tuple[Effect, ...]:
    """A session and its audit line; its end is asked for by the console, within limits."""
    hours = timedelta(seconds=int(_value(turn, "seconds") or 0))
    session = Session(_value(turn, "session"), person.id, "open", now, now + min(hours, LONGEST_SESSION))
    return Put(session), drawing.line(turn, person, now, "console.entered", f"person:{person.id}")


def _opens(door: Door, kind: str, now: datetime) -> bool:
    return door.kind == kind and door.state == "open" and now < door.until


def _admin(viewer: Person) -> bool:
    return viewer.inside and Audience.ADMIN in viewer.audiences


def _ours(turn: Turn) -> bool:
    return isinstance(turn.stimulus, Event) and turn.stimulus.source == SOURCE


def _value(turn: Turn, name: str) -> str:
    return turn.stimulus.values.get(name, "") if isinstance(turn.stimulus, Event) else ""


_ADMINS = frozenset({Need.ADMINS})
ROWS: Mapping[str, Skill] = {
    "shell.console": Skill(ask),
    "outcome.console": Skill(keyed),
    "outcome.console.export": Skill(keyed_export),
    "event.console_exported": Skill(exported, asks=(at_door,)),
    "event.console_took": Skill(took),
    "event.console_entered": Skill(enter, asks=(at_door,)),
    "event.console_signed": Skill(signed),
    "event.console_put_up": Skill(put_up, _ADMINS, (first_doors,)),
    "event.console_first": Skill(name_first, _ADMINS, (at_door,)),
    "event.console_left": Skill(leave, asks=(at_session,)),
    "event.console_noted": Skill(noted),
}
