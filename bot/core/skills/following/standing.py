"""我的报销到哪了: where the approvals stand that somebody filed in DingTalk, with whom, since when, and which wait for them; each with its link."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core.approvals import held_told, told
from bot.core.facts import Ask, Facts
from bot.core.model import Action, Followed, Person, Step
from bot.core.turn import Decision, Here, Reason, Say, Turn

MOST = 20
SHOWN = 5
RECENT = timedelta(days=14)
"""For how long an ended approval is still told of when nobody asks for it by its code."""


def mine(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """What the viewer filed, and what waits for them."""
    who = facts.viewer.id
    return (Ask(Followed, person=who, most=MOST), Ask(Step, holder=who, states=("open",), most=MOST)) if who else ()


def people(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """The people in whose hands they are."""
    names = {task.holder for one in facts.all(Followed) for task in one.waiting} | {one.person for one in facts.all(Step)}
    return tuple(Ask(Person, id=one, most=1) for one in sorted(names - {"", facts.viewer.id}))


def show(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Those of the kind that was named, or of the code; the open ones first, then what ended lately."""
    code, kind = turn.understanding.slot("code") or turn.understanding.slot("request"), _kind(turn, facts)
    filed = [one for one in facts.all(Followed) if _fits(one, code, kind, facts, now)]
    filed.sort(key=lambda one: (one.state != "running", -one.made.timestamp(), one.id))
    held = [one for one in facts.all(Step) if not code and (not kind or facts.policy.following.kind(one.process) == kind)]
    data = {
        "on": bool(facts.policy.following.processes),
        "kind": kind,
        "code": code,
        "mine": [told(one, facts, now) for one in filed[:SHOWN]],
        "total": len(filed),
        "held": [held_told(one, facts, now) for one in held[:SHOWN]],
        "held_total": len(held),
    }
    waits = any(one.waiting for one in filed)
    actions = (Action("act.nudge", ((("code", filed[0].code),) if len(filed) == 1 else ())),) if waits else ()
    return Decision(Reason.ANSWERED, (Say(Here(), "act/my_approvals", data, actions),), topic="act.my_approvals")


def _kind(turn: Turn, facts: Facts) -> str:
    """The kind of approval that was named, the longest word first."""
    text = turn.text.casefold()
    words = sorted(set(facts.policy.following.processes.values()), key=len, reverse=True)
    return next((word for word in words if word and word.casefold() in text), "")


def _fits(one: Followed, code: str, kind: str, facts: Facts, now: datetime) -> bool:
    if code:
        return one.code == code
    there = one.state == "running" or (one.state in ("agreed", "refused", "terminated") and now - (one.ended or one.made) < RECENT)
    return there and (not kind or facts.policy.following.kind(one.process) == kind)
