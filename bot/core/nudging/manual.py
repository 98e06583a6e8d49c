"""What people can set off: a nudge by wish, throttled and counted, the escalation of an item that was reminded of in vain, a promise or a snooze."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.calendar import add_working, add_working_days, may_send, next_send, next_slot
from bot.core.nudging.budget import Sent, budget_of
from bot.core.nudging.plan import plan
from bot.core.nudging.values import NEVER, Act, Rules, Verdict, Waiting, Why
from bot.core.nudging.whom import heir, receiver


class Asked(StrEnum):
    """What became of a request to nudge; picks the reply."""

    SENT = "sent"
    FOLDED = "folded"
    THROTTLED = "throttled"
    PROMISED = "promised"
    YOUR_TURN = "your_turn"
    AWAY = "away"
    SILENT = "silent"
    PAUSED = "paused"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Ask:
    """The answer to a request to nudge. SENT: `to` (for the absent `deputising`) is to be reminded now, which counts into their budget. FOLDED: it goes into
    their digest at `at`, because `why` (budget used up, quiet hours, snoozed). In both cases the instant joins the item's `asks`; in no other. THROTTLED:
    asked before, again from `at`. PROMISED: they said until `at`. AWAY: nobody can act before `at` (None: the item goes on by itself). SILENT: they
    want no reminders; PAUSED: nobody gets any before `at`. `again` is when the next request counts."""

    asked: Asked
    to: str = ""
    at: datetime | None = None
    deputising: str = ""
    why: Why | None = None
    again: datetime | None = None


def _refusal(waiting: Waiting, rules: Rules, now: datetime) -> Ask | None:
    """Why there is nothing to nudge, or nobody, or not yet again."""
    if waiting.decided:
        return Ask(Asked.DECIDED)
    if waiting.lacking:
        return Ask(Asked.YOUR_TURN, waiting.asker, waiting.lacking)
    who = receiver(waiting, rules, now)
    if waiting.promised and waiting.promised > now and who.to and not who.passes and not (rules.pause and (rules.pause.until or NEVER) > now):
        return Ask(Asked.PROMISED, who.to, waiting.promised)
    if waiting.asks and waiting.asks[-1] >= waiting.begun:
        again = add_working(rules.calendar, waiting.asks[-1], rules.policy.manual_every)
        if again > now:
            return Ask(Asked.THROTTLED, waiting.holder, again)
    if not who.to or who.passes:
        return Ask(Asked.AWAY, who.to, who.until)
    if rules.pause and (rules.pause.until or NEVER) > now:
        return Ask(Asked.PAUSED, who.to, rules.pause.until)
    mute = rules.mutes.get(who.to)
    return Ask(Asked.SILENT, who.to, mute if mute < NEVER else None) if mute and mute > now else None


def ask(waiting: Waiting, sent: Sequence[Sent], rules: Rules, now: datetime) -> Ask:
    """A request to nudge (by whoever may make it). `sent` is what the receiver got, as for `digest`."""
    refusal = _refusal(waiting, rules, now)
    if refusal:
        return refusal
    calendar, slots = rules.calendar, rules.policy.slots
    who = receiver(waiting, rules, now)
    again = add_working(calendar, now, rules.policy.manual_every)
    budget = budget_of(sent, rules, now)
    if waiting.snoozed and waiting.snoozed > now:
        return Ask(Asked.FOLDED, who.to, next_slot(calendar, waiting.snoozed, slots), who.deputising, Why.SNOOZED, again)
    if not budget.left:
        return Ask(Asked.FOLDED, who.to, budget.again, who.deputising, Why.BUDGET, again)
    if not may_send(calendar, now):
        return Ask(Asked.FOLDED, who.to, next_slot(calendar, now, slots), who.deputising, Why.QUIET, again)
    return Ask(Asked.SENT, who.to, now, who.deputising, Why.ASKED, again)


def escalation(waiting: Waiting, rules: Rules, now: datetime) -> Verdict:
    """A request to escalate. ESCALATE when the holder was reminded at least once and had a working day since, so that they were told before, or when the
    schedule would escalate anyway; its `at` is when the next holder may be told of it (not at night). WAIT until then; NOTHING when decided, when the
    asker is on turn, or when nobody is above."""
    by_itself = plan(waiting, rules, now)
    if by_itself.act in {Act.ESCALATE, Act.NOTHING} or waiting.lacking:
        return by_itself if not waiting.lacking else Verdict(waiting.item, Act.NOTHING, Why.NOBODY, waiting.asker)
    found = heir(waiting, rules, now)
    if not found.to:
        return Verdict(waiting.item, Act.WAIT if found.until else Act.NOTHING, Why.AWAY if found.until else Why.NOBODY, at=found.until)
    if not waiting.reminded:
        return Verdict(waiting.item, Act.WAIT, Why.NOT_YET, waiting.holder)
    from_then = max(add_working_days(rules.calendar, waiting.reminded[-1].at, 1), waiting.promised or waiting.begun)
    if from_then > now:
        return Verdict(waiting.item, Act.WAIT, Why.PROMISED if from_then == waiting.promised else Why.GAP, found.to, from_then)
    return Verdict(waiting.item, Act.ESCALATE, Why.ASKED, found.to, next_send(rules.calendar, now), told=True)


def promise_fault(until: datetime, rules: Rules, now: datetime) -> str:
    """Why a promise or a snooze cannot last until then, as the name of a rule: `past`, or `too_far` for more than the policy's working days; empty when it
    can."""
    if until <= now:
        return "past"
    return "too_far" if until > add_working_days(rules.calendar, now, rules.policy.promise_days + 1) else ""
