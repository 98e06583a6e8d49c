"""What a decision may know: asked for by a skill's row, gathered by the engine, never more than the viewer may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot.core.access import Access
from bot.core.calendar import Calendar
from bot.core.keeping import Keeping
from bot.core.lifecycle.following import Following
from bot.core.lifecycle.terms import Terms
from bot.core.links import Links
from bot.core.model import Announcement, Catalogue, Conversation, Entry, Item, Organisation, OrgValue, Person, Wish
from bot.core.nudging import NudgePolicy
from bot.core.segregation import Rule
from bot.core.turn import Decision, Turn

T = TypeVar("T")


class Need(StrEnum):
    """What a skill's row may ask `gather` to read besides items; a plain FAQ needs nothing."""

    WISHES = "wishes"
    ORGANISATION = "organisation"
    ADMINS = "admins"


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to the store: the items of `kind` (or people) that fit everything which is set, newest first, at most `most`.

    `person`, `holder`, `states` and `tag` are those of the item's index. `due_only` leaves out items without a due time. Of people, `id` and `tag`
    (`name=...` exactly, `account=<channel>:<account>`) may be asked for; of audit lines, `tag` is the subject or the actor. Whoever asks answers for
    the viewer's right to see it. Of wishes, `person` is asked for.
    """

    kind: type[Item] | type[Person] | type[Entry] | type[Wish]
    id: str = ""
    person: str = ""
    holder: str = ""
    states: tuple[str, ...] = ()
    tag: str = ""
    due_only: bool = False
    most: int = 20


@dataclass(frozen=True, slots=True)
class Tally:
    """A question to the store: how many items of `kind` there are in each state, of one holder or person if given."""

    kind: type[Item]
    holder: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """Settings that decisions depend on, as data. `said` are the values admins set in chat, by name; they stand above the settings file;
    `settled` is the calendar and the rules of reminders without them."""

    organisation: Organisation
    zone: str = "Asia/Shanghai"
    language: str = "zh"
    said: Mapping[str, str] = field(default_factory=dict)
    joining: Terms = field(default_factory=Terms)
    keeping: Keeping = field(default_factory=Keeping)
    links: Links = field(default_factory=Links)
    access: Access = field(default_factory=Access)
    segregation: tuple[Rule, ...] = ()
    announcements: tuple[Announcement, ...] = ()
    calendar: Calendar = field(default_factory=lambda: Calendar(UTC))
    nudging: NudgePolicy = field(default_factory=NudgePolicy)
    following: Following = field(default_factory=Following)
    settled: tuple[Calendar, NudgePolicy] | None = None

    def wall(self, at: datetime) -> datetime:
        """The instant in the organisation's zone."""
        return at.astimezone(ZoneInfo(self.zone))

    def minute(self, at: datetime) -> str:
        """The instant as people there read it, month to minute."""
        return self.wall(at).strftime("%m-%d %H:%M")


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything this viewer may see that the decision needs. `items` and `people` are what the skill asked for, `tallies` its counts by kind and state."""

    viewer: Person
    conversation: Conversation
    private: Conversation
    catalogue: Catalogue
    policy: Policy
    wishes: tuple[Wish, ...] = ()
    org_values: tuple[OrgValue, ...] = ()
    admins: tuple[Person, ...] = ()
    items: tuple[Item, ...] = ()
    people: tuple[Person, ...] = ()
    entries: tuple[Entry, ...] = ()
    tallies: Mapping[tuple[type[Item], str], int] = field(default_factory=dict)

    def all(self, kind: type[T]) -> tuple[T, ...]:
        """The gathered items of that type, in the order in which they were found."""
        return tuple(item for item in self.items if isinstance(item, kind))

    def first(self, kind: type[T]) -> T | None:
        """The first gathered item of that type."""
        return next((item for item in self.items if isinstance(item, kind)), None)

    def person(self, ident: str) -> Person | None:
        """Somebody gathered, an admin or the viewer, by id."""
        return next((one for one in (self.viewer, *self.people, *self.admins) if one.id == ident), None)


Asks = Callable[[Turn, Facts], tuple[Ask | Tally, ...]]
"""What a skill wants to know, as data; several run one after the other, each seeing what the ones before found."""

Run = Callable[[Turn, Facts, datetime], Decision]


@dataclass(frozen=True, slots=True)
class Skill:
    """A row of the table of skills: what runs, and what must be gathered for it."""

    run: Run
    needs: frozenset[Need] = frozenset()
    asks: tuple[Asks, ...] = ()
