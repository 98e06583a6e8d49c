"""People, items and rules that the tests of nudging speak of, and a small office that lives through time by these rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot import calendars
from bot.core.calendar import Calendar
from bot.core.nudging import Act, Digest, Nudge, Rules, Verdict, Waiting, digest
from bot.core.nudging.budget import Sent

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHINA: Calendar = calendars.read(date(2026, 3, 3))


def at(text: str) -> datetime:
    """A wall time in Shanghai, such as `03-03 10:00` of 2026."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI).astimezone(UTC)


def wall(instant: datetime | None) -> str:
    """The same the other way."""
    return f"{instant.astimezone(SHANGHAI):%m-%d %H:%M}" if instant else ""


def rules(**other: Any) -> Rules:
    """The default rules over the Chinese calendar."""
    return Rules(CHINA, **other)


def waiting(since: str = "03-03 09:00", item: str = "r1", **other: Any) -> Waiting:
    """A request of Ann's that waits for Li; above Li are Wang and Zhao."""
    values: dict[str, Any] = {"kind": "request", "holder": "li", "asker": "ann", "ladder": ("wang", "zhao"), **other}
    return Waiting(item, since=at(since), **values)


@dataclass
class Office:
    """Items that nobody decides and the mail that people got: `tick` does what the engine does, `run` ticks through time."""

    items: dict[str, Waiting]
    rules: Rules
    mail: dict[str, list[Sent]] = field(default_factory=dict)
    sent: list[tuple[datetime, Digest]] = field(default_factory=list)
    passed: list[tuple[datetime, Verdict]] = field(default_factory=list)

    def people(self) -> list[str]:
        """Everybody who may be reminded."""
        named = {person for item in self.items.values() for person in (item.holder, item.asker)}
        return sorted(named | {absence.deputy for absence in self.rules.absences} - {""})

    def tick(self, now: datetime) -> None:
        """Everybody's digest, and what goes up the ladder."""
        for person in self.people():
            found = digest(person, list(self.items.values()), self.mail.get(person, []), self.rules, now)
            if found.lines:
                self.sent.append((now, found))
                self.mail.setdefault(person, []).append(Sent(now))
            for line in found.lines:
                item = self.items[line.item]
                self.items[line.item] = replace(item, nudges=(*item.nudges, Nudge(person, now)))
            for verdict in found.verdicts:
                item = self.items[verdict.item]
                if verdict.act is Act.ESCALATE and verdict.to != item.holder:
                    self.passed.append((now, verdict))
                    above = item.ladder[item.ladder.index(verdict.to) + 1 :]
                    self.items[verdict.item] = replace(item, holder=verdict.to, since=now, ladder=above, promised=None, snoozed=None)

    def run(self, moments: Iterable[datetime]) -> Office:
        """One tick a moment."""
        for moment in moments:
            self.tick(moment)
        return self

    @property
    def log(self) -> list[str]:
        """What happened, for people."""
        told = [(now, f"{wall(now)} {found.person} " + " ".join(f"{line.item}/{line.step}" for line in found.lines)) for now, found in self.sent]
        up = [(now, f"{wall(now)} {verdict.item} to {verdict.to}: {verdict.why.value}") for now, verdict in self.passed]
        return [row for _, row in sorted(told + up)]


def every(minutes: int, start: str, end: str) -> Iterable[datetime]:
    """Moments from start to end."""
    moment, last = at(start), at(end)
    while moment <= last:
        yield moment
        moment += timedelta(minutes=minutes)
