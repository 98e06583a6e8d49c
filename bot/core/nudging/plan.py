"""What is to be done with one item now: nudge, wait until then, escalate, or nothing, and why."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from bot.core.calendar import add_working, add_working_days, current_slot, may_send, next_send, next_slot
from bot.core.nudging.values import NEVER, Act, Nudge, Rules, Verdict, Waiting, Why
from bot.core.nudging.whom import Receiver, heir, next_turn, receiver

ANNOUNCED_DAYS = 1
"""Working days between the word to the holder and the next level, when the asker asked for it."""


@dataclass(frozen=True, slots=True)
class _Due:
    """From when on something is to be done, and what held it until then."""

    at: datetime
    why: Why
    act: Act = Act.NUDGE


def held_out(waiting: Waiting, rules: Rules) -> bool:
    """Whether the item belongs to the share that gets no automatic reminder for a while, so that the effect of reminders can be measured. Never urgent
    ones. The draw hangs on the item's id and the experiment's salt alone, so that it is the same whenever it is asked."""
    policy = rules.policy
    if waiting.urgent or policy.hold_out <= 0:
        return False
    drawn = hashlib.sha256(f"{policy.hold_out_salt}\x1f{waiting.item}".encode()).digest()[:4]
    return int.from_bytes(drawn, "big") < policy.hold_out * 2**32


def appointment(waiting: Waiting) -> _Due | None:
    """The promise or snooze that nothing has reminded of yet: it says itself when to come back, instead of the pace."""
    last = max((nudge.at for nudge in waiting.reminded), default=waiting.begun)
    agreed = [_Due(at, why) for at, why in ((waiting.promised, Why.PROMISED), (waiting.snoozed, Why.SNOOZED)) if at and at > last and not waiting.lacking]
    return max(agreed, key=lambda due: due.at, default=None)


def _quiet_since(waiting: Waiting, rules: Rules) -> _Due:
    """When the item will have rested for a working day: since it came, or since somebody last touched it."""
    touched = waiting.active is not None and waiting.active > waiting.begun
    since = waiting.active if touched and waiting.active else waiting.begun
    return _Due(add_working(rules.calendar, since, rules.policy.pace(waiting.kind).first), Why.ACTIVE if touched else Why.NOT_YET)


def _after(nudge: Nudge, days: int, rules: Rules) -> _Due:
    """So many working days after a reminder, counted from its slot, so that one that was late does not push the next one off its slot."""
    slot = current_slot(rules.calendar, nudge.at, rules.policy.slots) or nudge.at
    return _Due(add_working_days(rules.calendar, slot, days), Why.GAP)


def _by_pace(waiting: Waiting, rules: Rules) -> _Due:
    """When the schedule comes back to the item: after the rest and after the gap that follows the last reminder."""
    if rules.policy.pace(waiting.kind).off:
        return _silenced(waiting)
    gaps = rules.policy.pace(waiting.kind).gaps
    dues = [_quiet_since(waiting, rules)]
    if waiting.reminded and waiting.reminded[-1].by:
        dues.append(_after(waiting.reminded[-1], min(gaps), rules))
    scheduled = [nudge for nudge in waiting.reminded if not nudge.by]
    if scheduled:
        dues.append(_after(scheduled[-1], gaps[min(len(scheduled), len(gaps)) - 1], rules))
    elif held_out(waiting, rules):
        dues.append(_Due(add_working_days(rules.calendar, dues[0].at, rules.policy.hold_out_days), Why.HELD_OUT))
    return max(dues, key=lambda due: due.at)


def _silenced(waiting: Waiting) -> _Due:
    """Nothing by itself; but whoever loses the item at its asker's wish is told before."""
    raised = waiting.raised is not None and waiting.raised >= waiting.begun and waiting.announced is None
    return _Due(waiting.raised, Why.ASKED) if raised and waiting.raised else _Due(NEVER, Why.OFF)


def raised_due(waiting: Waiting, rules: Rules) -> datetime | None:
    """When an item goes up whose asker asked for it: a working day after its holder was told, and not before the time they promised. None: not asked for,
    or the holder does not know yet."""
    told = waiting.announced
    if told is None or waiting.lacking:
        return None
    promised = waiting.promised if waiting.promised and waiting.promised > told else told
    return max(add_working_days(rules.calendar, told, ANNOUNCED_DAYS), promised)


def _wanted(waiting: Waiting, rules: Rules, now: datetime) -> _Due:
    """When a reminder is wanted, by appointment, by wish or by pace, and whether it is a reminder or, when there were enough, the next level."""
    agreed = appointment(waiting)
    wished = _Due(waiting.wished, Why.ASKED) if waiting.wished and not waiting.lacking else None
    due = agreed or wished or _by_pace(waiting, rules)
    raised = raised_due(waiting, rules)
    if raised is not None and raised <= max(due.at, now):
        return _Due(raised, Why.ASKED, Act.ESCALATE)
    if waiting.steps < rules.policy.pace(waiting.kind).most or (wished and not agreed):
        return due
    return _Due(due.at, due.why, Act.ESCALATE)


def _muted(due: _Due, waiting: Waiting, rules: Rules, until: datetime) -> _Due:
    """A mute silences reminders and does not stop the ladder: the item goes on when all reminders would have been sent."""
    pace = rules.policy.pace(waiting.kind)
    limit = add_working_days(rules.calendar, _quiet_since(waiting, rules).at, sum(pace.gaps))
    if pace.escalates and not pace.off and waiting.ladder and not waiting.lacking and limit < until:
        return _Due(max(limit, due.at), Why.MUTED, Act.ESCALATE)
    return _Due(max(until, due.at), Why.MUTED if until > due.at else due.why, due.act)


def _due(waiting: Waiting, who: Receiver, rules: Rules, now: datetime) -> _Due:
    """When something is to be done for this receiver, all gates considered; an escalation waits for a slot like a reminder."""
    if who.barred:
        due = _Due(waiting.begun, Why.BARRED, Act.ESCALATE)
    else:
        due = _wanted(waiting, rules, now)
        if who.passes:
            due = _Due(due.at, due.why, Act.ESCALATE)
        elif who.start:  # what was due before somebody became a deputy comes to them at a slot of their own
            due = _Due(max(due.at, who.start), due.why, due.act)
    until = rules.mutes.get(who.to)
    if until is not None and due.act is Act.NUDGE:
        due = _muted(due, waiting, rules, until)
    if rules.pause is not None:
        stop = rules.pause.until or NEVER
        due = _Due(stop, Why.PAUSED, due.act) if stop > due.at else due
    if due.act is Act.ESCALATE and due.at < NEVER:
        return _Due(next_slot(rules.calendar, due.at, rules.policy.slots), due.why, due.act)
    return due


def plan(waiting: Waiting, rules: Rules, now: datetime) -> Verdict:
    """What to do with the item now. NUDGE says that it belongs into the next digest of its receiver (`digest` knows slots and budgets); nothing is ever
    to be done in quiet hours, on days off or at lunch."""
    if waiting.decided:
        return Verdict(waiting.item, Act.NOTHING, Why.DECIDED)
    who = receiver(waiting, rules, now)
    if not who.to:
        return Verdict(waiting.item, Act.WAIT, Why.AWAY, at=who.until) if who.until else Verdict(waiting.item, Act.NOTHING, Why.NOBODY)
    due = _due(waiting, who, rules, now)
    if due.at > now:
        return Verdict(waiting.item, Act.WAIT, due.why, who.to, _until(due, rules, now))
    if due.act is Act.ESCALATE:
        return _escalation(waiting, who, due, rules, now)
    if not may_send(rules.calendar, now):
        return Verdict(waiting.item, Act.WAIT, Why.QUIET, who.to, next_send(rules.calendar, now))
    why = due.why if due.why in {Why.ASKED, Why.PROMISED, Why.SNOOZED} else Why.UNANSWERED if waiting.steps else Why.OVERDUE
    return Verdict(waiting.item, Act.NUDGE, why, who.to, due.at, min(waiting.steps + 1, rules.policy.pace(waiting.kind).most), who.deputising)


def _until(due: _Due, rules: Rules, now: datetime) -> datetime | None:
    """When to ask again; earlier than the end of a mute when somebody else may be the receiver by then."""
    turn = next_turn(rules, now) if due.why is Why.MUTED else None
    at = min(due.at, turn) if turn else due.at
    return at if at < NEVER else None


def _escalation(waiting: Waiting, who: Receiver, due: _Due, rules: Rules, now: datetime) -> Verdict:
    """The item goes over to the next on the ladder, if there is one and people are at work."""
    found = who if who.passes else heir(waiting, rules, now)
    if waiting.lacking or not (found.to or found.until) or not (rules.policy.pace(waiting.kind).escalates or who.passes):
        return Verdict(waiting.item, Act.NOTHING, Why.EXHAUSTED, who.to)
    if not found.to:
        return Verdict(waiting.item, Act.WAIT, Why.AWAY, at=found.until)
    if not may_send(rules.calendar, now):
        return Verdict(waiting.item, Act.WAIT, Why.QUIET, found.to, next_send(rules.calendar, now))
    asked = due.why if due.why in {Why.MUTED, Why.ASKED} else Why.UNANSWERED
    why = Why.BARRED if who.barred else Why.AWAY if who.passes else asked
    return Verdict(waiting.item, Act.ESCALATE, why, found.to, due.at, told=why in {Why.UNANSWERED, Why.ASKED})


def next_due(waiting: Waiting, rules: Rules, now: datetime) -> datetime | None:
    """The earliest instant at which `plan` and `digest` may have something to do for this item: what a row is indexed by. Never earlier than now; None
    when only a change of the item, the people or the policy can make it due. To be computed anew whenever one of those changed."""
    verdict = plan(waiting, rules, now)
    if verdict.act is Act.NOTHING or verdict.at is None:
        return None
    if verdict.act is Act.ESCALATE:
        return now
    slots = rules.policy.slots
    if verdict.why in {Why.AWAY, Why.MUTED}:
        return next_send(rules.calendar, verdict.at)
    if verdict.act is Act.NUDGE or verdict.why is Why.QUIET:
        moment = next_send(rules.calendar, now)
        missed = current_slot(rules.calendar, moment, slots)
        due = _due(waiting, receiver(waiting, rules, now), rules, now)
        if due.act is Act.ESCALATE or (missed and due.at <= missed):
            return moment
        return next_slot(rules.calendar, moment, slots)
    return next_slot(rules.calendar, verdict.at, slots)
