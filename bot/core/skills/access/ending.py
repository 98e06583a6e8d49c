"""The clock of a permission: does it work, it will end soon, it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.calendar import next_morning
from bot.core.facts import Ask, Facts
from bot.core.lifecycle import access as lives
from bot.core.model import Action, Grant, Person, Request
from bot.core.skills.access import filing, granting
from bot.core.skills.access.gathering import HOLDING, Asked
from bot.core.skills.access.telling import LOOK_AT, day_of, granted, no_such, policy_of, role_told, shown
from bot.core.turn import About, Call, Decision, Due, Effect, Private, Put, Reason, Say, Turn

MOST_TOGETHER = 30
"""Permissions of one person that are looked at together."""
NEAR = timedelta(days=15)
"""So long before its end a permission may be spoken of: a little more than the first warning."""
MOST_OFFERED = 4


def due_asks(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """The grant that is due."""
    return (Ask(Grant, id=turn.stimulus.entity, most=1),) if isinstance(turn.stimulus, Due) else ()


def beside_asks(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """What else its person has: of what ends together they hear together."""
    return tuple(Ask(Grant, person=one.person, states=("active",), most=MOST_TOGETHER) for one in facts.all(Grant) if one.until is not None)


def request_asks(turn: Turn, facts: Facts) -> Asked:
    """The requests they came from, and whose they are."""
    due = turn.stimulus
    if not isinstance(due, Due):
        return ()
    near = {one.id: one for one in facts.all(Grant) if one.id == due.entity or (one.until is not None and one.until - due.at <= NEAR)}
    people = dict.fromkeys(one.person for one in near.values())
    return (*(Ask(Request, id=one.request, most=1) for one in near.values()), *(Ask(Person, id=one, most=1) for one in people))


def looked_at(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """What is to be done with a grant now: taken back, announced, or asked about."""
    grant = facts.first(Grant)
    if grant is None or grant.state not in HOLDING:
        return Decision(Reason.IGNORED)
    if grant.state == "ending":
        again = replace(grant, due=granting.again_at(grant.since, facts, now))
        return Decision(Reason.SAVED, (Put(again), _followed(grant, facts, turn.seed)))
    over = grant.until is not None and grant.until <= now
    if over or grant.state == "failed":
        return Decision(Reason.SAVED, taken_back(grant, "expired" if over else "again", turn, facts, now))
    if _warned(grant, now) != grant.warned:
        others = {one.id: one for one in facts.all(Grant) if one.id != grant.id and _is_warned(one, now)}
        told = [replace(one, warned=_warned(one, now)) for one in (grant, *others.values())]
        puts = (Put(replace(one, due=lives.next_look(one, _check(one, facts)))) for one in told)
        return Decision(Reason.REMINDED, (*puts, _announced(told[0], facts, now) if len(told) == 1 else _together(told, turn, facts, now)))
    check = _check(grant, facts)
    if check is not None and check <= now:
        asked = replace(grant, asked=now)
        question = () if facts.policy.nudging.silent("works") else _question(asked, facts, now)
        return Decision(Reason.REMINDED, (Put(replace(asked, due=lives.next_look(asked, None))), *question))
    return Decision(Reason.IGNORED, (Put(replace(grant, due=lives.next_look(grant, check))),))


def _check(grant: Grant, facts: Facts) -> datetime | None:
    """When to ask whether it works: the working day after it was given."""
    return next_morning(facts.policy.calendar, grant.since, LOOK_AT) if grant.asked is None else None


def _is_warned(grant: Grant, now: datetime) -> bool:
    """Whether a warning of it has come due that was not given."""
    return grant.state == "active" and grant.until is not None and grant.until > now and _warned(grant, now) != grant.warned


def _warned(grant: Grant, now: datetime) -> int:
    """The warning that has come due, the nearest to the end when several were missed."""
    reached = [days for days in lives.warnings_left(grant) if grant.until is not None and grant.until - timedelta(days=days) <= now]
    return min(reached, default=grant.warned)


def _days(grant: Grant, now: datetime) -> int:
    return max(1, -((now - grant.until).days)) if grant.until else 0


def _together(grants: Sequence[Grant], turn: Turn, facts: Facts, now: datetime) -> Say:
    """One message of several that end: each with the code that prolongs it, the first of them with a button."""
    access = facts.policy.access
    renew = facts.catalogue.label(Action("", label="renew"), turn.language)
    ordered = sorted(grants, key=lambda one: (one.until or now, one.role, one.id))
    codes = {request.id: request.code for request in facts.all(Request)}
    lines = [
        {"role": role_told(access, one.role), "until": day_of(one.until, facts), "days": _days(one, now), "code": codes.get(one.request, "")} for one in ordered
    ]
    named = [one for one in ordered if codes.get(one.request)][:MOST_OFFERED]
    offers = tuple(
        Action("access.renew", (("code", codes[one.request]),), f"{renew} {access.role(one.role).title.get(turn.language, one.role)}") for one in named
    )
    data = {"what": "several", "lines": lines, "total": len(lines)}
    abouts = tuple(About("grant", one.id, ("active",)) for one in ordered)
    return Say(Private(grants[0].person), "access/ending", data, offers, lines=abouts)


def _announced(grant: Grant, facts: Facts, now: datetime) -> Say:
    data = {"what": "soon", "role": role_told(facts.policy.access, grant.role), "until": day_of(grant.until, facts), "days": _days(grant, now)}
    actions = (_renewal(grant, facts), named_by(grant, facts, "access.let_go", "let_go"))
    return Say(Private(grant.person), "access/ending", data, actions, about=About("grant", grant.id, ("active",)))


def _request_of(grant: Grant, facts: Facts) -> Request | None:
    return next((one for one in facts.all(Request) if one.id == grant.request), None)


def _renewal(grant: Grant, facts: Facts) -> Action:
    """One tap asks for as long again, for the same reason; it is a new decision of whoever decides then."""
    request = _request_of(grant, facts)
    if request is None:
        return Action("act.permission_request", (("role", grant.role), ("system", grant.system), ("renew", grant.id)), "renew")
    return Action("access.renew", (("code", request.code),), "renew", request.code)


def named_by(grant: Grant, facts: Facts, intent: str, label: str) -> Action:
    """A button that names a grant by the code of its request, so that it may be pressed on any card and typed as well."""
    request = _request_of(grant, facts)
    return Action(intent, (("code", request.code),), label, request.code) if request is not None else Action(intent, (("grant", grant.id),), label)


def _question(grant: Grant, facts: Facts, now: datetime) -> tuple[Effect, ...]:
    request = next((one for one in facts.all(Request) if one.id == grant.request), None)
    if request is None or request.state not in ("granted", "not_effective"):
        return ()
    slots = (("code", request.code),)
    actions = (Action("access.works", slots, "it_works", request.code), Action("access.broken", slots, "it_does_not", request.code))
    return (
        Say(Private(grant.person), "access/works", {"item": shown(request, facts, now), "mended": False}, actions, about=About("grant", grant.id, ("active",))),
    )


def taken_back(grant: Grant, why: str, turn: Turn, facts: Facts, now: datetime, *, by: str = "system", place: int = 0) -> tuple[Effect, ...]:
    """The grant on its way out, with the call that ends it in the system."""
    ending = lives.settled(grant, "end", now)
    if ending is None:
        return ()
    out = replace(ending, due=granting.again_at(now, facts, now))
    return Put(out), filing.entry(turn, now, by, "grant.end", f"grant:{grant.id}", why, grant.role, place), _revoking(out, why, by, facts)


def _revoking(grant: Grant, why: str, by: str, facts: Facts) -> Call:
    """The one write that ends it; its key is the same for as long as the grant is on its way out."""
    args = {
        "request_id": grant.request, "grant": grant.id, "account": grant.account, "role": grant.role, "level": grant.level, "org": "",
        "reason": why, "person": grant.person, "approved_by": by,
    }  # fmt: skip
    return Call(facts.policy.access.system(grant.system).connector, granting.REVOKE, f"revoke:{grant.id}:{int(grant.since.timestamp() * 1000)}", args)


def _followed(grant: Grant, facts: Facts, seed: str) -> Call:
    """Another look at it, where it waits for a person or for the other side."""
    write = _revoking(grant, "", "system", facts)
    args = {**write.args, "operation": write.operation, "key": write.key}
    return replace(write, operation=granting.FOLLOW, key=f"{granting.FOLLOW}:{write.key}:{seed[:8]}", args=args)


def let_go(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """Somebody does not need a permission any longer: nothing more is said of it, it ends by itself."""
    grant = facts.first(Grant)
    if grant is None or grant.person != facts.viewer.id or grant.state != "active" or grant.until is None:
        return no_such(turn)
    quiet = replace(grant, warned=1)
    data = {"what": "let_go", **granted(grant, facts)}
    return Decision(Reason.NOTED, (Put(replace(quiet, due=lives.next_look(quiet, None))), Say(Private(facts.viewer.id), "access/ending", data)))


def named_asks(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """The grant that a button names, or the request whose code it does."""
    ident, code = turn.understanding.slot("grant"), turn.understanding.slot("code")
    return (Ask(Grant, id=ident, most=1),) if ident else (Ask(Request, tag=f"code={code}", most=1),) if code else ()


def of_code_asks(turn: Turn, facts: Facts) -> Asked:  # noqa: ARG001 - every question has this shape
    """The grant of the request that was named."""
    return tuple(Ask(Grant, tag=f"request={one.id}", most=1) for one in facts.all(Request))


def ended_by_hand(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """A finance admin says that it was taken back in the system."""
    grant = facts.first(Grant)
    done = lives.settled(grant, "ended", now) if grant is not None else None
    if grant is None or done is None or facts.viewer.id not in policy_of(facts).finance or facts.viewer.id == grant.person:
        return no_such(turn)
    noted = filing.entry(turn, now, facts.viewer.id, "grant.ended", f"grant:{grant.id}", grant.role)
    data = {"what": "ended", **granted(grant, facts)}
    told = tuple(Say(Private(one), "access/ending", data) for one in dict.fromkeys((grant.person, facts.viewer.id)))
    return Decision(Reason.SAVED, (Put(done), noted, *told))
