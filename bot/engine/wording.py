"""The words in use and the organisation's values: swapped whole, never half."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from watchfiles import awatch

from bot.core.access import Access
from bot.core.calendar import Calendar
from bot.core.facts import Ask, Need, Policy
from bot.core.keeping import Keeping
from bot.core.lifecycle.following import Following
from bot.core.lifecycle.terms import Terms
from bot.core.links import Links
from bot.core.model import Announcement, Lesson, Organisation, Person
from bot.core.nudging import NudgePolicy
from bot.core.nudging.said import calendar_of, policy_of
from bot.core.turn import Call
from bot.core.variables import linked
from bot.ports import ConnectorRefused, Store, WordsError
from bot.words import policies
from bot.words.loading import Words, load
from bot.words.taught import Fits, laid

log = structlog.get_logger("words")
LISTED = {"zh": "\u3001"}
"""What stands between names in a list."""
EDITION = "words.edition"
"""The value that changes whenever a lesson or an announcement does: by it every replica sees that it must look again."""
MOST = 5_000
"""Live lessons and announcements that are looked at."""


class Wording:
    """Holds one version of the words. As the connector `words` it reads them anew on request; `watch` does so when a file changes."""

    name = "words"

    def __init__(
        self,
        roots: Sequence[Path],
        words: Words,
        organisation: Organisation,
        zone: str,
        language: str,
        peopled: Callable[[Access], Access] | None = None,
        working: Callable[[], tuple[Calendar, NudgePolicy]] | None = None,
        terms: Terms | None = None,
        keeping: Keeping | None = None,
        following: Following | None = None,
        links: Links | None = None,
    ) -> None:
        self.roots = tuple(roots)
        self.words = words
        self.language = language
        self.fault = ""
        self._zone = zone
        self._settings = organisation
        self._set: Mapping[str, str] = {}
        self._policies: dict[str, Policy] = {}
        self.fits = Fits(self.roots)
        self._files = words
        self._lessons: tuple[Lesson, ...] = ()
        self._announcements: tuple[Announcement, ...] = ()
        self._store: Store | None = None
        self._edition = ""
        self._swapping = asyncio.Lock()
        self._peopled = peopled or (lambda access: access)
        self._terms = terms or Terms()
        self._keeping = keeping or Keeping()
        self._following = following or Following()
        self._links = links or Links()
        self._working = working or (lambda: (Calendar(ZoneInfo(zone)), NudgePolicy()))

    def policy(self, language: str) -> Policy:
        """What decisions depend on: values set in chat above the settings above the words' defaults of the language."""
        if language not in self._policies:
            ruled = policies.load(self.roots, self.words.version)
            access = self._peopled(ruled.access)
            calendar, nudging = self._working()
            self._policies[language] = Policy(
                self._organisation(language),
                self._zone,
                self.language,
                self._set,
                joining=self._terms,
                keeping=self._keeping,
                following=self._following,
                links=self._links,
                access=access,
                segregation=ruled.rules,
                announcements=self._announcements,
                calendar=calendar_of(calendar, self._set),
                nudging=policy_of(nudging, self._set),
                settled=(calendar, nudging),
            )
        return self._policies[language]

    def _organisation(self, language: str) -> Organisation:
        known = {field.name for field in fields(Organisation)}
        said: dict[str, Any] = {name: value for name, value in self._set.items() if name in known and value}
        merged = replace(self._settings, **said)
        merged = replace(merged, **{name: value for name, value in self.words.defaults_in(language).items() if name in known and not getattr(merged, name)})
        merged = linked(merged)
        names = [admin.name for admin in merged.admins]
        return merged if merged.contact else replace(merged, contact=LISTED.get(language, ", ").join(names))

    @property
    def current(self) -> tuple[Words, Words, tuple[Lesson, ...]]:
        """The words of the files alone, those in use, and the lessons between them."""
        return self._files, self.words, self._lessons

    async def refresh(self, store: Store) -> None:
        """Reads the values that admins set in chat, and what was taught or announced when that changed. Asked every few seconds, it brings a replica the
        changes that were made in another. What was taught is learned beside the answers, which go on from the words as they were."""
        await self.glance(store)
        if self._set.get(EDITION, "") != self._edition:
            await self._relay(store)

    async def glance(self, store: Store) -> None:
        """The same without what must be learned first: values and announcements count at once, lessons with the next `refresh`."""
        self._store = store
        found = await store.gather(Person(""), frozenset({Need.ORGANISATION}))
        values = {one.name: one.value for one in found.org_values}
        if values != self._set:
            self._set, self._policies = values, {}
        edition = values.get(EDITION, "")
        if edition == self._edition:
            return
        lessons, self._announcements = await self._above(store)
        self._policies = {}
        if lessons == self._lessons and not self._swapping.locked():
            self._edition = edition

    async def _above(self, store: Store) -> tuple[tuple[Lesson, ...], tuple[Announcement, ...]]:
        """What stands above the words of the files: live lessons and announcements."""
        found = await store.answer((Ask(Lesson, states=("live",), most=MOST), Ask(Announcement, states=("set",), most=MOST)))
        return tuple(one for one in found.items if isinstance(one, Lesson)), tuple(one for one in found.items if isinstance(one, Announcement))

    async def _relay(self, store: Store) -> None:
        """Lays the live lessons anew above the words of the files."""
        async with self._swapping:
            edition = self._set.get(EDITION, "")
            if edition == self._edition:
                return
            lessons, self._announcements = await self._above(store)
            words = await asyncio.to_thread(laid, self._files, lessons, self.fits)
            self.words, self._lessons, self._edition, self._policies = words, lessons, edition, {}
        log.info("lessons laid", version=words.version, lessons=len(lessons))

    async def reload(self) -> Words:
        """Reads all words and puts them in use when they are sound. Raises WordsError, and then the former ones stay."""
        async with self._swapping:
            try:
                files = await asyncio.to_thread(load, self.roots)
                words = await asyncio.to_thread(laid, files, self._lessons, self.fits)
            except WordsError as fault:
                self.fault = str(fault)
                log.error("words have faults, the former ones stay", fault=self.fault)
                raise
            self._files, self.words, self.fault, self._policies = files, words, "", {}
        log.info("words read", version=words.version, intents=len(words.headings), utterances=words.utterances)
        return words

    async def perform(self, call: Call) -> str:
        """Implements ports.Connector: `<intents> <utterances>` of the new version. `relay` looks only at what was taught."""
        try:
            if call.operation == "relay" and self._store is not None:
                await self.refresh(self._store)
            else:
                await self.reload()
        except WordsError as fault:
            raise ConnectorRefused(str(fault).splitlines()[0]) from fault
        return f"{len(self.words.headings)} {self.words.utterances}"

    async def watch(self, told: Callable[[str], None]) -> None:
        """Reads anew whenever a file changes, until cancelled; `told` gets the fault of words that stay out of use."""
        folders = [path for root in self.roots for path in (root / "intents", root / "templates") if path.is_dir()]
        async for _ in awatch(*folders, debounce=400):
            try:
                await self.reload()
            except WordsError as fault:
                told(str(fault).splitlines()[0])
