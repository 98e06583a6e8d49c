"""A month of an invented company under several reminder policies: messages sent and working time to decision under a stated response model.

python bench/nudging.py [items] [seed]

The month is 2 February to 6 March 2026: 200 approvers, 2,000 requests, Spring Festival (15 to 23 February off, 14 and 28 worked), one approver in four away
for some days, seven in ten of those with a deputy. Every policy meets the same requests, the same absences and the same people.

The response model, after the figures of Ancker et al. 2017, Shan et al. 2022 and Barron and Yechiam 2004:
- An approver decides half of the requests by themselves, after an exponential time with a mean of 5 working hours. The other half slipped their mind: mean 60.
- A reminder is opened with probability 0.5 by its one addressee, 30 % less for each further message that day (0.5, 0.35, 0.25, ...), and 10 % less for
  every 5 points of the share of repeats among all requests that this person was reminded of so far. What comes at night or on a day off is found at the
  next working minute and counts into that day; nobody who is away opens anything.
- Who opens one decides each request that is listed in it with probability 0.8, within half a working hour on average.
- A deputy or the next level behaves like anybody. Peers know of no deputies and no levels.
"""

from __future__ import annotations

import heapq
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import numpy as np

from bot import calendars
from bot.core.calendar import Calendar, add_working, at_wall, is_working_time, local, next_slot, next_working, working_minutes
from bot.core.nudging import Absence, NudgePolicy, Pace, Rules, Waiting
from bot.core.nudging.budget import Sent
from bot.core.nudging.replay import at_slot
from bot.core.nudging.report import Decided, times
from bot.core.nudging.whom import away

CALENDAR = calendars.read(date(2026, 2, 2))
START, END = at_wall(CALENDAR, date(2026, 2, 2), 0), at_wall(CALENDAR, date(2026, 3, 7), 0)
LATER = END + timedelta(days=120)
APPROVERS = 200
OPENS, FATIGUE, REPEATS, DECIDES = 0.5, 0.7, 0.9, 0.8


@dataclass
class World:
    """Who and what there is; the same for every policy."""

    items: list[Waiting]
    alone: dict[str, datetime]
    absences: tuple[Absence, ...]


@dataclass
class Run:
    """One policy's month: what is open, what was decided when, and every message with its receiver."""

    world: World
    dice: np.random.Generator
    open: dict[str, Waiting] = field(default_factory=dict)
    decisions: list[tuple[datetime, str]] = field(default_factory=list)
    decided: dict[str, datetime] = field(default_factory=dict)
    mail: list[tuple[str, datetime, int]] = field(default_factory=list)
    seen: Counter[tuple[str, date]] = field(default_factory=Counter)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)
    lines: Counter[str] = field(default_factory=Counter)
    repeats: Counter[str] = field(default_factory=Counter)

    def settle(self, now: datetime) -> None:
        """Decisions that were made until now; the first of several of one request counts."""
        while self.decisions and self.decisions[0][0] <= now:
            moment, item = heapq.heappop(self.decisions)
            if self.open.pop(item, None) is not None:
                self.decided[item] = moment

    def arrive(self, item: Waiting, alone: datetime) -> None:
        """A request comes to somebody who will decide it by themselves then."""
        self.open[item.item] = item
        heapq.heappush(self.decisions, (alone, item.item))

    def remind(self, person: str, items: list[str], now: datetime) -> None:
        """A message to a person, and what becomes of it."""
        self.mail.append((person, now, len(items)))
        found = next_working(CALENDAR, now)
        day = (person, local(CALENDAR, found).date())
        for item in items:
            self.repeats[person] += self.told[person, item] > 0
            self.told[person, item] += 1
        self.lines[person] += len(items)
        chance = OPENS * FATIGUE ** self.seen[day] * REPEATS ** (20 * self.repeats[person] / self.lines[person])
        self.seen[day] += 1
        if away(person, self.world.absences, found) or self.dice.random() >= chance:
            return
        for item in items:
            if self.dice.random() < DECIDES:
                heapq.heappush(self.decisions, (add_working(CALENDAR, found, 1 + int(self.dice.exponential(30))), item))


def alone_at(holder: str, since: datetime, absences: tuple[Absence, ...], dice: np.random.Generator) -> datetime:
    """When somebody decides without any reminder; who is away begins when they are back."""
    gone = away(holder, absences, since)
    begin = gone.end if gone else since
    decided = add_working(CALENDAR, begin, 1 + int(dice.exponential(300 if dice.random() < 0.5 else 3_600)))
    gone = away(holder, absences, decided)
    return add_working(CALENDAR, gone.end, 1 + int(dice.exponential(300))) if gone else decided


def world(many: int, seed: int) -> World:
    """The company: a hundredth of the requests comes to each of the busiest approvers, few to the others."""
    dice = np.random.default_rng(seed)
    people = [f"p{number:03}" for number in range(APPROVERS)]
    absences = []
    for person in people:
        if dice.random() < 0.25:
            start = at_wall(CALENDAR, date(2026, 2, 2) + timedelta(days=int(dice.integers(0, 30))), 0)
            deputy = str(dice.choice(people)) if dice.random() < 0.7 else ""
            absences.append(Absence(person, start, start + timedelta(days=int(dice.integers(1, 6))), deputy if deputy != person else ""))
    weights = 1 / np.arange(5, APPROVERS + 5)
    month = working_minutes(CALENDAR, START, END)
    items, alone = [], {}
    for number in range(many):
        since = add_working(CALENDAR, START, 1 + int(dice.integers(0, month)))
        if dice.random() < 0.1:
            since += timedelta(hours=float(dice.uniform(1, 12)))  # filed in the evening, at night, at the weekend
        holder, above = (people[int(row)] for row in dice.choice(APPROVERS, 2, replace=False, p=weights / weights.sum()))
        item = Waiting(f"r{number:05}", "request", holder, f"asker{number}", since, filed=since, urgent=bool(dice.random() < 0.08), ladder=(above,))
        items.append(item)
        alone[item.item] = alone_at(holder, since, tuple(absences), dice)
    return World(sorted(items, key=lambda item: item.since), alone, tuple(absences))


Policy = Callable[[World, np.random.Generator], Run]


def moments(run: Run, ticks: Iterator[datetime]) -> Iterator[datetime]:
    """Walks through the ticks; before each, what came and what was decided until then has happened."""
    coming = iter([*run.world.items, None])
    item = next(coming)
    for now in ticks:
        while item is not None and item.since <= now:
            run.settle(item.since)
            run.arrive(item, run.world.alone[item.item])
            item = next(coming)
        run.settle(now)
        yield now
    run.settle(LATER + timedelta(days=3_000))


def ours(company: World, dice: np.random.Generator, pace: Pace) -> Run:
    """Usher's rules, by the functions that the bot itself uses."""
    run, mail = Run(company, dice), dict[str, list[Sent]]()
    rules = Rules(CALENDAR, NudgePolicy(pace), company.absences)

    def slots() -> Iterator[datetime]:
        now = next_slot(CALENDAR, START, rules.policy.slots)
        while now < LATER:
            yield now
            now = next_slot(CALENDAR, now + timedelta(seconds=1), rules.policy.slots)

    for now in moments(run, slots()):
        sent, changed = at_slot(list(run.open.values()), mail, rules, now)
        for item in changed:
            if item.holder != run.open[item.item].holder:
                heapq.heappush(run.decisions, (alone_at(item.holder, now, company.absences, dice), item.item))
            run.open[item.item] = item
        for found in sent:
            run.remind(found.person, [line.item for line in found.lines], now)
    return run


def silent(company: World, dice: np.random.Generator) -> Run:
    """No reminders at all."""
    run = Run(company, dice)
    for _ in moments(run, iter([LATER])):
        pass
    return run


def daily(company: World, dice: np.random.Generator, *, grouped: bool) -> Run:
    """Every day at 9:00 by the wall clock, for all that is open: one message a request, or one a person."""
    run = Run(company, dice)
    nine = at_wall(CALENDAR, date(2026, 2, 2), 540)
    for now in moments(run, iter([nine + timedelta(days=number) for number in range(150)])):
        desks: dict[str, list[str]] = {}
        for item in run.open.values():
            desks.setdefault(item.holder if grouped else item.item, []).append(item.item)
        for listed in desks.values():
            run.remind(run.open[listed[0]].holder, listed, now)
    return run


def doubling(company: World, dice: np.random.Generator) -> Run:
    """After 15 minutes by the wall clock, then after twice as long each time, five times a request."""
    run = Run(company, dice)
    pings = sorted((item.since + timedelta(minutes=15 * (2**step - 1)), item.item) for item in company.items for step in range(1, 6))
    for (_, name), now in zip(pings, moments(run, iter([now for now, _ in pings])), strict=False):
        if name in run.open:
            run.remind(run.open[name].holder, [name], now)
    return run


POLICIES: dict[str, Policy] = {
    "no reminders": silent,
    "15 min, doubling, 5 times": doubling,
    "daily 9:00, one a request": lambda company, dice: daily(company, dice, grouped=False),
    "daily 9:00, one a person": lambda company, dice: daily(company, dice, grouped=True),
    "Usher, first after 4 hours": lambda company, dice: ours(company, dice, Pace(first=240)),
    "Usher's defaults": lambda company, dice: ours(company, dice, Pace()),
}

COLUMNS = (
    "policy",
    "messages",
    "a decision",
    "most to one person on a day",
    "outside work",
    "to people away",
    "P50 h",
    "P75 h",
    "over 1 day",
    "over 3 days",
    "P75 h saved per 1,000 messages",
)


def row(name: str, run: Run, calendar: Calendar, silence: float) -> tuple[str, float]:
    """One policy's figures as a line of a table, and its P75; `silence` is the P75 without reminders."""
    items = {item.item: item for item in run.world.items}
    known = [Decided(name, items[name].holder, items[name].since, at) for name, at in run.decided.items()]
    found = times(known, calendar)
    mail = [(person, now) for person, now, _ in run.mail]
    worst = max(Counter((person, local(calendar, now).date()) for person, now in mail).values(), default=0)
    outside = sum(not is_working_time(calendar, now) for _, now in mail)
    lost = sum(bool(away(person, run.world.absences, now)) for person, now in mail)
    cells = [
        f"{len(mail):,}",
        f"{len(mail) / len(items):.2f}",
        str(worst),
        f"{outside:,}",
        f"{lost:,}",
        f"{found.p50:.1f}",
        f"{found.p75:.1f}",
        f"{found.over_one:.0%}",
        f"{found.over_three:.0%}",
        f"{(silence - found.p75) / len(mail) * 1_000:.1f}" if mail else "",
    ]
    return f"| {name} | " + " | ".join(cells) + " |", found.p75


def main(many: int = 2_000, seed: int = 1) -> None:
    """Prints the table."""
    company = world(many, seed)
    print("| " + " | ".join(COLUMNS) + " |")
    print("|---" * len(COLUMNS) + "|")
    silence = 0.0
    for name, policy in POLICIES.items():
        began = time.perf_counter()
        run = policy(replace(company), np.random.default_rng(seed + 1))
        told, p75 = row(name, run, CALENDAR, silence)
        silence = silence or p75
        print(told, flush=True)
        print(f"  {time.perf_counter() - began:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
