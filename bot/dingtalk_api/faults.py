"""What DingTalk's answers mean: one table from its codes to what to do next (dingtalk.md 0.3, 3.2, 3.3; reliability 4.3)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum

from bot.dingtalk_api.answer import Answer


class Reaction(StrEnum):
    """What a fault allows. Only UNKNOWN leaves open whether the call was done; all others say that it was not."""

    LATER = "later"
    UNKNOWN = "unknown"
    RENEW = "renew"
    ELSEWHERE = "elsewhere"
    NEVER = "never"


class DingTalkFault(Exception):
    """DingTalk did not do it. `code` is its word (or a made-up one), `after` the least wait in seconds, `status` the HTTP status (0: none).
    The text carries no secret or personal data."""

    def __init__(self, reaction: Reaction, code: str, *, where: str, after: float = 0.0, hint: str = "", status: int = 0) -> None:
        super().__init__(f"{where}: {code}{f' ({hint})' if hint else ''}")
        self.reaction = reaction
        self.code = code
        self.after = after
        self.status = status


_L, _U, _R, _E, _N = Reaction.LATER, Reaction.UNKNOWN, Reaction.RENEW, Reaction.ELSEWHERE, Reaction.NEVER

CODES: Mapping[str, tuple[Reaction, float]] = {
    # code: (reaction, least wait in seconds)
    "-1": (_L, 1), "400001": (_L, 1), "1002": (_L, 1), "system.busy": (_L, 1), "ServiceUnavailable": (_L, 1),
    "90018": (_L, 1), "90002": (_L, 1), "90020": (_L, 3600), "send.too.fast": (_L, 60), "410100": (_L, 60),
    "15": (_U, 1), "system.error": (_U, 1), "systemError": (_U, 1),
    "InvalidAuthentication": (_R, 0), "40014": (_R, 0), "42001": (_R, 0), "40001": (_R, 0),
    "300001": (_E, 0), "310000": (_E, 0), "400013": (_E, 0),
    "400101": (_E, 0), "400102": (_E, 0), "400105": (_E, 0), "400106": (_E, 0),
    "60011": (_E, 0), "43007": (_E, 0), "400002": (_N, 0), "33012": (_N, 0), "60121": (_N, 0), "60003": (_N, 0), "40104": (_N, 0),
    "430101": (_N, 0), "430102": (_N, 0), "430103": (_N, 0), "430104": (_N, 0), "460101": (_N, 0), "101002": (_N, 0),
    "contain.notAllowed.text": (_N, 0), "contain.notAllowed.picture": (_N, 0), "contain.notAllowed.content": (_N, 0),
    "contain.unsafe.url": (_N, 0), "invalidParameter.msgParam.tooLong": (_N, 0),
}  # fmt: skip

_PREFIXES: tuple[tuple[str, Reaction, float], ...] = (
    ("Forbidden.AccessDenied.Qps", _L, 1),
    ("Forbidden.AccessDenied.Qpm", _L, 60),
    ("Forbidden.AccessDenied.ApiCountLimit", _L, 3600),
    ("Forbidden.", _E, 0),
)
QUOTA_CODES = frozenset({"90020", "Forbidden.AccessDenied.ApiCountLimitForOrg"})
_MAX_WAIT = 3600.0
_IPV4 = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")


def body_of(answer: Answer, where: str) -> dict[str, object]:
    """The JSON object of a successful answer; raises DingTalkFault for anything else."""
    body = _object(answer.body)
    code = _code(body)
    if code in {"", "0"} and 200 <= answer.status < 300 and body is not None:
        return body
    raise _fault(answer, code if code != "0" else "", body or {}, where)


def _object(raw: bytes) -> dict[str, object] | None:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _code(body: Mapping[str, object] | None) -> str:
    if body is None:
        return ""
    code = body.get("errcode", body.get("code", ""))
    if str(code) == "88":
        code = body.get("sub_code", code)
    if code is None:
        return ""
    return str(code)[:100] if isinstance(code, str | int) and not isinstance(code, bool) else "odd code"


def _fault(answer: Answer, code: str, body: Mapping[str, object], where: str) -> DingTalkFault:
    reaction, after = _reaction(code, answer.status)
    if reaction is Reaction.LATER:
        after = max(after, _retry_after(answer))
    shown = code if code.isascii() and code.isprintable() and code else f"HTTP {answer.status}"
    return DingTalkFault(reaction, shown, where=where, after=after, hint=_hint(code, body), status=answer.status)


def _reaction(code: str, status: int) -> tuple[Reaction, float]:
    if code in CODES:
        return CODES[code]
    for prefix, reaction, after in _PREFIXES:
        if code.startswith(prefix):
            return reaction, after
    if status == 401:
        return Reaction.RENEW, 0.0
    if status == 429:
        return Reaction.LATER, 1.0
    if 300 <= status < 500:
        return Reaction.ELSEWHERE, 0.0
    return Reaction.UNKNOWN, 1.0


def _retry_after(answer: Answer) -> float:
    value = answer.header("retry-after")
    return min(float(value), _MAX_WAIT) if value.isascii() and value.isdigit() and len(value) < 8 else 0.0


def _hint(code: str, body: Mapping[str, object]) -> str:
    """What an operator needs to mend it: missing scopes, the address to allow."""
    detail = body.get("accessdenieddetail")
    scopes = detail.get("requiredScopes") if isinstance(detail, dict) else None
    if isinstance(scopes, list):
        return "missing scopes: " + ", ".join(str(scope)[:80] for scope in scopes[:10])
    if "IpNotInWhiteList" in code:
        address = _IPV4.search(str(body.get("message", ""))[:500])
        return f"add {address.group()} to the app's address list" if address else "add this host to the app's address list"
    return ""
