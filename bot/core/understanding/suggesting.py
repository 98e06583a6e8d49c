"""What comes near to a command, by its letters or its sound, without its exact words: it is shown as it should be typed, and nothing is done."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from rapidfuzz import fuzz

from bot.core import codes
from bot.core.turn import Slot, Understanding, Verdict
from bot.core.understanding.commands import Commands
from bot.core.understanding.text import readings

ALIKE = 50
"""From this likeness of letters on (percent), a head may be a slip for a verb."""
PHRASE_ALIKE = 75
"""The same for a whole phrase without a code."""
LONGEST = 10
"""Characters of a phrase that may be a slip for a command."""
SURE_SOUND = 3
"""From so many characters on, a phrase that sounds exactly like a command is more likely one than anything else."""
SAME = 100.0
ASKING = ("act.status_check", "adm.audit")
"""What only asks finds an answer whatever stands behind it."""
MEANINGLESS = ("access.renew", "access.less", "access.let_go", "access.ended")
"""Commands beside those of `shell` whose verb alone is no question and no answer."""
_NEAR = re.compile(r"\s*([^\d\s:：,，][^\d:：,，]{0,11}?)[\s:：,，]*([0-9A-Za-z][0-9A-Za-z-]{3,7})\s*[。.!！]?\s*$")


_WRONG = re.compile(r"[\s:：,，]+([0-9A-Za-z-]{1,12})(?:[\s,，、]+([0-9A-Za-z-]{1,12}))?\s*[。.!！]?\s*")


def misshapen(commands: Commands, text: str, *, sure: bool) -> Understanding | None:
    """The verb of a command as it should be, and behind it no code or two of them; with `sure`, when something else was surely meant, only of commands that
    are nothing else. Or None."""
    form = text.strip()
    verb = next((one for one in sorted(commands.verbs, key=len, reverse=True) if one and form.lower().startswith(one)), "")
    rest = _WRONG.fullmatch(form[len(verb) :]) if verb else None
    intent = commands.verbs.get(verb, "")
    if rest is None or (sure and not intent.startswith(("shell.", "access."))) or intent in ASKING:
        return None
    found = _near(verb, codes.normal(rest[1]), intent)
    fault = "two" if rest[2] and codes.normal(rest[1]) else "shape"
    return replace(found, slots=(*found.slots, Slot("fault", fault), Slot("typed", rest[1])))


def suggested(commands: Commands, text: str, *, sure: bool = False) -> Understanding | None:
    """The exact words with a code that were perhaps meant, with `sure` only those that sound exactly so; or None."""
    match = _NEAR.match(text)
    code = codes.normal(match.group(2)) if match is not None else ""
    if match is None or not code:
        return None
    head = match.group(1).strip().lower()
    likeness, _, verb = max(((_alike(head, verb), fuzz.ratio(head, verb), verb) for verb in commands.verbs if verb), default=(0.0, 0.0, ""))
    return _near(verb, code, commands.verbs[verb]) if likeness >= (SAME if sure else ALIKE) else None


def bare(commands: Commands, form: str) -> Understanding | None:
    """A verb that means nothing without its code, said alone; or None."""
    intent = commands.verbs.get(form, "") if form else ""
    return _near(form, "", intent) if intent.startswith("shell.") or intent in MEANINGLESS else None


def phrase(phrases: Mapping[str, str], form: str, *, sure: bool) -> Understanding | None:
    """The command that a whole phrase was perhaps meant for, of `phrases` (form to intent); with `sure` only one that sounds exactly so. None for none."""
    if not 2 <= len(form) <= LONGEST or (sure and len(form) < SURE_SOUND):
        return None
    near = ((_alike(form, one), fuzz.ratio(form, one), one) for one in phrases if abs(len(one) - len(form)) <= 1)
    likeness, _, said = max(near, default=(0.0, 0.0, ""))
    same = likeness == SAME and len(said) == len(form)
    if not (same or (not sure and likeness >= PHRASE_ALIKE and len(form) > SURE_SOUND)):
        return None
    return _near(said, "", phrases[said], whole=True)


def _alike(text: str, wanted: str) -> float:
    """The likeness of two texts by letters or, of Chinese ones, by sound; 0 to 100."""
    by_letters = float(fuzz.ratio(text, wanted))
    if wanted.isascii() or text.isascii():
        return by_letters
    sounds = readings()
    heard, meant = ([sounds.get(sign, sign) for sign in one] for one in (text, wanted))
    return max(by_letters, float(fuzz.ratio(heard, meant)) if heard == meant or len(heard) > SURE_SOUND else 0.0)


def _near(verb: str, code: str, intent: str, *, whole: bool = False) -> Understanding:
    slots = (Slot("verb", verb), Slot("code", code), Slot("intent", intent), *((Slot("whole", "yes"),) if whole else ()))
    return Understanding(Verdict.REJECT, rule="near_command", slots=slots)
