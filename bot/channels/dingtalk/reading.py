"""Takes the body of an HTTP push within its bounds of size and time, and answers what is wrong with it."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.channels.dingtalk.hearing import Hearing
from bot.channels.dingtalk.payload import MAX_BYTES

BODY_SECONDS = 3.0
JSON = {"Content-Type": "application/json"}


async def body_of(request: web.Request, hearing: Hearing) -> bytes | web.Response:
    """The body, or the answer that refuses it: 400 encoded or broken, 408 slow, 413 too long."""
    if "Content-Encoding" in request.headers:
        hearing.note("bad_payload", "a callback was not understood", why="encoded")
        return refuse(400)
    if (request.content_length or 0) > MAX_BYTES:
        return _too_long(hearing)
    if request.content.is_eof():  # the usual case: it came with its header, so there is nothing to wait for
        body = await request.content.read()
        return body if len(body) <= MAX_BYTES else _too_long(hearing)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _slow_body(request, hearing)
    except TimeoutError:
        hearing.note("slow_body", "a callback's body did not come in time")
        return refuse(408)
    except (web.RequestPayloadError, ConnectionError):  # it left, or sent what is no body
        return refuse(400)


async def _slow_body(request: web.Request, hearing: Hearing) -> bytes | web.Response:
    body = bytearray()
    while chunk := await request.content.readany():
        body += chunk
        if len(body) > MAX_BYTES:
            return _too_long(hearing)
    return bytes(body)


def _too_long(hearing: Hearing) -> web.Response:
    hearing.note("too_long", "a callback was too long")
    return refuse(413)


def refuse(status: int, headers: dict[str, str] | None = None) -> web.Response:
    """An answer of a status and nothing else."""
    answer = web.Response(status=status, headers=headers)
    if status in {408, 413}:
        answer.force_close()
    return answer


def later(hearing: Hearing, text: str) -> web.Response:
    """The store did not take it: it should come again."""
    hearing.note("store_down", text)
    return refuse(503, {"Retry-After": "5"})
