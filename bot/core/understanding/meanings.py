"""Words that mean the same: found in a text by longest match, as written, as they sound, or by their initials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Found = tuple[int, int, tuple[str, ...], float]
"""(where, how many units, names of its meanings, how sure)."""
BY_SOUND = 0.8
BY_INITIALS = 0.5
MOST_BY_INITIALS = 6
"""Initials that could stand for more meanings than this tell nothing."""


class Meanings:
    """Meaning name -> words, turned round. A word may have several meanings; the first that listed it comes first."""

    def __init__(self, classes: Mapping[str, Sequence[str]], sounds: Mapping[str, str]) -> None:
        listed: dict[str, list[str]] = {}
        for name, words in classes.items():
            for word in words:
                names = listed.setdefault(word, [])
                if name not in names:
                    names.append(name)
        self.words: dict[str, tuple[str, ...]] = {word: tuple(names) for word, names in listed.items()}
        self._longest = max((len(word.split()) if word.isascii() else len(word) for word in listed), default=0)
        self._by_sound: dict[str, tuple[str, ...]] = {}
        self._by_initials: dict[str, tuple[str, ...]] = {}
        for word, named in self.words.items():
            spoken = [sounds.get(sign, "") for sign in word]
            if len(spoken) > 1 and all(spoken):
                _join(self._by_sound, " ".join(spoken), named)
                _join(self._by_initials, "".join(sound[0] for sound in spoken), named)
        self._reach = _reach((*self.words, *self._by_sound))
        self._by_initials = {word: names for word, names in self._by_initials.items() if len(names) <= MOST_BY_INITIALS}

    def read(self, units: Sequence[str]) -> list[Found]:
        """The meanings of a sequence of words, each place counted once, longest first."""
        found: list[Found] = []
        at = 0
        while at < len(units):
            for size in range(min(self._longest, len(units) - at), 0, -1):
                names = self.words.get(" ".join(units[at : at + size]))
                if names:
                    found.append((at, size, names, 1.0))
                    at += size
                    break
            else:
                at += 1
        return found

    def heard(self, signs: Sequence[str], sounds: Sequence[str]) -> list[Found]:
        """The meanings of signs and their sounds (a typed syllable has an empty sign); of two of a length the written one wins."""
        found: list[Found] = []
        at = 0
        while at < len(signs):
            one = self._at(signs, sounds, at)
            if one:
                found.append(one)
            at += one[1] if one else 1
        return found

    def _at(self, signs: Sequence[str], sounds: Sequence[str], at: int) -> Found | None:
        sign, sound = signs[at], sounds[at]
        for size in range(min(max(self._reach.get(sign[:1], 0), self._reach.get(sound, 0)), len(signs) - at), 0, -1):
            span = signs[at : at + size]
            names = self.words.get("".join(span)) if "" not in span else None
            if names:
                return at, size, names, 1.0
            names = self._by_sound.get(" ".join(sounds[at : at + size])) if size > 1 else None
            if names and not self._breaks(signs, at, size):
                return at, size, names, BY_SOUND
        names = self._by_initials.get(sign) if sign.isascii() else None
        return (at, 1, names, BY_INITIALS) if names else None

    def _breaks(self, signs: Sequence[str], at: int, size: int) -> bool:
        """Whether a word found by sound would cut a written word in two that begins inside it."""
        end = at + size
        for start in range(at + 1, end):
            for stop in range(end + 1, min(start + self._reach.get(signs[start][:1], 0), len(signs)) + 1):
                if "" not in signs[start:stop] and "".join(signs[start:stop]) in self.words:
                    return True
        return False


def _join(table: dict[str, tuple[str, ...]], key: str, names: tuple[str, ...]) -> None:
    table[key] = tuple(dict.fromkeys((*table.get(key, ()), *names)))


def _reach(words: Iterable[str]) -> dict[str, int]:
    """How many units the longest word has that begins with a sign or a syllable."""
    longest: dict[str, int] = {}
    for word in words:
        syllables = word.split()
        first, size = (syllables[0], len(syllables)) if len(syllables) > 1 else (word[0], len(word))
        longest[first] = max(longest.get(first, 0), size)
    return longest
