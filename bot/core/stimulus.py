"""What comes in: a message, a press, something due, an outcome, an event. Each has a key that makes it one, however often it is delivered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.core.model import Action, Sender

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

    url: str = field(repr=False)
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
    """Something fell due by business time: `kind` names the rule or the kind of item, `entity` the item, `person` whom it concerns."""

    kind: str
    entity: str
    at: datetime
    id: str = ""
    person: str = ""

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

    @property
    def told(self) -> Mapping[str, object]:
        """Its value as a JSON object; empty when the call failed or the value is none."""
        try:
            found = json.loads(self.value) if self.ok else {}
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened outside: `source` says where (`dingtalk`, `api`, `import`), `kind` what, `subject` to whom or what (an account or id of
    that source), `values` the rest. `id` is the source's own id of the event, unique among its events."""

    source: str
    kind: str
    id: str
    subject: str
    values: Mapping[str, str]
    at: datetime

    @property
    def key(self) -> str:
        """One event is one stimulus however often it is pushed."""
        return "\x1f".join(("event", self.source, self.id))


Stimulus = Message | Press | Due | Outcome | Event
Heard = Message | Press
