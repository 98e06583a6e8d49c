"""In which language somebody speaks: that of their own words, whatever names, quotations and links stand among them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_ASIDE = re.compile(r"(?i)(?:https?://|www\.)[!-~]+|[“\"「『《][^”\"」』》]*[”\"」』》]|[@＠]\S+")
"""What is not their own: addresses, quotations, whom they mention."""
_HAN = re.compile(r"[\u3400-\u9fff]")
_RUN = re.compile(r"[\u3400-\u9fff·]+")
_LATIN = re.compile(r"[A-Za-z]{2}")
_WORDS = re.compile(r"[a-z']+")
NAMES = 2
"""Chinese names that may stand in an English sentence."""
LONGEST_NAME = 4
_FIGURES = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Languages:
    """`english` are the small words that make a sentence English, `opens` how an English command begins, `names` Chinese words that
    are names in any language, `both` what is said in any language before figures."""

    english: frozenset[str] = frozenset()
    opens: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    both: frozenset[str] = frozenset()

    @classmethod
    def of(cls, files: Iterable[Mapping[str, object]], names: Iterable[str]) -> Languages:
        """From the words files of the languages. Raises AttributeError or TypeError when one has another shape."""
        english: set[str] = set()
        opens: set[str] = set()
        both: set[str] = set()
        for file in files:
            english |= {str(word) for word in file.get("english") or ()}  # type: ignore[attr-defined]
            both |= {str(word) for word in file.get("both") or ()}  # type: ignore[attr-defined]
            for kind in ("verbs", "opens"):
                opens |= {str(word).lower() for words in (file.get(kind) or {}).values() for word in words}  # type: ignore[attr-defined]
        return cls(frozenset(english), tuple(sorted(word for word in opens if word and word.isascii())), frozenset(names), frozenset(both))

    def told(self, text: str, default: str) -> str:
        """`zh` or `en`; a text that says nothing of it has the default."""
        own = _ASIDE.sub(" ", text)
        if not _HAN.search(own):
            if _FIGURES.search(own) and self.both.issuperset(_WORDS.findall(own.lower())):
                return default
            return "en" if _LATIN.search(own) else "zh" if _HAN.search(text) else default
        return "en" if self._english(own.lower()) and self._named(own) else "zh"

    def _english(self, text: str) -> bool:
        """Whether the words around the Chinese ones are an English sentence or the beginning of an English command."""
        return not self.english.isdisjoint(_WORDS.findall(text)) or any(re.match(rf"\s*{re.escape(verb)}(?![a-z])", text) for verb in self.opens)

    def _named(self, text: str) -> bool:
        """Whether the Chinese in it can be names: a few short ones."""
        runs = [run for run in _RUN.findall(text) if run not in self.names]
        return len(runs) <= NAMES and all(1 < len(run) <= LONGEST_NAME for run in runs)


def tongues(said: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """The language of each form that is said in one alone, from (language, form); of the others an empty word."""
    found: dict[str, str] = {}
    for language, form in said:
        found[form] = language if found.get(form, language) == language else ""
    return found


def language_of(text: str, default: str) -> str:
    """The same without any words: by the letters alone."""
    return Languages().told(text, default)
