"""Invites: wanted by an employee, given or declined by an administrator, sent by name and mobile, one or many, brought to mind and expired when due."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import codes
from bot.core.calendar import add_working_days
from bot.core.erasing import blank_invite
from bot.core.facts import Ask, Facts, Tally
from bot.core.lifecycle.joining import INVITES, LOST, OPEN, VALID
from bot.core.lifecycle.moves import after
from bot.core.model import Action, Application, Entry, Invite, Person
from bot.core.skills.joining.cards import actions_of, at_work, cards_of, invite_card
from bot.core.skills.joining.keeping import until
from bot.core.skills.joining.own import standing
from bot.core.skills.joining.typed import code_in, masked_mobile, mobile_in
from bot.core.skills.joining.whom import is_admin, others, place
from bot.core.turn import About, Decision, Effect, Here, Private, Put, Reason, Say, Turn


def want(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """An employee wants an invite: what they have is shown, else the administrators get one task, however often it is said (X12)."""
    found = standing(facts)
    invite = found.invite
    valid = invite is not None and invite.state in VALID and not (invite.expires and invite.expires <= now)
    if found.joined or valid or (found.application and found.application.state in OPEN) or (invite and invite.state == "asked"):
        why = "asked" if invite and invite.state == "asked" and not found.joined else "has"
        data: dict[str, object] = {"why": why, "items": cards_of(found, facts, now), "admins": _names(facts)}
        return Decision(Reason.ANSWERED, (Say(Here(), "act/request_invite", data, actions_of(found, now)),), topic="act.request_invite")
    wish = _wished(turn, facts, now)
    data = {"why": "new", "items": [], "admins": _names(facts), "again": invite is not None}
    told = [asked_of(Private(one.id), wish, facts, now) for one in others(facts)]
    said = Say(Here(), "act/request_invite", data, (Action("act.invite_check"),))
    return Decision(Reason.SAVED, (Put(wish), said, *told), topic="act.request_invite")


def _wished(turn: Turn, facts: Facts, now: datetime) -> Invite:
    """The wish as an item; its id counts this person's invites, so that two wishes at once collide."""
    number = 1 + max((int(one.id.rpartition("#")[2]) for one in facts.all(Invite) if one.id.rpartition("#")[2].isdigit()), default=0)
    member = standing(facts).member
    mobile = turn.understanding.slot("phone") or mobile_in(turn.text) or (member.mobile if member else "")
    code = codes.make(int(turn.seed[:10], 16))
    due = add_working_days(facts.policy.calendar, now, facts.policy.joining.unseen_days)
    return Invite(f"{facts.viewer.id}#{number}", "asked", mobile_in(mobile), facts.viewer.name, facts.viewer.id, "", "chat", code, now, due=due)


def _names(facts: Facts) -> list[str]:
    return [one.name or one.id.rpartition(":")[2] for one in facts.admins if one.id != facts.viewer.id]


def asked_of(to: Private, wish: Invite, facts: Facts, now: datetime, *, again: bool = False) -> Say:
    """The task of an administrator, while nobody has dealt with it."""
    code = (("code", wish.code),)
    data = {"name": wish.name, "target": masked_mobile(wish.mobile), "code": wish.code, "again": again, "item": invite_card(wish, facts, now)}
    actions = (Action("joining.grant", code, "give_invite", wish.code), Action("joining.decline", code, "decline_invite", wish.code))
    return Say(to, "joining/wanted", data, actions, priority=2, about=About("invite", wish.id, ("asked",)))


def coded(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """The invite whose code was said."""
    code = turn.understanding.slot("code") or code_in(turn.text)
    return (Ask(Invite, tag=f"code={code}", most=1),) if code else ()


def invited(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """The people of the invites that were found, and who made them out."""
    ids = {one.person for one in facts.all(Invite)} | {one.inviter for one in facts.all(Invite)}
    return tuple(Ask(Person, id=one) for one in sorted(ids - {"", facts.viewer.id}))


def grant(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """An administrator gives what was wanted, or sends a lost one anew."""
    invite = facts.first(Invite)
    if invite is None or not is_admin(facts):
        return _not_there(invite, turn, facts)
    done = sent_again(invite, facts, now)
    if done is None:
        return Decision(Reason.STALE_OPTION, (Say(place(turn, facts), "joining/invite_stale", {"item": invite_card(invite, facts, now)}),))
    rows = [row(done, "sent", facts, now)]
    said: list[Effect] = [
        Put(done),
        entry("invite.send", done, turn, facts, now),
        Say(place(turn, facts), "adm/send_invite", {"rows": rows, "days": _days(facts)}),
    ]
    return Decision(Reason.SAVED, (*said, *_delivered(done, facts, now)))


def decline(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """An administrator does not invite: whoever asked is told, with the reason if there is one."""
    invite = facts.first(Invite)
    state = after(INVITES, "decline", invite.state, "admin") if invite else None
    if invite is None or state is None or not is_admin(facts):
        return _not_there(invite, turn, facts)
    note = " ".join(turn.understanding.slot("reason").split())
    done = replace(invite, state=state, note=note, due=until(facts, now))
    told = Say(Private(invite.person), "joining/declined", {"note": note, "by": facts.viewer.name}, (Action("act.human", label="human"),))
    said = Say(place(turn, facts), "joining/decline_done", {"name": invite.name})
    return Decision(Reason.SAVED, (Put(done), entry("invite.decline", done, turn, facts, now, note), said, told))


def _not_there(invite: Invite | None, turn: Turn, facts: Facts) -> Decision:
    """No invite has this code, or its wish is dealt with: the code is said back as it was typed, so that a slip is seen."""
    data = {"code": turn.understanding.slot("code") or turn.understanding.slot("mistyped"), "missing": invite is None and is_admin(facts)}
    return Decision(Reason.DENIED, (Say(place(turn, facts), "joining/not_yours", data),))


def sent_again(invite: Invite, facts: Facts, now: datetime) -> Invite | None:
    """The invite as sent now, valid for as long as the terms say; None when it cannot be sent (it is used)."""
    late = invite.state in VALID and invite.expires is not None and invite.expires <= now
    move = "send" if invite.state == "asked" else "resend"
    state = after(INVITES, move, "expired" if late else invite.state, "admin")
    if state is None:
        return None
    terms = facts.policy.joining
    expires = now + timedelta(days=terms.invite_days)
    due = min(expires, add_working_days(facts.policy.calendar, now, terms.unseen_days))
    channel = "chat" if invite.person else "code"
    return replace(invite, state=state, channel=channel, sent=now, expires=expires, opened=None, reminded=0, inviter=facts.viewer.id, due=due)


def _days(facts: Facts) -> int:
    return facts.policy.joining.invite_days


def row(invite: Invite, outcome: str, facts: Facts, now: datetime) -> dict[str, object]:
    """A line of the report to the administrator: `outcome` says what became of it."""
    return {
        "name": invite.name,
        "target": masked_mobile(invite.mobile),
        "outcome": outcome,
        "item": invite_card(invite, facts, now),
        "known": bool(invite.person),
        "token": facts.policy.links.token(invite),
    }


def _delivered(invite: Invite, facts: Facts, now: datetime) -> list[Effect]:
    return [told(invite, facts, now)] if invite.person else []


def told(invite: Invite, facts: Facts, now: datetime, *, again: str = "") -> Say:
    """The invite itself, in private: by whom, until when, and how to go on. `again` is `unseen` or `ending` when it is brought to mind."""
    actions = (Action("joining.form", label="apply_now"), Action("joining.report", (("invite", invite.id),), "not_mine"))
    data = {"item": invite_card(invite, facts, now), "again": again}
    return Say(Private(invite.person), "joining/invited", data, actions, about=About("invite", invite.id, VALID))


def entry(act: str, invite: Invite, turn: Turn, facts: Facts, now: datetime, detail: str = "") -> Put:
    """What an administrator did, as a line of the audit trail."""
    return Put(Entry(f"e{turn.seed[:14]}{invite.code}", now, facts.viewer.id, act, f"invite:{invite.id}", "", detail))


def due_item(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """The invite that fell due."""
    return (Ask(Invite, id=getattr(turn.stimulus, "entity", "")),)


def applying(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """The application of whoever was invited: it takes the invite's place."""
    invite = facts.first(Invite)
    return (Ask(Application, person=invite.person, most=1),) if invite and invite.person else ()


def due(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """An unseen invite is brought to mind once, and shortly before its end; then it expires and both sides know. A wish nobody dealt with is told again."""
    invite = facts.first(Invite)
    if invite is None:
        return Decision(Reason.IGNORED)
    if invite.state in (*LOST, "used"):
        return Decision(Reason.IGNORED, (Put(blank_invite(invite)),))
    return _living(invite, facts, now)


def _living(invite: Invite, facts: Facts, now: datetime) -> Decision:
    """The same for a wish, or an invite that still opens the door."""
    later = at_work(facts, now)
    if later is not None:
        return Decision(Reason.IGNORED, (Put(replace(invite, due=later)),))
    if invite.state == "asked":
        said = [asked_of(Private(one.id), invite, facts, now, again=True) for one in facts.admins if one.id != invite.person]
        return Decision(Reason.REMINDED, (Put(replace(invite, due=None, reminded=invite.reminded + 1)), *said))
    busy = any(one.state != "withdrawn" for one in facts.all(Application))
    if busy:
        return Decision(Reason.IGNORED, (Put(replace(invite, state=after(INVITES, "use", invite.state, "system") or invite.state, due=until(facts, now))),))
    if invite.expires is not None and invite.expires <= now:
        return _expired(invite, facts, now)
    ending = invite.expires - timedelta(days=1) if invite.expires else None
    next_look = ending if ending and ending > now else invite.expires
    kept = Put(replace(invite, due=next_look, reminded=invite.reminded + 1))
    again = "ending" if ending and ending <= now else "unseen"
    if invite.state == "opened" and again == "unseen":
        return Decision(Reason.IGNORED, (kept,))
    if not invite.person:
        said_to = Say(
            Private(invite.inviter), "joining/unseen", {"item": invite_card(invite, facts, now), "again": again}, about=About("invite", invite.id, ("sent",))
        )
        return Decision(Reason.REMINDED, (kept, said_to) if ":" in invite.inviter and again == "unseen" else (kept,))
    return Decision(Reason.REMINDED, (kept, told(invite, facts, now, again=again)))


def _expired(invite: Invite, facts: Facts, now: datetime) -> Decision:
    """Nobody came: the invited one can ask for a new one, whoever invited can send it with one tap."""
    done = replace(invite, state="expired", due=until(facts, now))
    said: list[Effect] = [Put(done)]
    if invite.person:
        said.append(
            Say(
                Private(invite.person),
                "joining/invite_expired",
                {"item": invite_card(done, facts, now), "mine": True},
                (Action("act.request_invite", label="invite_again"),),
            )
        )
    if ":" in invite.inviter:  # a name alone, as an import has it, is nobody who could be told
        again = Action("joining.grant", (("code", invite.code),), "give_invite", invite.code)
        said.append(Say(Private(invite.inviter), "joining/invite_expired", {"item": invite_card(done, facts, now), "mine": False}, (again,)))
    return Decision(Reason.REMINDED, tuple(said))
