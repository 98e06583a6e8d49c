"""What the console needs of the house, and who stands before it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from bot.core.facts import Ask, Need, Policy, Tally
from bot.core.model import Audience, Entry, Item, Person
from bot.core.turn import Decision, Event, Say, Stimulus
from bot.ports import Clock, Gathered, Recall
from bot.web.console.comparing import Compared
from bot.web.console.keys import hashed
from bot.web.health import Health
from bot.words.loading import Words
from bot.words.rendering import Rendered

Place = tuple[int, str]


class SignIn(Protocol):
    """Sign-in by the chat's platform."""

    def address(self, back: str, state: str) -> str: ...
    async def who(self, code: str) -> str:
        """The account behind the code, empty when there is none. Raises ConnectorTransient."""
        ...


class Reads(Protocol):
    """The store as far as pages read it; nothing is written but by the one flow."""

    async def answer(self, asks: Sequence[Ask | Tally]) -> Gathered: ...
    async def gather(self, viewer: Person, needs: frozenset[Need]) -> Gathered: ...
    async def recall_person(self, person: str) -> Recall: ...
    async def counts(self) -> Mapping[str, float]: ...
    async def audit_head(self) -> tuple[int, str]: ...
    async def page(
        self, kind: type[Item], states: Sequence[str], after: Place | None = None, most: int = 25, *, oldest: bool = False
    ) -> tuple[tuple[Item, ...], Place | None]: ...
    async def ages(self, kind: type[Item], states: Sequence[str], edges: Sequence[datetime]) -> tuple[int, ...]: ...
    async def daily(self, kind: type[Item], states: Sequence[str], since: datetime, offset: timedelta) -> Mapping[int, int]: ...
    async def worked(self, reasons: Sequence[str], since: datetime, offset: timedelta) -> Mapping[tuple[int, str], int]: ...
    async def trail(self, about: str, before: int = 0, most: int = 50) -> tuple[tuple[tuple[int, Entry], ...], int]: ...


@dataclass(frozen=True, slots=True)
class Inside:
    """The house as the console sees it. `channel` and `robot` are those of the chat in which admins are known, `site` is the console's public address
    (empty: not told), `hours` how long a session lasts, `roots` the folders of the words, the product's own first, `sign_in` is the
    platform's (None: not offered), `archive` writes everything that is kept into a file (None: not offered), `compared`
    keeps which intents lie near each other."""

    store: Reads
    clock: Clock
    channel: str
    robot: str
    outcome: Callable[[Stimulus], Awaitable[Decision | None]]
    viewer: Callable[[Stimulus, Person | None], Person]
    words: Callable[[], Words]
    policy: Callable[[str], Policy]
    render: Callable[[Say, str, Person], Rendered]
    health: Health
    site: str
    hours: int
    zone: str
    roots: tuple[Path, ...]
    sign_in: SignIn | None = None
    archive: Callable[[Path], Awaitable[object]] | None = None
    compared: Compared = field(default_factory=Compared)

    @property
    def templates(self) -> Path:
        """The folder of the product's own templates."""
        return self.roots[0] / "templates"

    def event(self, kind: str, ident: str, person: str, **values: str) -> Event:
        """An event of the console about somebody."""
        return Event("console", kind, ident, "", {"person": person, **values}, self.clock.now())

    async def person(self, ident: str) -> Person:
        """Somebody with their rights as of now."""
        stored = (await self.store.recall_person(ident)).person
        return self.viewer(self.event("look", "", ident), stored)


@dataclass(frozen=True, slots=True)
class Visitor:
    """An admin who is signed in. `secret` is what their cookie holds."""

    person: Person
    secret: str = field(repr=False)

    @property
    def token(self) -> str:
        """What each of their forms must carry; nobody learns it without the cookie."""
        return hashed(f"form:{self.secret}")

    @property
    def name(self) -> str:
        """What they are called."""
        return self.person.name or self.person.id.rpartition(":")[2]


def admin(person: Person) -> bool:
    """Whether they may see the console."""
    return person.inside and Audience.ADMIN in person.audiences
