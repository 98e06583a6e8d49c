"""What of an utterance counts: streams of units, and the views that make features of them; each view is one way of seeing the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Protocol

from bot.core.understanding.meanings import Meanings
from bot.core.understanding.spelling import Speller, Vocabulary

Stream = tuple[str, Sequence[str], Sequence[float]]
"""(name, units, how much each unit counts) of one clause; a string is a sequence of one-letter units."""
LIGHT = 0.25
"""What a filler counts beside a word that carries meaning: fillers are heard, but softly."""
MOST_MEANINGS = 24
"""Of a longer clause the pairs of meanings would grow without end."""


@dataclass(frozen=True, slots=True)
class View:
    """Runs of `size` neighbouring units of a stream, and the view's weight in the kernel."""

    name: str
    weight: float
    stream: str
    size: int = 1


ZH_VIEWS = (
    View("char", 3.2, "signs"),
    View("sound", 0.96, "sounds"),
    View("sounds", 1.1, "sounds", 2),
    View("meaning", 1.0, "meanings"),
    View("couple", 0.7, "couples"),
)
EN_VIEWS = (
    View("stem", 1.2, "stems"),
    View("stems", 0.7, "stems", 2),
    View("letters", 1.1, "letters", 3),
    View("meaning", 1.2, "meanings"),
    View("couple", 0.5, "couples"),
)
_ENDINGS = ("ingly", "edly", "ing", "ies", "ied", "ed", "es", "ly", "s")


class Extract(Protocol):
    """A language's way of seeing a text."""

    @property
    def views(self) -> tuple[View, ...]: ...
    @property
    def sharpness(self) -> float: ...
    def streams(self, form: str) -> Iterator[Stream]: ...
    def sounded(self, form: str) -> str: ...


class Chinese:
    """Features of a normal form in Chinese: characters, sounds, meanings; typed pinyin counts as sounds alone."""

    views = ZH_VIEWS
    sharpness = 0.6
    """The power of the information weights."""

    def __init__(self, sounds: Mapping[str, str], meanings: Meanings, fillers: frozenset[str]) -> None:
        self._sounds = sounds
        self._meanings = meanings
        self._speller = Speller(frozenset(sounds.values()))
        self._fillers: dict[str, list[str]] = {}
        for filler in sorted(fillers, key=len, reverse=True):
            self._fillers.setdefault(filler[0], []).append(filler)

    def streams(self, form: str) -> Iterator[Stream]:
        """The streams of each clause of a normal form."""
        for part in form.split(","):
            if part:
                yield from self._clause(part)

    def _clause(self, part: str) -> Iterator[Stream]:
        signs, sounds = self._units(part)
        light = self._light(signs)
        yield "signs", [sign for sign in signs if sign], [weight for sign, weight in zip(signs, light, strict=True) if sign]
        yield "sounds", sounds, light
        yield from _meant(self._meanings.heard(signs, sounds), light)

    def _units(self, part: str) -> tuple[list[str], list[str]]:
        """Signs and sounds side by side; a syllable of typed pinyin has no sign."""
        signs: list[str] = []
        sounds: list[str] = []
        for run, latin in (found for piece in part.split() for found in _runs(piece)):
            if not latin:
                signs.extend(run)
                sounds.extend(self._sounds.get(sign, sign) for sign in run)
                continue
            spelt = self._speller.syllables(run)
            if len(spelt) < 2 and run in self._meanings.words:
                spelt = ()
            signs.extend([""] * len(spelt) or [run])
            sounds.extend(spelt or [run])
        return signs, sounds

    def _light(self, signs: Sequence[str]) -> list[float]:
        """How much each unit counts: fillers little."""
        weights = [1.0] * len(signs)
        text = "".join(sign if len(sign) == 1 else "\0" for sign in signs)
        for at, sign in enumerate(text):
            for filler in self._fillers.get(sign, ()):
                if text.startswith(filler, at):
                    weights[at : at + len(filler)] = [LIGHT] * len(filler)
                    break
        return weights

    def sounded(self, form: str) -> str:
        """The form as it sounds, for comparing by ear."""
        return "".join(self._sounds.get(sign, sign) for sign in form)


class English:
    """Features of a normal form in English: stems, their pairs, meanings, letters within words."""

    views = EN_VIEWS
    sharpness = 0.4

    def __init__(self, fillers: frozenset[str], meanings: Meanings, vocabulary: Vocabulary) -> None:
        self._fillers = fillers
        self._meanings = meanings
        self._vocabulary = vocabulary

    def streams(self, form: str) -> Iterator[Stream]:
        """The streams of each clause, misspelt words set right."""
        for part in form.split(","):
            words = self._vocabulary.corrected(part)
            if not words:
                continue
            stems = [stem(word) for word in words]
            light = [0.5 if word in self._fillers else 1.0 for word in words]
            yield "stems", stems, light
            for word, weight in zip(words, light, strict=True):
                yield "letters", f"^{word}$", [weight] * (len(word) + 2)
            yield from _meant(self._meanings.read(stems), [1.0] * len(stems))

    def sounded(self, form: str) -> str:
        """English is compared by its letters, misspelt words set right."""
        return " ".join(word for part in form.split(",") for word in self._vocabulary.corrected(part))


def _meant(found: Sequence[tuple[int, int, tuple[str, ...], float]], light: Sequence[float]) -> Iterator[Stream]:
    """Meanings as units (a word of several meanings gives a share to each), and each two meanings of a clause as one unit."""
    units: list[str] = []
    weights: list[float] = []
    first: dict[str, float] = {}
    for at, size, names, weight in found:
        heard = weight * max(light[at : at + size])
        units.extend(names)
        weights.extend([heard / len(names) ** 0.5] * len(names))
        first[names[0]] = max(first.get(names[0], 0.0), heard)
    yield "meanings", units, weights
    yield "couples", *_couples(first)


def _couples(units: Mapping[str, float]) -> tuple[list[str], list[float]]:
    """Every two units of a clause, in whatever order they stand."""
    pairs = list(combinations(sorted(units)[:MOST_MEANINGS], 2))
    return [f"{one} {other}" for one, other in pairs], [units[one] * units[other] for one, other in pairs]


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
