"""Whoever waits asks for a nudge: the holder is reminded now, or in their next digest, or there is a reason not to, and the asker hears which."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.core.calendar import working_minutes
from bot.core.facts import Facts
from bot.core.model import Action, Request, Step
from bot.core.nudging import Ask, Asked, Rules, Waiting, ask
from bot.core.nudging.shown import moment
from bot.core.nudging.waiting import Held, sent_of
from bot.core.nudging.whom import receiver
from bot.core.skills.nudging.ruling import desk_of, rules_of, waits_of, written
from bot.core.skills.nudging.telling import about, asker_of, deciding, item_told, name_of, spent
from bot.core.turn import Decision, Effect, Here, Private, Put, Reason, Say, Turn

COUNTED = frozenset({Asked.SENT, Asked.FOLDED})
"""Answers after which the wish counts."""


def run(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The viewer's own item of that code, without one the oldest that waits; a code with a wrong character is nobody's."""
    read = turn.understanding
    code = _there(read.slot("code") or read.slot("request") or read.slot("mistyped"), facts)
    rows = [row for row in waits_of(facts, now) if facts.viewer.id in (row[1].asker, *row[1].barred)]
    row = next((one for one in rows if not code or one[0].code == code), None)
    if row is None:
        data = {"asked": "nothing", "code": code, "item": None, "to": "", "at": None, "again": None, "why": "", "more": 0}
        return Decision(Reason.ANSWERED, (Say(Here(), "nudge/asked", data, (Action("act.status_check"),)),), topic="act.nudge")
    item, waiting = row
    rules = rules_of(facts)
    to = receiver(waiting, rules, now).to
    found = ask(waiting, sent_of(desk_of(to, facts)), rules, now)
    return Decision(
        Reason.ANSWERED, (_answer(found, item, len(rows) - 1, facts, rules, now), *_done(found, item, waiting, facts, rules, now)), topic="act.nudge"
    )


def _there(code: str, facts: Facts) -> str:
    """The code of the turn in DingTalk when the code names a request that is decided there."""
    filed = next((one.filed for one in facts.all(Request) if code and one.code == code and one.elsewhere), "")
    return next((one.code for one in facts.all(Step) if filed and one.followed == filed), code)


def _answer(found: Ask, item: Held, more: int, facts: Facts, rules: Rules, now: datetime) -> Say:
    data = {
        "asked": found.asked.value,
        "code": item.code,
        "item": item_told(item, facts),
        "to": name_of(found.to, facts) if found.to else "",
        "at": moment(found.at, rules.calendar, now),
        "again": moment(found.again, rules.calendar, now),
        "why": found.why.value if found.why else "",
        "more": more,
    }
    return Say(Here(), "nudge/asked", data, (Action("act.status_check"),))


def _done(found: Ask, item: Held, waiting: Waiting, facts: Facts, rules: Rules, now: datetime) -> tuple[Effect, ...]:
    """The wish is kept; when it is carried out at once the reminder counts into its receiver's budget."""
    if found.asked not in COUNTED:
        return ()
    asked = replace(item, asked=(*item.asked, now))
    if found.asked is Asked.FOLDED:
        return (Put(asked),)
    data = {
        "item": item_told(item, facts),
        "waits": asker_of(item, facts),
        "age": spent(working_minutes(rules.calendar, waiting.filed or waiting.since, now), rules.calendar),
        "deputising": name_of(found.deputising, facts) if found.deputising else "",
    }
    later = Action("act.snooze", (("request", item.code),))
    said = Say(Private(found.to), "nudge/wished", data, (*deciding(item), later), priority=2, about=about(item))
    return Put(replace(asked, nudges=(*item.nudges, now))), said, Put(written(desk_of(found.to, facts), now, digest=False))
