"""Finds what a score means from the catalogue itself: phrases held out tell how often a score like this is right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]
RIGHT_PRIOR = np.array([-1.6, 2.4, 3.2, 1.2, 0.6])
"""Weights of (1, score, margin, nearest, coverage) when a catalogue is too small to tell."""
SCOPE_PRIOR = np.array([-3.0, 2.0, 0.0, 4.5, 2.0])
_STRENGTH = 1.0


def logistic(rows: Rows, hits: Rows, prior: Rows, weights: Rows | None = None) -> Rows:
    """Logistic regression by Newton's method, drawn towards the prior."""
    mass = np.ones(len(rows)) if weights is None else weights

    def loss(at: Rows) -> float:
        signed = (rows @ at) * np.where(hits > 0.5, 1.0, -1.0)
        return float((mass * np.logaddexp(0.0, -signed)).sum() + 0.5 * _STRENGTH * ((at - prior) ** 2).sum())

    found, best = prior.copy(), loss(prior)
    for _ in range(40):
        told = sigmoid(rows @ found)
        slope = rows.T @ (mass * (hits - told)) - _STRENGTH * (found - prior)
        bend = (rows * (mass * told * (1 - told))[:, None]).T @ rows + _STRENGTH * np.eye(len(prior))
        step = np.linalg.solve(bend, slope)
        while loss(found + step) > best and float(np.abs(step).max()) > 1e-7:
            step = step / 2
        found, best = found + step, loss(found + step)
        if float(np.abs(step).max()) < 1e-6:
            break
    return found


def sigmoid(value: Rows) -> Rows:
    """1 / (1 + e^-value), safe at both ends."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(value, -40, 40))))


def threshold(scores: Rows, hits: Rows, wrong: float, weights: Rows) -> float:
    """The least score above which at most the share `wrong` of what is answered is wrong; 1.0 when there is none."""
    order = np.argsort(-scores, kind="stable")
    bad = np.cumsum((weights * (1 - hits))[order])
    share = bad / np.maximum(np.cumsum(weights[order]), 1e-9)
    fine = np.flatnonzero(share <= wrong)
    return float(scores[order][fine[-1]]) if len(fine) else 1.0
