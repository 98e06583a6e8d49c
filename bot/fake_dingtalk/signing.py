"""The signatures of robot callbacks, group webhooks and card callbacks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

_WINDOW_MS = 3_600_000
_MS = re.compile(r"[0-9]{1,16}")


def robot_sign(secret: str, timestamp: str) -> str:
    """Base64(HMAC-SHA256(secret, timestamp + newline + secret)): the `sign` of robot callbacks and, URL-encoded, of group webhooks."""
    return _sign(secret, f"{timestamp}\n{secret}")


def card_sign(secret: str, timestamp: str) -> str:
    """The `x-ddpaas-signature` of card callbacks over HTTP."""
    return _sign(secret, timestamp)


def fits(secret: str, timestamp: str, sign: str, now: float) -> bool:
    """Whether the pair was made with this secret and is at most an hour off `now` (epoch seconds)."""
    if not _MS.fullmatch(timestamp) or abs(now * 1000 - int(timestamp)) > _WINDOW_MS:
        return False
    return hmac.compare_digest(robot_sign(secret, timestamp).encode(), sign.encode())


def _sign(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
