"""Personal data of joining: shown to their owner, erased at their wish, and blanked when nobody needs them any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.facts import Facts
from bot.core.lifecycle.joining import INVITES, OPEN
from bot.core.lifecycle.moves import after
from bot.core.model import Action, Application, Entry, Invite, Member
from bot.core.skills.joining.cards import application_card, invite_card, member_card
from bot.core.skills.joining.filing import labels_of, shown
from bot.core.skills.joining.own import standing
from bot.core.skills.joining.whom import place
from bot.core.turn import Decision, Effect, Put, Reason, Say, Turn


def blank_application(application: Application) -> Application:
    """What is left of an application that nobody needs: its state and dates."""
    return replace(application, fields=(), files=(), before=(), note="", due=None)


def blank_invite(invite: Invite) -> Invite:
    """What is left of an invite: that there was one. One that still opened the door is taken back."""
    state = after(INVITES, "withdraw", invite.state, "admin") or invite.state
    return replace(invite, state=state, name="", mobile="", note="", due=None)


def blank_member(member: Member) -> Member:
    """What is left of somebody who has gone."""
    return replace(member, name="", mobile="", department="", post="", employee="", email="", roles=(), ticked=(), due=None)


def mine(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Everything kept of the asker, in private."""
    found = standing(facts)
    labels = labels_of(facts, turn.language)
    applications = [one for one in facts.all(Application) if one.person == facts.viewer.id]
    rows = [application_card(one, facts, now) | {"fields": shown(one, labels, facts)} for one in applications]
    rows += [invite_card(one, facts, now) | {"fields": []} for one in facts.all(Invite) if one.person == facts.viewer.id]
    own = [
        {"label": labels.get(f"profile_{name}") or labels.get(f"field_{name}", name), "value": getattr(found.member, name)} for name in _SHOWN if found.member
    ]
    data = {"items": rows, "member": member_card(found.member, facts, now) if found.member else None, "own": [row for row in own if row["value"]]}
    return Decision(Reason.ANSWERED, (Say(place(turn, facts), "joining/my_data", data, (Action("shell.erase", label="erase_mine"),)),))


_SHOWN = ("name", "mobile", "department", "post", "employee", "email")


def erase(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Erases the asker's forms and invites after one question; a membership stays as long as they are in."""
    found = standing(facts)
    applications = [one for one in facts.all(Application) if one.person == facts.viewer.id and (one.fields or one.files)]
    sent = [one for one in facts.all(Invite) if one.person == facts.viewer.id and (one.name or one.mobile)]
    gone = found.member if found.member and found.member.state == "left" and found.member.name else None
    data = {"why": "sure", "count": len(applications) + len(sent) + (1 if gone else 0), "joined": found.joined}
    if not data["count"]:
        return Decision(Reason.ANSWERED, (Say(place(turn, facts), "joining/erased", {**data, "why": "nothing"}),))
    if turn.understanding.slot("sure") != "yes":
        sure = Action("shell.erase", (("sure", "yes"),), "yes_erase")
        return Decision(Reason.ASKED_VALUE, (Say(place(turn, facts), "joining/erased", data, (sure, Action("act.status_check", label="keep"))),))
    closed = [replace(blank_application(one), state="withdrawn" if one.state in OPEN else one.state, since=now) for one in applications]
    puts: list[Effect] = [Put(one) for one in (*closed, *map(blank_invite, sent), *((blank_member(gone),) if gone else ()))]
    line = Put(Entry(f"e{turn.seed[:14]}", now, facts.viewer.id, "person.erase", f"person:{facts.viewer.id}"))
    return Decision(Reason.SAVED, (*puts, line, Say(place(turn, facts), "joining/erased", {**data, "why": "done"})))


def until(facts: Facts, now: datetime) -> datetime:
    """Until when the data of what has ended are kept."""
    return now + timedelta(days=facts.policy.joining.keep_days)
