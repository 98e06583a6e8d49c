"""Stream mode: our own thin client of DingTalk's gateway, several connections at once, none dropped before its successor (dingtalk.md 2)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
import structlog
from yarl import URL

from bot import __version__
from bot.channels.dingtalk.frames import CARD_TOPIC, ROBOT_TOPIC, Frames, Link
from bot.channels.dingtalk.settings import DingTalkSettings
from bot.dingtalk_api.compact import to_bytes
from bot.dingtalk_api.faults import DingTalkFault, body_of
from bot.dingtalk_api.hosts import ReplyHosts
from bot.dingtalk_api.openapi import send
from bot.dingtalk_api.post import Origin, Poster
from bot.dingtalk_api.token import path_of

log = structlog.get_logger()

SUBSCRIPTIONS = [{"type": "EVENT", "topic": "*"}, {"type": "CALLBACK", "topic": ROBOT_TOPIC}, {"type": "CALLBACK", "topic": CARD_TOPIC}]
_MAX_FRAME = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. `idle` is how long a connection may bring no frame before it is replaced, `farewell` how long a replaced one is still read,
    `steady` how long one must have been open before its replacement needs no pause, `deaf` after how long without any we are not well."""

    heartbeat: float = 15.0
    idle: float = 75.0
    farewell: float = 15.0
    backoff: float = 0.5
    steady: float = 5.0
    longest_backoff: float = 60.0
    refused: float = 60.0
    deaf: float = 30.0


class NoConnection(Exception):
    """The gateway did not let us in; `refused` when it does not know the app."""

    def __init__(self, text: str, *, refused: bool = False) -> None:
        super().__init__(text)
        self.refused = refused


class Stream:
    """Keeps `settings.connections` connections until it is stopped."""

    def __init__(self, settings: DingTalkSettings, poster: Poster, hosts: ReplyHosts, frames: Frames, rng: random.Random, timing: Timing) -> None:
        self._settings = settings
        self._poster = poster
        self._hosts = hosts
        self._frames = frames
        self._rng = rng
        self._timing = timing
        self._origin, self._path = Origin.of(settings.api_base), path_of(settings.api_base) + "/v1.0/gateway/connections/open"
        self._session: aiohttp.ClientSession | None = None
        self._keepers: list[asyncio.Task[None]] = []
        self._readers: set[asyncio.Task[None]] = set()
        self._links: set[Link] = set()
        self._alone_since = 0.0
        self._stopping = False
        self.opened = 0
        self.fault = "not started"

    async def start(self) -> None:
        """Begins to connect and returns at once."""
        self._stopping = False
        self._session = aiohttp.ClientSession()
        self._alone_since = asyncio.get_running_loop().time()
        self._keepers = [asyncio.create_task(self._keep()) for _ in range(self._settings.connections)]

    async def stop(self) -> None:
        """Reads no more; what was read is still acknowledged when that takes no longer than two seconds."""
        self._stopping = True
        for task in (*self._keepers, *self._readers):
            task.cancel()
        await asyncio.gather(*self._keepers, *self._readers, return_exceptions=True)
        await self._frames.drain(2.0)
        await asyncio.gather(*(self._drop(link) for link in tuple(self._links)), return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def health(self) -> Mapping[str, object]:
        """`ok` unless there was no connection for a while."""
        now = asyncio.get_running_loop().time()
        live = [link for link in self._links if not link.leaving.is_set()]
        ok = bool(self._links) or (self.opened > 0 and now - self._alone_since < self._timing.deaf)
        last = max((link.last for link in live), default=None)
        return {
            "ok": ok,
            "connected": len(live),
            "opened": self.opened,
            "last_frame_s": None if last is None else round(now - last, 1),
            "fault": "" if live else self.fault,
        }

    async def _keep(self) -> None:
        """Keeps one place filled. The successor of a leaving connection is opened while that one is still read."""
        failures = 0
        while True:
            try:
                link = await self._connect()
            except NoConnection as fault:
                failures += 1
                self._say(fault)
                await asyncio.sleep(self._pause(failures, refused=fault.refused))
                continue
            born = link.last
            leaving = await self._watch(link, self._start_reading(link))
            steady = asyncio.get_running_loop().time() - born >= self._timing.steady if leaving else link.seen
            failures = 0 if steady else failures + 1
            if not leaving or failures > 1:  # a leaving one is succeeded at once, unless they all leave at once
                await asyncio.sleep(self._pause(failures or 1, refused=False))

    def _start_reading(self, link: Link) -> asyncio.Task[None]:
        reader = asyncio.create_task(self._read(link))
        self._readers.add(reader)
        reader.add_done_callback(self._ended)
        return reader

    def _ended(self, reader: asyncio.Task[None]) -> None:
        self._readers.discard(reader)
        if not reader.cancelled() and (fault := reader.exception()) is not None:
            log.error("a Stream connection broke", channel="dingtalk", kind=type(fault).__name__)

    def _pause(self, failures: int, *, refused: bool) -> float:
        """Full jitter; a gateway that does not know the app is not hurried."""
        if refused:
            return self._rng.uniform(self._timing.refused / 2, self._timing.refused)
        return self._rng.uniform(0.0, min(self._timing.longest_backoff, self._timing.backoff * 2.0 ** min(failures - 1, 10)))

    def _say(self, fault: NoConnection) -> None:
        if str(fault) != self.fault:
            log.warning("no Stream connection to DingTalk", channel="dingtalk", why=str(fault))
        self.fault = str(fault)

    async def _connect(self) -> Link:
        endpoint, ticket = await self._open()
        assert self._session is not None  # noqa: S101 -- made by start
        try:
            url = URL(endpoint).update_query(ticket=ticket)
            async with asyncio.timeout(10.0):
                socket = await self._session.ws_connect(
                    url,
                    heartbeat=self._timing.heartbeat,
                    max_msg_size=_MAX_FRAME,
                    proxy=self._settings.proxy or None,
                    timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
                )
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as fault:  # its text may hold the ticket
            raise NoConnection(f"the gateway did not take the connection: {type(fault).__name__}") from None
        link = Link(socket, asyncio.get_running_loop().time())
        self._links.add(link)
        self.opened += 1
        self.fault = ""
        log.info("Stream connection open", channel="dingtalk", opened=self.opened, connected=len(self._links))
        return link

    async def _open(self) -> tuple[str, str]:
        """Asks for an endpoint and a ticket; each ticket is good for one connection."""
        wire = to_bytes(
            {
                "clientId": self._settings.app_key,
                "clientSecret": self._settings.app_secret,
                "subscriptions": SUBSCRIPTIONS,
                "ua": f"usher/{__version__}",
            }
        )
        try:
            answer = await send(self._poster, self._origin, self._path, wire, "gateway")
            if answer.status == 401:
                raise NoConnection("DingTalk does not know this app: check app_key and app_secret", refused=True)
            body = body_of(answer, "gateway")
        except DingTalkFault as fault:
            raise NoConnection(str(fault)) from None
        endpoint, ticket = body.get("endpoint"), body.get("ticket")
        if not isinstance(endpoint, str) or not isinstance(ticket, str) or not self._hosts.stream(endpoint):
            raise NoConnection("the gateway sent us nowhere, or to a host that is not DingTalk's")
        return endpoint, ticket

    async def _watch(self, link: Link, reader: asyncio.Task[None]) -> bool:
        """Waits until the connection ends (False) or has to be replaced while it is still open (True)."""
        loop = asyncio.get_running_loop()
        told = asyncio.create_task(link.leaving.wait())
        try:
            while not reader.done() and not told.done():
                left = link.last + self._timing.idle - loop.time()
                if left <= 0:
                    log.warning("a Stream connection went silent", channel="dingtalk")
                    link.leaving.set()
                    break
                await asyncio.wait({reader, told}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()
        if reader.done():
            return False
        loop.call_later(self._timing.farewell, reader.cancel)
        return True

    async def _read(self, link: Link) -> None:
        loop = asyncio.get_running_loop()
        try:
            async for message in link.ws:
                link.last, link.seen = loop.time(), True
                await self._frames.take(link, message)
        finally:
            if not self._stopping:  # else what was read is acknowledged first
                await self._drop(link)

    async def _drop(self, link: Link) -> None:
        self._links.discard(link)
        if not self._links:
            self._alone_since = asyncio.get_running_loop().time()
        await link.ws.close()
