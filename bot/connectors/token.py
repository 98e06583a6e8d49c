"""Access tokens: fetched once for all who wait, kept until shortly before they expire, and never tried again soon after credentials were refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.connectors.contract import AuthError
from bot.ports import Clock

EARLY = timedelta(seconds=60)
REFUSED = timedelta(minutes=5)
"""How long refused credentials are not sent again: systems lock an account after a few wrong tries."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token and when it stops to work."""

    value: str = field(repr=False)
    expires: datetime


class Tokens:
    """`fetch` asks for a new token; it raises AuthError when the credentials are refused."""

    def __init__(self, clock: Clock, fetch: Callable[[], Awaitable[Token]]) -> None:
        self._clock = clock
        self._fetch = fetch
        self._lock = asyncio.Lock()
        self._token: Token | None = None
        self._refused: tuple[str, datetime] | None = None

    async def get(self) -> str:
        """A token that still works, as far as its date tells."""
        async with self._lock:
            now = self._clock.now()
            if self._token is not None and now < self._token.expires - EARLY:
                return self._token.value
            if self._refused is not None and now < self._refused[1]:
                raise AuthError(f"{self._refused[0]} (not tried again yet)")
            try:
                self._token = await self._fetch()
            except AuthError as fault:
                self._refused = (str(fault), now + REFUSED)
                raise
            self._refused = None
            return self._token.value

    def forget(self, value: str) -> None:
        """The system no longer takes this token."""
        if self._token is not None and self._token.value == value:
            self._token = None
