"""What is learned from the phrases: the head, and from where on to answer at once, found on phrases that were left out."""

from __future__ import annotations

import numpy as np

from bot.core.understanding import calibrate, head
from bot.core.understanding.evidence import Phrases, scored, weighed
from bot.core.understanding.features import Extract
from bot.core.understanding.index import Floats, Index, Ints

WRONG = 0.07
"""The share of wrong answers at once that is accepted of phrases which a matcher never saw. They were written to differ from each other, so people who
really ask get less than half as many."""
ANSWER_AT = 0.6
"""From where on to answer when the phrases are too few to tell."""
FEWEST = 20
STEP = 0.05
"""The threshold is rounded to this, so that a few phrases more or less do not move it."""
_PARTS = 5


def learned(index: Index, phrases: Phrases, extract: Extract, intents: int) -> tuple[Floats | None, float]:
    """The head and the threshold. Above 8,000 phrases there is no head: the nearest phrases alone decide."""
    if not 1 < len(phrases.forms) <= head.MOST_PHRASES or intents < 2:
        return None, ANSWER_AT
    gram = index.gram()
    answer_at = _threshold(gram, index, phrases, extract, intents)
    return head.learn(head.bent(gram), phrases.owner, intents), answer_at


def _threshold(gram: Floats, index: Index, phrases: Phrases, extract: Extract, intents: int) -> float:
    """Learns on four fifths of each intent's phrases and asks the rest."""
    owner = phrases.owner
    position = np.arange(len(owner)) - phrases.starts[owner]
    held = np.flatnonzero((position % _PARTS == 2) & (np.bincount(owner, minlength=intents)[owner] >= 3))
    if len(held) < FEWEST:
        return ANSWER_AT
    kept: Ints = np.setdiff1d(np.arange(len(owner)), held).astype(np.int32)
    weights = np.zeros((len(owner), intents), np.float32)
    weights[kept] = head.learn(head.bent(gram[np.ix_(kept, kept)]), owner[kept], intents)
    knows = index.features_of(kept)
    signals, hits = [], []
    for phrase in held.tolist():
        row = gram[phrase].copy()
        row[held] = 0.0
        form = phrases.forms[phrase]
        found = weighed(phrases, extract, form, row, scored(row, phrases, weights), index.read([form], knows)[0].coverage)
        signals.append(found.signals)
        hits.append(found.order[0] == owner[phrase])
    least = calibrate.threshold(calibrate.sure(np.array(signals)), np.array(hits, float), WRONG)
    return round(round(least / STEP) * STEP, 2)
