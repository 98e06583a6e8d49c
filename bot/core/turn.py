"""The types that travel: stimuli in, a Decision out. Plain frozen data; `now`, ids and dice are always arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from bot.core.model import Action, Awaiting, Catalogue, Conversation, Entity, Organisation, OrgValue, Person, Sender, Wish
from bot.core.reason import Reason as Reason  # noqa: PLC0414 - a Decision and its Reason are read together

PRIVATE = "private"
"""The place of every private chat; it is one a person, since conversations are remembered per person."""


class MessageKind(StrEnum):
    """What a message is made of; only text (and speech recognised by the platform) can be understood."""

    TEXT = "text"
    PICTURE = "picture"
    AUDIO = "audio"
    VIDEO = "video"
    FILE = "file"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Route:
    """A short-lived way back to where a message came from: a URL that whoever holds it can post to, so it is never logged."""

    url: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """Something a person said. `text` is cleaned of the bot's mention, at most 20,000 characters; `key` is unique per (robot, conversation, sender,
    message id); `mentioned` are member ids other than the bot; `addressed` says that the bot was meant."""

    channel: str
    robot: str
    id: str
    conversation: str
    private: bool
    sender: Sender
    text: str
    at: datetime
    kind: MessageKind = MessageKind.TEXT
    addressed: bool = True
    mentioned: tuple[str, ...] = ()
    quoted: str = ""
    files: tuple[tuple[str, str], ...] = ()
    route: Route | None = None

    @property
    def key(self) -> str:
        """The deduplication key (reliability D10)."""
        return "\x1f".join((self.robot, self.conversation, self.sender.who, self.id))

    @property
    def place(self) -> str:
        """Where the conversation is remembered: the group's id, or PRIVATE whatever id the platform gives the chat."""
        return PRIVATE if self.private else self.conversation


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button. `action` is what the button means as it was stored with the message that showed it, never what the client claims."""

    channel: str
    robot: str
    id: str
    conversation: str
    private: bool
    sender: Sender
    action: Action
    at: datetime
    card: str = ""
    route: Route | None = None

    @property
    def key(self) -> str:
        """The deduplication key: (robot, card, presser, press id)."""
        return "\x1f".join((self.robot, self.card or self.conversation, self.sender.who, self.id))

    @property
    def place(self) -> str:
        """Where the conversation is remembered, as for a message."""
        return PRIVATE if self.private else self.conversation


@dataclass(frozen=True, slots=True)
class Due:
    """Something fell due by business time: `kind` names the rule, `entity` the item."""

    kind: str
    entity: str
    at: datetime
    id: str = ""

    @property
    def key(self) -> str:
        """One due item is one stimulus however often the clock asks."""
        return "\x1f".join(("due", self.kind, self.entity, self.id))


@dataclass(frozen=True, slots=True)
class Call:
    """An operation on an outside system, performed after the commit under `key`."""

    connector: str
    operation: str
    key: str
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer of an outside system to a Call."""

    call: Call
    ok: bool
    value: str
    at: datetime

    @property
    def key(self) -> str:
        """One call has one outcome."""
        return "\x1f".join(("outcome", self.call.key))


Stimulus = Message | Press | Due | Outcome
Heard = Message | Press


class Verdict(StrEnum):
    """What understanding came to: answer it, ask back, or say that it is not known."""

    ANSWER = "answer"
    ASK = "ask"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An intent and how likely it is the right one, 0 to 1."""

    intent: str
    score: float


@dataclass(frozen=True, slots=True)
class Slot:
    """A typed piece of an utterance: `value` is normal, `start`/`end` its span in the message's text."""

    name: str
    value: str
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class Understanding:
    """What an utterance was taken to mean, and why. `rule` names the rule that decided; `explained` is filled only when somebody asked why."""

    verdict: Verdict
    intent: str = ""
    confidence: float = 0.0
    in_scope: float = 0.0
    candidates: tuple[Candidate, ...] = ()
    slots: tuple[Slot, ...] = ()
    rule: str = ""
    normal: str = ""
    explained: tuple[tuple[str, str], ...] = ()

    def slot(self, name: str) -> str:
        """The first value of the slot, or an empty string."""
        return next((slot.value for slot in self.slots if slot.name == name), "")


Flood = Literal["told", "silent"] | None
"""Whether the speaker is over their rate: `told` is the one polite word, `silent` what follows it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One stimulus, understood. `seed` is fresh randomness (32 hex digits): ids, codes and dice of this turn are drawn from it."""

    stimulus: Stimulus
    understanding: Understanding
    language: str
    seed: str
    flood: Flood = None

    @property
    def in_group(self) -> bool:
        """Whether it was said or pressed where others can read the answer."""
        return isinstance(self.stimulus, Message | Press) and not self.stimulus.private

    @property
    def text(self) -> str:
        """What was typed, empty for everything that is not a message."""
        return self.stimulus.text if isinstance(self.stimulus, Message) else ""


class Need(StrEnum):
    """What a skill's row may ask `gather` to read; a plain FAQ needs nothing."""

    WISHES = "wishes"
    ORGANISATION = "organisation"
    ADMINS = "admins"


@dataclass(frozen=True, slots=True)
class Policy:
    """Settings that decisions depend on, as data."""

    organisation: Organisation
    zone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything this viewer may see that the decision needs."""

    viewer: Person
    conversation: Conversation
    private: Conversation
    catalogue: Catalogue
    policy: Policy
    wishes: tuple[Wish, ...] = ()
    org_values: tuple[OrgValue, ...] = ()
    admins: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class Here:
    """The conversation the stimulus came from."""


@dataclass(frozen=True, slots=True)
class Private:
    """The private chat with a person."""

    person: str


@dataclass(frozen=True, slots=True)
class Room:
    """A group conversation."""

    conversation: str


Address = Here | Private | Room


@dataclass(frozen=True, slots=True)
class Say:
    """A reply to somebody: `reply` names a template (`<group>/<name>`), `data` its values, `actions` its buttons. `brief` cuts it at its fold."""

    to: Address
    reply: str
    data: Mapping[str, object] = field(default_factory=dict)
    actions: tuple[Action, ...] = ()
    brief: bool = False
    mention: bool = False
    priority: int = 1


@dataclass(frozen=True, slots=True)
class Put:
    """A new state of an entity. Its `version` is the one that was read: the store refuses when it moved (Stale)."""

    entity: Entity


Effect = Say | Put | Call


@dataclass(frozen=True, slots=True)
class Decision:
    """What the bot does: its reason and the effects, in the order in which they are carried out. `topic` and `awaiting` are what the conversation
    remembers of it; decide makes the Put of the conversation from them."""

    reason: Reason
    effects: tuple[Effect, ...] = ()
    topic: str = ""
    awaiting: Awaiting | None = None

    @property
    def says(self) -> tuple[Say, ...]:
        """The replies of this decision."""
        return tuple(effect for effect in self.effects if isinstance(effect, Say))
