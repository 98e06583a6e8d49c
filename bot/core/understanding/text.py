"""The only file that touches the text libraries: script conversion, words, sounds, and the package's own word lists."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from importlib import resources

import opencc
import rjieba
from pypinyin.pinyin_dict import pinyin_dict

Sections = Mapping[str, tuple[tuple[str, ...], ...]]

_HANZI = range(0x3400, 0xA000)
_FOREIGN = re.compile("[^\u0000-\u007f]")


def word_lists(lang: str) -> Sections:
    """The package's general word lists of a language: section name -> rows of words. `#` starts a comment."""
    source = (resources.files(__package__) / "data" / f"{lang}.txt").read_text(encoding="utf-8")
    sections: dict[str, list[tuple[str, ...]]] = {}
    rows: list[tuple[str, ...]] = []
    for line in source.splitlines():
        words = line.partition("#")[0].split()
        if words and words[0] == "==":
            rows = sections.setdefault(words[1], [])
        elif words:
            rows.append(tuple(words))
    return {name: tuple(found) for name, found in sections.items()}


def _toneless(reading: str) -> str:
    plain = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha())


def _sounds() -> dict[str, str]:
    """Character -> its first reading, without tone; phrases are never consulted, so that a character sounds alike everywhere."""
    known: dict[str, str] = {}
    table: dict[str, str] = {}
    for point in _HANZI:
        reading = pinyin_dict.get(point)
        if reading is not None:
            first = reading.partition(",")[0]
            if first not in known:
                known[first] = _toneless(first)
            table[chr(point)] = known[first]
    return table


class Latin:
    """A language that needs none of the libraries."""

    def simplify(self, text: str) -> str:
        """The text as it is."""
        return text


class Tongue:
    """What the text libraries know of a language, owned by one matcher; nothing inside the libraries is ever changed."""

    def __init__(self, lists: Sections) -> None:
        self._simplified = opencc.OpenCC("t2s")
        self._from_taiwan = opencc.OpenCC("tw2sp")
        self._segmenter = rjieba.Jieba()
        self.sounds: Mapping[str, str] = _sounds()
        self._spelling = [(word, row[-1]) for row in lists.get("spelling", ()) for word in row[:-1]]

    def simplify(self, text: str) -> str:
        """Simplified characters in one spelling; Taiwan's wording is turned too, but only where the text is traditional."""
        if text.isascii():
            return text
        plain = str(self._simplified.convert(text))
        if plain != text:
            plain = str(self._simplified.convert(self._from_taiwan.convert(text)))
        for word, better in self._spelling:
            plain = plain.replace(word, better)
        return plain

    def words(self, text: str) -> list[str]:
        """The words of a text, by the dictionary alone."""
        return list(self._segmenter.cut(text, False))
