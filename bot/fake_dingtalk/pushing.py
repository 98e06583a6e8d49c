"""Pushing things to the bot, by signed HTTP or over the Stream, again when they were not acknowledged."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.fake_dingtalk.content import webhook_content
from bot.fake_dingtalk.errors import Refusal
from bot.fake_dingtalk.faults import Kind
from bot.fake_dingtalk.frames import CARD, ROBOT, done
from bot.fake_dingtalk.gateway import Gateway
from bot.fake_dingtalk.model import Delivery, Json, Way
from bot.fake_dingtalk.robot_message import without_content
from bot.fake_dingtalk.signing import card_sign, robot_sign
from bot.fake_dingtalk.state import State


@dataclass(frozen=True, slots=True)
class Post:
    """What one HTTP push came to."""

    code: int = 0
    text: str = ""
    error: str = ""


class Pusher:
    """Delivers to the bot. `callback_url` takes robot messages by HTTP."""

    def __init__(self, state: State, gateway: Gateway, callback_url: str) -> None:
        self.callback_url = callback_url
        self._state = state
        self._gateway = gateway
        self._client: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        """Gives up what is still to be redelivered."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client:
            await self._client.close()

    async def robot(self, delivery: Delivery, redeliver: int) -> None:
        """Pushes a robot message `1 + redeliver` times, and again while it is not acknowledged; returns at the first acknowledgement or when its time is up."""
        faults = self._state.faults.pick("push.robot")
        copies = redeliver + sum(fault.copies for fault in faults if fault.kind is Kind.REDELIVER)
        if not self._state.meter.push() or any(fault.kind is Kind.QUOTA for fault in faults):
            delivery.body = without_content(delivery.body)
        work = self._robot_http(delivery, copies) if delivery.way == "http" else self._stream(delivery, "CALLBACK", ROBOT, copies, self._state.manners.retries)
        await self.start(delivery, work)

    async def event(self, delivery: Delivery, headers: Json) -> None:
        """Pushes an event; not acknowledged or LATER: again after the documented waits."""
        self._state.meter.push()
        copies = sum(fault.copies for fault in self._state.faults.pick("push.event") if fault.kind is Kind.REDELIVER)
        await self.start(delivery, self._stream(delivery, "EVENT", "*", copies, self._state.manners.event_retries, headers))

    async def card(self, delivery: Delivery, url: str, secret: str) -> None:
        """Pushes a card callback once and waits for its answer: by HTTP to the registered URL, else over the Stream."""
        self._state.meter.push()
        wait = self._state.manners.card_wait
        if delivery.way == "http":
            timestamp = self._ms()
            headers = {"x-ddpaas-signature-timestamp": timestamp, "x-ddpaas-signature": card_sign(secret, timestamp)}
            self._note(delivery, await self.post(url, json.dumps(delivery.body, ensure_ascii=False).encode(), headers, wait))
            return
        message_id, ack = await self._gateway.push("CALLBACK", CARD, delivery.body, {}, wait)
        self.count(delivery, message_id)
        if ack:
            delivery.code, delivery.acked = ack.code, ack.code == 200
            delivery.answer = ack.data.get("response") if isinstance(ack.data, dict) else None
        elif not delivery.withheld:
            delivery.error = "no ACK in time"

    async def post(self, url: str, body: bytes, headers: Json, wait: float) -> Post:
        """One POST to the bot, redirects not followed."""
        self._client = self._client or aiohttp.ClientSession(auto_decompress=True, cookie_jar=aiohttp.DummyCookieJar())
        whole = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "AliApp(DingTalk-robot)", **headers}
        try:
            async with self._client.post(url, data=body, headers=whole, timeout=aiohttp.ClientTimeout(total=wait or None), allow_redirects=False) as answer:
                return Post(answer.status, (await answer.read())[:100_000].decode("utf-8", "replace"))
        except TimeoutError:
            return Post(error="no answer in time")
        except (aiohttp.ClientError, OSError) as fault:
            return Post(error=f"{type(fault).__name__}: {fault}")

    async def post_robot(self, body: bytes, headers: Json) -> Post:
        """POSTs a robot callback to the callback URL; `headers` override the right timestamp and sign (None leaves one out)."""
        timestamp = self._ms()
        signed: Json = {"timestamp": timestamp, "sign": robot_sign(self._state.app.secret, timestamp), **headers}
        return await self.post(self.callback_url, body, {name: value for name, value in signed.items() if value is not None}, self._state.manners.http_wait)

    async def _robot_http(self, delivery: Delivery, copies: int) -> None:
        raw = json.dumps(delivery.body, ensure_ascii=False).encode()
        waits = iter(self._state.manners.http_retries)
        while True:
            before = asyncio.get_running_loop().time()
            self.count(delivery, "http")
            post = await self.post_robot(raw, {})
            delivery.seconds = delivery.seconds or asyncio.get_running_loop().time() - before
            self._note(delivery, post)
            self._reply(delivery, post)
            wait = next(waits, None)
            if delivery.acked or wait is None:
                break
            await asyncio.sleep(wait)
        for _ in range(copies):
            self.count(delivery, "http")
            self._reply(delivery, await self.post_robot(raw, {}))

    async def _stream(self, delivery: Delivery, kind: str, topic: str, copies: int, retries: tuple[float, ...], headers: Json | None = None) -> None:
        waits = iter(retries)
        while True:
            before = asyncio.get_running_loop().time()
            message_id, ack = await self._gateway.push(kind, topic, delivery.body, headers or {}, self._state.manners.ack_wait)
            self.count(delivery, message_id)
            if ack:
                delivery.code, delivery.answer, delivery.acked = ack.code, ack.data, done(ack, kind)
                delivery.seconds = delivery.seconds or asyncio.get_running_loop().time() - before
            elif message_id:
                delivery.error = "no ACK in time"
            delivery.first.set()
            self._state.bell.ring()
            wait = next(waits, None)
            if delivery.acked or wait is None:
                break
            await asyncio.sleep(wait)
        for _ in range(copies):
            message_id, _ack = await self._gateway.push(kind, topic, delivery.body, headers or {}, self._state.manners.ack_wait)
            self.count(delivery, message_id)

    def soon(self, work: Coroutine[Any, Any, Delivery]) -> None:
        """Pushes in the background."""

        async def run() -> None:
            await work

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def start(self, delivery: Delivery, work: Coroutine[Any, Any, None]) -> None:
        """Runs the pushes in the background and waits for the first acknowledgement or the end."""

        async def run() -> None:
            try:
                await work
            finally:
                delivery.first.set()

        task = asyncio.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await delivery.first.wait()

    def count(self, delivery: Delivery, message_id: str) -> None:
        """One more push; an empty id says that nobody was there to push to."""
        if message_id:
            delivery.pushes += 1
            delivery.frames.append(message_id)
            delivery.withheld = ""
        elif not delivery.pushes:
            delivery.withheld = "no open connection subscribes to it"
        self._state.bell.ring()

    def _reply(self, delivery: Delivery, post: Post) -> None:
        """The answer to a callback may itself be the reply."""
        body = _json(post.text)
        if post.code != 200 or not isinstance(body, dict) or body.get("msgtype", "empty") == "empty":
            return
        try:
            content = webhook_content(body)
        except Refusal as refusal:
            delivery.error = f"the HTTP reply is refused: {refusal}"
            return
        users = () if delivery.conversation in self._state.world.groups else (delivery.user,)
        self._state.record(Way.HTTP_REPLY, content, conversation=delivery.conversation, users=users, answers=delivery.id, body=body)

    def _note(self, delivery: Delivery, post: Post) -> None:
        delivery.code, delivery.error, delivery.acked = post.code, post.error, post.code == 200
        delivery.answer = _json(post.text)
        delivery.first.set()
        self._state.bell.ring()

    def _ms(self) -> str:
        return str(int(self._state.now() * 1000))


def _json(text: str) -> Any:
    """The JSON in an answer, else its text; None when empty."""
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return text
