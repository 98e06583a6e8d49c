"""A few phrases more above what was learned: only what they touch is learned anew.

What features are worth stays as it was learned, so the likeness of two known phrases does not change and the new phrases are a border of the kernel. The
border is solved exactly; of the known phrases those nearest to the new ones answer to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.understanding import head
from bot.core.understanding.features import Extract
from bot.core.understanding.grams import grams
from bot.core.understanding.index import Floats, Index, Ints, Read, weighted

MOST_NEW = 400
"""With more new phrases than this everything is learned anew."""
NEAR = 1_500
"""Known phrases whose weights may change."""
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Room:
    """Where phrases stand when the new ones are in: the places of the known ones and of the new ones, the new numbers of the known intents, and all owners."""

    known: Places
    new: Places
    intents: Places
    owner: Ints
    many: int
    """Of intents."""

    def merged(self, known: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
        """What the known and the new phrases have, each in its place."""
        every = dict(zip((*self.known.tolist(), *self.new.tolist()), (*known, *new), strict=True))
        return tuple(every[place] for place in range(len(every)))


def room(owner: Ints, intents: Places, new: Ints, many: int) -> Room:
    """The places of known phrases, whose owners are `owner` by their former numbers, and of new ones: by intent, the known ones of an intent first."""
    both = np.concatenate((intents[owner], new)).astype(np.int32)
    order = np.argsort(both, kind="stable")
    place = np.empty(len(both), np.int64)
    place[order] = np.arange(len(both))
    return Room(place[: len(owner)], place[len(owner) :], intents, both[order], many)


def index(before: Index, extract: Extract, forms: tuple[str, ...], where: Room) -> Index:
    """The index with the new phrases in it."""
    if not forms:
        return before
    old = before.arrays()
    found = grams(extract, forms)
    at = np.minimum(np.searchsorted(old["keys"], found.key), len(old["keys"]) - 1)
    known = old["keys"][at] == found.key
    fresh, place = np.unique(found.key[~known], return_inverse=True)
    owners = np.unique(np.stack((place, where.owner[where.new][found.text[~known]])), axis=1)[0]
    worth = np.log(1.0 + where.many / np.maximum(np.bincount(owners, minlength=len(fresh)), 1)) ** extract.sharpness
    information = np.concatenate((old["information"], worth.astype(np.float32)))
    feature = at.copy()
    feature[~known] = len(old["keys"]) + place
    scale = np.array([view.weight for view in extract.views], np.float32)
    values = weighted(found, information[feature], scale, len(forms))
    keys = np.concatenate((old["keys"], fresh))
    rank = np.empty(len(keys), np.int64)
    rank[np.argsort(keys)] = np.arange(len(keys))
    features = rank[np.concatenate((np.repeat(np.arange(len(old["keys"])), np.diff(old["starts"])), feature))]
    phrases = np.concatenate((where.known[old["phrases"]], where.new[found.text])).astype(np.int32)
    order = np.lexsort((phrases, features))
    arrays: dict[str, NDArray[Any]] = {
        "keys": np.sort(keys),
        "information": information[np.argsort(keys)],
        "starts": np.searchsorted(features[order], np.arange(len(keys) + 1)),
        "phrases": phrases[order],
        "values": np.concatenate((old["values"], values))[order],
        "size": np.array([len(where.owner)]),
    }
    return Index(extract, where.many, arrays)


def weights(grown: Index, extract: Extract, learned: Floats, where: Room) -> Floats:
    """The dual weights (phrases x intents) with the new phrases in."""
    if not len(where.new):
        return learned
    alike = head.bent(_rows(grown, where.new))
    border, corner = alike[:, where.known], alike[:, where.new]
    known = np.zeros((len(where.known), where.many), np.float32)
    known[:, where.intents] = learned
    near = np.sort(np.argsort(-border.max(axis=0), kind="stable")[:NEAR])
    gram = _among(grown, extract, where.known[near]).gram()
    head.bend(gram)
    solved = head.solved(gram, border[:, near].T.copy())
    targets = np.zeros((len(where.new), where.many), np.float32)
    targets[np.arange(len(where.new)), where.owner[where.new]] = 1.0
    left = corner + head.RIDGE * np.eye(len(where.new)) - border[:, near] @ solved
    fresh = np.linalg.solve(left.astype(float), (targets - border @ known).astype(float)).astype(np.float32)
    known[near] -= solved @ fresh
    found = np.empty((len(where.owner), where.many), np.float32)
    found[where.known], found[where.new] = known, fresh
    return found


def _rows(grown: Index, phrases: Places) -> Floats:
    """How alike each of these phrases is to all."""
    arrays = grown.arrays()
    features = np.repeat(np.arange(len(arrays["keys"])), np.diff(arrays["starts"]))
    rows = []
    for phrase in phrases.tolist():
        at = np.flatnonzero(arrays["phrases"] == phrase)
        rows.append(grown.kernel(Read(features[at], arrays["values"][at], 1.0)))
    return np.stack(rows)


def _among(grown: Index, extract: Extract, phrases: Places) -> Index:
    """The index of these phrases alone, in this order."""
    arrays = grown.arrays()
    place = np.full(grown.size, -1)
    place[phrases] = np.arange(len(phrases))
    inside = place[arrays["phrases"]] >= 0
    features = np.repeat(np.arange(len(arrays["keys"])), np.diff(arrays["starts"]))[inside]
    own = {"phrases": place[arrays["phrases"]][inside].astype(np.int32), "values": arrays["values"][inside], "size": np.array([len(phrases)])}
    return Index(extract, 1, {**arrays, **own, "starts": np.searchsorted(features, np.arange(len(arrays["keys"]) + 1))})
