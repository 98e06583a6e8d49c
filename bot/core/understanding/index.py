"""The inverted index over all phrases, and the kernel: how alike a query and each phrase are."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.core.understanding.features import Row

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


class Extracts(Protocol):
    """A language's features."""

    weights: Mapping[str, float]

    def rows(self, form: str) -> Iterable[Row]: ...


class Index:
    """Phrases as weighted features. `owner[i]` is the intent (a number) of phrase i; information weights count intents, not phrases."""

    def __init__(self, extract: Extracts, forms: Sequence[str], owner: Ints, intents: int) -> None:
        self._extract = extract
        self.size = len(forms)
        self._total = sum(extract.weights.values())
        counted = [self._counted(form) for form in forms]
        self._ids: dict[tuple[str, str], int] = {}
        owners: list[set[int]] = []
        for phrase, rows in enumerate(counted):
            for key in rows:
                found = self._ids.setdefault(key, len(self._ids))
                if found == len(owners):
                    owners.append(set())
                owners[found].add(int(owner[phrase]))
        self.information = np.array([math.log(1.0 + intents / len(names)) for names in owners], np.float32)
        self._unknown = math.log(1.0 + intents)
        self._views = np.array([list(extract.weights).index(view) for view, _ in self._ids], np.int32)
        self._post(counted)

    def _counted(self, form: str) -> dict[tuple[str, str], float]:
        rows: Counter[tuple[str, str]] = Counter()
        for view, feature, count in self._extract.rows(form):
            rows[view, feature] += count  # type: ignore[assignment] # a Counter of floats counts well
        return dict(rows)

    def _post(self, counted: Sequence[Mapping[tuple[str, str], float]]) -> None:
        lengths = np.fromiter((len(rows) for rows in counted), np.int64, len(counted))
        phrases = np.repeat(np.arange(len(counted), dtype=np.int32), lengths)
        features = np.fromiter((self._ids[key] for rows in counted for key in rows), np.int32, int(lengths.sum()))
        values = np.fromiter((count for rows in counted for count in rows.values()), np.float32, len(features))
        weighted = (1.0 + np.log(np.maximum(values, 1.0))) * np.minimum(values, 1.0) * self.information[features]
        scale = np.array(list(self._extract.weights.values()), np.float32)
        groups = phrases.astype(np.int64) * len(scale) + self._views[features]
        norms = np.sqrt(np.bincount(groups, weighted.astype(np.float64) ** 2, minlength=len(counted) * len(scale)))
        present = (norms.reshape(-1, len(scale)) > 0) @ scale
        weighted = weighted / norms[groups] * np.sqrt(scale[self._views[features]]) * np.sqrt(self._total / np.maximum(present, 1e-9))[phrases]
        order = np.argsort(features, kind="stable")
        self._phrases = phrases[order]
        self._values = (weighted[order] / math.sqrt(self._total)).astype(np.float32)
        self._starts = np.searchsorted(features[order], np.arange(len(self._ids) + 1))

    def features_of(self, phrases: Ints) -> NDArray[np.bool_]:
        """Which features occur in any of these phrases."""
        inside = np.zeros(self.size, bool)
        inside[phrases] = True
        features = np.repeat(np.arange(len(self._ids)), np.diff(self._starts))
        return np.bincount(features, inside[self._phrases], minlength=len(self._ids)) > 0

    def query(self, form: str, knows: NDArray[np.bool_] | None = None) -> tuple[list[tuple[int, float]], float]:
        """The query's known features with their weights, and the share of its information that the phrases know (`knows`: only these features)."""
        rows = self._counted(form)
        names = list(self._extract.weights)
        norms = dict.fromkeys(names, 0.0)
        found: list[tuple[int, str, float]] = []
        known = total = 0.0
        for (view, feature), count in rows.items():
            at = self._ids.get((view, feature), -1)
            information = float(self.information[at]) if at >= 0 else self._unknown
            value = (1.0 + math.log(max(count, 1.0))) * min(count, 1.0) * information
            norms[view] += value * value
            total += self._extract.weights[view] * value
            if at >= 0 and (knows is None or knows[at]):
                known += self._extract.weights[view] * value
                found.append((at, view, value))
        present = sum(self._extract.weights[view] for view in names if norms[view] > 0)
        factor = math.sqrt(self._total / present) / math.sqrt(self._total) if present else 0.0
        weights = [(at, value / math.sqrt(norms[view]) * math.sqrt(self._extract.weights[view]) * factor) for at, view, value in found]
        return weights, known / total if total else 0.0

    def kernel(self, weights: Sequence[tuple[int, float]]) -> Floats:
        """How alike the query and every phrase are, 0 to 1."""
        if not weights:
            return np.zeros(self.size, np.float32)
        spans = [slice(self._starts[at], self._starts[at + 1]) for at, _ in weights]
        phrases = np.concatenate([self._phrases[span] for span in spans])
        values = np.concatenate([self._values[span] * np.float32(weight) for span, (_, weight) in zip(spans, weights, strict=True)])
        return np.bincount(phrases, values, minlength=self.size).astype(np.float32)

    def gram(self) -> Floats:
        """The kernel of every phrase with every other."""
        order = np.argsort(self._phrases, kind="stable")
        features = np.repeat(np.arange(len(self._ids)), np.diff(self._starts))[order]
        values = self._values[order]
        starts = np.searchsorted(self._phrases[order], np.arange(self.size + 1))
        rows = np.empty((self.size, self.size), np.float32)
        for phrase in range(self.size):
            span = slice(starts[phrase], starts[phrase + 1])
            rows[phrase] = self.kernel(list(zip(features[span].tolist(), values[span].tolist(), strict=True)))
        return rows

    def named(self, at: int) -> tuple[str, str]:
        """(view, feature) of a feature's number; for traces only."""
        return list(self._ids)[at]

    def weight_in(self, at: int, phrase: int) -> float:
        """The feature's weight in a phrase."""
        span = slice(self._starts[at], self._starts[at + 1])
        where = np.flatnonzero(self._phrases[span] == phrase)
        return float(self._values[span][where[0]]) if len(where) else 0.0
