"""更新信息: a member's name, mobile, e-mail, department or post changed; it is kept, and whoever administers is told what, not from what."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.facts import Facts
from bot.core.lifecycle.joining import EDITABLE, MEMBERS
from bot.core.lifecycle.moves import after
from bot.core.model import Action, Awaiting, Entry, Member
from bot.core.skills.joining import filing
from bot.core.skills.joining.cards import member_card
from bot.core.skills.joining.changing import resubmit
from bot.core.skills.joining.own import standing
from bot.core.skills.joining.typed import FIELDS, Labels, fault_of, fields_in, masked_mobile, mobile_in
from bot.core.skills.joining.whom import others, place
from bot.core.turn import Decision, Effect, Private, Put, Reason, Say, Turn

PATIENCE = timedelta(hours=12)
MOVING = ("department", "post")
"""Fields whose change means that rights should be looked at again (R45, R53)."""


def called(name: str, labels: Labels) -> str:
    """What a field is called outside the form, where department and post are two."""
    return labels.get(f"profile_{name}") or filing.named(name, labels)


def update(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Takes what changed, or asks for it; an applicant corrects the application instead."""
    found = standing(facts)
    member = found.member
    labels = filing.labels_of(facts, turn.language)
    text = turn.understanding.slot("value") or turn.text
    values = fields_in(text, labels, FIELDS)
    phone = turn.understanding.slot("phone")
    if phone and "mobile" not in values and mobile_in(phone):
        values["mobile"] = mobile_in(phone)
    if found.application and found.application.state in EDITABLE and not found.joined:
        if values:
            return resubmit(turn, facts, now)
        return Decision(Reason.ANSWERED, (Say(place(turn, facts), "act/update_profile", {"why": "applying"}, (Action("act.resubmit", label="correct"),)),))
    wrong = {name: found_wrong for name, value in values.items() if (found_wrong := fault_of(name, value))}
    good = {name: mobile_in(value) if name == "mobile" else value for name, value in values.items() if name not in wrong}
    if not good:
        field, fault = next(iter(wrong.items()), ("", ""))
        why = "wrong" if wrong else "not_read" if turn.understanding.slot("value") else "ask"
        data: dict[str, object] = {"why": why, "label": called(field, labels) if field else "", "fault": fault, "fields": _shown(member, labels)}
        waiting = Awaiting("joining.profile", "value", (), now + PATIENCE)
        return Decision(Reason.ASKED_VALUE, (Say(place(turn, facts), "act/update_profile", data),), topic="act.update_profile", awaiting=waiting)
    return _kept(member, good, labels, turn, facts, now)


def _shown(member: Member | None, labels: Labels) -> list[dict[str, str]]:
    """What is on record, for its owner."""
    if member is None:
        return []
    values = {name: masked_mobile(member.mobile) if name == "mobile" else getattr(member, name) for name in FIELDS}
    return [{"label": called(name, labels), "value": value} for name, value in values.items() if value]


def _kept(member: Member | None, good: dict[str, str], labels: Labels, turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Keeps the change as a line of the audit trail, on the record where there is one, and tells the administrators which fields changed."""
    line = Put(Entry(f"e{turn.seed[:14]}", now, facts.viewer.id, "profile.update", f"person:{facts.viewer.id}", "", ", ".join(good)))
    effects: list[Effect] = [line]
    if member is not None:
        state = after(MEMBERS, "refresh", member.state, "member") or member.state
        done = replace(member, state=state, seen=now, due=now + timedelta(days=facts.policy.joining.stale_days) if state == "active" else member.due)
        effects.append(Put(replace(done, **good)))  # type: ignore[arg-type] # the names of FIELDS are fields of Member
        member = replace(done, **good)  # type: ignore[arg-type] # as above
    shown = [{"label": called(name, labels), "value": masked_mobile(value) if name == "mobile" else value} for name, value in good.items()]
    moving = [name for name in good if name in MOVING]
    told = [Say(Private(one.id), "joining/profile_changed", {"name": facts.viewer.name, "fields": list(good), "moving": moving}) for one in others(facts)]
    data = {"why": "saved", "fields": shown, "mobile": "mobile" in good, "moving": moving, "item": member_card(member, facts, now) if member else None}
    actions = (Action("act.my_permissions"),) if moving else (Action("act.status_check"),)
    return Decision(Reason.SAVED, (*effects, Say(place(turn, facts), "act/update_profile", data, actions), *told), topic="act.update_profile")
