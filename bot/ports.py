"""The contracts of the outer rooms (Channel, Connector, Store, Clock) and the error tree."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.core.facts import Ask, Need, Tally
from bot.core.model import Action, Conversation, Entry, Item, OrgValue, Person, Wish
from bot.core.turn import About, Call, Due, Heard, Lines, Put, Route, Stimulus


class BotError(Exception):
    """The root of every fault of ours; its text is for operators and carries no personal data or secret."""


class ChannelError(BotError):
    """A channel could not deliver."""


class ChannelTransient(ChannelError):
    """Try again later. `unknown` says that the message may have arrived; `after` is the least wait in seconds the platform asked for."""

    def __init__(self, text: str, *, unknown: bool = False, after: float = 0.0) -> None:
        super().__init__(text)
        self.unknown = unknown
        self.after = after


class ChannelRefused(ChannelError):
    """It will never arrive; `code` is the platform's word."""

    def __init__(self, text: str, *, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class ConnectorError(BotError):
    """An outside system did not do what was asked."""


class ConnectorTransient(ConnectorError):
    """Try again later, after at least `after` seconds."""

    after: float = 0.0


class ConnectorRefused(ConnectorError):
    """It will not do it."""


class StoreError(BotError):
    """The store could not do it; nothing was acknowledged."""


class StoreAway(StoreError):
    """The database does not answer now; the same may be asked again later."""


class Stale(StoreError):
    """Somebody else changed the entity first: gather and decide again."""


class Conflict(StoreError):
    """The same message key came with another body: a security event, not processed."""


class WordsError(BotError):
    """The words have faults; the former set stays in use. One fault a line, each with its file."""


@dataclass(frozen=True, slots=True)
class Button:
    """A button as it is shown: `label` for people, `say` what its press sends as text where a client can do no better."""

    label: str
    say: str
    action: Action


@dataclass(frozen=True, slots=True)
class Outbound:
    """A rendered message on its way. `key` is unique per effect, also over retries. `conversation` is the platform's id of a group or of the chat
    a stimulus came from, `person` the account on this channel for a private message; `lane` orders deliveries; `mark` says that it may have come before;
    `unasked` that the clock made it, nobody's message."""

    key: str
    channel: str
    robot: str
    lane: str
    conversation: str
    private: bool
    person: str
    title: str
    text: str
    buttons: tuple[Button, ...] = ()
    mention: tuple[str, ...] = ()
    route: Route | None = None
    priority: int = 1
    made: datetime | None = None
    about: About | None = None
    lines: Lines | None = None
    mark: str = ""
    unasked: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the platform answered to a delivered message; `id` may be empty where the platform gives none."""

    id: str = ""
    way: str = ""


HELD, MAYBE = "held", "may have come"
"""Notes of a row: a reminder that waits in a process and has not left; one whose last try may have arrived, so that whoever tries it again says so."""


class Settled(StrEnum):
    """How a delivery ended."""

    SENT = "sent"
    REFUSED = "refused"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Settlement:
    """The end, or with `retry_at` the next try, of one outbox row; `attempt` fences it against another worker's."""

    key: str
    attempt: int
    state: Settled | None
    retry_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Queued:
    """An outbox row that this process holds: `attempt` fences it, by bot.deadline's clock it is surely ours `until`, and it may have come before (`again`)."""

    attempt: int
    outbound: Outbound | None = None
    call: Call | None = None
    until: float = field(default=0.0, compare=False)
    again: bool = field(default=False, compare=False)

    @property
    def key(self) -> str:
        """The effect's key."""
        return self.outbound.key if self.outbound else self.call.key if self.call else ""


@dataclass(frozen=True, slots=True)
class Journal:
    """One turn as it is remembered: ids, intent, reason; `trace` is JSON for `why` and the playground and holds no personal data."""

    id: str
    kind: str
    channel: str
    conversation: str
    person: str
    intent: str
    confidence: float
    reason: str
    trace: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Commit:
    """Everything one turn changes; applied in one transaction or not at all."""

    stimulus: Stimulus
    puts: tuple[Put, ...]
    outbound: tuple[Outbound, ...]
    calls: tuple[Call, ...]
    journal: Journal


@dataclass(frozen=True, slots=True)
class Recall:
    """What one query brings back: the speaker (None when never stored), what is remembered of them at its place and in their private chat."""

    person: Person | None
    conversation: Conversation
    private: Conversation


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the store knows for the needs of a skill."""

    wishes: tuple[Wish, ...] = ()
    org_values: tuple[OrgValue, ...] = ()
    admins: tuple[Person, ...] = ()
    items: tuple[Item, ...] = ()
    people: tuple[Person, ...] = ()
    entries: tuple[Entry, ...] = ()
    tallies: Mapping[tuple[type[Item], str], int] = field(default_factory=dict)


class Store(Protocol):
    """Durable memory. Times are aware UTC. Every method may raise StoreError."""

    async def open(self) -> None:
        """Connects, refuses a second process on a SQLite file, backs up and migrates."""

    async def close(self) -> None:
        """Flushes and lets go."""

    async def hear(self, stimulus: Stimulus) -> bool:
        """Writes the stimulus durably; True when it is new, False when its key is known. Raises Conflict for the same key with another body."""

    async def unfinished(self) -> Sequence[Stimulus]:
        """Stimuli heard but never committed (of dead processes), oldest first; they now belong to this process."""

    async def recall(self, stimulus: Heard) -> Recall:
        """The speaker and their conversations, in one query."""

    async def recall_person(self, person: str) -> Recall:
        """The same for a person whom something concerns: both conversations are the private one."""

    async def gather(self, viewer: Person, needs: frozenset[Need]) -> Gathered:
        """What the needs name, as far as this viewer may see it."""

    async def answer(self, asks: Sequence[Ask | Tally]) -> Gathered:
        """What a skill's questions find. The asker answers for the viewer's right to see it."""

    async def due(self, now: datetime, limit: int) -> Sequence[Due]:
        """Leases at most `limit` items that are due at that business time and gives their questions, oldest first. Replicas never get the same."""

    async def holders(self) -> Sequence[str]:
        """Everybody who holds an item or deputises: whom a round of reminders concerns."""

    async def still(self, about: About) -> bool:
        """Whether a message about that item is still worth sending."""

    async def commit(self, commit: Commit) -> tuple[Queued, ...]:
        """Applies the turn and marks its stimulus done, its body blanked. Returns the new outbox rows, held by this process. Raises Stale."""

    async def drop(self, stimulus: Stimulus, note: str) -> None:
        """Marks a stimulus as dead after its turn failed for good."""

    async def claim(self, limit: int) -> Sequence[Queued]:
        """Takes outbox rows that are due and that nobody holds, oldest first, at most one lane's head each."""

    async def behind(self, key: str, most: int) -> Sequence[Queued]:
        """Takes at most so many rows that are due right behind a row of this process in its lane, in order."""

    async def hold(self, key: str, attempt: int) -> float:
        """Renews the lease of an outbox row; until when it is surely ours (bot.deadline's clock), 0 when it is not this process's any more."""

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        """Records how deliveries ended; bodies of ended rows are blanked."""


class Clock(Protocol):
    """Business time, which demos and tests may step."""

    def now(self) -> datetime:
        """The current time, aware, UTC."""


Hear = Callable[[Stimulus], Awaitable[bool]]
"""What a channel calls for each thing heard; returns when it is durable (True: new). Raises StoreError when it is not: then do not acknowledge."""


class Channel(Protocol):
    """A place where people talk."""

    name: str

    async def start(self, hear: Hear) -> None:
        """Begins to listen."""

    async def stop(self) -> None:
        """Stops listening at once; what is being delivered may end."""

    async def deliver(self, outbound: Outbound) -> Receipt:
        """Delivers one message. Raises ChannelTransient or ChannelRefused."""

    def keyed(self, outbound: Outbound) -> bool:
        """Whether it goes in a way in which the platform shows it once, however often it is sent under its key."""

    def health(self) -> Mapping[str, object]:
        """`ok` (bool) and whatever else operators should see; no secrets."""


class Connector(Protocol):
    """An outside system that calls go to."""

    name: str

    async def perform(self, call: Call) -> str:
        """Does it once under the call's key and gives back its value. Raises ConnectorTransient or ConnectorRefused."""
