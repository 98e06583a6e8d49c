"""What happens to people outside: the platform's contact events, and people pushed or imported, become memberships (dingtalk.md 5.3, derivation order 5.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.core.calendar import add_working_days
from bot.core.facts import Ask, Facts, Tally
from bot.core.lifecycle.joining import INVITES, MEMBERS, UNDECIDED, approve
from bot.core.lifecycle.moves import after
from bot.core.model import Action, Application, Audience, Entry, Invite, Member, Person
from bot.core.skills.joining.cards import actions_of, titles
from bot.core.skills.joining.keeping import until
from bot.core.skills.joining.own import Standing
from bot.core.skills.joining.typed import mobile_in
from bot.core.turn import Decision, Event, Private, Put, Reason, Say, Turn

NAMES = {"title": "post", "position": "post", "jobNumber": "employee", "department": "department", "name": "name", "mobile": "mobile", "email": "email"}
NAMES |= {"post": "post", "employee": "employee"}
"""A member's fields by what the platform's events, the API and the import call them."""


def of(turn: Turn) -> Event:
    """The event of the turn."""
    assert isinstance(turn.stimulus, Event)  # noqa: S101 - the table of skills sends only events here
    return turn.stimulus


def known(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:
    """What is known of the person: membership, application, invites, also those made out to the mobile."""
    who, mobile = facts.viewer.id, mobile_in(of(turn).values.get("mobile", ""))
    if not who:
        return ()
    asked = (Ask(Member, id=who), Ask(Application, person=who, most=3), Ask(Invite, person=who, most=3))
    return (*asked, Ask(Invite, tag=f"!mobile={mobile}", most=3)) if mobile else asked


def values_of(event: Event) -> dict[str, str]:
    """The member's fields that the event tells."""
    return {ours: " ".join(event.values[theirs].split())[:80] for theirs, ours in NAMES.items() if event.values.get(theirs)}


def roles_of(event: Event) -> tuple[tuple[str, str], ...]:
    """`system/role` pairs, apart by blanks or commas; a role alone has no system."""
    pairs = [part for part in re.split(r"[,\s]+", event.values.get("roles", "")) if part]
    return tuple((pair.partition("/")[0], pair.partition("/")[2]) if "/" in pair else ("", pair) for pair in pairs)


def _person(facts: Facts, name: str) -> tuple[Put, ...]:
    """Somebody never stored is stored, so that they can be told things and found by name."""
    viewer = facts.viewer
    if viewer.version and (not name or viewer.name == name):
        return ()
    channel, _, account = viewer.id.partition(":")
    accounts = viewer.accounts or (((channel, account),) if account else ())
    return (Put(replace(viewer, name=name or viewer.name, accounts=accounts, audiences=viewer.audiences)),)


def joined(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Somebody is in the organisation now: invites are used, an application under review is admitted, without either they were synchronised (R34)."""
    event, member = of(turn), facts.first(Member)
    if not facts.viewer.id:
        return Decision(Reason.IGNORED)
    told = values_of(event)
    told = {**told, "mobile": mobile_in(told["mobile"])} if "mobile" in told else told
    look = add_working_days(facts.policy.calendar, now, facts.policy.joining.check_days)
    used = _used(facts, told.get("mobile", "") or (member.mobile if member else ""), now)
    application = next((one for one in facts.all(Application) if one.state in UNDECIDED), None)
    if application is not None:
        bot = Person("system")
        effects = approve(application, bot, now, turn.seed, member=member, due=look)
        if effects is not None:
            return Decision(Reason.SAVED, (*effects, *used, *_person(facts, told.get("name", ""))))
    fresh = member is None
    old = member or Member(facts.viewer.id, facts.viewer.id, facts.viewer.name, "synced", now)
    state = "synced" if fresh else after(MEMBERS, "return", old.state, "system") or _as_told(old, event)
    done = replace(old, **told, state=state, since=now if fresh or state != old.state else old.since, joined=old.joined or event.at, seen=now)  # type: ignore[arg-type] # NAMES are fields of Member
    done = replace(done, roles=tuple(dict.fromkeys((*done.roles, *roles_of(event)))), due=done.due or look)
    if done == member:
        return Decision(Reason.IGNORED)
    said = (
        (Say(Private(done.person), "joining/welcome", {"synced": not used}, (Action("joining.list", label="setup_list"),)),)
        if fresh and event.kind == "user_add_org"
        else ()
    )
    if done.state != old.state and done.state in TOLD_STATES:
        said = (Say(Private(done.person), "joining/member_now", {"state": done.state}, actions_of(Standing(member=done), now)),)
    return Decision(Reason.SAVED, (Put(done), *used, *_person(facts, told.get("name", "")), *said))


TOLD_STATES = {"active": ("unlock", "refresh"), "frozen": ("freeze",), "locked": ("lock",)}
"""What another system may say of a membership, by the moves that lead there."""


def _as_told(member: Member, event: Event) -> str:
    """The member's state after what the event says of it; a state that cannot follow is not taken."""
    moves = TOLD_STATES.get(event.values.get("state", ""), ())
    return next((state for move in moves if (state := after(MEMBERS, move, member.state, "system"))), member.state)


def _used(facts: Facts, mobile: str, now: datetime) -> tuple[Put, ...]:
    """The person's valid invites are used up."""
    mine = {one.id: one for one in facts.all(Invite) if one.person == facts.viewer.id or (mobile and one.mobile == mobile and not one.person)}
    moved = [(one, after(INVITES, "use", one.state, "system")) for one in mine.values()]
    return tuple(Put(replace(one, state=state, person=facts.viewer.id, due=until(facts, now))) for one, state in moved if state)


def active(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The account was activated: they are there."""
    member = facts.first(Member)
    return Decision(Reason.SAVED, (Put(replace(member, seen=now)),)) if member else joined(turn, facts, now)


def modified(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The platform says that data changed: the record follows; another post or department means that rights should be looked at again (R53)."""
    event, member = of(turn), facts.first(Member)
    if member is None:
        return Decision(Reason.IGNORED)
    told = {name: value for name, value in values_of(event).items() if value != getattr(member, name)}
    changed = set(event.values.get("changed", "").split(","))
    moving = [name for name in ("post", "department") if name in told] or (["department"] if changed & {"department", "departmentId", "deptIdList"} else [])
    state = after(MEMBERS, "refresh", member.state, "system") or member.state
    done = replace(member, **told, state=state, seen=now)  # type: ignore[arg-type] # NAMES are fields of Member
    said = [
        Say(
            Private(one.id),
            "joining/moved_on",
            {"name": done.name, "post": done.post, "roles": [titles(role, facts) for _, role in done.roles]},
            (Action("adm.access_review"),),
        )
        for one in facts.admins
        if moving and one.id != member.person
    ]
    return Decision(Reason.SAVED, (Put(done), *said))


def left(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Somebody left: the membership ends at once, what was open is closed, and the administrators are told what rights to take (R45)."""
    member = facts.first(Member)
    state = after(MEMBERS, "leave", member.state, "system") if member else None
    closed = [
        Put(replace(one, state="withdrawn", since=now, due=until(facts, now), paused=None))
        for one in facts.all(Application)
        if one.state not in ("approved", "withdrawn")
    ]
    gone = [(one, after(INVITES, "withdraw", one.state, "admin")) for one in facts.all(Invite) if one.person == facts.viewer.id]
    ended = [Put(replace(one, state=what, due=until(facts, now))) for one, what in gone if what]
    if member is None or state is None:
        return Decision(Reason.SAVED if closed or ended else Reason.IGNORED, (*closed, *ended))
    line = Put(Entry(f"e{turn.seed[:14]}", now, "system", "member.leave", f"member:{member.id}"))
    data = {"name": member.name, "roles": [titles(role, facts) for _, role in member.roles]}
    said = [Say(Private(one.id), "joining/left", data, (Action("adm.access_review"),)) for one in facts.admins if one.id != member.person]
    return Decision(Reason.SAVED, (Put(replace(member, state=state, since=now, due=until(facts, now))), *closed, *ended, line, *said))


def administers(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The platform made somebody an administrator, or takes it back; the settings' own administrators stay whatever it says."""
    event, viewer = of(turn), facts.viewer
    if not viewer.id:
        return Decision(Reason.IGNORED)
    given = event.kind == "org_admin_add"
    rights = viewer.audiences | {Audience.ADMIN} if given else viewer.audiences - {Audience.ADMIN}
    line = Put(Entry(f"e{turn.seed[:14]}", now, "system", f"person.{'add' if given else 'remove'}_admin", f"person:{viewer.id}"))
    channel, _, account = viewer.id.partition(":")
    name, change = viewer.name or account, "make_admin" if given else "drop_admin"
    hear = [one.id for one in facts.admins if one.id != viewer.id]
    said = [Say(Private(one), "adm/rights_changed", {"name": name, "change": change, "by": "", "what": ""}) for one in hear]
    put = Put(replace(viewer, audiences=rights, accounts=viewer.accounts or ((channel, account),)))
    return Decision(Reason.SAVED, (put, line, *said, Say(Private(viewer.id), "adm/rights_yours", {"name": name, "change": change, "by": "", "what": ""})))


def told_fields(values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The form's values among an event's."""
    return tuple((ours, " ".join(values[theirs].split())[:80]) for theirs, ours in NAMES.items() if values.get(theirs))
