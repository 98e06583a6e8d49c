"""What of an utterance counts: its features by view, each view one way of seeing the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

Row = tuple[str, str, float]
"""(view, feature, count)."""

ZH_WEIGHTS: Mapping[str, float] = {"char": 2.0, "pair": 0.6, "skip": 0.3, "word": 1.2, "concept": 1.2, "sound": 0.6, "sounds": 1.4, "spelt": 0.5, "latin": 1.0}
EN_WEIGHTS: Mapping[str, float] = {"stem": 2.0, "stems": 0.7, "three": 0.7, "four": 0.9, "five": 0.6, "concept": 0.9}
_LONGEST_SYLLABLE = 6
_ENDINGS = ("ingly", "edly", "ing", "ies", "ied", "ed", "es", "ly", "s")


class Known(Protocol):
    """What the text libraries know."""

    sounds: Mapping[str, str]

    def words(self, text: str) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Concepts:
    """Words that mean the same, found in a text by longest match."""

    words: Mapping[str, str]
    longest: int

    @classmethod
    def of(cls, classes: Mapping[str, Sequence[str]]) -> Concepts:
        """From concept name -> words in normal form; of two concepts that claim a word the first has it."""
        words: dict[str, str] = {}
        for name, listed in classes.items():
            for word in listed:
                words.setdefault(word, name)
        return cls(words, max(map(len, words), default=0))

    def found(self, units: Sequence[str], joiner: str) -> Iterator[str]:
        """The concepts of a sequence of units (characters or words), longest first at each place."""
        place = 0
        while place < len(units):
            for size in range(min(self.longest, len(units) - place), 0, -1):
                name = self.words.get(joiner.join(units[place : place + size]))
                if name is not None:
                    yield name
                    place += size
                    break
            else:
                place += 1


class Chinese:
    """Features of a normal form in Chinese: characters, words, concepts, sounds; typed pinyin counts as sounds alone."""

    weights = ZH_WEIGHTS

    def __init__(self, known: Known, concepts: Concepts) -> None:
        self._known = known
        self._concepts = concepts
        self._syllables = frozenset(known.sounds.values())

    def rows(self, form: str) -> Iterator[Row]:
        """All features of one normal form; commas are boundaries."""
        for part in form.split(","):
            if part:
                yield from self._part(part)

    def _part(self, part: str) -> Iterator[Row]:
        signs: list[str] = []
        sounds: list[str] = []
        for run, latin in (found for piece in part.split() for found in _runs(piece)):
            if not latin:
                signs.extend(run)
                sounds.extend(self._known.sounds.get(sign, sign) for sign in run)
                continue
            spelt = self.syllables(run)
            if spelt:
                sounds.extend(spelt)
            else:
                signs.append(run)
                sounds.append(run)
                yield "latin", run, 1.0
        yield from ((("char", sign, 1.0)) for sign in signs)
        yield from (("pair", first + second, 1.0) for first, second in pairwise(signs))
        yield from (("skip", f"{first}_{third}", 1.0) for first, third in zip(signs, signs[2:], strict=False))
        yield from (("sound", sound, 1.0) for sound in sounds)
        yield from (("sounds", f"{first} {second}", 1.0) for first, second in pairwise(sounds))
        joined = "".join(sounds)
        yield from (("spelt", joined[at : at + 4], 1.0) for at in range(len(joined) - 3))
        yield from (("concept", name, 1.0) for name in self._concepts.found(signs, ""))
        yield from (("word", word, 1.0) for word in self._known.words(part) if len(word) > 1)

    def syllables(self, run: str) -> tuple[str, ...]:
        """A run of letters as pinyin syllables, empty when it is not wholly pinyin or too short to tell."""
        if len(run) < 2 or not run.isalpha():
            return ()
        best: list[tuple[str, ...] | None] = [()] + [None] * len(run)
        for end in range(1, len(run) + 1):
            for size in range(min(_LONGEST_SYLLABLE, end), 0, -1):
                before = best[end - size]
                if before is not None and run[end - size : end] in self._syllables and (best[end] is None or len(before) + 1 < len(best[end] or ())):
                    best[end] = (*before, run[end - size : end])
        found = best[len(run)] or ()
        return found if len(run) >= 2 * len(found) else ()

    def sounded(self, form: str) -> str:
        """The form as it sounds, for comparing by ear."""
        return "".join(self._known.sounds.get(sign, sign) for sign in form)


class English:
    """Features of a normal form in English: stems, pairs of stems, concepts, character n-grams."""

    weights = EN_WEIGHTS

    def __init__(self, fillers: frozenset[str], concepts: Concepts) -> None:
        self._fillers = fillers
        self._concepts = concepts

    def rows(self, form: str) -> Iterator[Row]:
        """All features of one normal form."""
        words = form.replace(",", " ").split()
        stems = [stem(word) for word in words]
        for word, root in zip(words, stems, strict=True):
            light = 0.35 if word in self._fillers else 1.0
            yield "stem", root, light
            framed = f"^{word}$"
            for view, size in (("three", 3), ("four", 4), ("five", 5)):
                yield from ((view, framed[at : at + size], light) for at in range(max(1, len(framed) - size + 1)))
        yield from (("stems", f"{first} {second}", 1.0) for first, second in pairwise(stems))
        yield from (("concept", name, 1.0) for name in self._concepts.found(stems, " "))

    def sounded(self, form: str) -> str:
        """English is compared by its letters."""
        return form


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The word without its commonest endings; short words stay."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            root = word.removesuffix(ending)
            return root + "y" if ending in {"ies", "ied"} else root.removesuffix("e")
    return word.removesuffix("e") if len(word) > 4 else word


def _runs(part: str) -> Iterator[tuple[str, bool]]:
    """The text cut into runs of (Chinese, False) and (letters and digits, True)."""
    start = 0
    for at in range(1, len(part) + 1):
        if at == len(part) or part[at].isascii() != part[start].isascii():
            yield part[start:at], part[start].isascii()
            start = at
