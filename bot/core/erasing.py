"""What is kept of a person and what of it can be blanked: the values people gave (names, numbers, fields, files) go; states and dates stay, and so does the
audit trail, which is never changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.core import evidence
from bot.core.facts import Ask, Facts, Tally
from bot.core.lifecycle.joining import APPLICATIONS, UNDECIDED, VALID
from bot.core.lifecycle.moves import after
from bot.core.model import Application, Entry, Evidence, Grant, Invite, Member, Request
from bot.core.turn import Effect, Put

MOST = 30


@dataclass(frozen=True, slots=True)
class Held:
    """What is kept of one person: `goes` can be blanked now, `stays` are words for what cannot and why."""

    goes: tuple[Invite | Application | Member, ...]
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


def everything(who: str) -> tuple[Ask | Tally, ...]:
    """All that is kept under somebody's name."""
    kinds = (Ask(kind, person=who, most=MOST) for kind in (Invite, Application, Request, Grant, Evidence))
    return Ask(Member, id=who), *kinds, Ask(Entry, tag=who, most=MOST)


def held(who: str, facts: Facts) -> Held:
    """What of it can go and what must stay: a decision that is pending, an invite that still counts, a membership that rights hang on, the trail."""
    applications = [one for one in facts.all(Application) if one.person == who]
    invites = [one for one in facts.all(Invite) if one.person == who]
    member = next((one for one in facts.all(Member) if one.person == who), None)
    open_ = [one for one in applications if one.state in UNDECIDED]
    live = member is not None and member.state != "left"
    goes: list[Invite | Application | Member] = [
        one for one in applications if one.state not in UNDECIDED and (one.fields or one.files or one.before or one.note)
    ]
    goes += [one for one in invites if one.state not in (*VALID, "asked") and (one.mobile or one.name)]
    goes += [member] if member and not live and (member.name or member.mobile) else []
    pending = {f"application:{one.id}" for one in open_} | {f"request:{one.id}" for one in facts.all(Request) if one.state == "pending"}
    files = tuple({one.id: one for one in facts.all(Evidence) if one.person == who and one.state == "kept" and one.of not in pending}.values())
    told = {
        "application": open_,
        "invite": [one for one in invites if one.state in (*VALID, "asked")],
        "member": live,
        "request": any(who in (one.person, one.whose) for one in facts.all(Request)) or any(one.person == who for one in facts.all(Grant)),
        "trail": True,
    }
    goes = list({(type(one), one.id): one for one in goes}.values())
    return Held(tuple(goes), files, tuple(name for name, found in told.items() if found))


def counted(found: Held) -> dict[str, object]:
    kinds = {"applications": Application, "invites": Invite, "members": Member}
    return {
        **{name: len([one for one in found.goes if isinstance(one, kind)]) for name, kind in kinds.items()},
        "files": len(found.files),
        "stays": found.stays,
    }


def blanked(found: Held, now: datetime) -> tuple[Effect, ...]:
    """The effects: what people gave is gone, files too; a form nobody decides on any more is withdrawn."""
    effects: list[Effect] = []
    for one in found.goes:
        if isinstance(one, Application):
            state = after(APPLICATIONS, "withdraw", one.state, "applicant")
            effects.append(Put(blank_application(replace(one, state=state, since=now) if state else one)))
        else:
            effects.append(Put(blank_invite(one) if isinstance(one, Invite) else blank_member(one)))
    return (*effects, *(effect for file in found.files for effect in evidence.ended(file)))
