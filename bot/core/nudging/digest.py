"""One message to one person with everything that waits for them, at fixed times and within their budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.calendar import add_working_days, at_wall, current_slot, local, next_slot, working_minutes
from bot.core.nudging.budget import Sent, budget_of
from bot.core.nudging.plan import ANNOUNCED_DAYS, plan, raised_due
from bot.core.nudging.values import Act, Rules, Verdict, Waiting, Why
from bot.core.nudging.whom import heir


@dataclass(frozen=True, slots=True)
class Line:
    """What is told of one item in a reminder: facts that were not in the one before. `step` of `most` picks the wording. `age` are working minutes since the
    item was filed, `held` since this person has it. `waits` is who waits for it, `asks` how often they asked to nudge since it came here. `why` says
    ASKED for a wish, PROMISED for a promise not kept. On the last step `passes_to` and `passes_at` say who gets the item when it stays undone."""

    item: str
    why: Why
    step: int
    most: int
    urgent: bool
    age: int
    held: int
    waits: str
    asks: int
    deputising: str = ""
    passes_to: str = ""
    passes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Digest:
    """A person's digest of now. With `lines` (the most urgent first) it is to be sent, `shown` of them written out; each line becomes a Nudge of its item.
    Without, `why` says what holds it and `at` when to ask again. `verdicts` has one for every item given, in their order, so that each has its reason."""

    person: str
    lines: tuple[Line, ...]
    verdicts: tuple[Verdict, ...]
    shown: int = 0
    why: Why | None = None
    at: datetime | None = None


def line(waiting: Waiting, verdict: Verdict, rules: Rules, now: datetime) -> Line:
    """The facts of one item for the reminder that `verdict` orders."""
    calendar, pace = rules.calendar, rules.policy.pace(waiting.kind)
    raised = waiting.raised is not None and waiting.raised >= waiting.begun
    last = (raised or (verdict.step == pace.most and pace.escalates)) and not waiting.lacking
    passes = heir(waiting, rules, now).to if last else ""
    slot = current_slot(calendar, now, rules.policy.slots) or now
    return Line(
        item=waiting.item,
        why=verdict.why,
        step=verdict.step,
        most=pace.most,
        urgent=waiting.urgent,
        age=working_minutes(calendar, waiting.filed or waiting.since, now),
        held=working_minutes(calendar, waiting.begun, now),
        waits=waiting.asker if not waiting.lacking else waiting.holder,
        asks=sum(at >= waiting.begun for at in waiting.asks),
        deputising=verdict.deputising,
        passes_to=passes,
        passes_at=next_slot(calendar, _passing(waiting, slot, raised, rules), rules.policy.slots) if passes else None,
    )


def _passing(waiting: Waiting, slot: datetime, raised: bool, rules: Rules) -> datetime:
    """From when on the item goes up if it stays undone: as was told before, else a working day from now when its asker wants it, else after the last gap."""
    known = raised_due(waiting, rules)
    return known or add_working_days(rules.calendar, slot, ANNOUNCED_DAYS if raised else rules.policy.pace(waiting.kind).gaps[-1])


def _order(row: tuple[Waiting, Verdict]) -> tuple[object, ...]:
    """Urgent first, then what was asked for and promises not kept, then what is nearest to going up, then the oldest."""
    waiting, verdict = row
    return (not waiting.urgent, verdict.why is not Why.ASKED, verdict.why is not Why.PROMISED, -verdict.step, waiting.since, waiting.item)


def _new(waiting: Waiting, verdict: Verdict) -> bool:
    """Whether the item is worth a second digest on one day: urgent, never shown, asked for, or come back by appointment."""
    return waiting.urgent or not waiting.reminded or verdict.why in {Why.ASKED, Why.PROMISED, Why.SNOOZED}


def _held(due: Sequence[tuple[Waiting, Verdict]], sent: Sequence[Sent], rules: Rules, now: datetime) -> tuple[Why, datetime] | None:
    """What keeps the digest back and until when, or None when it goes out now. The newest slot that has come counts, once, however late it is; every slot
    but the first of a day is only for what is new or urgent, unless the first was missed."""
    calendar, slots = rules.calendar, rules.policy.slots
    today = local(calendar, now).date()
    slot = current_slot(calendar, now, slots)
    later = next_slot(calendar, now + timedelta(microseconds=1), slots)
    digests = [message.at for message in sent if message.digest and local(calendar, message.at).date() == today]
    if slot is None or any(at >= slot for at in digests) or all(verdict.at is None or verdict.at > slot for _, verdict in due):
        return Why.SLOT, later
    first = at_wall(calendar, today, slots[0])
    missed = not digests and any(verdict.at is not None and verdict.at <= first for _, verdict in due)
    if slot > first and not missed and not any(_new(*row) for row in due):
        return Why.NOT_NEW, next_slot(calendar, at_wall(calendar, today + timedelta(days=1), 0), slots)
    budget = budget_of(sent, rules, now)
    return None if budget.left else (Why.BUDGET, budget.again)


def digest(person: str, items: Sequence[Waiting], sent: Sequence[Sent], rules: Rules, now: datetime) -> Digest:
    """What this person is reminded of now, from all items that may concern them (their own, those of people they deputise for, their own applications that
    lack something) and all messages of the bot's own accord that they got since Monday. ESCALATE among the verdicts is for the caller to carry out."""
    verdicts = [plan(waiting, rules, now) for waiting in items]
    due = [(waiting, verdict) for waiting, verdict in zip(items, verdicts, strict=True) if verdict.act is Act.NUDGE and verdict.to == person]
    if not due:
        return Digest(person, (), tuple(verdicts))
    held = _held(due, sent, rules, now)
    if held is None:
        lines = tuple(line(*row, rules, now) for row in sorted(due, key=_order))
        return Digest(person, lines, tuple(verdicts), min(len(lines), rules.policy.shown))
    why, at = held
    mine = {waiting.item for waiting, _ in due}
    waits = (replace(verdict, act=Act.WAIT, why=why, at=at) if verdict.item in mine else verdict for verdict in verdicts)
    return Digest(person, (), tuple(waits), why=why, at=at)
