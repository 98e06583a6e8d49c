"""Which intents people could confuse: the nearest phrase outside an utterance is mostly another intent's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bot.core.understanding import Matcher
from bot.words.loading import Words

SHARE = 1 / 3
LEAST = 5
"""Utterances of one intent whose nearest other phrase belongs to the same stranger, before it is worth a line."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Of the `of` utterances of one intent in a language, so many lie nearest to the other's."""

    one: str
    other: str
    count: int
    of: int
    language: str


def near(words: Words, language: str) -> Iterator[str]:
    """What is to be said of such pairs."""
    for pair in pairs(words, language):
        told = f"{pair.one} is near {pair.other}: {pair.count} of its {pair.of} {language} utterances"
        yield f"note: {told}; name it in see_also, or give them words that differ"


def pairs(words: Words, language: str) -> Iterator[Pair]:
    """Pairs of intents that lie too near each other and do not name each other as neighbours."""
    matcher = words.reader.matchers.get(language)
    if not isinstance(matcher, Matcher):
        return
    for one, other, count, of in _strangers(matcher):
        if other not in _kin(words, one):
            yield Pair(one, other, count, of, language)


def _kin(words: Words, name: str) -> set[str]:
    """The intents tied to this one on purpose, from either side."""
    intent = words.headings[name].intent
    back = {other for other, heading in words.headings.items() if name in (*heading.intent.follow_up, *heading.intent.see_also)}
    return {*intent.follow_up, *intent.see_also, *back}


def _strangers(matcher: Matcher) -> Iterator[tuple[str, str, int, int]]:
    gram, owner, names = matcher.alike()
    if len(names) < 2:
        return
    np.fill_diagonal(gram, -1.0)
    starts = np.searchsorted(owner, np.arange(len(names)))
    nearest = np.maximum.reduceat(gram, starts, axis=1).argmax(axis=1)
    table = np.zeros((len(names), len(names)), np.int64)
    np.add.at(table, (owner, nearest), 1)
    totals = table.sum(axis=1)
    np.fill_diagonal(table, 0)
    for one, other in np.argwhere((table >= LEAST) & (table >= SHARE * totals[:, None])):
        yield names[one], names[other], int(table[one, other]), int(totals[one])
