"""The learned weights: kernel ridge regression from phrases to intents, solved in closed form by conjugate gradients."""

from __future__ import annotations

import numpy as np

from bot.core.understanding.index import Floats, Ints

MOST_PHRASES = 8_000
"""Above this a head costs more to learn than it gives; the nearest phrases alone decide."""
RIDGE = 0.7
BEND = np.float32(0.6)
"""How much the square of the likeness counts beside it: two features together say more than each alone."""
_ROUNDS = 10
_ENOUGH = 2e-3


def bent(likeness: Floats) -> Floats:
    """The kernel the head works on."""
    return np.asarray(likeness * (1 + BEND * likeness), np.float32)


def learn(gram: Floats, owner: Ints, intents: int) -> Floats:
    """Dual weights (phrases x intents) for a bent gram. Each intent's column sums its evidence over all phrases, so that phrasings support each other."""
    targets = np.zeros((len(owner), intents), np.float32)
    targets[np.arange(len(owner)), owner] = 1.0
    weights = np.zeros_like(targets)
    rest = targets.copy()
    step = rest.copy()
    norm = np.einsum("ij,ij->j", rest, rest)
    first = norm.copy()
    for _ in range(_ROUNDS):
        moved = gram @ step + np.float32(RIDGE) * step
        size = norm / np.maximum(np.einsum("ij,ij->j", step, moved), 1e-12)
        weights += step * size
        rest -= moved * size
        newer = np.einsum("ij,ij->j", rest, rest)
        if float(np.max(newer / np.maximum(first, 1e-12))) < _ENOUGH:
            break
        step = rest + step * (newer / np.maximum(norm, 1e-12))
        norm = newer
    return weights
