"""Admin commands by right, room and care: a table of rows. The first two are asked before any skill runs, the third by the skill that would do it. What
admins set in chat for one person or one room stands above the table, as values by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.core.model import Audience, Person


class Place(StrEnum):
    """Where a command may be given: MOVED is answered in the private chat wherever it was said, PRIVATE is refused where others read along."""

    ANYWHERE = "anywhere"
    MOVED = "moved"
    PRIVATE = "private"


class Care(StrEnum):
    """What stands between a command and its effect: nothing, a one-time code, or a code and a second admin."""

    NONE = "none"
    CODE = "code"
    SECOND = "second"


@dataclass(frozen=True, slots=True)
class Right:
    """Who may give a command, and where."""

    audience: Audience
    place: Place = Place.MOVED


_ADMIN = Right(Audience.ADMIN)
RIGHTS: Mapping[str, Right] = {
    "adm.backlog": _ADMIN,
    "adm.stats": _ADMIN,
    "adm.unanswered": _ADMIN,
    "adm.faq_add": _ADMIN,
    "adm.faq_edit": _ADMIN,
    "adm.pause_nudges": _ADMIN,
    "adm.nudge_policy": _ADMIN,
    "adm.nudge_report": _ADMIN,
    "adm.broadcast": _ADMIN,
    "adm.audit": _ADMIN,
    "adm.send_invite": _ADMIN,
    "adm.member_status": _ADMIN,
    "adm.access_review": _ADMIN,
    "shell.teach": _ADMIN,
    "shell.lessons": _ADMIN,
    "shell.publish": _ADMIN,
    "shell.unpublish": _ADMIN,
    "shell.answer": _ADMIN,
    "shell.tickets": _ADMIN,
    "shell.announce": _ADMIN,
    "shell.broadcasts": _ADMIN,
    "shell.stale": _ADMIN,
    "shell.values": _ADMIN,
    "shell.setup": _ADMIN,
    "shell.reload": _ADMIN,
    "shell.drop": _ADMIN,
    "shell.quiet": _ADMIN,
    "shell.console": _ADMIN,
    "shell.room": _ADMIN,
    "shell.confirm": Right(Audience.ADMIN, Place.PRIVATE),
    "shell.rights": Right(Audience.ADMIN, Place.PRIVATE),
    "shell.export": Right(Audience.ADMIN, Place.PRIVATE),
    "shell.export_faqs": Right(Audience.ADMIN, Place.PRIVATE),
    "shell.erase": Right(Audience.ADMIN, Place.PRIVATE),
    "shell.takeover": Right(Audience.ADMIN, Place.PRIVATE),
    "shell.prepare": _ADMIN,
}
"""The commands of this table, as help shows them too."""

CARE: Mapping[tuple[str, str], Care] = {
    ("adm.broadcast", "all"): Care.SECOND,
    ("adm.broadcast", ""): Care.CODE,
    ("adm.pause_nudges", "open"): Care.SECOND,
    ("adm.pause_nudges", ""): Care.CODE,
    ("adm.nudge_policy", ""): Care.CODE,
    ("shell.rights", "make_admin"): Care.SECOND,
    ("shell.rights", ""): Care.CODE,
    ("shell.takeover", ""): Care.SECOND,
    ("shell.announce", ""): Care.CODE,
    ("shell.erase", ""): Care.SECOND,
    ("shell.export", ""): Care.CODE,
    ("shell.room", ""): Care.CODE,
}
"""By command and argument; the empty argument stands for all others. What is not here needs no care: it shows something, or is undone in one step."""


GIVEN = frozenset(
    {
        "adm.backlog",
        "adm.stats",
        "adm.unanswered",
        "adm.faq_add",
        "adm.audit",
        "adm.member_status",
        "adm.send_invite",
        "shell.lessons",
        "shell.stale",
        "shell.tickets",
    }
)
"""Commands that can be given to somebody who is no admin: none of them needs care."""
WITH: Mapping[str, str] = {"shell.teach": "adm.unanswered", "shell.answer": "shell.tickets"}
"""What goes by buttons or codes of another command goes with it."""
KEPT = frozenset({"shell.rights", "shell.room", "shell.confirm", "shell.drop"})
"""What no admin can be shut out of, nobody and nowhere: it is the way back."""
OPEN = frozenset({"adm.stats", "adm.unanswered", "shell.lessons", "shell.stale"})
"""Commands whose answer names nobody, and so may be said in a room where admins want it."""


def single(person: str, command: str) -> str:
    """The name of the value that gives (`yes`) or takes (`no`) a command for one person."""
    return f"right:{person}:{command}"


def given(said: Mapping[str, str], command: str) -> tuple[str, ...]:
    """The ids of the people to whom a command was given singly."""
    tail = f":{command}"
    return tuple(
        name.removeprefix("right:").removesuffix(tail) for name in sorted(said) if name.startswith("right:") and name.endswith(tail) and said[name] == "yes"
    )


def singly(said: Mapping[str, str], person: str) -> Mapping[str, str]:
    """The commands that were given to (`yes`) or taken from (`no`) this person singly."""
    head = single(person, "")
    return {name.removeprefix(head): value for name, value in said.items() if name.startswith(head) and value}


def room(conversation: str, command: str) -> str:
    """The name of the value that opens (`open`) or shuts (`off`) a command in one room."""
    return f"room:{conversation}:{command}"


def fault(viewer: Person, command: str, said: Mapping[str, str], conversation: str = "") -> str:
    """Why this person may not give the command here: `audience`, `person` (taken from them), `private` or `room` (shut here); empty when they may.
    `conversation` is the group it is said in, empty for the private chat; `said` are the values set in chat."""
    right, command = RIGHTS.get(command), WITH.get(command, command)
    if right is None:
        return ""
    own = said.get(single(viewer.id, command), "")
    given = own == "yes" and command in GIVEN
    if not viewer.inside or (right.audience not in viewer.audiences and not given):
        return "audience"
    if own == "no" and command not in KEPT:
        return "person"
    if conversation and right.place is Place.PRIVATE:
        return "private"
    return "room" if conversation and said.get(room(conversation, command)) == "off" and command not in KEPT else ""


def spoken_here(command: str, said: Mapping[str, str], conversation: str) -> bool:
    """Whether the answer stays in the room it was asked in."""
    return command in OPEN and said.get(room(conversation, command)) == "open"


def care(command: str, argument: str, admins: int) -> Care:
    """What this command with this argument needs; where there is one admin alone, nobody can be the second."""
    found = CARE.get((command, argument)) or CARE.get((command, "")) or Care.NONE
    return Care.CODE if found is Care.SECOND and admins < 2 else found
