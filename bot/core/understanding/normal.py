"""The normal form of an utterance: one spelling for what is written in many ways, commas between its clauses."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Protocol

LONGEST: Final = 512
"""Characters that are looked at; of a longer text the head and the tail, since the question stands at either end."""

_NOISE = re.compile(r"https?://[^\s\u3400-\u9fff]+|[@＠][^\s@,，:：]{1,24}[\s,，:：]|[@＠][a-z0-9_\-]+|\[[\u3400-\u9fff]{1,4}\]")
_STOPS = re.compile(r"[,.;:!?。，、；：！？…~～\n\r]+")
_OTHERS = re.compile(r"[^0-9a-z\u3400-\u9fff,']+")
_REPEATED = re.compile(r"([\u3400-\u9fff])\1+|([a-z])\2{2,}")
_LOOSE = re.compile(r"(?<=[\u3400-\u9fff,]) +| +(?=[\u3400-\u9fff,])")
_COMMAS = re.compile(r",[ ,]*")


class Speller(Protocol):
    """Turns traditional characters and variant spellings into one."""

    def simplify(self, text: str) -> str: ...


def normal(text: str, speller: Speller) -> str:
    """At most 512 characters of lower case letters, digits, simplified characters and commas; idempotent."""
    if len(text) > LONGEST:
        text = text[: LONGEST // 2] + " " + text[-LONGEST // 2 :]
    for _ in range(4):
        again = _once(text, speller)[:LONGEST]
        if again == text:
            break
        text = again
    return text


def _once(text: str, speller: Speller) -> str:
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    text = speller.simplify(_NOISE.sub(" ", text))
    text = _STOPS.sub(",", text).replace("\u2019", "'")
    text = _OTHERS.sub(" ", text).replace("'", "")
    text = _REPEATED.sub(lambda run: run.group(1) or run.group(2) * 2, text)
    text = _COMMAS.sub(",", _LOOSE.sub("", text))
    return text.strip(" ,")


def clauses(form: str) -> tuple[str, ...]:
    """The clauses of a normal form, in order."""
    return tuple(part for part in form.split(",") if part)
