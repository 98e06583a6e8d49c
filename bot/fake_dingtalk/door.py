"""The door of the API: reads a request within bounds, lets faults strike, checks token, permission and limits, and answers in the family's shape."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.fake_dingtalk.call import Asked, Call
from bot.fake_dingtalk.errors import Family, Refusal, scope_missing, shared
from bot.fake_dingtalk.faults import Fault, Kind
from bot.fake_dingtalk.model import Json
from bot.fake_dingtalk.state import State

LARGEST_BODY = 256 * 1024
_ANSWERING = (Kind.ERROR, Kind.THROTTLE, Kind.GARBAGE, Kind.EMPTY, Kind.REDIRECT, Kind.HANG, Kind.CUT_AFTER)
_REFUSING = (Kind.QPS, Kind.QUOTA, Kind.IP, Kind.SCOPE, Kind.TOKEN, Kind.EXPIRED)


class Door:
    """Makes aiohttp handlers of calls. `closing` frees the requests that a fault left hanging."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.closing = asyncio.Event()

    def handler(self, call: Call) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The aiohttp handler of a call."""

        async def enter(request: web.Request) -> web.StreamResponse:
            faults = self._state.faults.pick(call.name, call.token, call.counted)
            self._state.meter.calls[call.name] += 1
            if any(fault.kind is Kind.CUT_BEFORE for fault in faults):
                return reset(request)
            try:
                asked = await read(request)
            except Refusal as refusal:
                return self._refused(refusal)
            await asyncio.sleep(sum(fault.seconds for fault in faults if fault.kind is Kind.LATENCY))
            return await self._answer(call, asked, faults, request)

        return enter

    async def _answer(self, call: Call, asked: Asked, faults: list[Fault], request: web.Request) -> web.StreamResponse:
        striking = next((fault for fault in faults if fault.kind in _ANSWERING), None)
        if striking and not striking.takes_effect:
            return await self._strike(striking, call, request)
        try:
            body = self._perform(call, asked, faults)
        except Refusal as refusal:
            return await self._strike(striking, call, request) if striking else self._refused(refusal)
        if striking:
            return await self._strike(striking, call, request)
        if call.name == "stream.open" and "application/json" not in request.headers.get("Accept", ""):
            text = "".join(f"<{name}>{value}</{name}>" for name, value in body.items())
            return web.Response(text=f"<Response>{text}</Response>", content_type="application/xml")
        return web.json_response(body)

    def _perform(self, call: Call, asked: Asked, faults: list[Fault]) -> Json:
        state = self._state
        token = asked.headers.get("x-acs-dingtalk-access-token", "") if call.family is Family.NEW else asked.query.get("access_token", "")
        refusing = next((fault for fault in faults if fault.kind in _REFUSING), None)
        if refusing:
            raise _refusal(state, refusing.kind, call, token)
        if call.token:
            state.check_token(token, call.family)
        state.check_scope(call.scope, call.family)
        state.meter.admit(call.name, call.family, call.counted, state.now())
        return call.perform(state, asked)

    async def _strike(self, fault: Fault, call: Call, request: web.Request) -> web.StreamResponse:
        if fault.kind is Kind.HANG:
            await self.closing.wait()
        if fault.kind in (Kind.HANG, Kind.CUT_AFTER):
            return reset(request)
        if fault.kind is Kind.THROTTLE:
            headers = {"Retry-After": f"{fault.seconds:g}"}
            return web.json_response({"code": "TooManyRequests", "message": "too many requests"}, status=429, headers=headers)
        if fault.kind is Kind.REDIRECT:
            return web.Response(status=302, headers={"Location": fault.location})
        if fault.kind is Kind.ERROR:
            return web.json_response(shared("busy", call.family).body(self._state.ids.uuid()), status=fault.status)
        return web.Response(text="<html>gateway</html>" if fault.kind is Kind.GARBAGE else "", content_type="text/html")

    def _refused(self, refusal: Refusal) -> web.Response:
        return web.json_response(refusal.body(self._state.ids.uuid()), status=refusal.http_status)


def _refusal(state: State, kind: Kind, call: Call, token: str) -> Refusal:
    if kind is Kind.EXPIRED:
        return Refusal(300001, "session does not exist")
    if kind is Kind.SCOPE:
        return scope_missing(call.scope or "unknown", call.family)
    if kind is Kind.TOKEN:
        state.tokens.pop(token, None)
    return shared(kind.value, call.family)


async def read(request: web.Request) -> Asked:
    """The request's JSON object or form. Raises Refusal (HTTP 400 or 413) for anything else."""
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge as fault:
        raise Refusal("request.entity.tooLarge", f"the body is larger than {LARGEST_BODY} bytes", 413) from fault
    except (web.HTTPException, ValueError) as fault:
        raise Refusal("invalidRequest", "the body cannot be read") from fault
    if request.content_type == "application/x-www-form-urlencoded":
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        return Asked(form, request.query, request.headers, len(raw))
    return Asked(parse(raw) if raw else {}, request.query, request.headers, len(raw))


def parse(raw: bytes) -> Json:
    """A JSON object. Raises Refusal (HTTP 400)."""
    try:
        body: Any = json.loads(raw.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as fault:
        raise Refusal("invalidRequest.json", "the body is not JSON") from fault
    if not isinstance(body, dict):
        raise Refusal("invalidRequest.json", "the body is not a JSON object")
    return body


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def reset(request: web.Request) -> web.Response:
    """Resets the connection; the response that it gives back never leaves."""
    abort(request.transport)
    return web.Response(status=500)


def abort(transport: asyncio.Transport | None) -> None:
    """Closes a connection with RST instead of FIN."""
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
