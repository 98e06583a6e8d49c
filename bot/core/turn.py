"""The types that travel: a stimulus understood, and the Decision that comes of it. Plain frozen data; `now`, ids and dice are always arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from bot.core.model import Action, Awaiting, Entity
from bot.core.reason import Reason
from bot.core.stimulus import PRIVATE, Call, Due, Event, Heard, Message, MessageKind, Outcome, Press, Route, Stimulus

__all__ = [
    "PRIVATE", "About", "Address", "Call", "Candidate", "Decision", "Due", "Effect", "Event", "Flood", "Heard", "Here", "Lines", "Message",
    "MessageKind", "Outcome", "Press", "Private", "Put", "Reason", "Room", "Route", "Say", "Slot", "Stimulus", "Turn", "Understanding", "Verdict",
]  # fmt: skip


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
    """What an utterance was taken to mean, and why. `rule` names the rule that decided; `explained` is filled only when somebody asked why; `hearsay` says
    that the sentence may only speak of what it names, or is a slip for a command with its code, so that nothing may come of it but a question."""

    verdict: Verdict
    intent: str = ""
    confidence: float = 0.0
    in_scope: float = 0.0
    candidates: tuple[Candidate, ...] = ()
    slots: tuple[Slot, ...] = ()
    rule: str = ""
    normal: str = ""
    explained: tuple[tuple[str, str], ...] = ()
    hearsay: bool = False

    def slot(self, name: str) -> str:
        """The first value of the slot, or an empty string."""
        return next((slot.value for slot in self.slots if slot.name == name), "")


Flood = Literal["told", "silent"] | None
"""Whether the speaker is over their rate: `told` is the one polite word, `silent` what follows it."""


def pressed(action: Action, rule: str) -> Understanding:
    """An action taken by button or typed choice is certain."""
    slots = tuple(Slot(name, value) for name, value in action.slots)
    return Understanding(Verdict.ANSWER, action.intent, 1.0, 1.0, slots=slots, rule=rule)


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
class About:
    """The item a message speaks of and the states in which it is still worth sending; asked again at the moment of sending (a reminder after the
    decision is worse than none)."""

    kind: str
    id: str
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Say:
    """A reply to somebody: `reply` names a template (`<group>/<name>`), `data` its values, `actions` its buttons. `brief` cuts it at its fold; with
    `about` it is sent only while that item is in one of those states; with `lines` it speaks of several (`data["total"]` of them, the first of which stand in
    `data["lines"]`), and is sent without those decided meanwhile; `notice` stands in a line above it; `language` is that of a reader who set none."""

    to: Address
    reply: str
    data: Mapping[str, object] = field(default_factory=dict)
    actions: tuple[Action, ...] = ()
    brief: bool = False
    mention: bool = False
    priority: int = 1
    about: About | None = None
    lines: tuple[About, ...] = ()
    notice: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Lines:
    """What a message of several items was said from, so that it can be said again without some of them: `data` is JSON, `name` the asker's."""

    items: tuple[About, ...]
    reply: str
    language: str
    name: str
    data: str


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
