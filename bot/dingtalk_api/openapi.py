"""Calls to DingTalk's two API families with one token, one refresh, one error table and one meter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import structlog

from bot.dingtalk_api.compact import to_bytes
from bot.dingtalk_api.faults import QUOTA_CODES, DingTalkFault, Reaction, body_of
from bot.dingtalk_api.post import Answer, Origin, Poster, Unanswered, Unsent
from bot.dingtalk_api.quota import Meter, Quota
from bot.dingtalk_api.token import Tokens, path_of

log = structlog.get_logger()

_SKEW_S = 2.0
Headers = tuple[tuple[str, str], ...]


async def send(poster: Poster, origin: Origin, path: str, body: bytes, where: str, headers: Headers = (), method: str = "POST") -> Answer:
    """One request whose failures are DingTalkFaults: LATER when it is known not to have arrived, UNKNOWN when it may have."""
    try:
        return await poster.post(origin, path, body, headers, method=method)
    except Unsent as fault:
        raise DingTalkFault(Reaction.LATER, str(fault), where=where, after=1.0) from fault
    except Unanswered as fault:
        raise DingTalkFault(Reaction.UNKNOWN, str(fault), where=where, after=1.0) from fault


class OpenApi:
    """Calls of one app. `free` calls are exempt from the monthly quota (token, contacts)."""

    def __init__(self, poster: Poster, tokens: Tokens, quota: Quota, now: Callable[[], datetime], *, api_base: str, oapi_base: str) -> None:
        self._poster = poster
        self._tokens = tokens
        self._quota = quota
        self._now = now
        self._api = (Origin.of(api_base), path_of(api_base))
        self._oapi = (Origin.of(oapi_base), path_of(oapi_base))
        self._refused = False
        self.skew_s = 0.0
        self._skew_read: datetime | None = None

    @property
    def fault(self) -> str:
        """Why there is no good token, or an empty string."""
        return self._tokens.fault or ("the access token is refused" if self._refused else "")

    async def call(self, path: str, body: Mapping[str, object], *, method: str = "POST", free: bool = False) -> dict[str, object]:
        """A call of the new family (`/v1.0/...`, path and query percent-encoded); raises DingTalkFault."""
        wire = to_bytes(body) if method != "GET" else b""

        async def once(token: str) -> dict[str, object]:
            origin, prefix = self._api
            return await self._send(origin, prefix + path, wire, path, free, (("x-acs-dingtalk-access-token", token),), method)

        return await self._twice(once)

    async def topapi(self, path: str, body: Mapping[str, object], *, free: bool = False) -> dict[str, object]:
        """A call of the old family (`/topapi/...`, no query); raises DingTalkFault."""
        wire = to_bytes(body)

        async def once(token: str) -> dict[str, object]:
            origin, prefix = self._oapi
            return await self._send(origin, f"{prefix}{path}?access_token={quote(token, safe='')}", wire, path, free, (), "POST")

        return await self._twice(once)

    async def _twice(self, once: Callable[[str], Awaitable[dict[str, object]]]) -> dict[str, object]:
        """With the token at hand, and once more with a new one when it was refused."""
        token = await self._tokens.get()
        try:
            body = await once(token)
            self._refused = False
            return body
        except DingTalkFault as fault:
            if fault.reaction is not Reaction.RENEW:
                raise
        self._refused = True
        body = await once(await self._tokens.renew(token))
        self._refused = False
        return body

    async def _send(self, origin: Origin, path: str, wire: bytes, where: str, free: bool, headers: Headers, method: str) -> dict[str, object]:
        if not free:
            self._quota.count(Meter.API)
        answer = await send(self._poster, origin, path, wire, where.partition("?")[0], headers, method)
        self._read_clock(answer)
        try:
            body = body_of(answer, where.partition("?")[0])
            if not free:
                self._quota.works(Meter.API)
            return body
        except DingTalkFault as fault:
            if fault.code in QUOTA_CODES:
                self._quota.exhausted(Meter.API)
            raise

    def _read_clock(self, answer: Answer) -> None:
        """Compares our clock with DingTalk's, once a minute (reliability T38)."""
        now = self._now()
        if self._skew_read is not None and timedelta() <= now - self._skew_read < timedelta(minutes=1):
            return
        try:
            theirs = parsedate_to_datetime(answer.header("date"))
        except ValueError:
            return
        self._skew_read = now
        self.skew_s = (now - (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC))).total_seconds()
        if abs(self.skew_s) > _SKEW_S:
            log.warning("our clock and DingTalk's differ", skew_s=round(self.skew_s, 1))
