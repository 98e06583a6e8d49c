"""What is learned from the phrases: the head, and from where on to answer at once, found on phrases that were left out."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bot.core.understanding import calibrate, head
from bot.core.understanding.evidence import Phrases, scored, weighed
from bot.core.understanding.features import Extract
from bot.core.understanding.index import Floats, Index

WRONG = 0.07
"""The share of wrong answers at once that is accepted of phrases which a matcher never saw. They were written to differ from each other, so people who
really ask get less than half as many."""
ANSWER_AT = 0.6
"""From where on to answer when the phrases are too few to tell."""
FEWEST = 20
STEP = 0.05
"""The threshold is rounded up to this, so that a few phrases more or less do not move it, and never to more wrong answers than are accepted."""
_PARTS = 5
Places = NDArray[np.int64]


def learned(index: Index, phrases: Phrases, extract: Extract, intents: int) -> tuple[Floats | None, float, Floats]:
    """The head, the threshold, and what it was found on: (how sure, whether rightly) of each phrase that was held back. Above 9,500 phrases there is no
    head: the nearest phrases alone decide."""
    if not 1 < len(phrases.forms) <= head.MOST_PHRASES or intents < 2:
        return nothing()
    held = _held(phrases, intents)
    kept = np.setdiff1d(np.arange(len(phrases.forms)), held)
    turned = np.concatenate((kept, held))
    gram = index.gram(turned)
    seen = gram[len(kept) :, : len(kept)].copy()
    head.bend(gram)
    weights, without = head.learn(gram, phrases.owner[turned], intents, len(held))
    del gram
    straight = np.empty_like(weights)
    straight[turned] = weights
    if not len(held):
        return straight, ANSWER_AT, np.zeros((0, 2), np.float32)
    proof = _proof(seen, without, index, phrases, extract, (kept, held))
    least = calibrate.threshold(proof[:, 0].astype(float), proof[:, 1].astype(float), WRONG)
    return straight, round(math.ceil(round(least / STEP, 6)) * STEP, 2), proof


def nothing() -> tuple[None, float, Floats]:
    """What `learned` gives where there is nothing to learn from."""
    return None, ANSWER_AT, np.zeros((0, 2), np.float32)


def _held(phrases: Phrases, intents: int) -> Places:
    """A fifth of the phrases of each intent that has three or more, or none when they are too few to tell."""
    owner = phrases.owner
    position = np.arange(len(owner)) - phrases.starts[owner]
    held = np.flatnonzero((position % _PARTS == 2) & (np.bincount(owner, minlength=intents)[owner] >= 3))
    return held if len(held) >= FEWEST else held[:0]


def _proof(seen: Floats, without: Floats, index: Index, phrases: Phrases, extract: Extract, places: tuple[Places, Places]) -> Floats:
    """Asks the phrases that were held back of what was learned without them. `seen`: their likeness to the kept ones; `places`: those of the kept, the held."""
    kept, held = places
    owner = phrases.owner[kept]
    forms, sounds = (tuple(texts[at] for at in kept.tolist()) for texts in (phrases.forms, phrases.sounds))
    rest = Phrases(forms, sounds, owner, np.searchsorted(owner, np.arange(without.shape[1])).astype(np.int32))
    asked = [phrases.forms[at] for at in held.tolist()]
    reads = index.read(asked, index.features_of(kept))
    rows = zip(asked, seen, scored(seen, rest, without), reads, strict=True)
    found = [weighed(rest, extract, form, row, scores, read.coverage) for form, row, scores, read in rows]
    hits = np.array([one.order[0] for one in found]) == phrases.owner[held]
    return np.stack((calibrate.sure(np.array([one.signals for one in found])), hits), axis=1).astype(np.float32)
