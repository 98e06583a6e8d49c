"""Ids in the shapes the platform gives them, drawn from injected dice."""

from __future__ import annotations

import base64
import random
import string

_WORD = string.ascii_letters + string.digits


class Ids:
    """Makes ids; the same dice make the same ids in the same order."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice

    def word(self, length: int) -> str:
        """Letters and digits."""
        return "".join(self._dice.choices(_WORD, k=length))

    def hex(self, length: int) -> str:
        """Hex digits: sessions, tokens."""
        return f"{self._dice.getrandbits(4 * length):0{length}x}"

    def uuid(self) -> str:
        """A version 4 UUID: tickets, request ids."""
        raw = self.hex(32)
        return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:]}"

    def message(self) -> str:
        """A msgId; it carries + and / like the real ones."""
        return "msg" + base64.b64encode(self._dice.randbytes(16)).decode()

    def query_key(self) -> str:
        """A processQueryKey."""
        return "pqk" + base64.b64encode(self._dice.randbytes(13)).decode()
