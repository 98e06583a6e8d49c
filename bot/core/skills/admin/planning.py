"""When a broadcast is to go out: what the sentence says of it, moved to where people are at work, or why it cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.core.calendar import at_wall, local, next_send
from bot.core.facts import Facts
from bot.core.nudging.shown import Told, moment
from bot.core.turn import Slot, Turn
from bot.core.understanding.times.instants import instant
from bot.core.understanding.times.values import Period, Repeat, parsed

FARTHEST = timedelta(days=90)
NAMES = ("when", "duration")
VERBS = "broadcast_verb_words"
"""The words in labels.yaml that a time of sending stands before; what follows them is for the readers."""


@dataclass(frozen=True, slots=True)
class Planned:
    """When it goes: `at`, which was moved from `meant` when that is no time at which people are written to. None: at once. `fault` is past, too_far,
    repeats or unclear."""

    at: datetime | None = None
    meant: datetime | None = None
    fault: str = ""

    @property
    def kept(self) -> tuple[tuple[str, str], ...]:
        """As a button or a question carries it."""
        return (("at", self.meant.isoformat()),) if self.meant is not None else ()


def planned(turn: Turn, facts: Facts, now: datetime) -> Planned:
    """From a button, from the answer to the question for a time, or from the sentence."""
    read = turn.understanding
    if read.slot("at"):
        return _moved(datetime.fromisoformat(read.slot("at")), facts, now)
    if read.rule == "awaited" and read.slot("when"):
        said = [slot for slot in read.slots if slot.name in ("when.read", "duration.read")]
        return _read(said[0].value, facts, now) if said else Planned(fault="unclear")
    said = [slot for slot in read.slots if slot.name in NAMES and _of_sending(slot, turn, facts)] if turn.text else []
    return _read(said[0].value, facts, now) if said else Planned()


def _of_sending(slot: Slot, turn: Turn, facts: Facts) -> bool:
    """Whether the time says when to send: it stands before the colon, else before the verb or at the end of the sentence; any other is part of the message."""
    texts = [one for one in turn.understanding.slots if one.name == "text" and one.start >= 0]
    if texts:
        return slot.end <= texts[0].start
    rest = turn.text[slot.end :].casefold().strip(" \t,.!?\uff0c\u3002\uff01\uff1f")
    verbs = facts.catalogue.labels.get(turn.language, {}).get(VERBS, "").casefold().split()
    return slot.start >= 0 and (not rest or any(verb in rest for verb in verbs))


def _read(said: str, facts: Facts, now: datetime) -> Planned:
    calendar = facts.policy.calendar
    value = parsed(said, calendar.zone)
    if isinstance(value, Repeat):
        return Planned(fault="repeats")
    at = _start(value, facts) if isinstance(value, Period) else instant(value, calendar, now) if value is not None else None
    return _moved(at, facts, now) if at is not None else Planned(fault="unclear")


def _start(value: Period, facts: Facts) -> datetime:
    """Of whole days the first slot of reminders on the first of them."""
    calendar = facts.policy.calendar
    return at_wall(calendar, local(calendar, value.start).date(), facts.policy.nudging.slots[0]) if value.whole_days else value.start


def _moved(meant: datetime, facts: Facts, now: datetime) -> Planned:
    meant = meant.astimezone(UTC)
    if meant <= now or meant - now > FARTHEST:
        return Planned(fault="past" if meant <= now else "too_far")
    return Planned(next_send(facts.policy.calendar, meant), meant)


def told(plan: Planned, facts: Facts, now: datetime) -> Told:
    """For the templates: when it goes, and from when it was moved."""
    calendar = facts.policy.calendar
    moved = plan.at is not None and plan.at != plan.meant
    return {"goes": moment(plan.at, calendar, now), "meant": moment(plan.meant, calendar, now) if moved else None}
