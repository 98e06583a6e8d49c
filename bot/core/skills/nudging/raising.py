"""Whoever waits wants the next level: it goes up when its holder knows of it and had a working day, and the holder is told at once if they may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.core.calendar import add_working_days, may_send, next_slot
from bot.core.facts import Facts
from bot.core.model import Action, Step
from bot.core.nudging import Act, Rules, Verdict, Waiting, Why
from bot.core.nudging.manual import escalation
from bot.core.nudging.plan import ANNOUNCED_DAYS, raised_due
from bot.core.nudging.shown import moment
from bot.core.nudging.waiting import Own
from bot.core.nudging.whom import heir
from bot.core.skills.nudging.alarming import admins_told
from bot.core.skills.nudging.moving import carried_out, lost, reachable
from bot.core.skills.nudging.ruling import desk_of, rules_of, waits_of, written
from bot.core.skills.nudging.telling import DESK, about, asker_of, deciding, item_told, name_of
from bot.core.turn import Decision, Effect, Here, Private, Put, Reason, Say, Turn

Row = tuple[Own, Waiting]
RAISE = "act.escalate"


def run(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The viewer's own item of that code, else the oldest that waits."""
    code = turn.understanding.slot("code") or turn.understanding.slot("request")
    rows = [row for row in waits_of(facts, now) if facts.viewer.id in (row[1].asker, *row[1].barred)]
    row = next((one for one in rows if not code or one[0].code == code), None)
    if row is None:
        held = next((item for item, waiting in waits_of(facts, now) if code and item.code == code and waiting.holder == facts.viewer.id), None)
        actions = (Action("act.transfer", (("code", code),)),) if held is not None else (Action("act.status_check"),)
        return _answer("yours" if held is not None else "nothing", {"code": code}, actions)
    item, waiting = row
    if isinstance(item, Step):
        return _answer("elsewhere", {"code": item.code, "holder": name_of(waiting.holder, facts)}, (Action("act.nudge"),))
    return _raised((item, waiting), turn, facts, now)


def _raised(row: Row, turn: Turn, facts: Facts, now: datetime) -> Decision:
    item, waiting = row
    rules = rules_of(facts)
    verdict = escalation(waiting, rules, now)
    told = {"code": item.code, "holder": name_of(waiting.holder, facts), "to": name_of(verdict.to, facts) if verdict.to else ""}
    if verdict.act is Act.ESCALATE and may_send(rules.calendar, now):
        return _gone(row, verdict, turn, facts, rules, now)
    if waiting.lacking:
        return _answer("your_turn", told, (Action("act.resubmit", (("code", item.code),), "add_info"),))
    if verdict.act is Act.NOTHING:
        return _nobody(row, told, facts, rules, now)
    if verdict.act is Act.WAIT and verdict.why is Why.AWAY:
        return _answer("away", {**told, "at": moment(verdict.at, rules.calendar, now)}, (Action("act.status_check"),))
    return _announced(row, told, facts, rules, now)


def _gone(row: Row, verdict: Verdict, turn: Turn, facts: Facts, rules: Rules, now: datetime) -> Decision:
    """Its holder was reminded and had their day: it goes up at once, and they hear of it."""
    gone, effects = carried_out(((*row, verdict),), turn, facts, rules, now, actor=facts.viewer.id, silent=True)
    told: tuple[Effect, ...] = ()
    if reachable(row[1].holder, facts, rules, now):
        desk = written(desk_of(row[1].holder, facts), now, digest=False)
        told = (Say(Private(row[1].holder), "nudge/passed", {"passed": lost(gone, facts)}, (DESK,)), Put(desk))
    data = {"code": row[0].code, "holder": name_of(row[1].holder, facts), "to": name_of(verdict.to, facts)}
    answer = _answer("gone", data, (Action("act.status_check"),))
    return replace(answer, reason=Reason.SAVED, effects=(*answer.effects, *effects, *told))


def _nobody(row: Row, told: Mapping[str, object], facts: Facts, rules: Rules, now: datetime) -> Decision:
    """Nobody is above: the admins hear of it now, or with the next round when nothing may be sent, once for an item."""
    item, waiting = row
    actions = (Action("act.human", label="human"),)
    if item.raised is not None and item.raised >= waiting.begun:
        return _answer("nobody", {**told, "admins": "known"}, actions)
    said = admins_told((item,), facts.viewer.id, facts, rules, now)
    answer = _answer("nobody", {**told, "admins": "told" if said else "later"}, actions)
    return replace(answer, reason=Reason.SAVED, effects=(*answer.effects, Put(replace(item, raised=now)), *said))


def _announced(row: Row, told: Mapping[str, object], facts: Facts, rules: Rules, now: datetime) -> Decision:
    """The wish is kept. Its holder learns at once to whom it goes and when, or with their next digest when nothing more may be sent to them today."""
    item, waiting = row
    found = heir(waiting, rules, now)
    known = raised_due(waiting, rules)
    to = name_of(found.to, facts)
    if known is not None:
        return _answer("already", {**told, "to": to, "at": moment(next_slot(rules.calendar, known, rules.policy.slots), rules.calendar, now)}, ())
    raised = replace(item, raised=now, asked=(*item.asked, now))
    at_once = may_send(rules.calendar, now) and reachable(waiting.holder, facts, rules, now)
    due = add_working_days(rules.calendar, now, ANNOUNCED_DAYS)
    due = max(due, waiting.promised) if waiting.promised and waiting.promised > now else due
    at = moment(next_slot(rules.calendar, due, rules.policy.slots), rules.calendar, now)
    if not at_once:
        answer = _answer("folded", {**told, "to": to}, (Action("act.status_check"),))
        again = item.raised is not None and item.raised >= waiting.begun
        return answer if again else replace(answer, reason=Reason.SAVED, effects=(*answer.effects, Put(raised)))
    data = {"item": item_told(item, facts), "waits": asker_of(item, facts), "to": to, "at": at}
    actions = (*deciding(item), Action("act.promise", (("request", item.code),)))
    said = Say(Private(waiting.holder), "nudge/going_up", data, actions, priority=2, about=about(item))
    desk = Put(written(desk_of(waiting.holder, facts), now, digest=False))
    answer = _answer("announced", {**told, "to": to, "at": at}, (Action("act.status_check"),))
    return replace(answer, reason=Reason.SAVED, effects=(*answer.effects, Put(replace(raised, nudges=(*item.nudges, now))), said, desk))


def _answer(word: str, data: Mapping[str, object], actions: tuple[Action, ...]) -> Decision:
    shown = {"code": "", "holder": "", "to": "", "at": None, "admins": "", **data}
    return Decision(Reason.ANSWERED, (Say(Here(), "nudge/raised", {**shown, "word": word}, actions),), topic=RAISE)
