"""The learned weights: kernel ridge regression from phrases to intents, solved exactly."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from bot.core.understanding.index import Floats, Ints

MOST_PHRASES = 9_500
"""Above this a head costs more to learn than it gives (360 MB for a moment, and the cube of the phrases in time); the nearest phrases alone decide."""
RIDGE = 0.7
BEND = np.float32(0.6)
"""How much the square of the likeness counts beside it: two features together say more than each alone."""
_HANDS = 2
_BLOCK = 256
"""Rows that are solved at a time; the rest is products of matrices, which are several times faster than the library's own factors."""


def bent(likeness: Floats) -> Floats:
    """The kernel the head works on."""
    return np.asarray(likeness * (1 + BEND * likeness), np.float32)


def bend(likeness: Floats) -> None:
    """The same in place for the lower half of a matrix, a few rows at a time."""
    for start in range(0, len(likeness), _BLOCK):
        end = start + _BLOCK
        likeness[start:end, :end] = bent(likeness[start:end, :end])


def learn(gram: Floats, owner: Ints, intents: int, held: int = 0) -> tuple[Floats, Floats]:
    """Dual weights (phrases x intents) for a bent gram, which is used up; and those that would have been learned without the last `held` phrases: the
    factor of a matrix holds the factor of its upper left part. Each intent's column sums its evidence over all phrases, so that phrasings support each
    other. Solved exactly: an approximation would make verdicts depend on phrases that have nothing to do with them."""
    targets = np.zeros((len(owner), intents), np.float32)
    targets[np.arange(len(owner)), owner] = 1.0
    gram[np.diag_indices(len(owner))] += np.float32(RIDGE)
    _factor(gram)
    _forward(gram, targets)
    kept = len(owner) - held
    without = targets[:kept].copy() if held else targets[:0]
    _backward(gram[:kept, :kept], without)
    _backward(gram, targets)
    return targets, without


def solved(gram: Floats, right: Floats) -> Floats:
    """(gram + ridge) x = right for a bent gram; both are used up."""
    gram[np.diag_indices(len(gram))] += np.float32(RIDGE)
    _factor(gram)
    _forward(gram, right)
    _backward(gram, right)
    return right


def _factor(matrix: Floats) -> None:
    """Cholesky's lower factor, written over the lower half; the upper half is left as it was. Its products, nearly all of the work, are done by two threads,
    each with half of the rows: the library itself has one."""
    with ThreadPoolExecutor(_HANDS) as hands:
        for start in range(0, len(matrix), _BLOCK):
            here = slice(start, min(start + _BLOCK, len(matrix)))
            if start:
                edges = np.linspace(start, len(matrix), _HANDS + 1).astype(int).tolist()
                list(hands.map(partial(_lessen, matrix, here), edges[:-1], edges[1:]))
            matrix[here, here] = np.linalg.cholesky(matrix[here, here])
            if here.stop < len(matrix):
                matrix[here.stop :, here] = matrix[here.stop :, here] @ np.linalg.inv(matrix[here, here]).T


def _lessen(matrix: Floats, here: slice, low: int, high: int) -> None:
    """Takes from rows of the block of columns `here` what the columns before it explain."""
    matrix[low:high, here] -= matrix[low:high, : here.start] @ matrix[here, : here.start].T


def _forward(lower: Floats, right: Floats) -> None:
    """Solves lower @ x = right in place."""
    for start in range(0, len(lower), _BLOCK):
        here = slice(start, start + _BLOCK)
        if start:
            right[here] -= lower[here, :start] @ right[:start]
        right[here] = np.linalg.inv(lower[here, here]) @ right[here]


def _backward(lower: Floats, right: Floats) -> None:
    """Solves lower.T @ x = right in place."""
    for start in reversed(range(0, len(right), _BLOCK)):
        here = slice(start, start + _BLOCK)
        if here.stop < len(lower):
            right[here] -= lower[here.stop :, here].T @ right[here.stop :]
        right[here] = np.linalg.inv(lower[here, here]).T @ right[here]
