"""Commands that carry a text: fixed words, a colon, and what is dictated behind it. Without the colon it is ordinary talk."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bot.core.turn import Slot, Understanding, Verdict
from bot.core.variables import Labels, Variables

LONGEST_HEAD = 40
_HOLES: Mapping[str, str] = {
    "{whom}": r"(?P<whom>[^:\uff1a\n]{1,30}?)",
    "{name}": r"(?P<name>[^:\uff1a\n]{1,30}?)",
    "{known}": r"(?P<known>[^:\uff1a\n]{1,30}?)",
}
_HOLE = re.compile(r"(\{\w+\}|:\{text\}| )")


@dataclass(frozen=True, slots=True)
class Dictations:
    """(pattern, intent) in the order in which they are tried."""

    patterns: tuple[tuple[re.Pattern[str], str], ...] = field(default=())

    @classmethod
    def of(cls, files: Iterable[Mapping[str, object]]) -> Dictations:
        """From the key `dictated` of the words files: by intent, texts with {whom}, {name} or {known}, ending with :{text}. Raises AttributeError, TypeError
        or ValueError when one has another shape."""
        rows = []
        for file in files:
            for intent, texts in (file.get("dictated") or {}).items():  # type: ignore[attr-defined]
                rows += [(_pattern(str(text)), str(intent)) for text in texts]
        return cls(tuple(rows))

    def read(self, text: str, labels: Labels) -> Understanding | None:
        """The command that the whole text is, or None. What is {known} must be a variable by its `labels`."""
        if not any(sign in text[:LONGEST_HEAD] for sign in ":\uff1a"):
            return None
        found = next(((match, intent) for pattern, intent in self.patterns if (match := pattern.fullmatch(text)) is not None), None)
        if found is None:
            return None
        match, intent = found
        pieces = tuple(Slot(name, value.strip(), match.start(name), match.end(name)) for name, value in match.groupdict().items())
        if any(piece.name == "known" and not Variables.of(labels, "").field(piece.value) for piece in pieces):
            return None
        return Understanding(Verdict.ANSWER, intent, 1.0, 1.0, slots=(*pieces, Slot("step", "answer")), rule="dictated")


def _pattern(text: str) -> re.Pattern[str]:
    if not text.endswith(":{text}"):
        raise ValueError(f"{text!r} must end with :{{text}}")
    pieces = (_piece(piece) for piece in _HOLE.split(text) if piece)
    return re.compile("".join(pieces), re.IGNORECASE | re.DOTALL)


def _piece(piece: str) -> str:
    if piece == ":{text}":
        return r"\s*[:\uff1a]\s*(?P<text>.+)"
    if piece == " ":
        return r"\s*"
    return _HOLES[piece] if piece in _HOLES else re.escape(piece)


def beside(taken: Understanding, asked: Understanding) -> Understanding:
    """What was dictated, and the command that is exactly the same words: whoever dictates is asked which they meant."""
    same = asked.rule == "same_words" and asked.verdict is Verdict.ANSWER and asked.intent.startswith("adm.")
    return replace(taken, slots=(*taken.slots, Slot("command", asked.intent))) if same else taken
