"""The learned weights: kernel ridge regression from phrases to intents, solved exactly."""

from __future__ import annotations

import numpy as np

from bot.core.understanding.index import Floats, Ints

MOST_PHRASES = 8_000
"""Above this a head costs more to learn than it gives; the nearest phrases alone decide."""
RIDGE = 0.7
BEND = np.float32(0.6)
"""How much the square of the likeness counts beside it: two features together say more than each alone."""


def bent(likeness: Floats) -> Floats:
    """The kernel the head works on."""
    return np.asarray(likeness * (1 + BEND * likeness), np.float32)


def learn(gram: Floats, owner: Ints, intents: int) -> Floats:
    """Dual weights (phrases x intents) for a bent gram, whose diagonal it changes. Each intent's column sums its evidence over all phrases, so that
    phrasings support each other. Solved exactly: an approximation would make verdicts depend on phrases that have nothing to do with them."""
    targets = np.zeros((len(owner), intents), np.float32)
    targets[np.arange(len(owner)), owner] = 1.0
    gram[np.diag_indices(len(owner))] += np.float32(RIDGE)
    return np.asarray(np.linalg.solve(gram, targets), np.float32)
