"""The way into YonBIP: the tenant's gateway, a token by signature, and answers whose code is text on some pages and a number on others."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import quote, urlencode, urlsplit

from bot.connectors.contract import AuthError, ConflictError, ContractError, Disabled, Forbidden, NotFound, RateLimited
from bot.connectors.http import Json, Reply, Site, encoded, evidence, refuse
from bot.connectors.reading import inner, optional, rows, text
from bot.connectors.settings import YonBipSettings
from bot.connectors.token import Token, Tokens
from bot.ports import Clock, ConnectorError

FINE = frozenset({"200", "00000", "0"})
STALE = frozenset({"401", "403", "10004", "10005"})
"""Codes that an expired token was seen to give; 403 may also mean that the app lacks the API."""
_FAULTS: Mapping[str, type[ConnectorError]] = {
    "000-554-110017": Disabled, "000-539-000116": Forbidden, "1090003500084": Forbidden, "1002": NotFound, "403": Forbidden, "999": ConflictError,
}  # fmt: skip
_ODD = re.compile(r"[^0-9A-Za-z-]")


def sign(secret: str, told: Mapping[str, str]) -> str:
    """Base64 of the HMAC-SHA256 over all names and values in the order of their names; to be percent-encoded exactly once."""
    message = "".join(f"{name}{told[name]}" for name in sorted(told))
    return base64.b64encode(hmac.digest(secret.encode(), message.encode(), "sha256")).decode()


class YonBipGate:
    """Calls of one tenant."""

    def __init__(self, name: str, settings: YonBipSettings, site: Site, clock: Clock) -> None:
        self._name = name
        self._settings = settings
        self.site = site
        self._clock = clock
        self._tokens = Tokens(clock, self._fetch)
        self._gateway: Site | None = None if settings.discover else site
        self._door: Site = site

    async def call(self, what: str, path: str, told: object) -> tuple[Json, str]:
        """A successful answer, and the evidence. A token that no longer works is renewed once: such a call was not carried out."""
        for left in (1, 0):
            token = await self._tokens.get()
            gateway = self._gateway or self.site
            query = f"access_token={quote(token, safe='')}"
            headers = {"Content-Type": "application/json"}
            reply = await gateway.ask(f"{self._name} {what}", "POST", f"{self._settings.api_path}{path}", query=query, headers=headers, body=encoded(told))
            if left and self._stale(reply):
                self._tokens.forget(token)
                continue
            return self._fine(reply, what), evidence(told, reply)
        raise AssertionError("unreachable")

    def _stale(self, reply: Reply) -> bool:
        if reply.status == 401:
            return True
        try:
            answer = reply.object("")
            return "code" in answer and optional(answer, "code", "") in STALE
        except ContractError:
            return False

    async def listed(self, what: str, path: str, told: object) -> list[Json]:
        """The rows of a successful answer; `data` may be null but not missing, else a changed answer would look like an empty list."""
        answer, _ = await self.call(what, path, told)
        if "data" not in answer:
            raise ContractError(f"{self._name} {what}: no data in the answer")
        return rows(answer["data"] or [], f"{self._name} {what}")

    def _fine(self, reply: Reply, what: str) -> Json:
        what = f"{self._name} {what}"
        refuse(reply, what)
        answer = reply.object(what)
        code, shown = text(answer, "code", what), optional(answer, "displayCode", what)
        if code in FINE:
            return answer
        raise _fault(code, shown, what)

    async def _fetch(self) -> Token:
        if self._gateway is None:
            await self._discover()
        what = f"{self._name} token"
        told = {"appKey": self._settings.app_key, "timestamp": str(int(self._clock.now().timestamp() * 1000))}
        told["signature"] = sign(self._settings.app_secret.get_secret_value(), told)
        reply = await self._door.ask(what, "GET", self._settings.token_path, query=urlencode(told, quote_via=quote))
        refuse(reply, what)
        answer = reply.object(what)
        code = text(answer, "code", what)
        if code not in FINE:
            raise AuthError(f"{what}: code {_shown(code)}")
        data = inner(answer, "data", what)
        life = data.get("expire")
        if not isinstance(life, int) or isinstance(life, bool):
            raise ContractError(f"{what}: no expire in the answer")
        return Token(text(data, "access_token", what), self._clock.now() + timedelta(seconds=life))

    async def _discover(self) -> None:
        what = f"{self._name} gateway"
        query = urlencode({"tenantId": self._settings.tenant})
        reply = await self.site.ask(what, "GET", "/open-auth/dataCenter/getGatewayAddress", query=query)
        refuse(reply, what)
        answer = reply.object(what)
        if text(answer, "code", what) not in FINE:
            raise NotFound(f"{what}: no gateway for this tenant")
        data: Json = inner(answer, "data", what)
        self._door = self.site.beside(self._safe(text(data, "tokenUrl", what), what))
        self._gateway = self.site.beside(self._safe(text(data, "gatewayUrl", what), what))

    def _safe(self, url: str, what: str) -> str:
        """A gateway must be reached as safely as the address that named it."""
        parts = urlsplit(url)
        if (
            not parts.hostname
            or parts.username is not None
            or parts.query
            or parts.fragment
            or parts.scheme not in {"https", urlsplit(self._settings.base_url).scheme}
        ):
            raise ContractError(f"{what}: the gateway is no safe address")
        return url


def _fault(code: str, shown: str, what: str) -> ConnectorError:
    told = f"{what}: code {_shown(code)} {_shown(shown)}".rstrip()
    if code == "429":
        return RateLimited(told, retry_after=60)
    if code in STALE - {"403"}:
        return AuthError(told)
    return _FAULTS.get(shown, _FAULTS.get(code, ContractError))(told)


def _shown(code: str) -> str:
    return _ODD.sub("", code)[:24]
