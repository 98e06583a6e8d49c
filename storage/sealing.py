"""Encryption at rest: bodies sealed with AES-GCM under a ring of keys, and keyed hashes of what is looked up but never shown."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.ports import StoreError

KEY_BYTES = 32
NONCE_BYTES = 12


class Sealer(Protocol):
    """Seals bodies before they are written and opens them when they are read; `place` binds a body to where it belongs."""

    def seal(self, body: bytes, place: str) -> bytes:
        """The sealed body."""

    def open(self, body: bytes, place: str) -> bytes:
        """The body. Raises StoreError when it was not sealed with a key of ours at that place."""

    def stale(self, body: bytes) -> bool:
        """Whether it was sealed with another key than the one that seals now."""

    def blind(self, text: str) -> str:
        """A keyed hash by which the text can be found again."""


class Ring:
    """A ring of AES-256 keys by number. The current one seals, all of them open; `blind` keeps one key of its own, so that look-ups outlive a rotation."""

    def __init__(self, keys: Mapping[int, bytes], current: int, blind: bytes) -> None:
        if current not in keys or any(len(key) != KEY_BYTES or not 1 <= number <= 255 for number, key in keys.items()):
            raise StoreError("the key ring is broken: every key has 32 bytes and a number from 1 to 255, and the current one is among them")
        self._ciphers = {number: AESGCM(key) for number, key in keys.items()}
        self._current = current
        self._blind = blind

    def seal(self, body: bytes, place: str) -> bytes:
        """Layout: key number (1 byte), nonce (12), AES-GCM of the body with `place` as associated data."""
        nonce = os.urandom(NONCE_BYTES)
        return bytes((self._current,)) + nonce + self._ciphers[self._current].encrypt(nonce, body, place.encode())

    def open(self, body: bytes, place: str) -> bytes:
        """What `seal` made. An empty body stays empty: it was blanked."""
        if not body:
            return b""
        cipher = self._ciphers.get(body[0])
        if cipher is None:
            raise StoreError(f"a record is sealed with key {body[0]}, which is not in the key ring")
        try:
            return cipher.decrypt(body[1 : 1 + NONCE_BYTES], body[1 + NONCE_BYTES :], place.encode())
        except InvalidTag:
            raise StoreError("a record was not sealed with our key at this place") from None

    def stale(self, body: bytes) -> bool:
        """Whether an older key sealed it; a blanked body has none."""
        return self.sealed_with(body) not in (0, self._current)

    def blind(self, text: str) -> str:
        """24 hex digits of HMAC-SHA256."""
        return hmac.new(self._blind, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:24]

    def derived(self, purpose: str) -> bytes:
        """A key for something else than bodies, the same over rotations: 32 bytes."""
        return hmac.new(self._blind, b"key for " + purpose.encode(), hashlib.sha256).digest()

    def sealed_with(self, body: bytes) -> int:
        """The number of the key, 0 for a blanked body."""
        return body[0] if body else 0

    @property
    def current(self) -> int:
        """The number of the key that seals."""
        return self._current


class Plain:
    """Seals nothing: for databases in memory, benches and tests. A running house always has a Ring."""

    def seal(self, body: bytes, place: str) -> bytes:  # noqa: ARG002 - the contract's shape
        """The body as it is."""
        return body

    def open(self, body: bytes, place: str) -> bytes:  # noqa: ARG002 - the contract's shape
        """The body as it is."""
        return body

    def stale(self, body: bytes) -> bool:  # noqa: ARG002 - the contract's shape
        """Never."""
        return False

    def blind(self, text: str) -> str:
        """A hash without a key."""
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def ring_of(text: str) -> Ring:
    """The ring of a key file or setting: JSON `{"current": 1, "keys": {"1": base64}, "blind": base64}`. Raises StoreError without showing a key."""
    try:
        told = json.loads(text)
        keys = {int(number): base64.b64decode(key, validate=True) for number, key in told["keys"].items()}
        return Ring(keys, int(told["current"]), base64.b64decode(told["blind"], validate=True))
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise StoreError('the key ring is broken: it is JSON like {"current": 1, "keys": {"1": "<32 bytes in base64>"}, "blind": "<base64>"}') from None


def new_ring(before: str = "") -> str:
    """The text of a fresh ring, or of `before` with one more key that becomes the current one."""
    told: dict[str, Any] = json.loads(before) if before else {"keys": {}, "blind": _key()}
    number = 1 + max((int(number) for number in told["keys"]), default=0)
    return json.dumps({**told, "current": number, "keys": {**told["keys"], str(number): _key()}}, indent=1) + "\n"


def ring_in(path: Path) -> Ring:
    """The ring kept in a file, made at the first start; only its owner may read it."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_ring(path, new_ring())
    return ring_of(path.read_text(encoding="utf-8"))


def write_ring(path: Path, text: str) -> None:
    """Replaces the file in one step, readable by its owner alone."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
