"""The signature of webhooks, both ways: HMAC-SHA256 over method, path, time, nonce and body."""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

WINDOW_S = 300
REMEMBERED_S = 600
LARGEST_CALLBACK = 64 * 1024


def signature(secret: str, method: str, target: str, timestamp: str, nonce: str, body: bytes) -> str:
    """`v1=` and the hex HMAC; `target` is path and query exactly as sent."""
    told = "\n".join(("v1", method, target, timestamp, nonce, hashlib.sha256(body).hexdigest()))
    return "v1=" + hmac.digest(secret.encode(), told.encode(), "sha256").hex()


def signed(secret: str, key_id: str, method: str, target: str, now: datetime, nonce: str, body: bytes) -> dict[str, str]:
    """The headers of a signed request."""
    timestamp = str(int(now.timestamp()))
    return {
        "X-Bot-Timestamp": timestamp,
        "X-Bot-Nonce": nonce,
        "X-Bot-Key-Id": key_id,
        "X-Bot-Signature": signature(secret, method, target, timestamp, nonce, body),
    }


class Verdict(StrEnum):
    """What a signed request is worth."""

    GOOD = "good"
    ODD = "odd"
    OUTSIDE_WINDOW = "outside_window"
    FORGED = "forged"
    REPLAYED = "replayed"


class SignatureCheck:
    """Judges signed requests; `secrets` are all keys that are good now (two while keys change). Nonces are remembered longer than the window is."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [secret for secret in secrets if secret]
        self._nonces: OrderedDict[str, float] = OrderedDict()

    def verdict(self, method: str, target: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Verdict:
        """Judges one request. `headers` has the names as sent or in lower case."""
        given = {name.lower(): value for name, value in headers.items()}
        timestamp, nonce, sign = (given.get(f"x-bot-{name}", "") for name in ("timestamp", "nonce", "signature"))
        if (
            not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12 and 8 <= len(nonce) <= 64 and sign.isascii())
            or len(body) > LARGEST_CALLBACK
        ):
            return Verdict.ODD
        if not any(hmac.compare_digest(signature(secret, method, target, timestamp, nonce, body), sign) for secret in self._secrets):
            return Verdict.FORGED
        if abs(now.timestamp() - int(timestamp)) > WINDOW_S:
            return Verdict.OUTSIDE_WINDOW
        return Verdict.GOOD if self._first(nonce, now.timestamp()) else Verdict.REPLAYED

    def _first(self, nonce: str, now: float) -> bool:
        while self._nonces and next(iter(self._nonces.values())) < now - REMEMBERED_S:
            self._nonces.popitem(last=False)
        if nonce in self._nonces:
            return False
        self._nonces[nonce] = now
        return True
