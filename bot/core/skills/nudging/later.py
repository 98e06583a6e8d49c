"""Whoever holds something says when they will see to it: put off until then, or promised by then, which whoever waits can see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.calendar import add_working_days, at_wall, local, next_slot
from bot.core.facts import Facts
from bot.core.model import Action, Awaiting, Request
from bot.core.nudging import Rules, Waiting, receiver
from bot.core.nudging.manual import promise_fault
from bot.core.nudging.shown import moment
from bot.core.nudging.waiting import Held
from bot.core.skills.nudging import moments
from bot.core.skills.nudging.ruling import rules_of, waits_of
from bot.core.skills.nudging.telling import DESK, about, item_told, name_of, worded
from bot.core.turn import Decision, Effect, Here, Private, Put, Reason, Say, Turn

SNOOZE, PROMISE = "act.snooze", "act.promise"
PATIENCE = timedelta(minutes=30)
SHOWN = 8
Rows = Sequence[tuple[Held, Waiting]]


def snooze(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Reminders of one item, or of everything on the desk, rest until then; they come back with the first digest after it."""
    return _said(SNOOZE, turn, facts, now)


def promise(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The holder says by when; reminders rest, and whoever waits sees it in their status."""
    return _said(PROMISE, turn, facts, now)


def _said(act: str, turn: Turn, facts: Facts, now: datetime) -> Decision:
    rules, who = rules_of(facts), facts.viewer.id
    desk = [row for row in waits_of(facts, now, who) if receiver(row[1], rules, now).to == who or row[1].holder == who]
    code = named(turn, facts)
    rows = [row for row in desk if not code or row[0].code == code]
    if not rows:
        data = {"act": act, "code": code, "left": len(desk)}
        return Decision(Reason.ANSWERED, (Say(Here(), "nudge/no_item", data, (DESK,) if desk else ()),), topic=act)
    until = _until(act, turn, facts, rules, now)
    fault = promise_fault(until, rules, now) if until is not None else ""
    if until is None or fault:
        return _when(act, code, rows, fault, facts, rules, now)
    late = [item for item, _ in rows if act == SNOOZE and _lapses(item, until)]
    kept = [row for row in rows if row[0] not in late]
    if not kept:
        return _when(act, code, rows, "lapses", facts, rules, now)
    return _noted(act, until, kept, [item.code for item in late], facts, rules, now)


def _lapses(item: Held, until: datetime) -> bool:
    """Whether nobody may decide it any more by then: put off so far it would lapse unseen."""
    return isinstance(item, Request) and item.lapses is not None and item.lapses <= until


def named(turn: Turn, facts: Facts) -> str:
    """The code of the item that is meant: said, on the pressed button, called this one, or the only one of the message before. Empty: all of the desk."""
    said = turn.understanding.slot("code") or turn.understanding.slot("request")
    if said or turn.understanding.rule in ("button", "choice", "awaited"):
        return said
    shown = list(dict.fromkeys(value for action in facts.private.options for name, value in action.slots if name in ("code", "request")))
    this = worded("this_one_words", turn, facts)
    alone = len(shown) == 1 and facts.private.topic != DESK.intent
    return shown[0] if shown and (this or alone) else ""


def _until(act: str, turn: Turn, facts: Facts, rules: Rules, now: datetime) -> datetime | None:
    """The instant that is meant; something put off comes back with a digest, so that is what is told."""
    words = facts.catalogue.labels.get(turn.language, {}).get("until_words", "")
    at = moments.chosen(turn) or (moments.back_at(turn, rules.calendar, now, words) if act == SNOOZE else moments.done_by(turn, rules.calendar, now))
    return next_slot(rules.calendar, at, rules.policy.slots) if at is not None and at > now and act == SNOOZE else at


def _when(act: str, code: str, rows: Rows, fault: str, facts: Facts, rules: Rules, now: datetime) -> Decision:
    """Asks for the time, with the usual ones as buttons."""
    kept = (("request", code),) if code else ()
    able = [at for at in offered(act, rules, now) if not promise_fault(at, rules, now)]
    offers = dict.fromkeys(at for at in able if act != SNOOZE or not all(_lapses(item, at) for item, _ in rows))
    actions = tuple(Action(act, (*kept, ("until", at.isoformat())), label_of(at, rules, now)) for at in offers)
    last = add_working_days(rules.calendar, now, rules.policy.promise_days)
    data = {
        "act": act, "code": code, "total": len(rows), "fault": fault, "days": rules.policy.promise_days, "last": moment(last, rules.calendar, now),
        "item": item_told(rows[0][0], facts) if len(rows) == 1 else None,
    }  # fmt: skip
    return Decision(Reason.ASKED_VALUE, (Say(Here(), "nudge/when", data, actions),), act, Awaiting(act, "when", kept, now + PATIENCE))


def offered(act: str, rules: Rules, now: datetime) -> tuple[datetime, ...]:
    """The times people mostly mean: the next digests, or the ends of work of today, tomorrow and the day after."""
    calendar = rules.calendar
    if act == SNOOZE:
        first = next_slot(calendar, now + timedelta(minutes=1), rules.policy.slots)
        tomorrow = next_slot(calendar, at_wall(calendar, local(calendar, now).date() + timedelta(days=1), 0), rules.policy.slots)
        return first, tomorrow, next_slot(calendar, add_working_days(calendar, tomorrow, 1), rules.policy.slots)
    over = at_wall(calendar, local(calendar, now).date(), calendar.hours[-1][1])
    return over, add_working_days(calendar, over, 1), add_working_days(calendar, over, 2)


def label_of(at: datetime, rules: Rules, now: datetime) -> str:
    """A moment on a button: month, day and wall time, or the time alone today."""
    wall = local(rules.calendar, at)
    return f"{wall:%H:%M}" if wall.date() == local(rules.calendar, now).date() else f"{wall:%m-%d %H:%M}"


def _noted(act: str, until: datetime, rows: Rows, late: Sequence[str], facts: Facts, rules: Rules, now: datetime) -> Decision:
    data = {
        "act": act,
        "at": moment(until, rules.calendar, now),
        "items": [item_told(item, facts) for item, _ in rows[:SHOWN]],
        "total": len(rows),
        "late": late,
    }
    puts = tuple(Put(_changed(act, item, waiting, until)) for item, waiting in rows)
    words = tuple(word for item, waiting in rows for word in _told(item, waiting, until, facts, rules, now)) if act == PROMISE else ()
    return Decision(Reason.SAVED, (*puts, Say(Here(), "nudge/noted", data, (DESK,)), *words), topic=act)


def _changed(act: str, item: Held, waiting: Waiting, until: datetime) -> Held:
    """The item with what was said. Who decides beside the holder only puts their own reminders off: the promise shown is the holder's."""
    if isinstance(item, Request) and waiting.holder in item.also:
        others = tuple(row for row in item.rests if row[0] != waiting.holder)
        return replace(item, rests=(*others, (waiting.holder, until)))
    return replace(item, snoozed=until) if act == SNOOZE else replace(item, promised=until, snoozed=None)


def _told(item: Held, waiting: Waiting, until: datetime, facts: Facts, rules: Rules, now: datetime) -> tuple[Effect, ...]:
    """Whoever asked for a nudge hears by when; the others see it when they look."""
    if not waiting.asks or waiting.asks[-1] < waiting.begun or (isinstance(item, Request) and waiting.holder in item.also):
        return ()
    data = {**item_told(item, facts), "by": name_of(facts.viewer.id, facts), "at": moment(until, rules.calendar, now)}
    return (Say(Private(waiting.asker), "nudge/promised", data, (Action("act.status_check"),), about=about(item)),)
