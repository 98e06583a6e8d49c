"""The words in use and the organisation's values: swapped whole, never half."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import structlog
from watchfiles import awatch

from bot.core.facts import Need, Policy
from bot.core.model import Organisation, Person
from bot.core.turn import Call
from bot.ports import ConnectorRefused, Store, WordsError
from bot.words import Words, load

log = structlog.get_logger("words")
LISTED = {"zh": "\u3001"}
"""What stands between names in a list."""


class Wording:
    """Holds one version of the words. As the connector `words` it reads them anew on request; `watch` does so when a file changes."""

    name = "words"

    def __init__(self, roots: Sequence[Path], words: Words, organisation: Organisation, zone: str, language: str) -> None:
        self.roots = tuple(roots)
        self.words = words
        self.language = language
        self.fault = ""
        self._zone = zone
        self._settings = organisation
        self._set: Mapping[str, str] = {}
        self._policies: dict[str, Policy] = {}

    def policy(self, language: str) -> Policy:
        """What decisions depend on: values set in chat above the settings above the words' defaults of the language."""
        if language not in self._policies:
            self._policies[language] = Policy(self._organisation(language), self._zone, self.language, self._set)
        return self._policies[language]

    def _organisation(self, language: str) -> Organisation:
        known = {field.name for field in fields(Organisation)}
        said: dict[str, Any] = {name: value for name, value in self._set.items() if name in known}
        merged = replace(self._settings, **said)
        merged = replace(merged, **{name: value for name, value in self.words.defaults_in(language).items() if name in known and not getattr(merged, name)})
        names = [admin.name for admin in merged.admins]
        return merged if merged.contact else replace(merged, contact=LISTED.get(language, ", ").join(names))

    async def refresh(self, store: Store) -> None:
        """Reads the values that admins set in chat."""
        found = await store.gather(Person(""), frozenset({Need.ORGANISATION}))
        self._set = {one.name: one.value for one in found.org_values}
        self._policies = {}

    async def reload(self) -> Words:
        """Reads all words and puts them in use when they are sound. Raises WordsError, and then the former ones stay."""
        try:
            words = await asyncio.to_thread(load, self.roots)
        except WordsError as fault:
            self.fault = str(fault)
            log.error("words have faults, the former ones stay", fault=self.fault)
            raise
        self.words, self.fault, self._policies = words, "", {}
        log.info("words read", version=words.version, intents=len(words.headings), utterances=words.utterances)
        return words

    async def perform(self, call: Call) -> str:  # noqa: ARG002 - the connector's contract
        """Implements ports.Connector: `<intents> <utterances>` of the new version."""
        try:
            words = await self.reload()
        except WordsError as fault:
            raise ConnectorRefused(str(fault).splitlines()[0]) from fault
        return f"{len(words.headings)} {words.utterances}"

    async def watch(self, told: Callable[[str], None]) -> None:
        """Reads anew whenever a file changes, until cancelled; `told` gets the fault of words that stay out of use."""
        folders = [path for root in self.roots for path in (root / "intents", root / "templates") if path.is_dir()]
        async for _ in awatch(*folders, debounce=400):
            try:
                await self.reload()
            except WordsError as fault:
                told(str(fault).splitlines()[0])
