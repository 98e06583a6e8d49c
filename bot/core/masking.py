"""Takes personal data and secrets out of text that is going to be kept or logged."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 512
_MASKS = (
    (re.compile(r"(?i)\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\b"), "✉"),
    (re.compile(r"(?i)(?:https?://|www\.)\S{1,300}"), "🔗"),
    (re.compile(r"\d(?:[ -]?\d){6,}[Xx]?"), "＊＊＊"),
)


_NUMBER = re.compile(r"(?<!\d)\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])")
_PASSWORD = re.compile(
    r"(?i)(?:\u5bc6\u7801|\u5bc6\u78bc|\u53e3\u4ee4|password|passwd|\bpwd)\s*(?:\u662f|\u4e3a|\u70ba|is\b|[:\uff1a=]|\s)\s*(?=[!-~]*\d)[!-~]{4,64}"
    r"|(?:\u9a8c\u8bc1\u7801|\u9a57\u8b49\u78bc|verification code|\botp)\s*(?:\u662f|\u4e3a|\u70ba|is\b|[:\uff1a=])?\s*\d{4,8}(?!\d)"
)


def secret_in(text: str) -> str:
    """What nobody may ever send to a chat: `number` for a full identity number, `password` for a password or a one-time code; empty for neither (R64)."""
    shown = unicodedata.normalize("NFKC", text[:4000])
    return "number" if _NUMBER.search(shown) else "password" if _PASSWORD.search(shown) else ""


def personal(text: str) -> bool:
    """Whether the text carries a telephone number, an address or a secret, and so very likely says whose it is: it is kept in no journal."""
    return bool(secret_in(text)) or any(pattern.search(text[:4000]) for pattern, _ in _MASKS)


def masked(text: str) -> str:
    """The text with e-mail addresses, links and every run of seven or more digits replaced, cut to 512 characters."""
    text = _PASSWORD.sub("＊＊＊", text[:_LONGEST])
    for pattern, mark in _MASKS:
        text = pattern.sub(mark, text)
    return text
