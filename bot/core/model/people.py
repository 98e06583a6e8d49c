"""People, what they are offered, and what is remembered of them in a conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Audience(StrEnum):
    """Whom an intent is for; `COMPANY` is the company's representative and is answered to everybody."""

    EMPLOYEE = "employee"
    COMPANY = "company"
    APPROVER = "approver"
    ADMIN = "admin"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who spoke, as the platform says. `account` is the member id inside our organisation, empty for outsiders; `alias` is the platform's
    own opaque id of the person; `nick` is for display only."""

    account: str
    alias: str = ""
    nick: str = ""
    inside: bool = True

    @property
    def who(self) -> str:
        """The member id, else the platform's own id: what tells one speaker from another on a channel."""
        return self.account or self.alias


def person_id(channel: str, sender: Sender) -> str:
    """The id of a person who was never stored, and thus the person key of their conversations."""
    return f"{channel}:{sender.who}"


@dataclass(frozen=True, slots=True)
class Person:
    """One human being. `id` is ours; `accounts` are `(channel, account)` pairs of the same person.

    A nickname is a display name and never an identity. `inside` is False for people of other organisations, who get general answers only.
    """

    id: str
    name: str = ""
    audiences: frozenset[Audience] = frozenset({Audience.EMPLOYEE, Audience.ALL})
    inside: bool = True
    language: str = ""
    accounts: tuple[tuple[str, str], ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True)
class Action:
    """A thing the reader can do with one tap or one typed number: an intent with its slots, or with `label` a name in labels.yaml. `code` is set where
    the press must name what it decides (`K7Q2M`): it then says the label's words and the code instead of a number."""

    intent: str
    slots: tuple[tuple[str, str], ...] = ()
    label: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A question the bot asked and now waits for: the intent it belongs to, the slot that is open, the slots it has."""

    intent: str
    slot: str
    filled: tuple[tuple[str, str], ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is remembered of one person in one conversation. `trace` is the id of the turn in which the question was answered, `missed` how many
    questions in a row had no answer. `version` 0 is a conversation never stored."""

    id: str
    person: str
    topic: str = ""
    question: str = ""
    options: tuple[Action, ...] = ()
    awaiting: Awaiting | None = None
    language: str = ""
    at: datetime | None = None
    version: int = 0
    trace: str = ""
    missed: int = 0
