"""What the rules of nudging look at and what they answer with: items that wait, people who are away, verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from bot.core.calendar import Calendar
from bot.core.nudging.policy import NudgePolicy

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""Later than anything: what waits for it waits until something else changes."""


@dataclass(frozen=True, slots=True)
class Nudge:
    """A reminder of an item that went out: to whom, when, and at whose wish (empty: by the schedule)."""

    to: str
    at: datetime
    by: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An item that waits for somebody. `kind` picks the pace. `holder` must act since `since`, `asker` filed it at `filed`; `barred` are others who may never
    hold it (the beneficiary). `active` is the last activity by anybody on it (the answer to missing information
    is one, a reminder is none). `nudges` and `asks` (instants of manual requests to nudge) ascend.
    `lacking` is since when information of the asker is missing: then it is the asker's turn and the holder's clock stands still. `ladder` are those to
    whom it may still be escalated, in order; `raised` is when the asker asked for that. Ids of people are `Person.id`."""

    item: str
    kind: str
    holder: str
    asker: str
    since: datetime
    filed: datetime | None = None
    barred: frozenset[str] = frozenset()
    active: datetime | None = None
    urgent: bool = False
    nudges: tuple[Nudge, ...] = ()
    asks: tuple[datetime, ...] = ()
    promised: datetime | None = None
    snoozed: datetime | None = None
    lacking: datetime | None = None
    raised: datetime | None = None
    ladder: tuple[str, ...] = ()
    decided: datetime | None = None

    @property
    def begun(self) -> datetime:
        """Since when the one whose turn it is could act: reminders before that were to somebody else or about something else."""
        return self.lacking or self.since

    @property
    def reminded(self) -> tuple[Nudge, ...]:
        """Reminders of this turn, by the schedule or by wish; those to the asker about missing information are a turn of their own."""
        return tuple(nudge for nudge in self.nudges if nudge.at >= self.begun and (nudge.to == self.asker) == (self.lacking is not None))

    @property
    def steps(self) -> int:
        """Reminders of this turn that the schedule made; those by wish are counted apart, so that nobody can press an item up the ladder."""
        return sum(not nudge.by for nudge in self.reminded)

    @property
    def announced(self) -> datetime | None:
        """When the holder was first told since the asker asked for the next level; None: not asked for, or not told yet."""
        if self.raised is None or self.raised < self.begun:
            return None
        return next((nudge.at for nudge in self.reminded if nudge.at >= self.raised), None)

    @property
    def wished(self) -> datetime | None:
        """The last request to nudge that no reminder has followed yet."""
        last = max((nudge.at for nudge in self.reminded), default=self.begun)
        return self.asks[-1] if self.asks and self.asks[-1] > last else None


@dataclass(frozen=True, slots=True)
class Absence:
    """`person` is away from `start` until before `end`; `deputy` (may be empty) acts meanwhile."""

    person: str
    start: datetime
    end: datetime
    deputy: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """All reminders of everybody stand still, until an instant or until somebody ends it."""

    until: datetime | None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """All that the rules need beside the item. `absences` and `mutes` are at least those of the people concerned; a mute is until an instant, or NEVER."""

    calendar: Calendar
    policy: NudgePolicy = field(default_factory=NudgePolicy)
    absences: tuple[Absence, ...] = ()
    mutes: Mapping[str, datetime] = field(default_factory=dict)
    pause: Pause | None = None


class Act(StrEnum):
    """What is to be done with an item now."""

    NUDGE = "nudge"
    WAIT = "wait"
    ESCALATE = "escalate"
    NOTHING = "nothing"


class Why(StrEnum):
    """Why: every verdict has exactly one, and it is recorded."""

    OVERDUE = "overdue"
    ASKED = "asked"
    UNANSWERED = "unanswered"
    NOT_YET = "not_yet"
    ACTIVE = "active"
    GAP = "gap"
    PROMISED = "promised"
    SNOOZED = "snoozed"
    MUTED = "muted"
    PAUSED = "paused"
    AWAY = "away"
    QUIET = "quiet"
    HELD_OUT = "held_out"
    OFF = "off"
    SLOT = "slot"
    NOT_NEW = "not_new"
    BUDGET = "budget"
    DECIDED = "decided"
    EXHAUSTED = "exhausted"
    BARRED = "barred"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with an item and why. NUDGE: `to` is reminded in the digest, `deputising` for that absent person if not empty, with wording `step` (1 to
    the most), due since `at`. WAIT: ask again at `at` (None: only when something changes). ESCALATE: `to` holds it next;
    `told` says that the one who loses it was told before. NOTHING: nothing will come of it by itself."""

    item: str
    act: Act
    why: Why
    to: str = ""
    at: datetime | None = None
    step: int = 0
    deputising: str = ""
    told: bool = False
