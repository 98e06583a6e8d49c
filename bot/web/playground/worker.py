"""Talks to the child's pages for black-box runs: readiness, the test clock, the kill switch, the turns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.ports import BotError

_QUICK = ClientTimeout(total=3)
_STEPPING = ClientTimeout(total=60)
KILL_POINT = "before_commit"
"""Where the kill button strikes: heard and understood, nothing committed; so the turn is run again after the restart."""


class Away(BotError):
    """The child does not answer: it is starting, dying or busy."""


class Worker:
    """A client of the child at whatever address it has at the moment."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session
        self.base_url = ""

    async def ready(self, base_url: str) -> bool:
        """Whether the child at this address serves."""
        try:
            async with self._session.get(f"{base_url}/readyz", timeout=_QUICK) as answer:
                return answer.status == 200
        except (ClientError, TimeoutError, OSError):
            return False

    async def now(self) -> datetime:
        """The child's business time."""
        return datetime.fromisoformat(await self._call("now", "GET", "/test/clock"))

    async def step_to(self, to: datetime) -> datetime:
        """Moves business time forward; what falls due on the way is done when this returns."""
        return datetime.fromisoformat(await self._call("now", "POST", "/test/clock", {"to": to.isoformat()}, _STEPPING))

    async def arm(self) -> None:
        """Has the child kill itself in its next turn."""
        await self._call("armed", "POST", "/test/kill", {"at": KILL_POINT})

    async def turns(self, after: str) -> list[dict[str, Any]]:
        """The turns since that journal id, newest last."""
        return list(await self._call("turns", "GET", "/test/turns", query={"after": after}))

    async def _call(
        self, wanted: str, method: str, path: str, body: Mapping[str, str] | None = None, within: ClientTimeout = _QUICK, query: Mapping[str, str] | None = None
    ) -> Any:
        """One request and the value of that name in its answer; raises Away for every fault."""
        try:
            async with self._session.request(method, self.base_url + path, json=body, params=query, timeout=within) as answer:
                answer.raise_for_status()
                return (await answer.json())[wanted]
        except (ClientError, TimeoutError, OSError, ValueError, LookupError, TypeError) as fault:
            raise Away(f"{method} {path}: {type(fault).__name__}") from fault
