"""Who is reminded of an item: its holder, the deputy of an absent holder, or the asker when information is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.nudging.values import Absence, Rules, Waiting

LONGEST_ABSENCE = timedelta(days=183)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whom a reminder goes to: `to`, for the absent `deputising` if not empty. With `passes` the item itself must go over to `to`, since its holder cannot
    act. An empty `to` means nobody until somebody returns at `until` (None: nobody at all). `barred` says that the holder may never hold it. A deputy
    is one since `start`."""

    to: str = ""
    deputising: str = ""
    start: datetime | None = None
    passes: bool = False
    until: datetime | None = None
    barred: bool = False


def away(person: str, absences: Iterable[Absence], now: datetime) -> Absence | None:
    """The absence of this person that covers now; of several the one that ends last."""
    covering = (absence for absence in absences if absence.person == person and absence.start <= now < absence.end)
    return max(covering, key=lambda absence: absence.end, default=None)


def excluded(waiting: Waiting) -> frozenset[str]:
    """Who may never be asked to decide this item: who filed it and who gains by it (segregation of duties)."""
    return waiting.barred | {waiting.asker}


def heir(waiting: Waiting, rules: Rules, now: datetime) -> Receiver:
    """The next on the ladder who is there and may hold the item; when all such are away, nobody until the first returns."""
    able = [person for person in waiting.ladder if person != waiting.holder and person not in excluded(waiting)]
    absent = {person: away(person, rules.absences, now) for person in able}
    present = next((person for person in able if not absent[person]), "")
    if present:
        return Receiver(present, passes=True)
    return Receiver(until=min((absence.end for absence in absent.values() if absence), default=None))


def receiver(waiting: Waiting, rules: Rules, now: datetime) -> Receiver:
    """Whom a reminder of this item would go to now. A deputy is never the asker and never sends it on to a deputy of their own."""
    if waiting.lacking:
        absence = away(waiting.asker, rules.absences, now)
        return Receiver(until=absence.end) if absence else Receiver(waiting.asker)
    never = excluded(waiting)
    if waiting.holder in never or not waiting.holder:
        found = heir(waiting, rules, now)
        return Receiver(found.to, passes=found.passes, until=found.until, barred=True)
    absence = away(waiting.holder, rules.absences, now)
    if not absence:
        return Receiver(waiting.holder)
    able = absence.deputy and absence.deputy not in never | {waiting.holder}
    gone = away(absence.deputy, rules.absences, now) if able else None
    if able and not gone:
        return Receiver(absence.deputy, deputising=waiting.holder, start=absence.start)
    found = heir(waiting, rules, now)
    back = (absence.end, gone.end if gone else None, found.until)
    return found if found.to else Receiver(until=min(end for end in back if end))


def next_turn(rules: Rules, now: datetime) -> datetime | None:
    """When somebody next goes or returns, so that the answer of `receiver` may change."""
    edges = (edge for absence in rules.absences for edge in (absence.start, absence.end))
    return min((edge for edge in edges if edge > now), default=None)


def absence_faults(absence: Absence, others: Sequence[Absence], now: datetime) -> list[str]:
    """Why an absence cannot be noted, as names of rules: `order`, `past`, `too_long`, `deputy_self`, `deputy_away` (part of the time), `covers` (the person
    is somebody's deputy in that time; deputies form no chains, so that one needs another). The last two are for a question, not a refusal."""

    def meets(other: Absence) -> bool:
        return other.start < absence.end and absence.start < other.end

    found = {
        "order": absence.end <= absence.start,
        "past": absence.end <= now,
        "too_long": absence.end - absence.start > LONGEST_ABSENCE,
        "deputy_self": absence.deputy == absence.person,
        "deputy_away": bool(absence.deputy) and any(other.person == absence.deputy and meets(other) for other in others),
        "covers": any(other.deputy == absence.person and meets(other) for other in others),
    }
    return [rule for rule, broken in found.items() if broken]
