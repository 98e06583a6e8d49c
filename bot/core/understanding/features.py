"""What is seen in a normal form: features in several views, so that a mistake in one is made good by another."""

from __future__ import annotations

import re
from typing import Final

from bot.core.understanding.lexicon import Thesaurus
from bot.core.understanding.text import Tongue

Views = tuple[list[str], ...]

ZH_VIEWS: Final = ("char", "skip", "word", "sound", "sounds", "letters")
EN_VIEWS: Final = ("tri", "four", "five", "word", "pair")

_UNITS = re.compile(r"[a-z]+|[0-9]+|[\u3400-\u9fff]")
_RUNS = re.compile(r"[a-z0-9 ]+|[\u3400-\u9fff]+")


class Extractor:
    """Features of one language. Prefixes keep the views apart in one vocabulary: `c:` char, `k:` skip, `w:` word, `p:` sound, `q:` sounds, `l:` letters."""

    def __init__(self, tongue: Tongue, words: Thesaurus, lang: str, syllables: frozenset[str]) -> None:
        self._tongue = tongue
        self._thesaurus = words
        self._syllables = syllables
        self.lang = lang
        self.names = ZH_VIEWS if lang == "zh" else EN_VIEWS

    def views(self, form: str) -> Views:
        return self._chinese(form) if self.lang == "zh" else self._english(form)

    def _chinese(self, form: str) -> Views:
        units = _UNITS.findall(form)
        sounds: list[str] = []
        known = self._tongue.sounds
        for unit in units:
            if unit in known:
                sounds.append(known[unit])
            else:
                sounds.extend(self.spelled(unit) or (unit,))
        spelt = "".join(sounds)
        skip = [f"k:{a}{b}" for a, b in zip(units, units[1:], strict=False)]
        skip += [f"k:{a}_{b}" for a, b in zip(units, units[2:], strict=False)]
        return (
            ["c:" + unit for unit in units],
            skip,
            ["w:" + word for word in self.meanings(form)],
            ["p:" + sound for sound in sounds],
            [f"q:{a} {b}" for a, b in zip(sounds, sounds[1:], strict=False)],
            ["l:" + spelt[at : at + 4] for at in range(max(1, len(spelt) - 3))],
        )

    def meanings(self, form: str) -> list[str]:
        """The concepts of the words of a text, and the words that have none."""
        found: list[str] = []
        concepts = self._thesaurus.concepts
        for run in _RUNS.findall(form):
            if run[0] < "\u3400":
                for word in run.split():
                    found.extend(concepts.get(word, (word,)))
                continue
            covered = bytearray(len(run))
            for size in range(min(len(run), self._thesaurus.longest), 1, -1):
                for at in range(len(run) - size + 1):
                    names = concepts.get(run[at : at + size])
                    if names:
                        found.extend(names)
                        covered[at : at + size] = b"\1" * size
            at = 0
            for word in self._tongue.words(run):
                if len(word) == 1 and word in concepts:
                    found.extend(concepts[word])
                elif not all(covered[at : at + len(word)]):
                    found.append(word)
                at += len(word)
        return found

    def spelled(self, run: str) -> list[str]:
        """The syllables of a Latin run that is pinyin typed out, longest first; empty when it is not."""
        if len(run) < 2 or not run.isalpha() or not run.isascii():
            return []
        best: list[list[str] | None] = [[]] + [None] * len(run)
        for end in range(1, len(run) + 1):
            for size in range(min(6, end), 0, -1):
                before = best[end - size]
                if before is not None and run[end - size : end] in self._syllables:
                    now = best[end]
                    if now is None or len(before) + 1 < len(now):
                        best[end] = [*before, run[end - size : end]]
        return best[-1] or []

    def _english(self, form: str) -> Views:
        text = f" {form.replace(',', ' ')} "
        words: list[str] = []
        for word in text.split():
            words.extend(self._thesaurus.concepts.get(word, (stem(word),)))
        return (
            ["3:" + text[at : at + 3] for at in range(max(1, len(text) - 2))],
            ["4:" + text[at : at + 4] for at in range(len(text) - 3)],
            ["5:" + text[at : at + 5] for at in range(len(text) - 4)],
            ["w:" + word for word in words],
            [f"b:{a} {b}" for a, b in zip(words, words[1:], strict=False)],
        )


_ENDINGS = (("ies", "y"), ("ied", "y"), ("ing", ""), ("edly", ""), ("ed", ""), ("es", "e"), ("ly", ""), ("s", ""))


def stem(word: str) -> str:
    """A word without its commonest endings; at least three letters stay."""
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: len(word) - len(ending)] + instead
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word[:-1] if len(word) > 4 and word.endswith("e") else word
