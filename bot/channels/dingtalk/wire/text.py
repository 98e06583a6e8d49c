"""Cleans what people typed: no controls, no invisible or turning characters, no mention of the bot, a bounded length."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_TEXT = 20_000
_MAX_RAW = 25_000

_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_BLANKS = re.compile("[\t\u00a0\u2000-\u200a\u202f\u205f]")
_UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_MARKS = re.compile(f"({_MARK}{{2}}){_MARK}+")
_LEADING_MENTION = re.compile(r"@[^\s@]{1,40}\s+")


def clean(raw: str) -> str:
    """The text without characters that are not seen or that turn others; newlines stay; at most 20,000 characters, no blanks around."""
    text = raw[:_MAX_RAW]
    if not text.isprintable():  # false for every control, invisible or turning character, and for newlines
        text = _UNSEEN.sub("", _BLANKS.sub(" ", _NEWLINES.sub("\n", text)))
    if not text.isascii():
        text = _MARKS.sub(r"\1", text)
    return text.strip()[:MAX_TEXT]


def one_line(raw: str, limit: int) -> str:
    """A short text for display: cleaned, in one line."""
    return " ".join(clean(raw).split())[:limit]


def without_mention(text: str, names: Iterable[str]) -> str:
    """The text without the bot's mention: DingTalk takes it out itself, but some clients and forwarded texts leave it."""
    if "@" not in text:
        return text
    for name in names:
        text = text.replace(f"@{name}", " ", 1)
    text = text.strip()
    if text.startswith("@"):
        text = _LEADING_MENTION.sub("", text, count=1)
    return text.strip()
