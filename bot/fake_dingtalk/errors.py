"""The refusals of both API families, with the codes the real platform uses."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from bot.fake_dingtalk.model import Json


class Family(StrEnum):
    """Which shape an endpoint answers in: `new` by HTTP status and code, `old` and `hook` by errcode in HTTP 200."""

    NEW = "new"
    OLD = "old"
    HOOK = "hook"


class Refusal(Exception):
    """The platform says no. `code` is a word in the new API, a number in the old one; `status` is the HTTP status of the new API."""

    def __init__(self, code: str | int, message: str = "", status: int = 400, **detail: Any) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message or str(code)
        self.status = status
        self.detail = detail

    def body(self, request_id: str) -> Json:
        """The answer's body in the documented shape."""
        if isinstance(self.code, int):
            return {"errcode": self.code, "errmsg": self.message, "request_id": request_id, **self.detail}
        return {"code": self.code, "message": self.message, "requestid": request_id, **self.detail}

    @property
    def http_status(self) -> int:
        """The old family fails with HTTP 200."""
        return 200 if isinstance(self.code, int) else self.status


_SHARED: dict[str, tuple[str, int, int, str]] = {
    "token": ("InvalidAuthentication", 400, 40014, "the access_token is not valid"),
    "token_expired": ("InvalidAuthentication", 400, 42001, "the access_token has expired"),
    "qps": ("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", 403, 90018, "the app calls this API too often"),
    "quota": ("Forbidden.AccessDenied.ApiCountLimitForOrg", 403, 90020, "the organisation's monthly API calls are used up"),
    "ip": ("Forbidden.AccessDenied.IpNotInWhiteList", 403, 60020, "request ip 127.0.0.1 is not in the app's white list"),
    "busy": ("system.busy", 500, -1, "system busy"),
    "parameter": ("invalidParameter", 400, 40035, "a parameter is missing or wrong"),
}


def shared(name: str, family: Family, message: str = "") -> Refusal:
    """A refusal that every endpoint knows, in its family's words."""
    word, status, number, text = _SHARED[name]
    return Refusal(word if family is Family.NEW else number, message or text, status)


def scope_missing(scope: str, family: Family) -> Refusal:
    """The app lacks a permission."""
    if family is Family.NEW:
        return Refusal(
            "Forbidden.AccessDenied.AccessTokenPermissionDenied", "the app may not call this API", 403, accessdenieddetail={"requiredScopes": [scope]}
        )
    text = f"the app has no permission [{scope}]"
    return Refusal(88, f"ding talk error[subcode=60011,submsg={text}]", sub_code="60011", sub_msg=text)
