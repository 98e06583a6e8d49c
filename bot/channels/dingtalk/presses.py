"""`POST /dingtalk/card`: presses of interactive cards over HTTP, answered once they are durable (dingtalk.md 4.4)."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from bot.channels.dingtalk.hearing import Hearing
from bot.channels.dingtalk.payload import BadPayload, read_object
from bot.channels.dingtalk.reading import JSON, body_of, later, refuse
from bot.channels.dingtalk.wire.callback import parse_card
from bot.dingtalk_api.crypto import BadEnvelope, Envelope, Once, Why, card_sign
from bot.ports import StoreError

PATH = "/dingtalk/card"
WINDOW_S = 300.0


class CardEndpoint:
    """Answers 200 with an empty object: the card is not changed by the answer. Or 400, 401, 408, 413, 503 with nothing else.

    The body is not signed, only the time is. A press decides things, so that a pair of headers is good for one request and for five minutes.
    """

    def __init__(self, secret: str, once: Once, hearing: Hearing, now: Callable[[], datetime]) -> None:
        self._secret = secret
        self._once = once
        self._hearing = hearing
        self._now = now

    async def answer(self, request: web.Request) -> web.Response:
        """Serves one request."""
        try:
            pair = self._signed(request)
            self._once.check(pair, self._now())
        except BadEnvelope as fault:
            self._hearing.note(f"card_{fault.why}", "a card callback without a good signature was refused")
            return refuse(401)
        body = await body_of(request, self._hearing)
        return body if isinstance(body, web.Response) else await self._hear(body, pair)

    async def _hear(self, body: bytes, pair: Envelope) -> web.Response:
        try:
            await self._hearing.press(parse_card(read_object(body)), pair.timestamp)
        except BadPayload as fault:
            self._hearing.note("bad_payload", "a signed card callback was not understood", why=str(fault))
            return refuse(400)
        except StoreError:
            self._once.forget(pair)
            return later(self._hearing, "a card press was not taken")
        return web.Response(body=b"{}", headers=JSON)

    def _signed(self, request: web.Request) -> Envelope:
        """The pair of headers, checked. Raises BadEnvelope."""
        stamps = request.headers.getall("x-ddpaas-signature-timestamp", [])
        signs = request.headers.getall("x-ddpaas-signature", [])
        if not stamps or not signs:
            raise BadEnvelope(Why.ABSENT)
        if len(stamps) != 1 or len(signs) != 1 or len(stamps[0]) > 20 or len(signs[0]) > 100:
            raise BadEnvelope(Why.ODD)
        if not hmac.compare_digest(card_sign(stamps[0], self._secret).encode(), signs[0].encode("utf-8", "replace")):
            raise BadEnvelope(Why.FORGED)
        return Envelope(signs[0], stamps[0], "", "")
