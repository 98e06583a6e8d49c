"""Somebody wants no reminders for a while, or wants them back: their own desk alone, and the ladder goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import drawing
from bot.core.calendar import at_wall, local
from bot.core.facts import Facts
from bot.core.model import Action
from bot.core.nudging.shown import moment
from bot.core.nudging.values import NEVER
from bot.core.skills.nudging import moments
from bot.core.skills.nudging.ruling import desk_of, rules_of
from bot.core.skills.nudging.telling import DESK, worded
from bot.core.turn import Decision, Here, Put, Reason, Say, Turn

MUTE = "act.mute"
OFF = "off"
DAYS = (1, 7)
"""Days that are offered: until tomorrow, for a week."""
LONGEST = timedelta(days=92)


def run(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """With a time: muted until then. Without: how it stands, and what can be chosen."""
    rules, desk = rules_of(facts), desk_of(facts.viewer.id, facts)
    chosen = turn.understanding.slot("until")
    muted = desk.muted if desk.muted is not None and desk.muted > now else None
    if chosen == OFF or (not chosen and worded("unmute_words", turn, facts)):
        return _ended(turn, facts, now, was=muted is not None)
    until = moments.chosen(turn) or moments.done_by(turn, rules.calendar, now)
    if until is None or until <= now or until - now > LONGEST:
        return _menu(muted, facts, now, far=until is not None and until > now)
    line = drawing.line(turn, facts.viewer, now, "mute", f"person:{facts.viewer.id}", until.isoformat())
    data = {"at": moment(until, rules.calendar, now), "muted": True}
    return Decision(Reason.SAVED, (Put(replace(desk, muted=until)), line, Say(Here(), "nudge/muted", data, (_off(), DESK))), topic=MUTE)


def _ended(turn: Turn, facts: Facts, now: datetime, *, was: bool) -> Decision:
    said = Say(Here(), "nudge/muted", {"at": None, "muted": False}, (DESK,))
    if not was:
        return Decision(Reason.ANSWERED, (said,), topic=MUTE)
    line = drawing.line(turn, facts.viewer, now, "unmute", f"person:{facts.viewer.id}")
    return Decision(Reason.SAVED, (Put(replace(desk_of(facts.viewer.id, facts), muted=None)), line, said), topic=MUTE)


def _menu(muted: datetime | None, facts: Facts, now: datetime, *, far: bool) -> Decision:
    """How it stands; the end of a mute is always named, since one without an end is forgotten."""
    calendar = facts.policy.calendar
    today = local(calendar, now).date()
    ends = [at_wall(calendar, today + timedelta(days=days), 0) for days in DAYS]
    offers = tuple(Action(MUTE, (("until", at.isoformat()),), f"mute_{days}") for at, days in zip(ends, DAYS, strict=True))
    data = {"at": moment(muted, calendar, now), "far": far, "days": LONGEST.days, "open": muted is not None and muted >= NEVER}
    return Decision(Reason.ASKED_BACK, (Say(Here(), "nudge/mute", data, (*offers, *((_off(),) if muted else ()))),), topic=MUTE)


def _off() -> Action:
    return Action(MUTE, (("until", OFF),), "unmute")
