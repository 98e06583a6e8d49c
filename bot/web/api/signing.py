"""Who calls: each request is signed over its method, path, time, nonce and body, counts once, and is refused when it is old."""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime

WINDOW_S = 300
MOST_NONCES = 50_000
LONGEST = 128
CLIENT, TIME, NONCE, SIGNATURE = "X-Usher-Client", "X-Usher-Time", "X-Usher-Nonce", "X-Usher-Signature"


def signature(secret: str, method: str, path: str, stamp: str, nonce: str, body: bytes) -> str:
    """Hex HMAC-SHA256 of the five lines method, path with its query, time (seconds since 1970), nonce, hex SHA-256 of the body."""
    lines = "\n".join((method, path, stamp, nonce, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret.encode(), lines.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()


class Gate:
    """Lets signed requests of known clients in; without clients nobody."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = dict(secrets)
        self._nonces: OrderedDict[str, float] = OrderedDict()

    def client(self, headers: Mapping[str, str], method: str, path: str, body: bytes, now: datetime) -> str:
        """The client's id, empty for a request that is not theirs, too old, or was here before."""
        client, stamp, nonce, given = (headers.get(name, "") for name in (CLIENT, TIME, NONCE, SIGNATURE))
        secret = self._secrets.get(client)
        if not secret or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12) or not 8 <= len(nonce) <= LONGEST:
            return ""
        fits = hmac.compare_digest(signature(secret, method, path, stamp, nonce, body).encode(), given.encode("utf-8", "surrogateescape"))
        if not fits or abs(now.timestamp() - int(stamp)) > WINDOW_S or not self._first(f"{client} {nonce}", now.timestamp()):
            return ""
        return client

    def _first(self, nonce: str, now: float) -> bool:
        while self._nonces and next(iter(self._nonces.values())) < now - 2 * WINDOW_S:
            self._nonces.popitem(last=False)
        if nonce in self._nonces or len(self._nonces) >= MOST_NONCES:
            return False
        self._nonces[nonce] = now
        return True
