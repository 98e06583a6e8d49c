"""What is kept of a person and what of it can be blanked: the values people gave (names, numbers, fields, files) go; states and dates stay, and so does the
audit trail, which is never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core import evidence
from bot.core.facts import Ask, Facts, Tally
from bot.core.lifecycle.joining import APPLICATIONS, UNDECIDED, VALID
from bot.core.lifecycle.moves import after
from bot.core.model import Application, Away, Entry, Evidence, Grant, Invite, Member, OrgValue, Request, Ticket, Wish
from bot.core.rights import single
from bot.core.turn import Effect, Put

MOST = 30
ERASED = "erased"
"""The kind of a question whose asker wanted it gone: nothing lists it."""


Goes = Invite | Application | Member | Ticket | Away | Wish | OrgValue
"""What can be blanked."""
_KINDS: Mapping[str, type] = {
    "applications": Application, "invites": Invite, "members": Member, "tickets": Ticket, "absences": Away, "wishes": Wish, "commands": OrgValue,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """What is kept of one person: `goes` can be blanked now, `stays` are words for what cannot and why."""

    goes: tuple[Goes, ...]
    files: tuple[Evidence, ...]
    stays: tuple[str, ...]


def blank_application(application: Application) -> Application:
    """What is left of an application that nobody needs: its state and dates."""
    return replace(application, fields=(), files=(), before=(), note="", due=None)


def blank_invite(invite: Invite) -> Invite:
    """What is left of an invite that opens no door any more."""
    return replace(invite, mobile="", name="", note="", due=None)


def blank_member(member: Member) -> Member:
    """What is left of somebody who has gone."""
    return replace(member, name="", mobile="", department="", post="", employee="", email="", roles=(), ticked=(), due=None)


def blank(one: Goes, now: datetime) -> Goes:
    """What is left of it."""
    if isinstance(one, Application):
        state = after(APPLICATIONS, "withdraw", one.state, "applicant")
        return blank_application(replace(one, state=state, since=now) if state else one)
    if isinstance(one, Ticket):
        return replace(one, question="", name="", answer="")
    if isinstance(one, Away):
        return replace(one, start=one.end, deputy="")
    if isinstance(one, Wish):
        return replace(one, kind=ERASED, intent="", text="", person="")
    if isinstance(one, OrgValue):
        return replace(one, value="")
    return blank_invite(one) if isinstance(one, Invite) else blank_member(one)


def everything(who: str) -> tuple[Ask | Tally, ...]:
    """All that is kept under somebody's name; what was given to them singly is among the values set in chat."""
    kinds = (Ask(kind, person=who, most=MOST) for kind in (Invite, Application, Request, Grant, Evidence, Ticket, Wish))
    return Ask(Member, id=who), Ask(Away, id=who), *kinds, Ask(Entry, tag=who, most=MOST)


def held(who: str, facts: Facts, now: datetime) -> Held:
    """What of it can go and what must stay: a decision that is pending, an invite that still counts, a membership that rights hang on, the trail."""
    applications = [one for one in facts.all(Application) if one.person == who]
    invites = [one for one in facts.all(Invite) if one.person == who]
    member = next((one for one in facts.all(Member) if one.person == who), None)
    tickets = [one for one in facts.all(Ticket) if one.person == who]
    absence = next((one for one in facts.all(Away) if one.person == who), None)
    commands = tuple(one for one in facts.org_values if one.name.startswith(single(who, "")) and one.value)
    open_ = [one for one in applications if one.state in UNDECIDED]
    live, away = member is not None and member.state != "left", absence is not None and absence.end > now
    goes: list[Goes] = [one for one in applications if one.state not in UNDECIDED and (one.fields or one.files or one.before or one.note)]
    goes += [one for one in invites if one.state not in (*VALID, "asked") and (one.mobile or one.name)]
    goes += [member] if member and not live and (member.name or member.mobile) else []
    goes += [one for one in tickets if one.state != "open" and (one.question or one.name or one.answer)]
    goes += [absence] if absence and not away and (absence.deputy or absence.start != absence.end) else []
    goes += [*(one for one in facts.wishes if one.person == who), *(() if live else commands)]
    pending = {f"application:{one.id}" for one in open_} | {f"request:{one.id}" for one in facts.all(Request) if one.state == "pending"}
    files = tuple({one.id: one for one in facts.all(Evidence) if one.person == who and one.state == "kept" and one.of not in pending}.values())
    told = {
        "application": open_,
        "invite": [one for one in invites if one.state in (*VALID, "asked")],
        "member": live,
        "ticket": [one for one in tickets if one.state == "open"],
        "absence": away,
        "command": commands and live,
        "request": any(who in (one.person, one.whose) for one in facts.all(Request)) or any(one.person == who for one in facts.all(Grant)),
        "trail": True,
    }
    goes = list({(type(one), getattr(one, "id", "") or getattr(one, "name", "")): one for one in goes}.values())
    return Held(tuple(goes), files, tuple(name for name, found in told.items() if found))


def counted(found: Held) -> dict[str, object]:
    """How much of each goes, for the templates."""
    kinds = {name: len([one for one in found.goes if isinstance(one, kind)]) for name, kind in _KINDS.items()}
    return {**kinds, "files": len(found.files), "stays": found.stays}


def blanked(found: Held, now: datetime) -> tuple[Effect, ...]:
    """The effects: what people gave is gone, files too; a form nobody decides on any more is withdrawn."""
    gone = tuple(Put(blank(one, now)) for one in found.goes)
    return (*gone, *(effect for file in found.files for effect in evidence.ended(file)))
