"""Which intents people could confuse, counted once for each version of the words: it takes seconds and half a gigabyte."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.check.nearness import Pair, pairs
from bot.words.loading import LANGUAGES, Words


@dataclass(slots=True)
class Compared:
    """What was found last. Whoever asks while it is counted waits for the same."""

    words: Words | None = None
    found: Sequence[Pair] = ()
    counting: asyncio.Lock = field(default_factory=asyncio.Lock)

    def known(self, words: Words) -> Sequence[Pair] | None:
        """The pairs of these words, None while nobody has counted them."""
        return self.found if self.words is words else None

    async def of(self, words: Words) -> Sequence[Pair]:
        """The pairs of these words."""
        async with self.counting:
            if self.words is not words:
                found = [await asyncio.to_thread(lambda name: list(pairs(words, name)), language) for language in LANGUAGES]
                self.words, self.found = words, tuple(pair for listed in found for pair in listed)
            return self.found
