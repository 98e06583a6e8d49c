"""DingTalk's signatures: made, and checked on robot callbacks (dingtalk.md 1.2, 3.2)."""

from __future__ import annotations

import base64
import hmac
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

_REMEMBERED = 4096


class Verdict(StrEnum):
    """What a callback's headers are worth."""

    GOOD = "good"
    ABSENT = "absent"
    AMBIGUOUS = "ambiguous"
    ODD = "odd"
    OUTSIDE_WINDOW = "outside_window"
    FORGED = "forged"


def sign(timestamp: str, secret: str) -> str:
    """Base64 of HMAC-SHA256 over timestamp, newline, secret, keyed by the secret: of robot callbacks and of group webhooks."""
    return base64.b64encode(hmac.digest(secret.encode(), f"{timestamp}\n{secret}".encode(), "sha256")).decode("ascii")


class CallbackCheck:
    """Checks the two headers of a robot callback. The body is NOT signed: a pair that comes again with another body is legal but counted."""

    def __init__(self, secret: str, *, window_s: float = 3600.0) -> None:
        self._secret = secret
        self._window_ms = int(window_s * 1000)
        self._bodies: OrderedDict[str, int] = OrderedDict()

    def verdict(self, timestamps: Sequence[str], signs: Sequence[str], now: datetime) -> Verdict:
        """Judges all values of the headers `timestamp` and `sign`; exactly one of each must be there."""
        if not timestamps or not signs:
            return Verdict.ABSENT
        if len(timestamps) != 1 or len(signs) != 1:
            return Verdict.AMBIGUOUS
        stamp, given = timestamps[0], signs[0]
        if len(stamp) != 13 or not (stamp.isascii() and stamp.isdigit()) or len(given) != 44 or not given.isascii():
            return Verdict.ODD
        if not hmac.compare_digest(sign(stamp, self._secret), given):
            return Verdict.FORGED
        if abs(now.timestamp() * 1000 - int(stamp)) > self._window_ms:
            return Verdict.OUTSIDE_WINDOW
        return Verdict.GOOD

    def reused(self, timestamp: str, body: bytes) -> bool:
        """Whether this (checked) header pair was seen with another body before; remembers the last few thousand pairs."""
        mark = hash(body)
        first = self._bodies.setdefault(timestamp, mark)
        if len(self._bodies) > _REMEMBERED:
            self._bodies.popitem(last=False)
        return first != mark
