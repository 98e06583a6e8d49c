"""Pushing events by HTTP, encrypted, until the bot answers with the encrypted `success`."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

from bot.fake_dingtalk.crypto import Subscription
from bot.fake_dingtalk.faults import Kind
from bot.fake_dingtalk.model import Delivery
from bot.fake_dingtalk.pushing import Pusher
from bot.fake_dingtalk.state import State

_SUCCESS = "success"
_STRANGE_KEY = "Z" * 43


class EventPosting:
    """Anything but the encrypted word counts as a failure and is repeated after the documented waits."""

    def __init__(self, state: State, pusher: Pusher) -> None:
        self._state = state
        self._pusher = pusher

    async def event(self, delivery: Delivery) -> None:
        """Pushes until it is acknowledged; returns at the first acknowledgement or when its time is up. Raises ValueError without a subscription."""
        subscription = self._state.subscription
        if subscription is None:
            raise ValueError("no address for events is set")
        self._state.meter.push()
        await self._pusher.start(delivery, self._until_acknowledged(delivery, subscription))

    async def _until_acknowledged(self, delivery: Delivery, subscription: Subscription) -> None:
        waits = iter(self._state.manners.event_retries)
        while True:
            faults = {fault.kind for fault in self._state.faults.pick("push.event")}
            url, body = self._sealed(delivery, subscription, faults)
            await self._post(delivery, subscription, url, body)
            if Kind.REPLAY in faults:
                acked = delivery.acked
                await self._post(delivery, subscription, url, body)
                delivery.acked = acked
            delivery.first.set()
            wait = next(waits, None)
            if delivery.acked or wait is None:
                break
            await asyncio.sleep(wait)

    def _sealed(self, delivery: Delivery, subscription: Subscription, faults: set[Kind]) -> tuple[str, bytes]:
        """URL and body of one push, made anew for each try."""
        content = json.dumps(delivery.body, ensure_ascii=False)
        using = replace(subscription, aes_key=_STRANGE_KEY) if Kind.WRONG_KEY in faults else subscription
        encrypted = using.sealed(content, self._state.dice.randbytes(16))
        timestamp, nonce = str(int(self._state.now() * 1000)), self._state.ids.word(8)
        signature = subscription.signature(timestamp, nonce, encrypted)
        if Kind.FORGED in faults:
            signature = signature[::-1]
        query = f"signature={signature}&msg_signature={signature}&timestamp={timestamp}&nonce={nonce}"
        return f"{subscription.url}?{query}", json.dumps({"encrypt": encrypted}).encode()

    async def _post(self, delivery: Delivery, subscription: Subscription, url: str, body: bytes) -> None:
        started = asyncio.get_running_loop().time()
        self._pusher.count(delivery, "http")
        post = await self._pusher.post(url, body, {}, self._state.manners.http_wait)
        delivery.code, delivery.error, delivery.answer = post.code, post.error, None
        delivery.seconds = delivery.seconds or asyncio.get_running_loop().time() - started
        if post.code == 200:
            try:
                delivery.answer = subscription.opened(json.loads(post.text))
            except (ValueError, TypeError) as fault:
                delivery.error = f"no encrypted answer: {fault}"
        delivery.acked = delivery.answer == _SUCCESS
        self._state.bell.ring()
