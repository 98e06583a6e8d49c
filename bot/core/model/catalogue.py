"""What people can mean: the intents of one version of the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core.model.people import Action, Audience


class Scope(StrEnum):
    """Where an answer may be said: in the group it was asked in, or only to the person."""

    GROUP = "group"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Variant:
    """Another answer for some. Its words are the reply `<reply>.<name>`; `only` are pairs of a kind and a value: of one kind any value must fit, and every
    kind must."""

    name: str
    only: tuple[tuple[str, str], ...] = ()

    @property
    def kinds(self) -> frozenset[str]:
        """By what it differs."""
        return frozenset(kind for kind, _ in self.only)

    def values(self, kind: str) -> tuple[str, ...]:
        """Which of that kind it is for."""
        return tuple(value for one, value in self.only if one == kind)


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing people can mean. `id` is `<group>.<name>`; `desk` is set on topics that belong to another department; `variants` are answers for some."""

    id: str
    audience: Audience = Audience.ALL
    scope: Scope = Scope.GROUP
    follow_up: tuple[str, ...] = ()
    see_also: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()
    owner: str = ""
    review_by: str = ""
    desk: str = ""
    variants: tuple[Variant, ...] = ()


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
class Wish:
    """A question nobody could answer or an action not built yet, kept for the knowledge owner. `text` is masked."""

    id: str
    kind: str
    intent: str
    text: str
    person: str
    at: datetime
    version: int = 0
