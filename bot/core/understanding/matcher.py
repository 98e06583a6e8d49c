"""The matcher: fitted once on a catalogue, then asked about utterances; it never changes afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from rapidfuzz import fuzz

from bot.core.turn import Candidate, Verdict
from bot.core.understanding import calibrate, head
from bot.core.understanding.features import Chinese, Concepts, English
from bot.core.understanding.index import Floats, Index, Ints
from bot.core.understanding.lexicon import Lexicon
from bot.core.understanding.normal import clauses, normal
from bot.core.understanding.text import Latin, Tongue, word_lists

MOST = 10
SHORTLIST = 40
RIDGE = 0.5
NEAREST, LETTERS, SOUND = 0.5, 0.3, 0.2
CLAUSE = 0.93
"""What a clause's evidence is worth beside the whole message's."""
WRONG = 0.12
"""The share of wrong answers that the threshold accepts, on held-out phrases and on phrases whose intent was taken away."""
ASK_AT = 0.22
MOST_CAREFUL = 0.6
"""Phrases without their own intent are harder than what strangers really ask, so the threshold they give is bounded."""
REMEMBERED = 64
MOST_REMEMBERED = 8_192


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a matcher says of an utterance."""

    candidates: tuple[Candidate, ...]
    in_scope: float
    verdict: Verdict
    rule: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """The raw signals of one utterance: scores by intent, and of the best one the margin, nearest phrase and covered information."""

    scores: Floats
    order: tuple[int, ...]
    signals: tuple[float, float, float, float, float]
    phrase: int


class Matcher:
    """Ranks intents for an utterance. `in_scope` repeats the last `rank`'s value, for callers of the two-method interface."""

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        self._lexicon = lexicon or Lexicon()
        self.in_scope = 0.0

    def fit(self, catalogue: Sequence[Mapping[str, Any]], lang: str, *, fence: frozenset[str] = frozenset()) -> None:
        """Takes a catalogue of {"id", "name", "examples"}; `fence` are the intents that mean "not ours"."""
        rows = sorted(catalogue, key=lambda row: str(row["id"]))
        self._names = tuple(str(row["id"]) for row in rows)
        self._seen: dict[str, Ranking] = {}
        self._fence = fence
        lists = word_lists(lang)
        fillers = frozenset(word for row in lists.get("filler", ()) for word in row)
        self._tongue: Tongue | Latin = Latin()
        self._extract: Chinese | English
        if lang == "zh":
            self._tongue = tongue = Tongue(lists)
            self._extract = Chinese(tongue, self._concepts(lists))
        else:
            self._extract = English(fillers, self._concepts(lists))
        pairs = [(form, number) for number, row in enumerate(rows) for form in sorted({self.normal(str(text)) for text in row["examples"]}) if form]
        self.forms = tuple(form for form, _ in pairs)
        self._owner: Ints = np.array([number for _, number in pairs], np.int32)
        self._starts = np.searchsorted(self._owner, np.arange(len(self._names)))
        self._own: dict[str, int] = {}
        for form, number in pairs:
            self._own[form] = number if self._own.get(form, number) == number else -1
        self._sounds = tuple(self._extract.sounded(form) for form in self.forms)
        self._learn()

    def _concepts(self, lists: Mapping[str, tuple[tuple[str, ...], ...]]) -> Concepts:
        classes: dict[str, list[str]] = {name: [self.normal(word) for word in words] for name, words in self._lexicon.concepts.items()}
        for number, row in enumerate(lists.get("same", ())):
            classes.setdefault(f"same{number}", []).extend(row)
        return Concepts.of({name: [word for word in words if word] for name, words in classes.items()})

    def _learn(self) -> None:
        self._index = Index(self._extract, self.forms, self._owner, len(self._names))
        self._head: Floats | None = None
        self._right, self._scope = calibrate.RIGHT_PRIOR, calibrate.SCOPE_PRIOR
        self.answer_at = 0.5
        if not 1 < len(self.forms) <= head.MOST_PHRASES or len(self._names) < 2:
            return
        gram = self._index.gram()
        self._calibrate(gram)
        self._head = head.learn(gram, self._owner, len(self._names), RIDGE)

    def _calibrate(self, gram: Floats) -> None:
        """Learns on four fifths of each intent's phrases and looks at the rest; then looks again with their own intents taken away."""
        position = np.arange(len(self._owner)) - self._starts[self._owner]
        counts = np.bincount(self._owner, minlength=len(self._names))
        held = np.flatnonzero((position % 5 == 2) & (counts[self._owner] >= 3))
        if len(held) < 20:
            return
        kept: Ints = np.setdiff1d(np.arange(len(self._owner)), held).astype(np.int32)
        weights = head.learn(gram[np.ix_(kept, kept)], self._owner[kept], len(self._names), RIDGE)
        seen, hits, strange = [], [], []
        knows = self._index.features_of(kept)
        for phrase in held[:: max(1, len(held) // 900)]:
            row = gram[phrase].copy()
            row[held] = 0.0
            _, coverage = self._index.query(self.forms[phrase], knows)
            learned = row[kept] @ weights
            found = self._weigh(self.forms[phrase], row, learned, coverage, -1)
            seen.append(found.signals)
            hits.append(found.order[0] == self._owner[phrase])
            strange.append(self._weigh(self.forms[phrase], row, learned, coverage, int(self._owner[phrase])).signals)
        self._settle(np.array(seen), np.array(hits, float), np.array(strange))

    def _settle(self, seen: calibrate.Rows, hits: calibrate.Rows, strange: calibrate.Rows) -> None:
        self._right = calibrate.logistic(seen, hits, calibrate.RIGHT_PRIOR)
        both = np.vstack((seen, strange))
        ours = np.concatenate((np.ones(len(seen)), np.zeros(len(strange))))
        self._scope = calibrate.logistic(both, ours, calibrate.SCOPE_PRIOR)
        scores = calibrate.sigmoid(both @ self._right) * np.sqrt(calibrate.sigmoid(both @ self._scope))
        mass = np.concatenate((np.ones(len(seen)), np.full(len(strange), 0.25)))
        self.answer_at = min(MOST_CAREFUL, max(0.3, calibrate.threshold(scores, np.concatenate((hits, np.zeros(len(strange)))), WRONG, mass)))

    def normal(self, query: str) -> str:
        """The normal form of a text."""
        return normal(query, self._tongue)

    def rank(self, query: str) -> list[tuple[str, float]]:
        """At most ten (intent, score), best first; the first score is the probability that it is right."""
        found = self.weigh(query)
        self.in_scope = found.in_scope
        return [(one.intent, one.score) for one in found.candidates]

    def weigh(self, query: str) -> Ranking:
        """The ranking with its verdict. Short utterances are remembered: people ask the same things in the same words."""
        known = self._seen.get(query)
        if known is None:
            known = self._weighed(query)
            if len(query) <= REMEMBERED:
                if len(self._seen) >= MOST_REMEMBERED:
                    self._seen.clear()
                self._seen[query] = known
        return known

    def _weighed(self, query: str) -> Ranking:
        form = self.normal(query)
        if not form or not self._names:
            return Ranking((), 0.0, Verdict.REJECT, "nothing_readable")
        evidence = self.evidence(form)
        signals = np.array(evidence.signals)
        right, scope = float(calibrate.sigmoid(signals @ self._right)), float(calibrate.sigmoid(signals @ self._scope))
        own = self._own.get(form, -1)
        order = evidence.order
        if own >= 0:
            order, right, scope = (own, *(one for one in order if one != own)), 0.995, 1.0
        candidates = self._candidates(order, evidence.scores, right)
        if candidates[0].intent in self._fence:
            sure = right * scope >= self.answer_at * 0.6 or own >= 0
            return Ranking(candidates, min(0.05, scope * 0.05), Verdict.REJECT, "fence" if sure else "unsure")
        return Ranking(candidates, scope, *self._verdict(right, scope, own >= 0))

    def _verdict(self, right: float, scope: float, own: bool) -> tuple[Verdict, str]:
        if own:
            return Verdict.ANSWER, "same_words"
        sure = right * scope**0.5
        if sure >= self.answer_at:
            return Verdict.ANSWER, "sure_enough"
        return (Verdict.ASK, "close") if sure >= ASK_AT else (Verdict.REJECT, "unsure")

    def _candidates(self, order: Sequence[int], scores: Floats, right: float) -> tuple[Candidate, ...]:
        """Scores of the others share what the first leaves, by their evidence."""
        others = order[1:MOST]
        mass = np.exp(4.0 * (scores[list(others)] - scores[order[0]])) if others else np.zeros(0)
        share = mass / max(float(mass.sum()), 1e-9) * (1.0 - right)
        return (
            Candidate(self._names[order[0]], right),
            *(Candidate(self._names[one], min(right, float(part))) for one, part in zip(others, share, strict=True)),
        )

    def evidence(self, form: str) -> Evidence:
        """The strongest reading of the message: the whole, or one of its last clauses at a discount."""
        best = self._read(form)
        parts = clauses(form)
        if len(parts) > 1 and len(form) >= 10:
            for part in parts[-3:]:
                if len(part) >= 4:
                    other = self._read(part)
                    if other.signals[1] * CLAUSE > best.signals[1] or (other.signals[3] * CLAUSE > best.signals[3] + 0.1):
                        best = other
        return best

    def _read(self, form: str) -> Evidence:
        weights, coverage = self._index.query(form)
        row = self._index.kernel(weights)
        learned = row @ self._head if self._head is not None else np.zeros(len(self._names), np.float32)
        return self._weigh(form, row, learned, coverage, -1)

    def _weigh(self, form: str, row: Floats, learned: Floats, coverage: float, without: int) -> Evidence:
        """Fuses the learned head, the nearest phrase, and likeness by letters and by sound over a short list."""
        nearest = np.maximum.reduceat(row, self._starts) if len(row) else np.zeros(len(self._names), np.float32)
        scores = learned + np.float32(NEAREST) * nearest
        if without >= 0:
            scores[without] = -9.0
        many = min(SHORTLIST, len(scores))
        short = np.argpartition(-scores, many - 1)[:many]
        sound = self._extract.sounded(form)
        for intent in short.tolist():
            start, end = self._span(intent)
            phrase = start + int(np.argmax(row[start:end]))
            scores[intent] += LETTERS * fuzz.ratio(form, self.forms[phrase]) / 100 + SOUND * fuzz.ratio(sound, self._sounds[phrase]) / 100
        order = tuple(short[np.lexsort((short, -scores[short]))][: MOST + 1].tolist())
        start, end = self._span(order[0])
        phrase = start + int(np.argmax(row[start:end]))
        margin = float(scores[order[0]] - scores[order[1]]) if len(order) > 1 else 1.0
        return Evidence(scores, order, (1.0, float(scores[order[0]]), margin, float(row[phrase]), coverage), phrase)

    def _span(self, intent: int) -> tuple[int, int]:
        end = self._starts[intent + 1] if intent + 1 < len(self._starts) else len(self.forms)
        return int(self._starts[intent]), int(end)

    def alike(self) -> tuple[Floats, Ints, tuple[str, ...]]:
        """How alike every two phrases are, the number of each phrase's intent, and the intents' names: for lints, not for turns."""
        return self._index.gram(), self._owner, self._names

    def told(self, query: str) -> tuple[tuple[str, str], ...]:
        """The evidence in words-free pairs, strongest first: what stands in `why`."""
        form = self.normal(query)
        if not form or not self._names:
            return ()
        evidence = self.evidence(form)
        rows = self._shared(form, evidence.phrase)
        names = ("bias", "score", "margin", "nearest", "coverage")
        told = [("nearest phrase", self.forms[evidence.phrase])]
        told += [(f"{view} {feature}", f"+{weight:.3f}") for weight, view, feature in rows[:5]]
        told += [(name, f"{value:.2f}") for name, value in zip(names[1:], evidence.signals[1:], strict=True)]
        return (*told, ("answer at", f"{self.answer_at:.2f}"))

    def _shared(self, form: str, phrase: int) -> list[tuple[float, str, str]]:
        weights, _ = self._index.query(form)
        rows = [(weight * self._index.weight_in(at, phrase), *self._index.named(at)) for at, weight in weights]
        return sorted((row for row in rows if row[0] > 0), reverse=True)
