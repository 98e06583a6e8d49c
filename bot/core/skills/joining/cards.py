"""Items as templates show them: state, since when, who holds it, reminders, and what its owner can do now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.core.calendar import may_send, next_send, working_time
from bot.core.facts import Facts
from bot.core.lifecycle.joining import CAUSES, LOST, OPEN, UNDECIDED, VALID
from bot.core.model import Action, Application, Invite, Member, Request
from bot.core.nudging import Rules, next_due
from bot.core.nudging.waiting import waiting_of
from bot.core.skills.joining.own import Standing
from bot.core.skills.joining.typed import masked_mobile

Card = dict[str, object]
MOST_ACTIONS = 3
APPLY = Action("joining.form", label="apply_now")
AGAIN = Action("act.request_invite", label="invite_again")
LIST = Action("joining.list", label="setup_list")
STEPS = ("profile", "role", "process", "notices", "client", "plugin", "identity", "training")
"""The setup list of a new member (L125-130, L258-266)."""


def moment(at: datetime | None, facts: Facts, now: datetime) -> Card | None:
    """An instant as the organisation's wall shows it; `near` is today, tomorrow, yesterday or empty."""
    if at is None:
        return None
    zone = ZoneInfo(facts.policy.zone)
    wall = at.astimezone(zone)
    days = (wall.date() - now.astimezone(zone).date()).days
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}.get(days, "")
    return {"year": wall.year, "month": wall.month, "day": wall.day, "time": f"{wall:%H:%M}", "near": near}


def at_work(facts: Facts, now: datetime) -> datetime | None:
    """When reminders may go out next, None when they may now: of its own accord nothing is said in quiet hours."""
    calendar = facts.policy.calendar
    return None if may_send(calendar, now) else next_send(calendar, now)


def _reminder(item: Application | Request, facts: Facts, now: datetime) -> datetime | None:
    """When its holder will be reminded next, as the schedule stands now."""
    return next_due(waiting_of(item), Rules(facts.policy.calendar, facts.policy.nudging), now)


def _ahead(at: datetime | None, facts: Facts, now: datetime) -> Card | None:
    """The instant when it still lies ahead."""
    return moment(at, facts, now) if at is not None and at > now else None


def named(person: str, facts: Facts) -> str:
    """What somebody is called, empty when nobody knows."""
    if person == "system":
        return ""
    found = facts.person(person) if person else None
    return found.name or person.rpartition(":")[2] if found else person.rpartition(":")[2]


def titles(role: str, facts: Facts) -> Card:
    """A role's name in each language; one that the policy does not know is called by its own word."""
    found = facts.policy.access.role(role).title
    return {"zh": found.get("zh", role), "en": found.get("en", role)}


def waited(since: datetime, facts: Facts, now: datetime) -> int:
    """Whole working days since then."""
    calendar = facts.policy.calendar
    return int(working_time(calendar, since, now).total_seconds() // 60) // max(1, calendar.day_minutes)


def invite_card(invite: Invite, facts: Facts, now: datetime) -> Card:
    """An invite as its person may see it: the mobile masked."""
    late = invite.state in VALID and invite.expires is not None and invite.expires <= now
    return {
        "kind": "invite", "code": invite.code, "state": "expired" if late else invite.state, "inviter": named(invite.inviter, facts),
        "channel": invite.channel, "target": masked_mobile(invite.mobile), "name": invite.name, "sent": moment(invite.sent, facts, now),
        "expires": moment(invite.expires, facts, now), "opened": moment(invite.opened, facts, now), "note": invite.note,
    }  # fmt: skip


def application_card(application: Application, facts: Facts, now: datetime) -> Card:
    """An application: where it is, who holds it, how long, and the reminders before and after."""
    undecided = application.state in ("submitted", "resubmitted")
    return {
        "kind": "application", "code": application.code, "state": application.state, "since": moment(application.since, facts, now),
        "made": moment(application.made, facts, now), "waited": waited(application.since, facts, now),
        "holder": named(application.holder if application.state in UNDECIDED else "", facts), "by": named(application.decided_by, facts),
        "reminded": moment(application.nudges[-1] if application.nudges else None, facts, now), "times": len(application.nudges),
        "next": _ahead(_reminder(application, facts, now) if undecided else None, facts, now),
        "promised": _ahead(application.promised if undecided else None, facts, now),
        "note": application.note, "cause": application.reason,
        "wrong": application.wrong, "role": titles(application.role, facts) if application.role else None,
    }  # fmt: skip


def member_card(member: Member, facts: Facts, now: datetime) -> Card:
    """A membership: rights as last known and what is left of the setup list."""
    left = [step for step in STEPS if step not in member.ticked]
    return {
        "kind": "member", "state": member.state, "since": moment(member.since, facts, now), "joined": moment(member.joined, facts, now),
        "roles": [titles(role, facts) for _, role in member.roles], "left": left, "done": len(STEPS) - len(left), "steps": len(STEPS), "name": member.name,
        "department": member.department, "post": member.post, "target": masked_mobile(member.mobile),
    }  # fmt: skip


def request_card(request: Request, facts: Facts, now: datetime) -> Card:
    """A permission request as its requester sees it."""
    return {
        "kind": "request", "code": request.code, "state": request.state, "role": titles(request.role, facts),
        "system": facts.policy.access.system(request.system).title if request.system else "",
        "since": moment(request.since, facts, now), "made": moment(request.made, facts, now), "waited": waited(request.since, facts, now),
        "holder": named(request.holder if request.state == "pending" else "", facts), "times": len(request.nudges),
        "reminded": moment(request.nudges[-1] if request.nudges else None, facts, now),
        "next": _ahead(_reminder(request, facts, now) if request.state == "pending" else None, facts, now),
        "promised": _ahead(request.promised if request.state == "pending" else None, facts, now),
        "note": request.approvals[-1].reason if request.approvals else "",
    }  # fmt: skip


def cards_of(found: Standing, facts: Facts, now: datetime) -> list[Card]:
    """What counts of somebody's record, the thing that is under way first."""
    rows: list[Card] = []
    application, member = found.application, found.member
    if application and (application.state in OPEN or not found.joined):
        rows.append(application_card(application, facts, now))
    if member:
        rows.append(member_card(member, facts, now))
    if found.invite and not member and not (application and application.state in OPEN):
        rows.append(invite_card(found.invite, facts, now))
    return rows


def actions_of(found: Standing, now: datetime) -> tuple[Action, ...]:
    """What somebody who stands there can do now, the next step first."""
    application, invite = found.application, found.invite
    if application and application.state in OPEN:
        return _application_actions(application)[:MOST_ACTIONS]
    if found.member and found.joined:
        return _member_actions(found.member)
    if invite and invite.state in VALID and not (invite.expires and invite.expires <= now):
        return APPLY, Action("joining.report", (("invite", invite.id),), "not_mine")
    if invite and invite.state == "asked":
        return (Action("act.human", label="human"),)
    if application and application.state == "withdrawn":
        return APPLY, AGAIN
    return (AGAIN if invite or application else Action("act.request_invite")), Action("act.human", label="human")


def _application_actions(application: Application) -> tuple[Action, ...]:
    own: Mapping[str, tuple[Action, ...]] = {
        "draft": (Action("joining.form", label="go_on"), Action("joining.cancel", label="cancel_form")),
        "verifying": (Action("joining.form", label="go_on"), Action("joining.cancel", label="cancel_form")),
        "needs_info": (Action("act.resubmit", label="add_info"), Action("act.withdraw")),
        "rejected": (Action("act.resubmit", label="mend"), Action(CAUSES.get(application.reason, CAUSES["other"]).faq), Action("act.human", label="human")),
    }
    return own.get(application.state, (Action("act.nudge"), Action("act.resubmit", label="correct"), Action("act.withdraw")))


def _member_actions(member: Member) -> tuple[Action, ...]:
    if member.state == "access_problem":
        return Action("joining.works", (("works", "yes"),), "works_now"), Action("act.human", label="human")
    if member.state in ("stale", "frozen"):
        return Action("joining.current", label="still_right"), Action("act.update_profile")
    if member.state == "locked":
        return (Action("security.account_locked"), Action("act.human", label="human"))
    left = (LIST,) if any(step not in member.ticked for step in STEPS) else ()
    return *left, Action("act.my_permissions"), Action("act.permission_request")


def lost(invite: Invite, now: datetime) -> bool:
    """Whether the invite opens no door any more."""
    return invite.state in LOST or (invite.expires is not None and invite.expires <= now)
