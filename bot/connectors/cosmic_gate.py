"""The way into Kingdee Cosmic: getToken with a nonce, the token in a header only, and answers with `status` and `errorCode` whatever the HTTP status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.connectors.contract import AuthError, ConflictError, ContractError, Forbidden, NotFound, RateLimited, Transient
from bot.connectors.http import Json, Reply, Site, encoded, evidence
from bot.connectors.reading import inner, optional, text
from bot.connectors.settings import CosmicSettings
from bot.connectors.token import Token, Tokens
from bot.ports import Clock, ConnectorError

_FAULTS: Mapping[str, type[ConnectorError]] = {
    "401": AuthError, "403": Forbidden, "601": ConflictError, "602": NotFound, "603": ConflictError, "611": Forbidden, "612": Forbidden,
}  # fmt: skip
REPEATED = "604"
"""This Idempotency-Key was used before: it was done then."""
_UNKNOWN_APP = frozenset({"401", "403", "603"})
"""Wrong client or secret, an address that is not allowed, a proxy user or a clock that is not accepted."""
_WAIT_S = 60.0


class CosmicGate:
    """Calls of one app. `zone` is the server's: its token call wants local time."""

    def __init__(self, name: str, settings: CosmicSettings, site: Site, clock: Clock, nonce: Callable[[], str], zone: ZoneInfo) -> None:
        self._name = name
        self._settings = settings
        self.site = site
        self._clock = clock
        self._nonce = nonce
        self._zone = zone
        self._tokens = Tokens(clock, self._fetch)

    async def call(self, what: str, path: str, told: Json, key: str = "") -> tuple[Json | None, str]:
        """The `data` of a successful answer and the evidence; None when this `key` was carried out before. A token that no longer works is renewed once."""
        what = f"{self._name} {what}"
        for left in (1, 0):
            token = await self._tokens.get()
            headers = {"Content-Type": "application/json", "accesstoken": token, **({"Idempotency-Key": _ascii(key)} if key else {})}
            reply = await self.site.ask(what, "POST", path, headers=headers, body=encoded(told))
            answer, code = self._read(reply, what)
            if left and code == "401":
                self._tokens.forget(token)
                continue
            if code == REPEATED and key:
                return None, evidence(told, reply)
            if code != "0" or answer.get("status") is not True:
                raise _fault(code, reply, what)
            return inner(answer, "data", what), evidence(told, reply)
        raise AssertionError("unreachable")

    def _read(self, reply: Reply, what: str) -> tuple[Json, str]:
        """The answer and its code; the HTTP status stands in for a body that has none."""
        if reply.status == 429 or reply.status >= 500 or 300 <= reply.status < 400:
            raise _fault(str(reply.status), reply, what)
        try:
            answer = reply.object(what)
        except ContractError:
            if reply.status == 200:
                raise
            answer = {}
        return answer, optional(answer, "errorCode", what) or (str(reply.status) if reply.status != 200 else "")

    async def _fetch(self) -> Token:
        what = f"{self._name} token"
        settings, now = self._settings, self._clock.now()
        told: dict[str, Any] = {
            "client_id": settings.client_id, "client_secret": settings.client_secret.get_secret_value(), "username": settings.username,
            "accountId": settings.account_id, "language": "zh_CN", "nonce": self._nonce(), "timestamp": f"{now.astimezone(self._zone):%Y-%m-%d %H:%M:%S}",
        }  # fmt: skip
        reply = await self.site.ask(what, "POST", "/kapi/oauth2/getToken", headers={"Content-Type": "application/json"}, body=encoded(told))
        answer, code = self._read(reply, what)
        if code in _UNKNOWN_APP:
            raise AuthError(f"{what}: errorCode {code}")
        if code != "0" or answer.get("status") is not True:
            raise _fault(code, reply, what)
        data = inner(answer, "data", what)
        life = data.get("expires_in")
        if not isinstance(life, int) or isinstance(life, bool):
            raise ContractError(f"{what}: no expires_in in the answer")
        return Token(text(data, "access_token", what), now + timedelta(milliseconds=life))


def _fault(code: str, reply: Reply, what: str) -> ConnectorError:
    told = f"{what}: errorCode {code[:6]}" if code else f"{what}: no errorCode in the answer"
    if code == "429":
        after = reply.headers.get("retry-after", "")
        return RateLimited(told, retry_after=float(after) if after.isdigit() and len(after) < 5 else _WAIT_S)
    if code[:1] == "5" or code == "999":
        return Transient(told, unknown=True)
    return _FAULTS.get(code, ContractError)(told)


def _ascii(key: str) -> str:
    return key.encode("ascii", "backslashreplace").decode()
