"""Whose status a question asks for: a sentence that is nothing but a colleague's name and words for a status asks for theirs, whoever they are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from bot.core.turn import Slot, Understanding, Verdict
from bot.core.understanding.spoken import Spoken

WHERE, LOOK = "act.status_check", "adm.member_status"
"""The question for a status, and the command of an administrator who looks a colleague up."""
LONGEST = 40
_HAN = re.compile(r"[\u3400-\u9fff]{2,3}")
_LATIN = re.compile(r"[A-Z][a-z]+(?: [A-Z][a-z]+){1,2}")
_EDGES = " .,:!?~'\u3002\uff0c\uff01\uff1f\uff1a\u2019"


def whose(text: str, words: Iterable[str], surnames: Collection[str]) -> str:
    """The name that is left of the text without the words for a status; empty when that is no name. A Chinese one begins with a surname, one in Latin
    letters has two or three words with a capital each."""
    if len(text) > LONGEST:
        return ""
    left = text
    for word in sorted(words, key=len, reverse=True):
        shape = rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word.isascii() and word[0].isalpha() else re.escape(word)
        left = re.sub(shape, " ", left, flags=re.IGNORECASE)
    name = " ".join(left.strip(_EDGES).split())
    found = (_HAN.fullmatch(name) and name[0] in surnames) or _LATIN.fullmatch(name)
    return name if found else ""


def of_another(asked: Understanding, text: str, spoken: Spoken, labels: Mapping[str, Mapping[str, str]]) -> Understanding:
    """A question for a status with the slot `other`: the colleague whose it is, if the sentence names nobody and nothing else."""
    known = asked.intent == WHERE and asked.rule != "same_words"
    if asked.verdict is Verdict.REJECT or not (known or (asked.intent == LOOK and not spoken.commands.opened(text))):
        return asked
    if any(slot.name != "person" for slot in asked.slots):
        return asked
    words = (word.replace("_", " ") for said in labels.values() for word in said.get("status_words", "").split())
    name = whose(text, words, spoken.details.surnames)
    return replace(asked, verdict=Verdict.ANSWER, slots=(*asked.slots, Slot("other", name))) if name else asked
