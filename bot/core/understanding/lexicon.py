"""The words that mean the same: the product's own lists and the lexicon of the caller, compiled for look-up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from bot.core.understanding.text import Sections


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What `intents/<lang>/_lexicon.yaml` says: fillers, words that mean the same, and the names of things."""

    fillers_front: tuple[str, ...] = ()
    fillers_back: tuple[str, ...] = ()
    concepts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    terms: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Thesaurus:
    """Word -> the concepts it may mean; `fillers` carry little meaning; `longest` is the length of the longest word."""

    concepts: Mapping[str, tuple[str, ...]]
    fillers: frozenset[str]
    longest: int


def thesaurus(lists: Sections, lexicon: Lexicon | None, normal: Callable[[str], str]) -> Thesaurus:
    """The general lists with the caller's lexicon laid over them; every word in its normal form."""
    found: dict[str, dict[str, None]] = {}
    fillers = {word for row in lists.get("filler", ()) for word in row}
    for row in lists.get("concept", ()):
        _add(found, row[0], (word.replace("_", " ") for word in row))
    if lexicon is not None:
        fillers.update(lexicon.fillers_front, lexicon.fillers_back)
        for name, words in lexicon.concepts.items():
            _add(found, f"/{name}", map(normal, words))
        for kind, entries in lexicon.terms.items():
            for name, words in entries.items():
                _add(found, f"/{kind}.{name}", map(normal, words))
                _add(found, f"/{kind}", map(normal, words))
    concepts = {word: tuple(names) for word, names in found.items()}
    return Thesaurus(concepts, frozenset(map(normal, fillers)) - {""}, max(map(len, concepts), default=0))


def _add(found: dict[str, dict[str, None]], concept: str, words: Iterable[str]) -> None:
    for word in words:
        if word:
            found.setdefault(word, {})[concept] = None
