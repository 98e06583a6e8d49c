"""The connector `console`: makes the one-time keys that open the console, and the hashes by which keys and sessions are known."""

from __future__ import annotations

import hashlib
import json
import secrets

from bot.core.turn import Call
from bot.ports import ConnectorRefused

BYTES = 32
LONGEST = 128
"""Characters of a key that are looked at."""


def fresh() -> str:
    """A new secret: 64 hex digits."""
    return secrets.token_hex(BYTES)


def hashed(secret: str) -> str:
    """Under which a key or a session is kept: hex SHA-256. A secret of 256 random bits needs no salt."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Keys:
    """Implements ports.Connector; `site` is where people's browsers reach the console, empty when nobody has said it."""

    name = "console"

    def __init__(self, site: str) -> None:
        self._site = site

    async def perform(self, call: Call) -> str:  # noqa: ARG002 - every connector has this shape
        """The key and its hash as JSON. Raises ConnectorRefused when no link could be made of it."""
        if not self._site:
            raise ConnectorRefused("server.public_url is not set")
        key = fresh()
        return json.dumps({"key": key, "door": hashed(key)})
