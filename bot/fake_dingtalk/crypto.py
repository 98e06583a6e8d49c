"""The encryption of HTTP events as the platform does it: written apart from the product's, so that each checks the other."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.fake_dingtalk.model import Json


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where events go by HTTP. `aes_key` are 43 letters and digits; `owner` is who the content is for: the app key, or the corpId."""

    url: str
    token: str
    aes_key: str
    owner: str

    def __post_init__(self) -> None:
        if len(self.aes_key) != 43:
            raise ValueError("aes_key is 43 letters and digits")

    def sealed(self, content: str, dice: bytes) -> str:
        """The encrypted content; `dice` are 16 bytes."""
        body = content.encode()
        plain = dice + len(body).to_bytes(4, "big") + body + self.owner.encode()
        missing = 32 - len(plain) % 32
        cipher = self._cipher().encryptor()
        return base64.b64encode(cipher.update(plain + bytes((missing,)) * missing) + cipher.finalize()).decode()

    def opened(self, answer: Json) -> str:
        """The word in the bot's answer. Raises ValueError when it is none: wrong signature, cipher, length or owner."""
        try:
            encrypted, given = str(answer["encrypt"]), answer["msg_signature"]
            signature = self.signature(str(answer["timeStamp"]), str(answer["nonce"]), encrypted)
        except KeyError as fault:
            raise ValueError(f"the answer has no {fault}") from fault
        if signature != given:
            raise ValueError("the answer's signature is wrong")
        cipher = self._cipher().decryptor()
        padded = cipher.update(base64.b64decode(encrypted, validate=True)) + cipher.finalize()
        plain = padded[: -padded[-1]] if padded else b""
        size = int.from_bytes(plain[16:20], "big")
        if plain[20 + size :] != self.owner.encode():
            raise ValueError("the answer's owner is wrong")
        return plain[20 : 20 + size].decode()

    def signature(self, timestamp: str, nonce: str, encrypted: str) -> str:
        """SHA-1 over the sorted pieces."""
        return hashlib.sha1("".join(sorted([self.token, timestamp, nonce, encrypted])).encode()).hexdigest()  # noqa: S324 - the platform's own

    def _cipher(self) -> Cipher[modes.CBC]:
        key = base64.b64decode(self.aes_key + "=")
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
