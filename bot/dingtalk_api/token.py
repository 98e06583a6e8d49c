"""The access token of one app: cached, refreshed early, one request in flight (dingtalk.md 0.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.dingtalk_api.compact import to_bytes
from bot.dingtalk_api.faults import DingTalkFault, Reaction, body_of
from bot.dingtalk_api.post import Origin, Poster, Unanswered, Unsent

_EARLY = timedelta(minutes=10)
_PAUSE = timedelta(seconds=30)
_LONGEST = 24 * 3600


class Tokens:
    """Gives out the token. After a refused one it asks DingTalk at most every 30 seconds."""

    def __init__(self, poster: Poster, now: Callable[[], datetime], *, api_base: str, app_key: str, app_secret: str) -> None:
        self._poster = poster
        self._now = now
        self._origin = Origin.of(api_base)
        self._path = path_of(api_base) + "/v1.0/oauth2/accessToken"
        self._app_key = app_key
        self._app_secret = app_secret
        self._token = ""
        self._expires: datetime | None = None
        self._asked: datetime | None = None
        self._renewed: datetime | None = None
        self._running: asyncio.Task[None] | None = None
        self.fault = ""

    async def get(self) -> str:
        """A token that should be good; raises DingTalkFault (later) when there is none."""
        now = self._now()
        if self._expires is not None and now < self._expires - _EARLY:
            return self._token
        good = self._expires is not None and now < self._expires  # the old one still does, so a failure is no failure yet
        try:
            self._wait(self._asked if self.fault else None)
            await self._refresh()
        except DingTalkFault:
            if not good:
                raise
        return self._token

    async def renew(self, refused: str) -> str:
        """A token other than the one that was just refused; raises DingTalkFault (later) when one was renewed moments ago."""
        if refused != self._token:
            return await self.get()
        self._wait(self._renewed)
        self._renewed = self._now()
        self._expires = None
        await self._refresh()
        return self._token

    def _wait(self, since: datetime | None) -> None:
        """Refuses to ask DingTalk again within half a minute of the last time."""
        if since is None or self._running is not None:
            return
        left = (since + _PAUSE - self._now()).total_seconds()
        if 0 < left <= _PAUSE.total_seconds():
            raise DingTalkFault(Reaction.LATER, "no token", where="token", after=left, hint=self.fault)

    async def _refresh(self) -> None:
        if self._running is None:
            self._running = asyncio.create_task(self._ask())
            self._running.add_done_callback(self._done)
        await asyncio.shield(self._running)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running = None
        if not task.cancelled():
            task.exception()  # whoever waited has it; nobody may have waited

    async def _ask(self) -> None:
        self._asked = self._now()
        try:
            body = await self._fetch()
        except DingTalkFault as fault:
            self.fault = str(fault)
            raise
        token, seconds = body.get("accessToken"), body.get("expireIn")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
            self.fault = "no token in the answer"
            raise DingTalkFault(Reaction.LATER, self.fault, where="token", after=_PAUSE.total_seconds())
        life = seconds if isinstance(seconds, int) and 0 < seconds < _LONGEST else 7200
        self._token, self._expires, self.fault = token, self._asked + timedelta(seconds=life), ""

    async def _fetch(self) -> dict[str, object]:
        wire = to_bytes({"appKey": self._app_key, "appSecret": self._app_secret})
        try:
            return body_of(await self._poster.post(self._origin, self._path, wire), "token")
        except (Unsent, Unanswered) as fault:
            raise DingTalkFault(Reaction.LATER, str(fault), where="token", after=1.0) from fault
        except DingTalkFault as fault:  # asking for a token twice harms nobody, so nothing is unknown here
            raise DingTalkFault(Reaction.LATER, fault.code, where="token", after=max(fault.after, _PAUSE.total_seconds())) from fault


def path_of(base: str) -> str:
    """The path of a base URL without its last slash: what every path at that base begins with."""
    return urlsplit(base).path.rstrip("/")
