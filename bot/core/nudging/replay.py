"""What a policy would have sent over past weeks: the dry run that is shown before a policy is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.core.calendar import next_slot
from bot.core.nudging.budget import Sent
from bot.core.nudging.digest import Digest, digest
from bot.core.nudging.values import Act, Nudge, Rules, Waiting
from bot.core.nudging.whom import receiver


@dataclass(frozen=True, slots=True)
class Replayed:
    """Messages that people would have got, most first; `most_a_day` to any one of them on one day; items reminded of, and passed on."""

    messages: tuple[tuple[str, int], ...]
    most_a_day: int
    items: int
    escalated: int

    @property
    def total(self) -> int:
        """All messages."""
        return sum(number for _, number in self.messages)


def _open(item: Waiting, now: datetime) -> bool:
    return item.since <= now and (item.decided is None or item.decided > now)


def at_slot(items: Sequence[Waiting], mail: dict[str, list[Sent]], rules: Rules, now: datetime) -> tuple[list[Digest], list[Waiting]]:
    """One moment of the office: the digests that go out, entered into `mail`, and the items that changed by them or went up the ladder."""
    desks: dict[str, list[Waiting]] = {}
    for item in items:
        desks.setdefault(receiver(item, rules, now).to or item.holder, []).append(item)
    sent, changed = [], []
    for person, desk in sorted(desks.items()):
        found = digest(person, desk, mail.get(person, ()), rules, now)
        listed = {line.item for line in found.lines}
        if listed:
            sent.append(found)
            mail.setdefault(person, []).append(Sent(now))
        for item, verdict in zip(desk, found.verdicts, strict=True):
            if item.item in listed:
                changed.append(replace(item, nudges=(*item.nudges, Nudge(person, now))))
            elif verdict.act is Act.ESCALATE:
                above = item.ladder[item.ladder.index(verdict.to) + 1 :]
                changed.append(replace(item, holder=verdict.to, since=now, ladder=above, promised=None, snoozed=None, active=None))
    return sent, changed


def replay(past: Sequence[Waiting], rules: Rules, start: datetime, end: datetime) -> Replayed:
    """Walks over the slots between two instants with items as they were when they came, `decided` when they were. What people would have done otherwise
    because of other reminders is not guessed: the figures are of messages, and on the high side for a policy that works better."""
    items = {item.item: replace(item, nudges=()) for item in past}
    mail: dict[str, list[Sent]] = {}
    most = escalated = 0
    nudged: set[str] = set()
    now = next_slot(rules.calendar, start, rules.policy.slots)
    while now < end:
        pending = [replace(item, decided=None) for item in items.values() if _open(item, now)]
        sent, changed = at_slot(pending, mail, rules, now)
        for item in changed:
            escalated += item.holder != items[item.item].holder
            items[item.item] = replace(item, decided=items[item.item].decided)
        nudged |= {line.item for found in sent for line in found.lines}
        now = next_slot(rules.calendar, now + timedelta(microseconds=1), rules.policy.slots)
    for letters in mail.values():
        days = [letter.at.astimezone(rules.calendar.zone).date() for letter in letters]
        most = max(most, *(days.count(day) for day in days))
    messages = sorted(((person, len(letters)) for person, letters in mail.items()), key=lambda row: (-row[1], row[0]))
    return Replayed(tuple(messages), most, len(nudged), escalated)


def compared(past: Sequence[Waiting], old: Rules, new: Rules, start: datetime, end: datetime) -> tuple[int, Replayed, Replayed]:
    """How many of the items were still open after `start`, and what each of the two policies would have sent for them."""
    items = [item for item in past if item.decided is None or item.decided > start]
    return len(items), replay(items, old, start, end), replay(items, new, start, end)
