"""After joining: the setup list to tick, "does it work?" on the next working day, the follow-up when not, and data that grows old."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.calendar import add_working_days
from bot.core.erasing import blank_member
from bot.core.facts import Ask, Facts, Tally
from bot.core.lifecycle.joining import MEMBERS
from bot.core.lifecycle.moves import after
from bot.core.model import Action, Entry, Member, Person
from bot.core.skills.joining.cards import STEPS, at_work, member_card, titles
from bot.core.skills.joining.whom import is_admin, others, place
from bot.core.turn import About, Decision, Effect, Private, Put, Reason, Say, Turn

ASKED, NUDGED = "asked:works", "asked:list"
"""Marks among the ticks: what the member was asked already."""
SETTLING = ("synced", "role_assigned", "setup", "trained")


def _mine(facts: Facts) -> Member | None:
    return next((one for one in facts.all(Member) if one.person == facts.viewer.id and one.state != "left"), None)


def show(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The setup list with a button for each open step."""
    member = _mine(facts)
    if member is None:
        return Decision(Reason.ANSWERED, (Say(place(turn, facts), "joining/no_list", {}, (Action("act.status_check"),)),))
    return Decision(Reason.ANSWERED, (_list(member, turn, facts, now),))


def _list(member: Member, turn: Turn, facts: Facts, now: datetime, ticked: str = "") -> Say:
    actions = tuple(Action("joining.tick", (("step", step),), f"step_{step}") for step in STEPS if step not in member.ticked)
    data = {"steps": [{"name": step, "done": step in member.ticked} for step in STEPS], "ticked": ticked, "item": member_card(member, facts, now)}
    return Say(place(turn, facts), "joining/setup", data, actions)


def tick(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """A step is done; with the last one the member is active."""
    member, step = _mine(facts), turn.understanding.slot("step")
    if member is None or step not in STEPS:
        return show(turn, facts, now)
    ticked = member.ticked if step in member.ticked else (*member.ticked, step)
    move = "finish" if set(STEPS) <= set(ticked) else "train" if step == "training" else "tick"
    state = after(MEMBERS, move, member.state, "member") or member.state
    done = replace(member, ticked=ticked, state=state, since=now if state != member.state else member.since, seen=now)
    return Decision(Reason.SAVED, (Put(done), _list(done, turn, facts, now, step)))


def works(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The answer to "does it work?": yes, or a follow-up for the administrators with what was tried (X14)."""
    member, fine = _mine(facts), turn.understanding.slot("works") == "yes"
    if member is None:
        return show(turn, facts, now)
    if fine:
        state = after(MEMBERS, "mend", member.state, "member") or member.state
        done = replace(member, state=state, since=now if state != member.state else member.since, seen=now)
        return Decision(Reason.SAVED, (Put(done), Say(place(turn, facts), "joining/works", {"item": member_card(done, facts, now)}, _next(done))))
    broken = after(MEMBERS, "trouble", member.state, "member")
    if broken is None:
        return Decision(Reason.ANSWERED, (Say(place(turn, facts), "joining/trouble", {"admins": _names(facts), "again": True}),))
    done = replace(member, state=broken, since=now)
    data = {"name": member.name or facts.viewer.name, "roles": [titles(role, facts) for _, role in member.roles]}
    fixed = (Action("joining.mended", (("member", member.id),), "mended"),)
    told = [Say(Private(one.id), "joining/follow_up", data, fixed, priority=2, about=About("member", member.id, (broken,))) for one in others(facts)]
    said = Say(
        place(turn, facts), "joining/trouble", {"admins": _names(facts), "again": False}, (Action("after.module_no_access"), Action("act.human", label="human"))
    )
    return Decision(Reason.SAVED, (Put(done), said, *told))


def _next(member: Member) -> tuple[Action, ...]:
    open_steps = any(step not in member.ticked for step in STEPS)
    return (Action("joining.list", label="setup_list"),) if open_steps else (Action("act.my_permissions"),)


def _names(facts: Facts) -> list[str]:
    return [one.name or one.id.rpartition(":")[2] for one in others(facts)]


def mended(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """An administrator says that a member's trouble is over: the member is asked to try again."""
    member = facts.first(Member)
    state = after(MEMBERS, "mend", member.state, "admin") if member else None
    if member is None or state is None or not is_admin(facts):
        return Decision(Reason.STALE_OPTION, (Say(place(turn, facts), "joining/mended", {"name": member.name if member else "", "done": False}),))
    done = replace(member, state=state, since=now)
    line = Put(Entry(f"e{turn.seed[:14]}", now, facts.viewer.id, "member.mend", f"member:{member.id}"))
    told = _ask_works(done, facts, again=True)
    return Decision(Reason.SAVED, (Put(done), line, Say(place(turn, facts), "joining/mended", {"name": member.name, "done": True}), told))


def _ask_works(member: Member, facts: Facts, *, again: bool) -> Say:
    actions = (Action("joining.works", (("works", "yes"),), "works_yes"), Action("joining.works", (("works", "no"),), "works_no"))
    data = {"again": again, "roles": [titles(role, facts) for _, role in member.roles]}
    return Say(Private(member.person), "joining/does_it_work", data, actions, about=About("member", member.id, (*SETTLING, "active")))


def named(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:
    """The member that a button of an administrator names, and the person."""
    ident = turn.understanding.slot("member")
    return (Ask(Member, id=ident), Ask(Person, id=ident)) if ident and is_admin(facts) else ()


def due_item(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """The member that fell due."""
    return (Ask(Member, id=getattr(turn.stimulus, "entity", "")),)


def due(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """First "does it work?", then the open steps once, later whether the data are still right."""
    member = facts.first(Member)
    if member is None:
        return Decision(Reason.IGNORED)
    if member.state == "left":
        return Decision(Reason.IGNORED, (Put(blank_member(member)),))
    terms, calendar, later = facts.policy.joining, facts.policy.calendar, at_work(facts, now)
    if later is not None:
        return Decision(Reason.IGNORED, (Put(replace(member, due=later)),))
    if member.state in SETTLING and ASKED not in member.ticked:
        due_at = add_working_days(calendar, now, facts.policy.nudging.every("setup", terms.setup_days))
        asked = Put(replace(member, ticked=(*member.ticked, ASKED), due=due_at))
        return Decision(Reason.REMINDED, (asked,) if facts.policy.nudging.silent("works") else (asked, _ask_works(member, facts, again=False)))
    if member.state in SETTLING and NUDGED not in member.ticked:
        kept = Put(replace(member, ticked=(*member.ticked, NUDGED), due=now + timedelta(days=terms.stale_days)))
        left = [step for step in STEPS if step not in member.ticked]
        said = Say(Private(member.person), "joining/steps_left", {"left": left}, (Action("joining.list", label="setup_list"),))
        return Decision(Reason.REMINDED, (kept, said) if left and not facts.policy.nudging.silent("setup") else (kept,))
    return _grown_old(member, turn, facts, now)


def _grown_old(member: Member, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Data that nobody confirmed for long: the member is warned; still silent, the administrators are told that a freeze may be due (N20, R44)."""
    terms = facts.policy.joining
    seen = member.seen or member.since
    fresh_until = seen + timedelta(days=terms.stale_days)
    if member.state == "active" and fresh_until > now:
        return Decision(Reason.IGNORED, (Put(replace(member, due=fresh_until)),))
    state = after(MEMBERS, "age", member.state, "system")
    if state is not None:
        done = replace(member, state=state, since=now, due=now + timedelta(days=terms.freeze_days))
        actions = (Action("joining.current", label="still_right"), Action("act.update_profile"))
        return Decision(Reason.REMINDED, (Put(done), Say(Private(member.person), "joining/stale", {"item": member_card(member, facts, now)}, actions)))
    if member.state != "stale":
        return Decision(Reason.IGNORED)
    told: list[Effect] = [Say(Private(one.id), "joining/stale_admin", {"name": member.name}) for one in facts.admins if one.id != member.person]
    line = Put(Entry(f"e{turn.seed[:14]}", now, "system", "member.overdue", f"member:{member.id}"))
    return Decision(Reason.REMINDED, (Put(replace(member, due=None)), line, *told))


def current(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The member confirms that their data are right."""
    member = _mine(facts)
    if member is None:
        return show(turn, facts, now)
    state = after(MEMBERS, "refresh", member.state, "member") or member.state
    due_at = now + timedelta(days=facts.policy.joining.stale_days)
    done = replace(member, state=state, since=now if state != member.state else member.since, seen=now, due=due_at)
    return Decision(Reason.SAVED, (Put(done), Say(place(turn, facts), "joining/current", {"item": member_card(done, facts, now)})))
