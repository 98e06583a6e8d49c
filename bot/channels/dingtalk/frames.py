"""What comes over a Stream connection and how it is acknowledged: after it is durable, never after it is processed (dingtalk.md 2.2 to 2.4)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field

import aiohttp
import structlog

from bot.channels.dingtalk.hearing import Hearing
from bot.channels.dingtalk.payload import BadPayload, read_object
from bot.channels.dingtalk.wire.callback import parse_card
from bot.channels.dingtalk.wire.event import parse_event
from bot.dingtalk_api.compact import to_text
from bot.ports import StoreError

log = structlog.get_logger()

ROBOT_TOPIC = "/v1.0/im/bot/messages/get"
CARD_TOPIC = "/v1.0/card/instances/callback"
CARD_SECONDS = 1.5
_MAX_FRAME = 1024 * 1024
_AT_ONCE = 512


@dataclass(eq=False, slots=True)
class Link:
    """One open connection. `leaving` is set when it gets nothing more and a successor is due; `last` is the loop's time of the last frame."""

    ws: aiohttp.ClientWebSocketResponse
    last: float
    seen: bool = False
    leaving: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class _Frame:
    link: Link
    id: str
    headers: Mapping[str, object]
    data: str


class Frames:
    """Takes frames. Each is worked on in a task of its own, at most 512 at once; the end of a connection does not end them."""

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._late: set[asyncio.Future[None]] = set()
        self._callbacks = {ROBOT_TOPIC: self._robot, CARD_TOPIC: self._card}

    async def take(self, link: Link, message: aiohttp.WSMessage) -> None:
        """Dispatches one websocket message; whatever is no frame is counted and forgotten."""
        kind, topic, frame = self._read(link, message)
        if frame is None:
            self._hearing.note("garbage_frame", "something on the Stream connection is no frame")
        elif kind == "SYSTEM":
            await self._system(topic, frame)
        elif kind == "EVENT":
            await self._spawn(self._event(frame))
        elif kind == "CALLBACK" and topic in self._callbacks:
            await self._spawn(self._callbacks[topic](frame))
        else:
            self._hearing.counts["unknown_topic"] += 1
            await self._ack(frame, "{}", 404)

    async def drain(self, seconds: float) -> None:
        """Waits for what was taken to become durable and acknowledged."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    def _read(self, link: Link, message: aiohttp.WSMessage) -> tuple[str, str, _Frame | None]:
        if message.type is not aiohttp.WSMsgType.TEXT:
            return "", "", None
        try:
            found = read_object(message.data, limit=_MAX_FRAME)
        except BadPayload:
            return "", "", None
        headers = found.get("headers", found.get("header"))
        kind, data = found.get("type"), found.get("data", "{}")
        if not isinstance(headers, dict) or not isinstance(kind, str):
            return "", "", None
        topic, name = headers.get("topic"), headers.get("messageId")
        if not isinstance(topic, str):
            return "", "", None
        return kind, topic, _Frame(link, name if isinstance(name, str) else "", headers, data if isinstance(data, str) else to_text(data))

    async def _system(self, topic: str, frame: _Frame) -> None:
        if topic == "ping":
            await self._ack(frame, frame.data)
        elif topic == "disconnect":
            self._hearing.counts["disconnect"] += 1
            frame.link.leaving.set()

    async def _robot(self, frame: _Frame) -> None:
        try:
            await self._hearing.robot(read_object(frame.data))
        except BadPayload as fault:  # acknowledged: it would be the same when it came again
            self._hearing.note("bad_payload", "a robot message was not understood", why=str(fault))
        except StoreError:
            self._hearing.note("store_down", "a robot message was not acknowledged: the store did not take it")
            return
        await self._ack(frame, '{"response":null}')

    async def _event(self, frame: _Frame) -> None:
        try:
            await self._hearing.event(parse_event(frame.headers, read_object(frame.data)))
        except BadPayload as fault:  # acknowledged: it would be the same when it came again
            self._hearing.note("bad_payload", "an event was not understood", why=str(fault))
        except StoreError:
            self._hearing.note("store_down", "an event was asked for again: the store did not take it")
            await self._ack(frame, '{"status":"LATER","message":"store"}')
            return
        await self._ack(frame, '{"status":"SUCCESS","message":"ok"}')

    async def _card(self, frame: _Frame) -> None:
        """A press is answered without a change of the card: what came of it is told when it was decided."""
        try:
            await self._in_time(self._hearing.press(parse_card(read_object(frame.data)), frame.id))
        except BadPayload as fault:
            self._hearing.note("bad_payload", "a card press was not understood", why=str(fault))
        except StoreError:
            self._hearing.note("store_down", "a card press was not taken")
            await self._ack(frame, "{}", 500)
            return
        await self._ack(frame, '{"response":{}}')

    async def _in_time(self, work: Coroutine[None, None, None]) -> None:
        """DingTalk waits two seconds for a card's answer; what takes longer goes on after it."""
        hearing = asyncio.ensure_future(work)
        done, _ = await asyncio.wait({hearing}, timeout=CARD_SECONDS)
        if done:
            return hearing.result()
        self._late.add(hearing)
        hearing.add_done_callback(self._came_late)
        return self._hearing.note("card_late", "a card press took too long: it was answered before it was durable")

    def _came_late(self, hearing: asyncio.Future[None]) -> None:
        self._late.discard(hearing)
        if not hearing.cancelled() and (fault := hearing.exception()) is not None:
            log.error("a late card press failed", channel="dingtalk", kind=type(fault).__name__)

    async def _ack(self, frame: _Frame, data: str, code: int = 200) -> None:
        head = to_text({"messageId": frame.id, "contentType": "application/json"})
        try:
            await frame.link.ws.send_str(f'{{"code":{code},"headers":{head},"message":"OK","data":{to_text(data)}}}')
        except (ConnectionError, aiohttp.ClientError):  # it will come again and be known
            self._hearing.counts["ack_lost"] += 1

    async def _spawn(self, work: Coroutine[None, None, None]) -> None:
        try:
            await self._places.acquire()
        except asyncio.CancelledError:
            work.close()
            raise
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._places.release()
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("a Stream frame failed", channel="dingtalk", kind=type(fault).__name__)
