"""Streams of units -> numbered features: runs of neighbouring units hashed to 64 bits, for one text or a hundred thousand at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bot.core.understanding.features import Extract, View

Keys = NDArray[np.uint64]
_MIX = np.uint64(0x9E3779B97F4A7C15)
_FOLD = np.uint64(29)


@dataclass(slots=True)
class _Gathered:
    """One stream of many texts: its clauses' units one after the other, and which text each clause is of."""

    units: list[Sequence[str]] = field(default_factory=list)
    weights: list[Sequence[float]] = field(default_factory=list)
    texts: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Grams:
    """Features with their counts, ordered by text and key: `text[i]` holds `key[i]` of view number `view[i]` `count[i]` times."""

    text: NDArray[np.int32]
    key: Keys
    view: NDArray[np.int8]
    count: NDArray[np.float32]


def grams(extract: Extract, forms: Sequence[str]) -> Grams:
    """All features of the texts."""
    streams = _gathered(extract, forms)
    found = [_runs(streams[view.stream], view, number) for number, view in enumerate(extract.views) if view.stream in streams]
    if not found:
        return Grams(np.zeros(0, np.int32), np.zeros(0, np.uint64), np.zeros(0, np.int8), np.zeros(0, np.float32))
    texts, keys, counts = (np.concatenate(part) for part in zip(*(one[:3] for one in found), strict=True))
    views = np.repeat(np.array([one[3] for one in found], np.int8), [len(one[0]) for one in found])
    order = np.lexsort((keys, texts)) if len(forms) > 1 else np.argsort(keys)
    texts, keys = texts[order], keys[order]
    fresh = np.ones(len(keys), bool)
    fresh[1:] = (keys[1:] != keys[:-1]) | (texts[1:] != texts[:-1])
    starts = np.flatnonzero(fresh)
    return Grams(texts[starts], keys[starts], views[order][starts], np.add.reduceat(counts[order], starts))


def names(extract: Extract, form: str) -> dict[int, tuple[str, str]]:
    """Key -> (view, feature) of one text's features: for traces only."""
    streams = _gathered(extract, [form])
    named: dict[int, tuple[str, str]] = {}
    for number, view in enumerate(extract.views):
        for units in streams[view.stream].units if view.stream in streams else ():
            single = _Gathered([units], [[1.0] * len(units)], [0])
            joiner = "" if isinstance(units, str) or view.name == "pair" else " "
            shown = (joiner.join(units[at : at + view.size]) for at in range(len(units) - view.size + 1))
            named.update((int(key), (view.name, text)) for key, text in zip(_runs(single, view, number)[1], shown, strict=True))
    return named


def _gathered(extract: Extract, forms: Sequence[str]) -> dict[str, _Gathered]:
    streams: dict[str, _Gathered] = {}
    for number, form in enumerate(forms):
        for name, units, weights in extract.streams(form):
            if units:
                one = streams.get(name)
                if one is None:
                    one = streams[name] = _Gathered()
                one.units.append(units)
                one.weights.append(weights)
                one.texts.append(number)
    return streams


def _runs(stream: _Gathered, view: View, number: int) -> tuple[NDArray[np.int32], Keys, NDArray[np.float32], int]:
    """(text, key, weight, view) of every run of neighbouring units in a clause; the run weighs what its weightiest unit does."""
    ids = _numbered(stream.units)
    weights = np.fromiter(chain.from_iterable(stream.weights), np.float32, len(ids))
    lengths = [len(units) for units in stream.units]
    texts = np.repeat(np.array(stream.texts, np.int32), lengths)
    many = len(ids) - view.size + 1
    if many < 1:
        return texts[:0], ids[:0], weights[:0], number
    keys = np.full(many, number + 1, np.uint64)
    weight = weights[:many]
    for shift in range(view.size):
        keys = (keys ^ ids[shift : shift + many]) * _MIX
        keys ^= keys >> _FOLD
        if shift:
            weight = np.maximum(weight, weights[shift : shift + many])
    texts = texts[:many]
    if view.size > 1 and len(lengths) > 1:
        clause = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        whole = clause[:many] == clause[view.size - 1 :]
        return texts[whole], keys[whole], weight[whole], number
    return texts, keys, weight, number


def _numbered(streams: Sequence[Sequence[str]]) -> Keys:
    """A number for each unit: the letter's code point in a string, else the word's checksum."""
    if isinstance(streams[0], str):
        return np.frombuffer("".join(map(str, streams)).encode("utf-32-le"), np.uint32).astype(np.uint64)
    return np.array([crc32(unit.encode()) for units in streams for unit in units], np.uint64)
