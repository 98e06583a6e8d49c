"""The only file that touches the text libraries: script conversion, sounds, and the package's own word lists."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from importlib import resources, util
from typing import Any

import numpy as np
import opencc
from numpy.typing import NDArray

Sections = Mapping[str, tuple[tuple[str, ...], ...]]

_HANZI = range(0x3400, 0xA000)
_DOUBLED = re.compile(r"([\u3400-\u9fff])\1+")
"""Normal forms have no character twice in a row, so the words that are looked for in them have none either."""


@lru_cache(maxsize=8)
def word_lists(lang: str) -> Sections:
    """The package's general word lists of a language: section name -> rows of words. `#` starts a comment, `_` joins the words of a phrase."""
    source = (resources.files(__package__) / "data" / f"{lang}.txt").read_text(encoding="utf-8")
    sections: dict[str, list[tuple[str, ...]]] = {}
    rows: list[tuple[str, ...]] = []
    for line in source.splitlines():
        words = [_DOUBLED.sub(r"\1", word.replace("_", " ")) for word in line.partition("#")[0].split()]
        if words and words[0] == "==":
            rows = sections.setdefault(words[1], [])
        elif words:
            rows.append(tuple(words))
    return {name: tuple(found) for name, found in sections.items()}


def _toneless(reading: str) -> str:
    plain = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(letter for letter in plain if letter.isascii() and letter.isalpha())


def _pinyin() -> Mapping[int, str]:
    """pypinyin's table of characters alone; importing the package would read its phrases, too, which takes seven times as long."""
    (folder,) = util.find_spec("pypinyin").submodule_search_locations  # type: ignore[union-attr, misc] # it is a dependency, and a package
    spec = util.spec_from_file_location("pinyin_dict", f"{folder}/pinyin_dict.py")
    table = util.module_from_spec(spec)  # type: ignore[arg-type] # the ending says how it is read
    spec.loader.exec_module(table)  # type: ignore[union-attr] # as above
    known: Mapping[int, str] = table.pinyin_dict
    return known


@lru_cache(maxsize=1)
def readings() -> Mapping[str, str]:
    """Character -> its first reading, without tone; phrases are never consulted, so that a character sounds alike everywhere."""
    pinyin_dict = _pinyin()
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


def packed(texts: Sequence[str]) -> NDArray[np.uint8]:
    """Texts without line breaks as one array of bytes."""
    return np.frombuffer("\n".join(texts).encode(), np.uint8)


def unpacked(array: NDArray[Any]) -> tuple[str, ...]:
    """What `packed` was given. Raises ValueError when the bytes are no text."""
    text = array.astype(np.uint8).tobytes().decode()
    return tuple(text.split("\n")) if text else ()


class Latin:
    """A language that needs none of the libraries."""

    def simplify(self, text: str) -> str:
        """The text as it is."""
        return text


class Tongue:
    """What the text libraries know of Chinese, owned by one matcher; nothing inside the libraries is ever changed."""

    def __init__(self, lists: Sections) -> None:
        self._spelling = [(word, row[-1]) for row in lists.get("spelling", ()) for word in row[:-1]]

    @cached_property
    def _simplified(self) -> opencc.OpenCC:
        return opencc.OpenCC("t2s")

    @cached_property
    def _from_taiwan(self) -> opencc.OpenCC:
        return opencc.OpenCC("tw2sp")

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
