"""A stand-in as one object: it listens, counts its calls, lets faults strike and keeps its own clock."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web

from bot.fake_finance.books import Books
from bot.fake_finance.faults import AFTER, Faults, Kind

LARGEST_BODY = 1024 * 1024

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the stand-ins see it. `target` is path and query exactly as sent; header names are lower case."""

    method: str
    target: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Json:
        """The body as an object; an empty one for anything else."""
        try:
            told = json.loads(self.body)
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {"": told}


class Refusal(Exception):
    """The vendor's way of saying no: a status and a JSON body."""

    def __init__(self, body: object, status: int = 200) -> None:
        super().__init__(status)
        self.body = body
        self.status = status


Perform = Callable[[Asked], object]
"""Does a call and gives back the JSON of its answer, or a web.Response. Raises Refusal."""


class Stand:
    """A server with one vendor's calls. `clock` gives epoch seconds; `skew` is how far this system's own clock is off, `mangle`
    rewrites every answer on its way out."""

    def __init__(self, books: Books | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self.books = books or Books.sample()
        self.faults = Faults()
        self.calls: Counter[str] = Counter()
        self.skew = 0.0
        self.mangle: Callable[[Any], object] | None = None
        self.port = 0
        self._clock = clock
        self._application = web.Application(client_max_size=LARGEST_BODY)
        self._runner: web.AppRunner | None = None
        self._closing = asyncio.Event()

    def now(self) -> float:
        """This system's idea of the time, epoch seconds."""
        return self._clock() + self.skew

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def play(self, path: str, name: str | Callable[[Asked], str], perform: Perform, method: str = "POST") -> None:
        """Adds a call; `name` is what faults and counts know it by, or tells it from the request."""
        self._application.router.add_route(method, path, self._door(name, perform))

    async def start(self, port: int = 0) -> Self:
        """Listens on this machine only; port 0 takes a free one."""
        self._runner = web.AppRunner(self._application, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        """Lets everything go."""
        self._closing.set()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _door(self, called: str | Callable[[Asked], str], perform: Perform) -> Callable[[web.Request], Any]:
        async def enter(request: web.Request) -> web.StreamResponse:
            headers = {key.lower(): value for key, value in request.headers.items()}
            asked = Asked(request.method, request.raw_path, request.query, headers, await request.read())
            name = called if isinstance(called, str) else called(asked)
            self.calls[name] += 1
            fault = self.faults.strike(name)
            if fault is None:
                return self._mangled(_done(perform, asked))
            if fault.kind not in AFTER:
                return _before(fault.kind, fault.status, fault.seconds, request)
            answer = _done(perform, asked)
            if fault.kind in (Kind.LATENCY, Kind.TWICE):
                if fault.kind is Kind.TWICE:
                    _done(perform, asked)
                await asyncio.sleep(fault.seconds)
                return answer
            if fault.kind is Kind.HANG_AFTER:
                await self._closing.wait()
            return _after(fault.kind, fault.status, request)

        return enter

    def _mangled(self, answer: web.Response) -> web.Response:
        if self.mangle is None or not isinstance(answer.body, bytes) or not answer.body:
            return answer
        return web.json_response(self.mangle(json.loads(answer.body)), status=answer.status)


def _done(perform: Perform, asked: Asked) -> web.Response:
    try:
        answer = perform(asked)
    except Refusal as refusal:
        return web.json_response(refusal.body, status=refusal.status)
    return answer if isinstance(answer, web.Response) else web.json_response(answer)


def _before(kind: Kind, status: int, seconds: float, request: web.Request) -> web.Response:
    if kind is Kind.DROP_BEFORE:
        return _reset(request)
    if kind is Kind.THROTTLE:
        return web.json_response({"message": "slow down"}, status=429, headers={"Retry-After": f"{seconds:.0f}"})
    if kind is Kind.REDIRECT:
        return web.Response(status=302, headers={"Location": "https://elsewhere.example.invalid/"})
    if kind is Kind.HUGE:
        return web.Response(body=b"[" + b" " * (4 * LARGEST_BODY) + b"]", content_type="application/json")
    return web.Response(text="<html>gateway</html>", content_type="text/html", status=200 if kind is Kind.HTML else status)


def _after(kind: Kind, status: int, request: web.Request) -> web.Response:
    if kind is Kind.MALFORMED:
        return web.Response(text='{"code": 200, "da', content_type="application/json")
    if kind is Kind.ODD:
        return web.json_response({"something": ["else", 1]})
    if kind is Kind.ERROR_AFTER:
        return web.Response(text="<html>gateway</html>", content_type="text/html", status=status)
    return _reset(request)


def _reset(request: web.Request) -> web.Response:
    """Breaks the connection as a crash would."""
    transport = request.transport
    if transport is not None:
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response(status=500)
