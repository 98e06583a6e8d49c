"""Words set right: runs of letters read as pinyin, misspelt English words turned into the known word they are nearest to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

_LONGEST_SYLLABLE = 6
SHORTEST = 4
"""Shorter English words are never set right: too many words are near them."""
NEAR, VERY_NEAR = 0.72, 0.85
"""How near a word must be to a known one with the same first letter, and to any."""
FEWEST_BONES = 3
"""Consonants that a word written without its vowels must have left."""
LONGEST_GLUED = 4
MOST_REMEMBERED = 20_000
MOST_SET_RIGHT = 40
"""Unknown words of one text that are looked up at all."""


class Speller:
    """Reads runs of letters as pinyin."""

    def __init__(self, syllables: frozenset[str]) -> None:
        self._syllables = syllables
        self._known: dict[str, tuple[str, ...]] = {}

    def syllables(self, run: str) -> tuple[str, ...]:
        """A run of letters as pinyin syllables, as few as can be; empty when it is not wholly pinyin or too short to tell."""
        if len(run) < 2 or not run.isalpha():
            return ()
        found = self._known.get(run)
        if found is None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            found = self._known[run] = self._cut(run)
        return found

    def _cut(self, run: str) -> tuple[str, ...]:
        best: list[tuple[str, ...] | None] = [()] + [None] * len(run)
        for end in range(1, len(run) + 1):
            for size in range(min(_LONGEST_SYLLABLE, end), 0, -1):
                before = best[end - size]
                if before is not None and run[end - size : end] in self._syllables and (best[end] is None or len(before) + 1 < len(best[end] or ())):
                    best[end] = (*before, run[end - size : end])
        found = best[len(run)] or ()
        return found if len(run) >= 2 * len(found) else ()


class Vocabulary:
    """The English words a matcher knows. `same` are short forms and what they stand for; fillers may be split off a word they were typed onto."""

    def __init__(self, words: Iterable[str], same: Mapping[str, str], fillers: frozenset[str]) -> None:
        self._same = same
        self._fillers = fillers
        self._known = frozenset(words) | fillers | same.keys()
        self._listed = sorted(word for word in self._known if len(word) >= SHORTEST - 1)
        self._bones: dict[str, str] = {}
        for word in self._listed:
            bone = _bones(word)
            if len(bone) >= FEWEST_BONES:
                self._bones[bone] = word if bone not in self._bones else ""
        self._right: dict[str, tuple[str, ...]] = {}

    def corrected(self, part: str) -> list[str]:
        """The words of a clause; an unknown one becomes the known one it is nearest to, if any is near."""
        words: list[str] = []
        unknown = 0
        for word in part.split():
            word = self._same.get(word, word)
            unknown += word not in self._known
            words.extend(word.split() if word in self._known or " " in word or unknown > MOST_SET_RIGHT else self._remembered(word))
        return words

    def _remembered(self, word: str) -> tuple[str, ...]:
        found = self._right.get(word)
        if found is None:
            if len(self._right) >= MOST_REMEMBERED:
                self._right.clear()
            found = self._right[word] = self._nearest(word)
        return found

    def _nearest(self, word: str) -> tuple[str, ...]:
        if len(word) < SHORTEST or not word.isalpha() or not self._listed:
            return (word,)
        whole = self._bones.get(word)
        if whole:
            return tuple(self._same.get(whole, whole).split())
        for at in range(1, len(word)):
            if self._apart(word[:at]) and self._apart(word[at:]):
                return word[:at], word[at:]
        found = process.extractOne(word, self._listed, scorer=OSA.normalized_similarity, score_cutoff=NEAR)
        if found and (found[0][0] == word[0] or found[1] >= VERY_NEAR):
            return tuple(self._same.get(found[0], found[0]).split())
        return self._glued(word) or (word,)

    def _glued(self, word: str) -> tuple[str, ...]:
        """A filler in front of what is near to a known word."""
        for at in range(min(len(word) - SHORTEST, LONGEST_GLUED), 0, -1):
            if word[:at] in self._fillers:
                found = process.extractOne(word[at:], self._listed, scorer=OSA.normalized_similarity, score_cutoff=NEAR)
                if found and found[0][0] == word[at]:
                    return word[:at], found[0]
        return ()

    def _apart(self, piece: str) -> bool:
        return piece in self._known and (len(piece) > 2 or piece in self._fillers)


def _bones(word: str) -> str:
    """A word without its vowels after the first letter, as people shorten it."""
    return word[:1] + "".join(letter for letter in word[1:] if letter not in "aeiou")
