"""What speaks for each intent: the learned head, the nearest phrase, and likeness by ear, over the whole message and its clauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz

from bot.core.understanding.features import Extract
from bot.core.understanding.head import bent
from bot.core.understanding.index import Floats, Index, Ints
from bot.core.understanding.normal import clauses

MOST = 10
SHORTLIST = 12
NEAREST, SOUND = 0.4, 0.1
CLAUSE = 0.3
"""What the best clause adds to the whole message, and from how many characters on clauses are read."""
LONG = 8
MOST_CLAUSES = 4


@dataclass(frozen=True, slots=True)
class Evidence:
    """The raw signals of one utterance: scores by intent, the best of them in order, what speaks for the first, and its nearest phrase."""

    scores: Floats
    order: tuple[int, ...]
    signals: tuple[float, ...]
    phrase: int


@dataclass(frozen=True, slots=True)
class Phrases:
    """All phrases, ordered by intent: their normal forms, how they sound, whose they are, and where each intent's begin; `asides` are the intents that
    people say beside what they want."""

    forms: tuple[str, ...]
    sounds: tuple[str, ...]
    owner: Ints
    starts: Ints
    asides: tuple[int, ...] = ()

    def span(self, intent: int) -> tuple[int, int]:
        """The intent's phrases, from and to."""
        end = self.starts[intent + 1] if intent + 1 < len(self.starts) else len(self.forms)
        return int(self.starts[intent]), int(end)


def readings(form: str) -> list[str]:
    """The message itself and, when it is long, its last clauses."""
    if len(form) < LONG or "," not in form:
        return [form]
    return [form, *[part for part in clauses(form) if len(part) > 1][-MOST_CLAUSES:]]


def evidence(index: Index, phrases: Phrases, head: Floats | None, extract: Extract, form: str) -> Evidence:
    """What speaks for each intent. A clause speaks for what is in it; for an aside only what is in every clause does: who says bye, then asks, asks."""
    reads = index.read(readings(form))
    rows = [index.kernel(read) for read in reads]
    scores = [scored(row, phrases, head) for row in rows]
    total = scores[0]
    if len(scores) > 1:
        clause = np.maximum.reduce(scores[1:])
        asides = list(phrases.asides)
        clause[asides] = np.minimum.reduce(scores[1:])[asides]
        total = total + CLAUSE * clause
    best = max(range(len(rows)), key=lambda place: float(scores[place].max()))
    return weighed(phrases, extract, form, rows[best], total, reads[best].coverage)


def scored(row: Floats, phrases: Phrases, head: Floats | None) -> Floats:
    """Scores by intent from the likeness to every phrase, of one query or a row a query. Without a head the nearest phrase decides alone."""
    nearest = np.maximum.reduceat(row, phrases.starts, axis=-1)
    return np.asarray(bent(row) @ head + np.float32(NEAREST) * nearest if head is not None else nearest * np.float32(1 + NEAREST), np.float32)


def weighed(phrases: Phrases, extract: Extract, form: str, row: Floats, scores: Floats, coverage: float) -> Evidence:
    """Adds likeness by ear over a short list."""
    many = min(SHORTLIST, len(scores))
    short = np.argpartition(-scores, many - 1)[:many]
    sound = extract.sounded(form)
    for intent in short.tolist():
        scores[intent] += SOUND * fuzz.ratio(sound, phrases.sounds[_nearest(phrases, row, intent)]) / 100
    order = tuple(short[np.lexsort((short, -scores[short]))][: MOST + 1].tolist())
    phrase = _nearest(phrases, row, order[0])
    return Evidence(scores, order, _signals(phrases, row, scores, order, coverage), phrase)


def _nearest(phrases: Phrases, row: Floats, intent: int) -> int:
    start, end = phrases.span(intent)
    return start + int(row[start:end].argmax())


def _signals(phrases: Phrases, row: Floats, scores: Floats, order: Sequence[int], coverage: float) -> tuple[float, ...]:
    first = float(scores[order[0]])
    margin = first - float(scores[order[1]]) if len(order) > 1 else 1.0
    start, end = phrases.span(order[0])
    return 1.0, first, margin, float(row[start:end].max()), coverage
