"""What comes near to a command with a code, without its exact words: it is shown as it should be typed, and nothing is done."""

from __future__ import annotations

import re

from rapidfuzz import fuzz

from bot.core import codes
from bot.core.turn import Slot, Understanding, Verdict
from bot.core.understanding.commands import Commands

ALIKE = 50
"""From this likeness of letters on (percent), a head may be a slip for a verb."""
_NEAR = re.compile(r"\s*([^\d\s:：,，][^\d:：,，]{0,11}?)[\s:：,，]*([0-9A-Za-z][0-9A-Za-z-]{3,7})\s*[。.!！]?\s*$")


def suggested(commands: Commands, text: str) -> Understanding | None:
    """The exact words that were perhaps meant, or None."""
    match = _NEAR.match(text)
    code = codes.normal(match.group(2)) if match is not None else ""
    if match is None or not code:
        return None
    head = match.group(1).strip().lower()
    likeness, verb = max(((fuzz.ratio(head, verb), verb) for verb in commands.verbs if verb), default=(0.0, ""))
    if likeness < ALIKE:
        return None
    return Understanding(Verdict.REJECT, rule="near_command", slots=(Slot("verb", verb), Slot("code", code)))
