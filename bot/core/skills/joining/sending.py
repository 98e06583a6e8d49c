"""发邀请: an administrator names people and mobiles, one or many lines; each line gets its own outcome."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import codes
from bot.core.facts import Ask, Facts, Tally
from bot.core.lifecycle.joining import VALID
from bot.core.model import Awaiting, Invite, Member, Person
from bot.core.skills.joining import invites, lookup
from bot.core.skills.joining.filing import labels_of
from bot.core.skills.joining.typed import Invitee, code_in, fault_of, invitees, masked_mobile
from bot.core.skills.joining.whom import is_admin, mentioned
from bot.core.turn import Decision, Effect, Here, Put, Reason, Say, Turn

PATIENCE = timedelta(minutes=30)
MOST_SHOWN = 30
_NUMBER = re.compile(r"(?<![\dA-Za-z])1[3-9](?:\d{7,8}|\d{10,12})(?!\d)")
"""A mobile with a figure too few or too many."""


def _text(turn: Turn) -> str:
    """The command's text, or the answer to its question."""
    return turn.understanding.slot("value") or turn.text


def known(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:
    """What is known of those named: invites and members by mobile or name, people by name."""
    asked: list[Ask | Tally] = [ask for one in mentioned(turn) for ask in (Ask(Person, id=one), Ask(Invite, person=one, most=3), Ask(Member, id=one))]
    for one in invitees(_text(turn), labels_of(facts, turn.language)):
        if one.mobile:
            asked += [Ask(Invite, tag=f"!mobile={one.mobile}", most=2), Ask(Member, tag=f"!mobile={one.mobile}", most=1)]
        elif one.name:
            asked += [Ask(Invite, tag=f"!name={one.name}", most=3), Ask(Member, tag=f"name={one.name}", most=3)]
    return tuple(asked)


def send(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Makes out, sends or sends again one invite a line; asks for a mobile when there is only a name."""
    text = _text(turn)
    if not is_admin(facts):
        return Decision(Reason.DENIED, (Say(Here(), "joining/not_yours", {"code": ""}),))
    if code_in(text) and facts.first(Invite) is not None and not turn.understanding.slot("value"):
        return grant(turn, facts, now)
    tagged = mentioned(turn)
    rows = [] if tagged else [one for one in invitees(text, labels_of(facts, turn.language)) if one.name or one.mobile]
    rows += [Invitee(_called(one, facts), "", one) for one in tagged]
    if not rows:
        asked = Awaiting("joining.invite", "value", (), now + PATIENCE)
        return Decision(Reason.ASKED_VALUE, (Say(Here(), "joining/ask_whom"),), awaiting=asked)
    effects: list[Effect] = []
    shown: list[dict[str, object]] = []
    seen: set[str] = set()
    for place, one in enumerate(rows):
        if (one.mobile or one.name) in seen:
            continue
        seen.add(one.mobile or one.name)
        told, made = _line(one, place, turn, facts, now)
        shown.append(told)
        effects += made
    made_out = [effect.entity for effect in effects if isinstance(effect, Put) and isinstance(effect.entity, Invite)]
    effects += lookup.asked(made_out, turn, facts)
    lacking = [row for row in shown if row["outcome"] == "no_mobile"]
    waiting = Awaiting("joining.invite", "value", (), now + PATIENCE) if lacking else None
    data = {"rows": shown[:MOST_SHOWN], "days": facts.policy.joining.invite_days, "total": len(shown), "lacking": [row["name"] for row in lacking]}
    return Decision(
        Reason.SAVED if effects else Reason.ASKED_VALUE, (*effects, Say(Here(), "adm/send_invite", data)), topic="adm.send_invite", awaiting=waiting
    )


def grant(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """An administrator gives what was wanted, or sends a lost one anew; whoever has its number is looked for."""
    decision = invites.grant(turn, facts, now)
    made_out = [effect.entity for effect in decision.effects if isinstance(effect, Put) and isinstance(effect.entity, Invite)]
    return replace(decision, effects=(*decision.effects, *lookup.asked(made_out, turn, facts)))


def _line(one: Invitee, place: int, turn: Turn, facts: Facts, now: datetime) -> tuple[dict[str, object], list[Effect]]:
    """What becomes of one line: the row of the report and its effects."""
    member = _member(one, facts)
    if member and member.state != "left":
        outcome = "synced" if member.state == "synced" else "member"
        return {"name": member.name or one.name, "target": masked_mobile(one.mobile), "outcome": outcome, "item": None}, []
    mistyped = _NUMBER.search(one.rest) if one.rest not in mentioned(turn) else None
    if (one.mobile and fault_of("mobile", one.mobile)) or (mistyped and not one.mobile):
        return {"name": one.name, "target": "", "outcome": "bad_mobile", "item": None}, []
    olds = _olds(one, facts)
    if not one.mobile and one.rest not in mentioned(turn) and len({old.mobile for old in olds}) != 1:
        return {"name": one.name, "target": "", "outcome": "several" if olds else "no_mobile", "item": None}, []
    old = olds[0] if olds else None
    if old is None:
        seed = turn.seed[place % 8 : place % 8 + 10]
        who = one.rest if one.rest in mentioned(turn) else member.person if member else ""
        code = codes.make(int(seed, 16) + place)
        fresh = Invite(f"i{turn.seed[:12]}{place}", "asked", one.mobile, one.name, who, "", "chat", code, now)
        made = invites.sent_again(fresh, facts, now)
    else:
        made = invites.sent_again(old, facts, now)
    if made is None:
        return invites.row(old, "used", facts, now) if old else {}, []
    outcome = "again" if old and old.state in VALID else "sent"
    effects: list[Effect] = [Put(made), invites.entry("invite.send", made, turn, facts, now)]
    return invites.row(made, outcome, facts, now), effects + ([invites.told(made, facts, now)] if made.person else [])


def _member(one: Invitee, facts: Facts) -> Member | None:
    """The member of that mobile, or without one the only member of that name."""
    if (here := next((member for member in facts.all(Member) if member.id == one.rest), None)) is not None:
        return here
    if one.mobile:
        return next((member for member in facts.all(Member) if member.mobile == one.mobile), None)
    named = [member for member in facts.all(Member) if member.name == one.name]
    return named[0] if len(named) == 1 else None


def _olds(one: Invitee, facts: Facts) -> Sequence[Invite]:
    """Earlier invites of that line, the newest first; a used one counts for nothing when it went to another number."""
    found = {invite.id: invite for invite in facts.all(Invite) if _same(invite, one)}
    return sorted(found.values(), key=lambda invite: invite.sent, reverse=True)


def _same(invite: Invite, one: Invitee) -> bool:
    """Whether the invite is that line's: by person, by mobile, or without one by name."""
    if one.rest and invite.person == one.rest:
        return True
    return invite.mobile == one.mobile if one.mobile else bool(one.name) and invite.name == one.name


def _called(who: str, facts: Facts) -> str:
    found = facts.person(who)
    return (found.name if found else "") or who.rpartition(":")[2]


def receivers(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """The people who will be told."""
    ids = {one.person for one in facts.all(Invite)} | {one.person for one in facts.all(Member)}
    return tuple(Ask(Person, id=one) for one in sorted(ids - {"", facts.viewer.id}))
