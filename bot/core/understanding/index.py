"""The inverted index over all phrases, and the kernel: how alike a query and each phrase are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from mmap import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.understanding.features import Extract
from bot.core.understanding.grams import Grams, Keys, grams

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Arrays = Mapping[str, NDArray[Any]]
MOST_POSTINGS = 60_000
_CHUNK = 1_000
_BLOCK = 256
COMMON = 300
"""A feature of at least so many phrases is cheaper in a product of matrices than pair by pair."""


@dataclass(frozen=True, slots=True)
class Read:
    """A query as the index sees it: numbers of its known features with their weights, and the share of its information that is known."""

    features: NDArray[np.int64]
    weights: Floats
    coverage: float


class Index:
    """Phrases as weighted features. Information weights count intents, not phrases, so that an intent with many phrasings does not drown its own words."""

    def __init__(self, extract: Extract, intents: int, arrays: Arrays) -> None:
        self._extract = extract
        self._unknown = math.log(1.0 + intents) ** extract.sharpness
        self._scale = np.array([view.weight for view in extract.views], np.float32)
        self.keys: Keys = arrays["keys"]
        self.information: Floats = arrays["information"]
        self._starts: NDArray[np.int64] = arrays["starts"]
        self._phrases: Ints = arrays["phrases"]
        self._values: Floats = arrays["values"]
        self.size = int(arrays["size"][0])

    @classmethod
    def built(cls, extract: Extract, forms: Sequence[str], owner: Ints, intents: int) -> Index:
        """The index over the phrases; `owner[i]`, which never falls, is the intent (a number) of phrase i."""
        found = _in_chunks(extract, forms)
        _sort(found)
        text, key = found["text"], found["key"]
        fresh = np.ones(len(key), bool)
        fresh[1:] = key[1:] != key[:-1]
        keys, starts = key[fresh], np.append(np.flatnonzero(fresh), len(key))
        feature = np.cumsum(fresh, dtype=np.int32) - 1
        fresh[1:] |= owner[text[1:]] != owner[text[:-1]]
        spread = np.bincount(feature, fresh, minlength=len(keys))
        information = (np.log(1.0 + intents / np.maximum(spread, 1)) ** extract.sharpness).astype(np.float32)
        scale = np.array([view.weight for view in extract.views], np.float32)
        sorted_by_feature = Grams(text, key, found["view"], found["count"])
        del found, key, fresh
        arrays: dict[str, NDArray[Any]] = {
            "keys": keys,
            "information": information,
            "starts": starts,
            "phrases": _apart(text),
            "values": _apart(weighted(sorted_by_feature, information[feature], scale, len(forms))),
            "size": np.array([len(forms)]),
        }
        return cls(extract, intents, arrays)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What the index is made of, to be kept and given back to `Index`."""
        return {
            "keys": self.keys,
            "information": self.information,
            "starts": self._starts,
            "phrases": self._phrases,
            "values": self._values,
            "size": np.array([self.size]),
        }

    def sound(self) -> bool:
        """Whether the arrays fit each other: they may come from a file."""
        ends = len(self._starts) == len(self.keys) + 1 == len(self.information) + 1 and int(self._starts[-1]) == len(self._phrases) == len(self._values)
        kinds = self.keys.dtype == np.uint64 and self._phrases.dtype == np.int32 and self._values.dtype == self.information.dtype == np.float32
        inside = not len(self._phrases) or 0 <= int(self._phrases.min()) <= int(self._phrases.max()) < self.size
        return bool(ends and kinds and inside and (np.diff(self._starts) >= 0).all())

    def features_of(self, phrases: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which features occur in any of these phrases."""
        inside = np.zeros(self.size, bool)
        inside[phrases] = True
        features = np.repeat(np.arange(len(self.keys)), np.diff(self._starts))
        return np.bincount(features, inside[self._phrases], minlength=len(self.keys)) > 0

    def read(self, forms: Sequence[str], knows: NDArray[np.bool_] | None = None) -> list[Read]:
        """Each text as the index sees it. `knows`: as if only these features were known."""
        found = grams(self._extract, forms)
        if not len(self.keys) or not len(found.key):
            return [Read(np.zeros(0, np.int64), np.zeros(0, np.float32), 0.0) for _ in forms]
        at = np.minimum(np.searchsorted(self.keys, found.key), len(self.keys) - 1)
        known = self.keys[at] == found.key
        information = np.where(known, self.information[at], np.float32(self._unknown))
        mass = _value(found.count) * information * self._scale[found.view]
        known = known & knows[at] if knows is not None else known
        weights = weighted(found, information, self._scale, len(forms))
        reads = []
        bounds = np.searchsorted(found.text, np.arange(len(forms) + 1)).tolist()
        for start, end in pairwise(bounds):
            ours = known[start:end]
            total = float(mass[start:end].sum())
            covered = float(mass[start:end][ours].sum()) / total if total else 0.0
            reads.append(Read(at[start:end][ours], weights[start:end][ours], covered))
        return reads

    def kernel(self, read: Read) -> Floats:
        """How alike the query and every phrase are, 0 to 1. Of very common features only so many phrases are looked at: they tell next to nothing."""
        if not len(read.features):
            return np.zeros(self.size, np.float32)
        starts, ends = self._starts[read.features], self._starts[read.features + 1]
        weights = read.weights
        if int((ends - starts).sum()) > MOST_POSTINGS:
            order = np.argsort(ends - starts, kind="stable")
            order = order[: int(np.searchsorted(np.cumsum((ends - starts)[order]), MOST_POSTINGS)) or 1]
            starts, ends, weights = starts[order], ends[order], weights[order]
        spans = [slice(start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        phrases = np.concatenate([self._phrases[span] for span in spans])
        values = np.concatenate([self._values[span] for span in spans]) * np.repeat(weights, ends - starts)
        return np.bincount(phrases, values, minlength=self.size).astype(np.float32)

    def gram(self, turned: NDArray[np.int64] | None = None) -> Floats:
        """The kernel of every phrase with every other; of two only once, in the lower half and the diagonal. `turned`: the order of its rows and columns, if
        not that of the phrases. Features that many phrases have are products of matrices, the others are counted pair by pair."""
        place = np.arange(self.size)
        if turned is not None:
            place[turned] = np.arange(self.size)
        many = np.diff(self._starts)
        feature, phrases = np.repeat(np.arange(len(many)), many), place[self._phrases]
        order = np.lexsort((phrases, feature))
        feature, phrases, values = feature[order], phrases[order], self._values[order]
        rows = np.zeros((self.size, self.size), np.float32)
        common, often = np.flatnonzero(many >= COMMON), (many >= COMMON)[feature]
        column = np.searchsorted(common, feature[often])
        for start in range(0, len(common), _BLOCK):
            ours = (column >= start) & (column < start + _BLOCK)
            wide = np.zeros((self.size, min(_BLOCK, len(common) - start)), np.float32)
            wide[phrases[often][ours], column[ours] - start] = values[often][ours]
            _add_products(rows, wide)
        _add_pairs(rows, phrases[~often], values[~often], many[many < COMMON])
        return rows

    def weight_in(self, feature: int, phrase: int) -> float:
        """The feature's weight in a phrase."""
        span = slice(self._starts[feature], self._starts[feature + 1])
        where = np.flatnonzero(self._phrases[span] == phrase)
        return float(self._values[span][where[0]]) if len(where) else 0.0


def _add_products(rows: Floats, wide: Floats) -> None:
    """Adds wide @ wide.T to the lower half, a few rows at a time, so that next to no memory is needed beside the result."""
    for start in range(0, len(rows), _BLOCK):
        end = min(start + _BLOCK, len(rows))
        rows[start:end, :end] += wide[start:end] @ wide[:end].T


def _add_pairs(rows: Floats, phrases: NDArray[np.int64], values: Floats, many: NDArray[np.int64]) -> None:
    """Adds the product of every two values of a feature to the lower half; `many[f]` phrases, rising, have feature f, one feature after the other."""
    starts = np.repeat(np.cumsum(many) - many, many)
    mates = np.arange(len(phrases)) - starts + 1
    order = np.argsort(phrases, kind="stable")
    flat, width = rows.reshape(-1), len(rows)
    bounds = np.searchsorted(phrases[order], np.arange(0, width + _BLOCK, _BLOCK))
    for block, (low, high) in enumerate(pairwise(bounds.tolist())):
        mine = order[low:high]
        ends = np.cumsum(mates[mine])
        if not len(mine):
            continue
        others = np.arange(ends[-1]) - np.repeat(ends - mates[mine] - starts[mine], mates[mine])
        cells = np.repeat((phrases[mine] - block * _BLOCK) * width, mates[mine]) + phrases[others]
        first, last = block * _BLOCK * width, min((block + 1) * _BLOCK, width) * width
        flat[first:last] += np.bincount(cells, np.repeat(values[mine], mates[mine]) * values[others], minlength=last - first)


def _in_chunks(extract: Extract, forms: Sequence[str]) -> dict[str, NDArray[Any]]:
    """The features of all texts by field of `Grams`, a few texts at a time and field by field, so that building takes little memory."""
    parts: dict[str, list[NDArray[Any]]] = {"text": [], "key": [], "view": [], "count": []}
    for start in range(0, max(len(forms), 1), _CHUNK):
        found = grams(extract, forms[start : start + _CHUNK])
        fields: tuple[NDArray[Any], ...] = (found.text + np.int32(start), found.key, found.view, found.count)
        for listed, part in zip(parts.values(), fields, strict=True):
            listed.append(part)
    return {name: np.concatenate(parts.pop(name)) for name in list(parts)}


def _sort(fields: dict[str, NDArray[Any]]) -> None:
    """By key, each field in its turn, so that only one is there twice."""
    order = np.argsort(fields["key"], kind="stable").astype(np.int32)
    for name in fields:
        fields[name] = fields[name][order]


def _apart(array: NDArray[Any]) -> NDArray[Any]:
    """A copy in memory of its own: what lives on amid what was only needed for building would keep all of that with the process."""
    copy = np.frombuffer(mmap(-1, max(array.nbytes, 1)), array.dtype, array.size)
    copy[:] = array
    return copy


def _value(count: Floats) -> Floats:
    """A feature that stands twice counts more than once, but less than twice; a soft one less than once."""
    return np.asarray((1.0 + np.log(np.maximum(count, 1.0))) * np.minimum(count, 1.0), np.float32)


def weighted(found: Grams, information: Floats, scale: Floats, texts: int) -> Floats:
    """Each view of each text as long as the root of its weight, the whole of each text as long as 1."""
    values = _value(found.count) * information
    groups = found.text * np.int32(len(scale)) + found.view
    norms = np.sqrt(np.bincount(groups, values.astype(np.float64) ** 2, minlength=texts * len(scale)))
    present = np.where(norms.reshape(-1, len(scale)) > 0, scale, np.float32(0)).sum(axis=1)  # a product of so small matrices may warn of a fault there is none
    factor = np.sqrt(scale[found.view] / np.maximum(present, 1e-9)[found.text])
    return np.asarray(values / norms[groups] * factor, np.float32)
