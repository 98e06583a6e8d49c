"""`POST /dingtalk/robot`: robot callbacks over HTTP, answered once they are durable (dingtalk.md 1, reliability D9)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from bot.channels.dingtalk.hearing import Hearing
from bot.channels.dingtalk.payload import BadPayload, read_object
from bot.channels.dingtalk.reading import JSON, body_of, later, refuse
from bot.dingtalk_api.sign import CallbackCheck, Verdict
from bot.ports import StoreError

PATH = "/dingtalk/robot"
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
            return refuse(401)
        body = await body_of(request, self._hearing)
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
            return refuse(400)
        except StoreError:
            return later(self._hearing, "a callback was not acknowledged: the store did not take it")
        return web.Response(body=_SILENT, headers=JSON)
