"""`POST /dingtalk/events`: encrypted events over HTTP, answered with an encrypted `success` once they are durable (dingtalk.md 7)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from bot.channels.dingtalk.hearing import Hearing
from bot.channels.dingtalk.payload import BadPayload, read_object
from bot.channels.dingtalk.reading import JSON, body_of, later, refuse
from bot.channels.dingtalk.wire.event import parse_pushed
from bot.dingtalk_api.compact import to_bytes
from bot.dingtalk_api.crypto import BadEnvelope, Envelope, EventCrypto, Once, Why
from bot.ports import StoreError

PATH = "/dingtalk/events"
_SUCCESS = b"success"
_CHECKS = frozenset({"check_url", "check_create_suite_url", "check_update_suite_url"})
_MAX_WORD = 128


class EventEndpoint:
    """Answers 200 with the encrypted word, or 400, 401, 408, 413, 503 with nothing else."""

    def __init__(self, crypto: EventCrypto, once: Once, hearing: Hearing, now: Callable[[], datetime], dice: Callable[[int], bytes]) -> None:
        self._crypto = crypto
        self._once = once
        self._hearing = hearing
        self._now = now
        self._dice = dice

    async def answer(self, request: web.Request) -> web.Response:
        """Serves one request."""
        body = await body_of(request, self._hearing)
        if isinstance(body, web.Response):
            return body
        try:
            envelope = _envelope(request, body)
            content, owner = self._crypto.open(envelope)
            self._once.check(envelope, self._now())
        except BadPayload as fault:
            self._hearing.note("bad_payload", "an event push was not understood", why=str(fault))
            return refuse(400)
        except BadEnvelope as fault:
            self._hearing.note(f"event_{fault.why}", "an event push was refused")
            return refuse(401)
        return await self._hear(envelope, content, owner)

    async def _hear(self, envelope: Envelope, content: bytes, owner: bytes) -> web.Response:
        said = _SUCCESS
        try:
            event = parse_pushed(read_object(content))
            if event.kind in _CHECKS:
                said = str(event.data.get("Random", "success"))[:_MAX_WORD].encode()
                self._hearing.counts["event_check"] += 1
            else:
                await self._hearing.event(event)
        except BadPayload as fault:  # answered: it would be the same when it came again
            self._hearing.note("bad_payload", "an event was not understood", why=str(fault))
        except StoreError:
            self._once.forget(envelope)
            return later(self._hearing, "an event was not acknowledged: the store did not take it")
        stamp = str(int(self._now().timestamp() * 1000))
        answer = self._crypto.answer(said, owner, stamp, self._dice(8).hex(), self._dice(16))
        return web.Response(body=to_bytes(dict(answer)), headers=JSON)


def _envelope(request: web.Request, body: bytes) -> Envelope:
    """Reads query and body. Raises BadPayload or BadEnvelope."""
    encrypt = read_object(body).get("encrypt")
    if not isinstance(encrypt, str):
        raise BadPayload("nothing encrypted in it")
    return Envelope(_one(request, "msg_signature", "signature"), _one(request, "timestamp"), _one(request, "nonce"), encrypt)


def _one(request: web.Request, *names: str) -> str:
    """The one value of the first of the names that is there."""
    for name in names:
        found = request.query.getall(name, [])
        if not found:
            continue
        if len(found) != 1 or not 0 < len(found[0]) <= _MAX_WORD:
            raise BadEnvelope(Why.ODD)
        return found[0]
    raise BadEnvelope(Why.ABSENT)
