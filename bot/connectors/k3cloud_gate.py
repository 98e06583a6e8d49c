"""The way into K3Cloud: LoginBySign with a session, or every request signed; and its two shapes of answers, rows and ResponseStatus."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from bot.connectors.contract import AuthError, ConflictError, ContractError
from bot.connectors.http import Json, Reply, Site, encoded, evidence, refuse
from bot.connectors.reading import inner, optional, text
from bot.connectors.settings import K3CloudSettings
from bot.connectors.token import Token, Tokens
from bot.ports import Clock

_STUB = "/K3Cloud/Kingdee.BOS.WebApi.ServicesStub."
_SESSION = timedelta(minutes=18)
"""Sessions are said to live 20 minutes."""
_VEIL = b"0054f397c6234378b09ca7d3e5debce7"
"""What the tail of every app id is XORed with to get the client secret: the vendor's own published client has it; it hides nothing."""
NO_SESSION = "1"


def login_sign(parts: tuple[str, ...], secret: str, name: str) -> str:
    """Lower-case hex of the hash (sha256 or sha1) over the parts and the secret in ordinal order."""
    told = "".join(sorted((*parts, secret))).encode()
    return (hashlib.sha256(told) if name == "sha256" else hashlib.sha1(told, usedforsecurity=False)).hexdigest()


def client_secret(app_id: str) -> str:
    """The secret that goes with the app id's own part: its tail of 32 characters, unveiled."""
    tail = app_id.partition("_")[2]
    if len(tail) != 32:
        return ""
    veiled = base64.b64decode(tail)
    return base64.b64encode(bytes(one ^ veil for one, veil in zip(veiled, _VEIL, strict=False))).decode()


def _hexed(secret: str, told: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), told.encode(), "sha256").hex().encode()).decode()


def signed_headers(settings: K3CloudSettings, path: str, timestamp: str, nonce: str) -> dict[str, str]:
    """The headers of a signed request to `path`."""
    appdata = f"{settings.acct_id},{settings.user},{settings.lcid},{settings.org_num}"
    told = f"POST\n{quote(path, safe='')}\n\nx-api-nonce:{nonce}\nx-api-timestamp:{timestamp}\n"
    return {
        "X-Api-ClientID": settings.app_id.partition("_")[0],
        "X-Api-Auth-Version": "2.0",
        "x-api-timestamp": timestamp,
        "x-api-nonce": nonce,
        "x-api-signheaders": "x-api-timestamp,x-api-nonce",
        "X-Api-Signature": _hexed(client_secret(settings.app_id), told),
        "X-Kd-Appkey": settings.app_id,
        "X-Kd-Appdata": base64.b64encode(appdata.encode()).decode(),
        "X-Kd-Signature": _hexed(settings.app_secret.get_secret_value(), settings.app_id + appdata),
    }


class K3CloudGate:
    """Calls of one account set."""

    def __init__(self, name: str, settings: K3CloudSettings, site: Site, clock: Clock, nonce: Callable[[], str]) -> None:
        self._name = name
        self._settings = settings
        self.site = site
        self._clock = clock
        self._nonce = nonce
        self._tokens = Tokens(clock, self._login)

    async def query(self, form: str, fields: tuple[str, ...], where: str, start: int = 0, limit: int = 2000) -> list[list[object]]:
        """Rows of a form, columns in the order of `fields`. `where` is made with `equal` only, since it is SQL to the server."""
        told = {"FormId": form, "FieldKeys": ",".join(fields), "FilterString": where, "OrderString": fields[0], "TopRowCount": 0, "StartRow": start}
        answer, _ = await self._call(f"query {form}", "DynamicFormService.ExecuteBillQuery", {"data": {**told, "Limit": limit}})
        if not isinstance(answer, list) or not all(isinstance(row, list) and len(row) == len(fields) for row in answer):
            raise ContractError(f"{self._name} query {form}: rows of {len(fields)} columns were expected")
        return answer

    async def view(self, form: str, number: str) -> Json:
        """One document by its id."""
        answer, _ = await self._call(f"view {form}", "DynamicFormService.View", {"formid": form, "data": {"Number": "", "Id": number}})
        result = inner(self._object(answer, form), "Result", form)
        return inner(result, "Result", f"{self._name} view {form}")

    async def save(self, form: str, told: Json) -> str:
        """Saves a document; gives back the evidence."""
        _, proof = await self._call(f"save {form}", "DynamicFormService.Save", {"formid": form, "data": told})
        return proof

    async def _call(self, what: str, service: str, told: Json) -> tuple[Any, str]:
        """A successful answer and its evidence. A session that is gone is renewed once and never twice: the vendor locks accounts."""
        path = f"{_STUB}{service}.common.kdsvc"
        for left in (1, 0):
            headers, session = await self._credentials(path)
            reply = await self.site.ask(f"{self._name} {what}", "POST", path, headers=headers, body=encoded(told))
            refuse(reply, f"{self._name} {what}")
            answer = reply.json(f"{self._name} {what}")
            status = self._status(answer, what)
            if status is None or status.get("IsSuccess") is True:
                return answer, evidence(told, reply)
            if optional(status, "MsgCode", what) != NO_SESSION:
                raise self._fault(status, what)
            if session:
                self._tokens.forget(session)
            if not left or not session:
                break
        raise AuthError(f"{self._name} {what}: no session (MsgCode 1)")

    async def _credentials(self, path: str) -> tuple[dict[str, str], str]:
        headers = {"Content-Type": "application/json"}
        if self._settings.auth == "login":
            session = await self._tokens.get()
            return {**headers, "kdservice-sessionid": session}, session
        timestamp = str(int(self._clock.now().timestamp()))
        return {**headers, **signed_headers(self._settings, path, timestamp, self._nonce())}, ""

    def _status(self, answer: Any, what: str) -> Json | None:
        """The ResponseStatus of an answer: of an object, or of the object that stands where rows would; None for rows."""
        if isinstance(answer, list):
            first = answer[0][0] if answer and isinstance(answer[0], list) and answer[0] else None
            if not isinstance(first, dict):
                return None
            answer = first
        return inner(inner(self._object(answer, what), "Result", what), "ResponseStatus", f"{self._name} {what}")

    def _object(self, answer: Any, what: str) -> Json:
        if not isinstance(answer, dict):
            raise ContractError(f"{self._name} {what}: an object was expected")
        return answer

    def _fault(self, status: Json, what: str) -> ConflictError | ContractError:
        """MsgCode 4, 8 and 9 say that the form, a parameter or a field is not what we think; anything else is a rule of the system."""
        code = optional(status, "MsgCode", what)
        kind = ContractError if code in {"4", "8", "9"} or status.get("IsSuccess") is not False else ConflictError
        return kind(f"{self._name} {what}: MsgCode {code[:6]}")

    async def _login(self) -> Token:
        what = f"{self._name} login"
        settings = self._settings
        timestamp = str(int(self._clock.now().timestamp()))
        sign = login_sign((settings.acct_id, settings.user, settings.app_id, timestamp), settings.app_secret.get_secret_value(), settings.sign_hash)
        told = {"parameters": [settings.acct_id, settings.user, settings.app_id, timestamp, sign, settings.lcid]}
        reply: Reply = await self.site.post(what, f"{_STUB}AuthService.LoginBySign.common.kdsvc", told)
        answer = reply.object(what)
        if text(answer, "LoginResultType", what) != "1":
            raise AuthError(f"{what}: LoginResultType {optional(answer, 'LoginResultType', what)[:6]}")
        return Token(text(answer, "KDSVCSessionId", what), self._clock.now() + _SESSION)


def equal(field: str, value: str) -> str:
    """A condition for FilterString: the value quoted, its own quotes doubled."""
    return f"{field}='{value.replace(chr(39), chr(39) * 2)}'"
