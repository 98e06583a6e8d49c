"""DingTalk's encrypted HTTP events: signature, AES, padding, owner and replay (dingtalk.md 7). Pure; dice are an argument."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32
_RANDOM = 16
_REMEMBERED = 65_536
_SECONDS_DIGITS, _MS_DIGITS = 10, 13


class Why(StrEnum):
    """Why an envelope is refused."""

    ABSENT = "absent"
    ODD = "odd"
    FORGED = "forged"
    OUTSIDE_WINDOW = "outside_window"
    REPLAYED = "replayed"
    CIPHER = "cipher"
    PADDING = "padding"
    LENGTH = "length"
    OWNER = "owner"


class BadEnvelope(Exception):
    """What came is not from DingTalk, or came before; `why` is a counter's name and the text quotes nothing."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Envelope:
    """One encrypted push: what stands in its query and its body."""

    signature: str
    timestamp: str
    nonce: str
    encrypt: str


class EventCrypto:
    """The cipher of one subscription. `aes_key` are the console's 43 characters, `owners` who the content may be meant for: the Client ID where the URL
    was set in the console, the corpId where it was registered by API. ValueError for a key that is none."""

    def __init__(self, token: str, aes_key: str, owners: Sequence[str]) -> None:
        if len(aes_key) != 43 or not aes_key.isascii() or not aes_key.isalnum():
            raise ValueError("the AES key must be the 43 letters and digits that DingTalk's console shows")
        if not token or not any(owners):
            raise ValueError("the token and the app's Client ID are wanted")
        self._token = token
        self._key = base64.b64decode(aes_key + "=")
        self._owners = tuple(owner.encode() for owner in owners if owner)

    def signature(self, timestamp: str, nonce: str, encrypt: str) -> str:
        """SHA-1 in hex over the four pieces in the order of their characters."""
        pieces = sorted((self._token, timestamp, nonce, encrypt))
        return hashlib.sha1("".join(pieces).encode()).hexdigest()  # noqa: S324 - DingTalk's protocol

    def open(self, envelope: Envelope) -> tuple[bytes, bytes]:
        """The content and the owner that it names. Raises BadEnvelope."""
        wanted = self.signature(envelope.timestamp, envelope.nonce, envelope.encrypt)
        if not hmac.compare_digest(wanted.encode(), envelope.signature.encode("utf-8", "replace")):
            raise BadEnvelope(Why.FORGED)
        plain = _unpadded(self._decrypted(envelope.encrypt))
        size = int.from_bytes(plain[_RANDOM : _RANDOM + 4], "big")
        content, owner = plain[_RANDOM + 4 : _RANDOM + 4 + size], plain[_RANDOM + 4 + size :]
        if len(plain) < _RANDOM + 4 or len(content) != size:
            raise BadEnvelope(Why.LENGTH)
        if not any(hmac.compare_digest(owner, known) for known in self._owners):
            raise BadEnvelope(Why.OWNER)
        return content, owner

    def seal(self, content: bytes, owner: bytes, dice: bytes) -> str:
        """The content as DingTalk reads it: base64 in one line. `dice` are 16 random bytes."""
        plain = dice[:_RANDOM] + len(content).to_bytes(4, "big") + content + owner
        pad = _BLOCK - len(plain) % _BLOCK
        writing = self._cipher().encryptor()
        return base64.b64encode(writing.update(plain + bytes([pad]) * pad) + writing.finalize()).decode("ascii")

    def answer(self, content: bytes, owner: bytes, timestamp: str, nonce: str, dice: bytes) -> Mapping[str, str]:
        """The body that answers a push."""
        encrypt = self.seal(content, owner, dice)
        return {"msg_signature": self.signature(timestamp, nonce, encrypt), "timeStamp": timestamp, "nonce": nonce, "encrypt": encrypt}

    def _decrypted(self, encrypt: str) -> bytes:
        try:
            sealed = base64.b64decode(encrypt, validate=True)
        except ValueError as fault:
            raise BadEnvelope(Why.CIPHER) from fault
        if not sealed or len(sealed) % _RANDOM:
            raise BadEnvelope(Why.CIPHER)
        reading = self._cipher().decryptor()
        return reading.update(sealed) + reading.finalize()

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))


def _unpadded(padded: bytes) -> bytes:
    """Padding counts to 32, which the usual unpadders (16) refuse."""
    pad = padded[-1]
    if not 1 <= pad <= _BLOCK or len(padded) < pad or padded[-pad:] != bytes([pad]) * pad:
        raise BadEnvelope(Why.PADDING)
    return padded[:-pad]


class Once:
    """Lets an authentic envelope in once: its time must be near ours, and its signature unknown. Only what passed is remembered, so that nobody else can
    fill the memory; what falls out of it is older than the window."""

    def __init__(self, window_s: float) -> None:
        self._window = window_s
        self._seen: OrderedDict[str, float] = OrderedDict()

    def check(self, envelope: Envelope, now: datetime) -> None:
        """Raises BadEnvelope for a time outside the window or a signature that was let in before."""
        at = seconds_of(envelope.timestamp)
        present = now.timestamp()
        if at is None:
            raise BadEnvelope(Why.ODD)
        if abs(present - at) > self._window:
            raise BadEnvelope(Why.OUTSIDE_WINDOW)
        while self._seen and next(iter(self._seen.values())) < present - 2 * self._window:
            self._seen.popitem(last=False)
        if envelope.signature in self._seen:
            raise BadEnvelope(Why.REPLAYED)
        self._seen[envelope.signature] = present
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)

    def forget(self, envelope: Envelope) -> None:
        """It was not dealt with: it may come again."""
        self._seen.pop(envelope.signature, None)


def seconds_of(timestamp: str) -> float | None:
    """A time as DingTalk writes it, in milliseconds or in seconds; None for anything else."""
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) not in {_SECONDS_DIGITS, _MS_DIGITS}:
        return None
    return int(timestamp) / 1000 if len(timestamp) == _MS_DIGITS else float(timestamp)


def card_sign(timestamp: str, secret: str) -> str:
    """Base64 of HMAC-SHA256 over the timestamp, keyed by the secret the callback was registered with: of card callbacks over HTTP (dingtalk.md 4.4)."""
    return base64.b64encode(hmac.digest(secret.encode(), timestamp.encode(), "sha256")).decode("ascii")
