"""The nouns of the product as frozen values: people, conversations, intents, the organisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Audience(StrEnum):
    """Whom an intent is for; `COMPANY` is the company's representative and is answered to everybody."""

    EMPLOYEE = "employee"
    COMPANY = "company"
    APPROVER = "approver"
    ADMIN = "admin"
    ALL = "all"


class Scope(StrEnum):
    """Where an answer may be said: in the group it was asked in, or only to the person."""

    GROUP = "group"
    PRIVATE = "private"


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
    """A thing the reader can do with one tap or one typed number: an intent with its slots, or with `label` a name in labels.yaml."""

    intent: str
    slots: tuple[tuple[str, str], ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A question the bot asked and now waits for: the intent it belongs to, the slot that is open, the slots it has."""

    intent: str
    slot: str
    filled: tuple[tuple[str, str], ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is remembered of one person in one conversation. `version` 0 is a conversation never stored."""

    id: str
    person: str
    topic: str = ""
    question: str = ""
    options: tuple[Action, ...] = ()
    awaiting: Awaiting | None = None
    language: str = ""
    at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing people can mean. `id` is `<group>.<name>`; `desk` is set on topics that belong to another department."""

    id: str
    audience: Audience = Audience.ALL
    scope: Scope = Scope.GROUP
    follow_up: tuple[str, ...] = ()
    see_also: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()
    owner: str = ""
    review_by: str = ""
    desk: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All intents of one version of the words, as far as decisions need them. `labels[language][intent or label name]` is a button's text."""

    version: str
    intents: Mapping[str, Intent]
    labels: Mapping[str, Mapping[str, str]]
    long_replies: frozenset[tuple[str, str]] = frozenset()
    replies: frozenset[str] = frozenset()

    def label(self, action: Action, language: str) -> str:
        """The button's text in `language`, else in Chinese, else the intent's id."""
        name = action.label or action.intent
        for words in (self.labels.get(language, {}), self.labels.get("zh", {})):
            if name in words:
                return words[name]
        return name


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody an answer may name: `covers` says for what."""

    person: str
    name: str
    covers: str = ""


@dataclass(frozen=True, slots=True)
class Organisation:
    """What the answers need to know of the organisation. Empty means: nobody has said, so the answer must not either."""

    company_name: str = ""
    org_name: str = ""
    software_name: str = ""
    software_version: str = ""
    admins: tuple[Contact, ...] = ()
    approvers: str = ""
    contact: str = ""
    invite_link_life: str = ""
    review_time: str = ""
    required_fields: tuple[str, ...] = ()
    optional_fields: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    support_hotline: str = ""
    escalation_channel: str = ""
    kind: str = "company"
    desks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrgValue:
    """One value of the organisation that an admin set in chat; it stands above the settings file."""

    name: str
    value: str
    by: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """A question nobody could answer or an action not built yet, kept for the knowledge owner. `text` is masked."""

    id: str
    kind: str
    intent: str
    text: str
    person: str
    at: datetime
    version: int = 0


Entity = Person | Conversation | OrgValue | Wish
