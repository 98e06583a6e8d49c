"""Tells every open page which of its parts have changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

PARTS = ("chat", "people", "trace", "clock", "state")
"""The parts of the page that are fetched again when they change."""
_TOGETHER_S = 0.05


class Signals:
    """`ring` a part after each change; every page follows by `changes`, which ends at `close`."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(PARTS, 0)
        self._event = asyncio.Event()
        self._closed = False

    def ring(self, *parts: str) -> None:
        """The parts look different from now on."""
        for part in parts:
            self._counts[part] += 1
        self._wake()

    def close(self) -> None:
        """Ends all streams."""
        self._closed = True
        self._wake()

    async def changes(self) -> AsyncIterator[list[str]]:
        """The parts that changed since the last time, at first all of them: a page may have missed something."""
        seen: dict[str, int] = {}
        while not self._closed:
            event = self._event
            changed = [part for part, count in self._counts.items() if seen.get(part) != count]
            if changed:
                seen = dict(self._counts)
                yield changed
            else:
                await event.wait()
                await asyncio.sleep(_TOGETHER_S)

    def _wake(self) -> None:
        event, self._event = self._event, asyncio.Event()
        event.set()
