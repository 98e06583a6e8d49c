"""Admin commands by right, room and care: a table of rows. The first two are asked before any skill runs, the third by the skill that would do it."""

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
    "adm.broadcast": _ADMIN,
    "adm.audit": _ADMIN,
    "shell.teach": _ADMIN,
    "shell.lessons": _ADMIN,
    "shell.publish": _ADMIN,
    "shell.unpublish": _ADMIN,
    "shell.answer": _ADMIN,
    "shell.tickets": _ADMIN,
    "shell.announce": _ADMIN,
    "shell.stale": _ADMIN,
    "shell.setup": _ADMIN,
    "shell.reload": _ADMIN,
    "shell.drop": _ADMIN,
    "shell.quiet": _ADMIN,
    "shell.console": _ADMIN,
    "shell.confirm": Right(Audience.ADMIN, Place.PRIVATE),
    "shell.rights": Right(Audience.ADMIN, Place.PRIVATE),
    "shell.export": Right(Audience.ADMIN, Place.PRIVATE),
}
"""The commands of this table, as help shows them too."""

CARE: Mapping[tuple[str, str], Care] = {
    ("adm.broadcast", "all"): Care.SECOND,
    ("adm.broadcast", ""): Care.CODE,
    ("adm.pause_nudges", "open"): Care.SECOND,
    ("adm.pause_nudges", ""): Care.CODE,
    ("shell.rights", "make_admin"): Care.SECOND,
    ("shell.rights", ""): Care.CODE,
    ("shell.announce", ""): Care.CODE,
}
"""By command and argument; the empty argument stands for all others. What is not here needs no care: it shows something, or is undone in one step."""


def allowed(viewer: Person, command: str, *, group: bool) -> bool:
    """Whether this person may give the command here."""
    right = RIGHTS.get(command)
    return right is None or (viewer.inside and right.audience in viewer.audiences and not (group and right.place is Place.PRIVATE))


def only_private(command: str) -> bool:
    """Whether the command shows or takes what a group must not see."""
    right = RIGHTS.get(command)
    return right is not None and right.place is Place.PRIVATE


def care(command: str, argument: str, admins: int) -> Care:
    """What this command with this argument needs; where there is one admin alone, nobody can be the second."""
    found = CARE.get((command, argument)) or CARE.get((command, "")) or Care.NONE
    return Care.CODE if found is Care.SECOND and admins < 2 else found
