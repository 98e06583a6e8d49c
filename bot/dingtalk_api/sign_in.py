"""Signing in with DingTalk on a web page (OAuth 2, authorization code): the address to send a browser to, and whom the code stands for.

The page asks with `response_type=code`, `scope=openid` and comes back with `authCode` and `state`; the code is good once, for minutes. It is changed for a
token of that person (`/v1.0/oauth2/userAccessToken`), which tells the unionId (`/v1.0/contact/users/me`); only our own organisation knows the member id
that belongs to it (`topapi/user/getbyunionid`: contact_type 0 is a member, 1 an outside contact).
"""

from __future__ import annotations

from urllib.parse import urlencode

import structlog

from bot.dingtalk_api.compact import to_bytes
from bot.dingtalk_api.faults import DingTalkFault, body_of
from bot.dingtalk_api.openapi import OpenApi, send
from bot.dingtalk_api.post import Origin, Poster
from bot.dingtalk_api.token import path_of
from bot.ports import ConnectorTransient

log = structlog.get_logger("dingtalk")
_TOKEN, _ME = "/v1.0/oauth2/userAccessToken", "/v1.0/contact/users/me"
_LONGEST = 256
_MEMBER = (0, "0", None)


class SignIn:
    """Sign-in of one app; `login_base` is where people consent, `api` the app's own calls."""

    def __init__(self, api: OpenApi, poster: Poster, *, login_base: str, api_base: str, app_key: str, app_secret: str) -> None:
        self._api = api
        self._poster = poster
        self._login = login_base.rstrip("/")
        self._origin = (Origin.of(api_base), path_of(api_base))
        self._key = app_key
        self._secret = app_secret

    def address(self, back: str, state: str) -> str:
        """Where the browser goes; DingTalk sends it to `back` (registered with the app) with the code and this state."""
        asked = {"redirect_uri": back, "response_type": "code", "client_id": self._key, "scope": "openid", "state": state, "prompt": "consent"}
        return f"{self._login}/oauth2/auth?{urlencode(asked)}"

    async def who(self, code: str) -> str:
        """The member id behind a code; empty when the code is not good or its person is no member of ours. Raises ConnectorTransient when DingTalk cannot
        be asked."""
        if not code or len(code) > _LONGEST:
            return ""
        try:
            union = await self._union(code)
            found = (await self._api.topapi("/topapi/user/getbyunionid", {"unionid": union}, free=True)).get("result") if union else None
        except DingTalkFault as fault:
            if 400 <= fault.status < 500 or fault.code == "60121":
                log.warning("a sign-in was refused", why=str(fault))
                return ""
            raise ConnectorTransient(str(fault)) from fault
        if not isinstance(found, dict) or found.get("contact_type") not in _MEMBER:
            return ""
        return _text(found.get("userid"))

    async def _union(self, code: str) -> str:
        asked = {"clientId": self._key, "clientSecret": self._secret, "code": code, "grantType": "authorization_code"}
        origin, prefix = self._origin
        told = body_of(await send(self._poster, origin, prefix + _TOKEN, to_bytes(asked), _TOKEN), _TOKEN)
        token = _text(told.get("accessToken"))
        if not token:
            return ""
        headers = (("x-acs-dingtalk-access-token", token),)
        return _text(body_of(await send(self._poster, origin, prefix + _ME, b"", _ME, headers, "GET"), _ME).get("unionId"))


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= _LONGEST else ""
