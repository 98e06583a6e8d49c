"""How values are shown: wall times, ages, names; functions that the templates call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.facts import Ask
from bot.core.model import Action, Item, Person, kind_of
from bot.web.console.inside import Inside, Visitor
from bot.web.console.words import Words

LONG, VERY_LONG = timedelta(days=1), timedelta(days=3)
"""After how much time something waits long, and very long."""
SHORT = 12
"""Signs of an id that are shown."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page is asked for: by whom, in which language, with which values in its address (`query`) and its path (`match`)."""

    visitor: Visitor
    language: str
    query: Mapping[str, str]
    match: Mapping[str, str]
    words: Words


@dataclass(frozen=True, slots=True)
class Shown:
    """The functions of one page's templates."""

    zone: ZoneInfo
    now: datetime
    words: Words
    labels: Mapping[str, str]
    chinese: Mapping[str, str]

    def moment(self, at: datetime | None) -> str:
        """Month, day and minute on the organisation's wall, with the year when it is another one."""
        if at is None:
            return ""
        wall = at.astimezone(self.zone)
        return f"{wall:%m-%d %H:%M}" if wall.year == self.now.astimezone(self.zone).year else f"{wall:%Y-%m-%d %H:%M}"

    def shown(self, value: object) -> str:
        """A value as text: instants on the organisation's wall."""
        return self.moment(value) if isinstance(value, datetime) else str(value)

    def field(self, name: str, value: object, known: Mapping[str, str]) -> str:
        """A field of a record: its state and its kind in words, people by their names."""
        if name in ("state", "kind", "language"):
            return self.said("states" if name == "state" else "values", str(value))
        return ", ".join(known.get(one, one) for one in value.split(", ")) if isinstance(value, str) else self.shown(value)

    def subject(self, subject: str, known: Mapping[str, str]) -> str:
        """What a line of the trail is about: what it is, and the name or the end of its id."""
        kind, _, ident = subject.partition(":")
        named = known.get(ident) or (ident if len(ident) <= SHORT else f"…{ident[-SHORT:]}")
        return f"{self.said('kinds', kind)} {named}" if kind in self.words["kinds"] and ident else subject

    def age(self, since: datetime | None) -> str:
        """How long ago, in its two greatest units."""
        if since is None:
            return ""
        minutes = max(0, int((self.now - since).total_seconds() // 60))
        days, hours = minutes // 1440, minutes % 1440 // 60
        named = self.words["ages"]
        if days:
            return str(named["days"]).format(days=days, hours=hours)
        return str(named["hours"]).format(hours=hours, minutes=minutes % 60) if hours else str(named["minutes"]).format(minutes=minutes)

    def weight(self, since: datetime | None) -> str:
        """A class for how long something waits: long, very, or empty."""
        waits = self.now - since if since else timedelta()
        return "very" if waits >= VERY_LONG else "long" if waits >= LONG else ""

    def label(self, intent: str) -> str:
        """What an intent is called."""
        return self.labels.get(intent) or self.chinese.get(intent) or intent

    def did(self, act: str) -> str:
        """What somebody did, in words; an act that has none by its name."""
        name = f"act_{act}"
        return self.labels.get(name) or self.chinese.get(name) or str(self.words["acts"].get(act, act))

    def rule(self, name: str) -> str:
        """Why something was understood as it was."""
        return self.labels.get(f"rule_{name}") or self.chinese.get(f"rule_{name}") or name

    def said(self, group: str, name: str) -> str:
        """The word of a group, else the name itself: states, kinds, acts, reasons."""
        return str(self.words[group].get(name, name))

    def told(self, group: str, sentence: str) -> str:
        """The words of a group for a sentence that begins with one of its names, with what stands behind its colon; else the sentence."""
        name = next((name for name in self.words[group] if sentence.startswith(name)), "")
        return f"{self.words[group][name]}{sentence[sentence.index(':') :] if ':' in sentence else ''}" if name else sentence


def shown(inside: Inside, language: str, words: Words) -> Shown:
    """The functions for a page in this language."""
    labels = inside.words().catalogue.labels
    return Shown(ZoneInfo(inside.zone), inside.clock.now(), words, labels.get(language, {}), labels.get("zh", {}))


async def names(inside: Inside, idents: Iterable[str]) -> dict[str, str]:
    """What people are called, by id; somebody never stored by their account."""
    asked = [ident for ident in dict.fromkeys(idents) if ident]
    from_store = (await inside.store.answer([Ask(Person, id=ident) for ident in asked])).people
    known = {person.id: person.name for person in from_store if person.name}
    return {ident: known.get(ident) or ident.rpartition(":")[2] for ident in asked}


def kind(item: Item) -> str:
    """The word under which the item is kept."""
    return kind_of(type(item))


def offset(inside: Inside) -> timedelta:
    """How far the organisation's wall clock is ahead of UTC now."""
    return inside.clock.now().astimezone(ZoneInfo(inside.zone)).utcoffset() or timedelta()


def action_label(inside: Inside, action: Action, language: str) -> str:
    """A button's text."""
    return inside.words().catalogue.label(action, language)
