"""Puts questions that ask the same together, by the likeness that the matcher sees."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from bot.core.understanding.matcher import Matcher

ALIKE = 0.25
"""From this likeness on, two questions are one: paraphrases lie above it, neighbours below."""
MOST = 200
"""Questions looked at; the newest count."""


def clusters(texts: Sequence[str], language: str) -> list[list[int]]:
    """Groups of positions in `texts`, the largest first, each with its most typical question first. The same texts give the same groups."""
    return [list(group) for group in _groups(tuple(texts[:MOST]), language)]


@lru_cache(maxsize=4)
def _groups(texts: tuple[str, ...], language: str) -> tuple[tuple[int, ...], ...]:
    """As `clusters`; who turns the pages of a list asks about the same texts again and again."""
    if len(texts) < 2:
        return tuple((place,) for place in range(len(texts)))
    matcher = Matcher()
    matcher.fit([{"id": f"{place:04}", "name": "", "examples": [text]} for place, text in enumerate(texts)], language, learn=False)
    likeness, owner, names = matcher.alike()
    if not len(owner):
        return tuple((place,) for place in range(len(texts)))
    places = [int(names[number]) for number in owner]
    near = {place: {places[other] for other in (likeness[row] >= ALIKE).nonzero()[0]} | {place} for row, place in enumerate(places)}
    left = set(range(len(texts)))
    found = []
    while left:
        lead = max(sorted(left), key=lambda place: len(near.get(place, {place}) & left))
        group = near.get(lead, {lead}) & left
        found.append([lead, *sorted(group - {lead})])
        left -= group
    return tuple(tuple(group) for group in sorted(found, key=lambda group: (-len(group), group[0])))
