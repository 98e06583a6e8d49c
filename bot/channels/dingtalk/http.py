"""`POST /dingtalk/robot`: robot callbacks over HTTP, answered once they are durable (dingtalk.md 1, reliability D9)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from bot.channels.dingtalk.hearing import Hearing
from bot.channels.dingtalk.payload import MAX_BYTES, BadPayload, read_object
from bot.dingtalk_api.sign import CallbackCheck, Verdict
from bot.ports import StoreError

PATH = "/dingtalk/robot"
_BODY_SECONDS = 3.0
_JSON = {"Content-Type": "application/json"}
_SILENT = b"{}"  # says nothing; a body without msgtype cannot be taken for a reply


class RobotEndpoint:
    """Answers 200 with an empty object, or 400, 401, 408, 413, 503 with nothing else."""

    def __init__(self, check: CallbackCheck, hearing: Hearing, now: Callable[[], datetime]) -> None:
        self._check = check
        self._hearing = hearing
        self._now = now

    async def answer(self, request: web.Request) -> web.Response:
        """Serves one request."""
        headers = request.headers
        stamps = headers.getall("timestamp", [])
        verdict = self._check.verdict(stamps, headers.getall("sign", []), self._now())
        if verdict is not Verdict.GOOD:
            self._hearing.note(f"unsigned_{verdict}", "a callback without a good signature was refused")
            return _refuse(401)
        body = await self._body(request)
        if isinstance(body, web.Response):
            return body
        if self._check.reused(stamps[0], body):
            self._hearing.note("signature_reused", "a signature came again with another body")
        return await self._hear(body)

    async def _hear(self, body: bytes) -> web.Response:
        try:
            await self._hearing.robot(read_object(body))
        except BadPayload as fault:
            self._hearing.note("bad_payload", "a signed callback was not understood", why=str(fault))
            return _refuse(400)
        except StoreError:
            self._hearing.note("store_down", "a callback was not acknowledged: the store did not take it")
            return _refuse(503, {"Retry-After": "5"})
        return web.Response(body=_SILENT, headers=_JSON)

    async def _body(self, request: web.Request) -> bytes | web.Response:
        if "Content-Encoding" in request.headers:
            self._hearing.note("bad_payload", "a signed callback was not understood", why="encoded")
            return _refuse(400)
        if (request.content_length or 0) > MAX_BYTES:
            return self._too_long()
        if request.content.is_eof():  # the usual case: it came with its header, so there is nothing to wait for
            body = await request.content.read()
            return body if len(body) <= MAX_BYTES else self._too_long()
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                return await self._slow_body(request)
        except TimeoutError:
            self._hearing.note("slow_body", "a callback's body did not come in time")
            return _refuse(408)
        except (web.RequestPayloadError, ConnectionError):  # it left, or sent what is no body
            return _refuse(400)

    async def _slow_body(self, request: web.Request) -> bytes | web.Response:
        body = bytearray()
        while chunk := await request.content.readany():
            body += chunk
            if len(body) > MAX_BYTES:
                return self._too_long()
        return bytes(body)

    def _too_long(self) -> web.Response:
        self._hearing.note("too_long", "a callback was too long")
        return _refuse(413)


def _refuse(status: int, headers: dict[str, str] | None = None) -> web.Response:
    answer = web.Response(status=status, headers=headers)
    if status in {408, 413}:
        answer.force_close()
    return answer
