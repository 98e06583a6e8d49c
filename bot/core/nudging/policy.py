"""The numbers of nudging as data: their defaults, their limits, and how they are told to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.core.calendar import DAY, Calendar


@dataclass(frozen=True, slots=True)
class Pace:
    """How reminders of one kind of item follow each other. `first` working minutes without any activity come before the first one and after any activity;
    `gaps` are working days after the first, second, ... reminder, so that there are as many reminders as gaps; then the item is escalated, unless
    `escalates` is off. With `off` nothing is reminded of by itself; what people agreed or asked for still is."""

    first: int = 8 * 60
    gaps: tuple[int, ...] = (1, 2, 4)
    escalates: bool = True
    off: bool = False

    @property
    def most(self) -> int:
        """Reminders of one item to one person before it goes on."""
        return len(self.gaps)


PACES: Mapping[str, Pace] = {"oa": Pace(escalates=False), "glass": Pace(first=2 * 60, gaps=(1, 1, 2))}
"""Kinds with a pace of their own: approvals that are only followed, which nobody here can pass on; what was opened by break-glass and is decided afterwards."""


@dataclass(frozen=True, slots=True)
class NudgePolicy:
    """The rules derived from the evidence. `slots` are the wall minutes of the digests, each after the first only for what is new or urgent; `per_day` and
    `per_week` cap the messages to one person from all sources; `manual_every` are working minutes between two requests to nudge the same item;
    `shown` items are written out in a digest; a promise or snooze reaches at most `promise_days` working days ahead; `hold_out` is the share of items,
    0 to 1, that get no reminder for `hold_out_days` working days."""

    default: Pace = Pace()
    kinds: Mapping[str, Pace] = field(default_factory=lambda: PACES)
    slots: tuple[int, ...] = (10 * 60, 15 * 60)
    per_day: int = 2
    per_week: int = 6
    manual_every: int = 4 * 60
    shown: int = 8
    promise_days: int = 5
    hold_out: float = 0.0
    hold_out_days: int = 3
    hold_out_salt: str = ""

    def pace(self, kind: str) -> Pace:
        """The pace of this kind of item, else the default."""
        return self.kinds.get(kind, self.default)

    def every(self, kind: str, usual: int) -> int:
        """Working days between two reminders of a kind that comes once in so long, as admins set it, else the usual ones."""
        return self.kinds[kind].gaps[0] if kind in self.kinds else usual

    def silent(self, kind: str) -> bool:
        """Whether nothing of this kind is reminded of."""
        return kind in self.kinds and self.kinds[kind].off


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a number that somebody wants to set: `rule` names the limit (and the sentence), `least` and `most` what it may be."""

    rule: str
    value: str
    least: str = ""
    most: str = ""


LIMITS: Mapping[str, tuple[int, int]] = {
    "first": (60, 60 * 80),
    "gap": (1, 30),
    "reminders": (1, 5),
    "per_day": (1, 4),
    "per_week": (1, 15),
    "manual_every": (60, 60 * 40),
    "shown": (1, 20),
    "promise_days": (1, 20),
    "hold_out_days": (1, 10),
}
"""Least and most of each number, so that no setting can turn the reminders into noise or into silence."""


def faults(policy: NudgePolicy, calendar: Calendar) -> list[Fault]:
    """Every number outside its limits, and slots at which nothing may be sent; an empty list when the policy can be used."""
    paces = (policy.default, *policy.kinds.values())
    numbers = [
        *(("first", pace.first) for pace in paces),
        *(("reminders", pace.most) for pace in paces),
        *(("gap", gap) for pace in paces for gap in pace.gaps),
        *((name, getattr(policy, name)) for name in ("per_day", "per_week", "manual_every", "shown", "promise_days", "hold_out_days")),
    ]
    found = [Fault(name, str(number), *map(str, LIMITS[name])) for name, number in numbers if not LIMITS[name][0] <= number <= LIMITS[name][1]]
    if policy.per_week < policy.per_day:
        found.append(Fault("per_week", str(policy.per_week), str(policy.per_day), str(LIMITS["per_week"][1])))
    if not 0 <= policy.hold_out <= 0.5:
        found.append(Fault("hold_out", str(policy.hold_out), "0", "0.5"))
    return found + _slot_faults(policy.slots, calendar)


def _slot_faults(slots: tuple[int, ...], calendar: Calendar) -> list[Fault]:
    """Slots that are none, out of order, too many, or outside working time."""
    if not 1 <= len(slots) <= 4 or list(slots) != sorted(set(slots)):
        return [Fault("slots", " ".join(map(wall, slots)), "1", "4")]
    start, end = calendar.quiet or (0, 0)
    hours = [wall(start) + "-" + wall(end) for start, end in calendar.hours]
    quiet = [slot for slot in slots if (start <= slot < end if start <= end else slot >= start or slot < end)]
    idle = [slot for slot in slots if slot not in quiet and not any(opens <= slot < closes for opens, closes in calendar.hours)]
    return [Fault("slot_quiet", wall(slot), wall(end), wall(start)) for slot in quiet] + [Fault("slot_idle", wall(slot), hours[0], hours[-1]) for slot in idle]


def wall(minute: int) -> str:
    """Minutes since midnight as a clock shows them."""
    return f"{minute // 60 % 24:02}:{minute % 60:02}" if minute != DAY else "24:00"


@dataclass(frozen=True, slots=True)
class Echo:
    """A policy as templates tell it: hours and days instead of minutes, clock times as text, the kinds in the order of their names. `reach` are the
    working days from the first reminder to the escalation."""

    slots: tuple[str, ...]
    first_hours: float
    gaps: tuple[int, ...]
    reminders: int
    reach: int
    escalates: bool
    per_day: int
    per_week: int
    manual_hours: float
    kinds: tuple[tuple[str, Pace], ...]
    hold_out_percent: int


def echo(policy: NudgePolicy, kind: str = "") -> Echo:
    """What is told when a policy was asked for or set, for one kind of item or by default."""
    pace = policy.pace(kind)
    return Echo(
        slots=tuple(wall(slot) for slot in policy.slots),
        first_hours=pace.first / 60,
        gaps=pace.gaps,
        reminders=pace.most,
        reach=sum(pace.gaps),
        escalates=pace.escalates,
        per_day=policy.per_day,
        per_week=policy.per_week,
        manual_hours=policy.manual_every / 60,
        kinds=tuple(sorted(policy.kinds.items())),
        hold_out_percent=round(policy.hold_out * 100),
    )
