"""Whether a message is somebody's own details, as people send them for a form in one go: a name, a mobile, a department, a post."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LONGEST = 160
_MOBILE = re.compile(r"(?<![\d+])(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)")
_APART = re.compile(r"[\s,;\u3001|/\u3002:=]+")
_HAN = re.compile(r"[\u3400-\u9fff\u00b7]{2,4}")
_LATIN = re.compile(r"[A-Z][A-Za-z'-]*(?: [A-Z][A-Za-z'-]*){1,3}")
_LONGEST_PIECE = 16


@dataclass(frozen=True, slots=True)
class Details:
    """`names` are the words before somebody's own name, `labels` those before their other details, `surnames` how Chinese names begin; a piece with one
    of `others` is more than a detail."""

    names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    surnames: frozenset[str] = frozenset()
    others: tuple[str, ...] = ()

    @classmethod
    def of(cls, files: Iterable[Mapping[str, object]]) -> Details:
        """From the words files of the languages. Raises AttributeError or TypeError when one has another shape."""
        lists: dict[str, list[str]] = {"details_name": [], "details": [], "details_not": []}
        surnames: set[str] = set()
        for file in files:
            for name, listed in lists.items():
                listed += [str(word).casefold() for word in file.get(name) or ()]  # type: ignore[attr-defined]
            surnames |= set(str(file.get("surnames") or ""))
        return cls(tuple(lists["details_name"]), tuple(lists["details"]), frozenset(surnames), tuple(lists["details_not"]))

    def told(self, text: str) -> bool:
        """Whether it names somebody and one mobile and at least one detail more, and asks and commands nothing. A text without a figure costs nothing."""
        if len(text) > LONGEST or not any(letter.isdigit() for letter in text):
            return False
        form = unicodedata.normalize("NFKC", text).strip()
        if "?" in form or len(_MOBILE.findall(form)) != 1:
            return False
        folded = form.casefold()
        if any(_has(folded, word) for word in self.others):
            return False
        if any(_has(folded, word) for word in self.names):
            return len([word for word in self.labels if _has(folded, word)]) > 0 or len(_pieces(form)) > 1
        return self._bare(form)

    def _bare(self, form: str) -> bool:
        """Without a label the name comes first, and every piece is short."""
        before, _, after = _MOBILE.sub("\n", form).partition("\n")
        if _LATIN.fullmatch(before.strip(" ,;")):
            return 0 < len(after.strip()) <= 4 * _LONGEST_PIECE
        pieces = _pieces(form)
        named = bool(pieces) and _HAN.fullmatch(pieces[0]) is not None and pieces[0][0] in self.surnames
        return named and len(pieces) > 1 and all(len(piece) <= _LONGEST_PIECE for piece in pieces)


def _pieces(form: str) -> list[str]:
    return [piece for piece in _APART.split(_MOBILE.sub(" ", form)) if piece]


def _has(text: str, word: str) -> bool:
    """Whether the word is in the text; a Latin one as a whole."""
    return word in text if not word.isascii() else re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", text) is not None
