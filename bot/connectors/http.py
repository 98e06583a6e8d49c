"""Requests to finance systems: bounded in time and size, no redirects, and no URL, header or body in any error, for tokens travel in them."""

from __future__ import annotations

import hashlib
import json
import ssl
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from yarl import URL

from bot.connectors.contract import AuthError, ConflictError, ContractError, Forbidden, Health, RateLimited, Transient
from bot.ports import Clock, ConnectorError

TOTAL_S = 30.0
LARGEST_BODY = 1024 * 1024
_LONGEST_WAIT = 3600.0

Json = dict[str, Any]

_UNSENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientProxyConnectionError)
"""Faults that came before anything left."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whatever its status. Header names are lower case; the body is at most LARGEST_BODY bytes."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self, what: str) -> Any:
        """The body as JSON. Raises ContractError that says only which call it was."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            pass
        raise ContractError(f"{what}: the answer is not JSON")

    def object(self, what: str) -> Json:
        """The body as a JSON object. Raises ContractError."""
        found = self.json(what)
        if not isinstance(found, dict):
            raise ContractError(f"{what}: the answer is not an object")
        return found


@dataclass(slots=True)
class Skew:
    """How far a system's clock is ahead of ours by its last answer, in whole seconds: signatures fail when it is far."""

    seconds: float = 0.0


class Site:
    """A finance system's address. `session` belongs to the wiring; certificates are always verified, by `tls` where the system has an authority of its
    own. All URLs are made here, so that none is ever shown."""

    def __init__(self, session: aiohttp.ClientSession, root: str, clock: Clock, tls: ssl.SSLContext | None = None, skew: Skew | None = None) -> None:
        self._session = session
        self._clock = clock
        self._tls = tls
        self.root = root.rstrip("/")
        self.skew = skew or Skew()

    def beside(self, root: str) -> Site:
        """Another address of the same system."""
        return Site(self._session, root, self._clock, self._tls, self.skew)

    async def ask(
        self,
        what: str,
        method: str,
        path: str,
        *,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """One request, never repeated. `path` and `query` are sent exactly as given (already percent-encoded); `what` names the call in errors.
        Raises Transient (`unknown` when it may have arrived) and ContractError for an answer that is too large."""
        url = URL(f"{self.root}{path}{f'?{query}' if query else ''}", encoded=True)
        fault: ConnectorError
        try:
            timeout = aiohttp.ClientTimeout(total=TOTAL_S)
            async with self._session.request(
                method, url, headers=headers, data=body, timeout=timeout, allow_redirects=False, ssl=self._tls or True
            ) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                self._compare(headers.get("date", ""))
                return Reply(response.status, headers, await _bounded(response, what))
        except _UNSENT as seen:
            fault = Transient(f"{what}: no connection ({type(seen).__name__})")
        except (aiohttp.InvalidURL, UnicodeError):
            fault = ContractError(f"{what}: the address is no URL")
        except (TimeoutError, aiohttp.ClientError, OSError) as seen:
            fault = Transient(f"{what}: no answer ({type(seen).__name__})", unknown=True)
        raise fault  # outside the except: the library's own exception carries the URL, and a chained one would be printed

    async def post(self, what: str, path: str, told: object, *, query: str = "", headers: Mapping[str, str] | None = None) -> Reply:
        """POSTs JSON and gives back a successful answer; others raise as `refuse` has it."""
        body = encoded(told)
        reply = await self.ask(what, "POST", path, query=query, headers={"Content-Type": "application/json", **(headers or {})}, body=body)
        refuse(reply, what)
        return reply

    async def health(self, probe: Awaitable[object]) -> Health:
        """What a cheap call tells of the system; never raises."""
        try:
            await probe
        except ConnectorError as fault:
            return Health(ok=False, detail=str(fault), skew_s=self.skew.seconds)
        return Health(ok=True, skew_s=self.skew.seconds)

    def _compare(self, date: str) -> None:
        try:
            self.skew.seconds = round((parsedate_to_datetime(date) - self._clock.now()).total_seconds())
        except (ValueError, TypeError):
            return


async def _bounded(response: aiohttp.ClientResponse, what: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > LARGEST_BODY:
            raise ContractError(f"{what}: the answer is too large")
        parts.append(chunk)
    return b"".join(parts)


def refuse(reply: Reply, what: str) -> None:
    """Raises for every status that is no success: 429 RateLimited, 401 AuthError, 403 Forbidden, 409 ConflictError, 5xx and 408 Transient (it may have
    been done), the rest ContractError: also 404, which speaks of the address and not of a person or role."""
    status = reply.status
    if 200 <= status < 300:
        return
    text = f"{what}: HTTP {status}"
    if status == 429:
        raise RateLimited(text, retry_after=_retry_after(reply))
    if status >= 500 or status == 408:
        raise Transient(text, unknown=True)
    raise {401: AuthError, 403: Forbidden, 409: ConflictError}.get(status, ContractError)(text)


def _retry_after(reply: Reply) -> float:
    value = reply.headers.get("retry-after", "")
    return min(float(value), _LONGEST_WAIT) if value.isascii() and value.isdigit() and len(value) < 8 else 1.0


def encoded(told: object) -> bytes:
    """JSON as it is sent: UTF-8, no spaces."""
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def evidence(told: object, reply: Reply) -> str:
    """SHA-256 over what was asked (without credentials: those are headers and query) and what was answered."""
    return hashlib.sha256(encoded(told) + b"\n" + str(reply.status).encode() + b"\n" + reply.body).hexdigest()
