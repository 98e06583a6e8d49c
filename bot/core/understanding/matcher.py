"""The matcher: fitted once on a catalogue, then asked about utterances; it never changes afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.turn import Candidate, Verdict
from bot.core.understanding import calibrate, grams, growing
from bot.core.understanding.evidence import MOST, Evidence, Phrases, evidence
from bot.core.understanding.features import Chinese, English, stem
from bot.core.understanding.guards import Guards
from bot.core.understanding.index import Arrays, Floats, Index, Ints
from bot.core.understanding.learning import learned, nothing
from bot.core.understanding.lexicon import Lexicon
from bot.core.understanding.meanings import Meanings
from bot.core.understanding.normal import normal
from bot.core.understanding.spelling import Vocabulary
from bot.core.understanding.text import Latin, Tongue, packed, readings, unpacked, word_lists

ASK_AT = 0.22
"""From where on three buttons are better than "I did not understand"."""
SAME = 0.995
"""How likely an intent is the right one when the very same phrase is its own and nobody else's."""
REMEMBERED = 64
MOST_REMEMBERED = 8_192


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a matcher says of an utterance."""

    candidates: tuple[Candidate, ...]
    in_scope: float
    verdict: Verdict
    rule: str


@lru_cache(maxsize=1)
def general() -> Meanings:
    """The meanings of Chinese alone, of no domain."""
    return Meanings({f"same{number}": row for number, row in enumerate(word_lists("zh").get("same", ()))}, readings())


class Matcher:
    """Ranks intents for an utterance. `in_scope` repeats the last `rank`'s value, for callers of the two-method interface."""

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        self._lexicon = lexicon or Lexicon()
        self.in_scope = 0.0
        self.learned_on = ""
        """The day the threshold was found, as callers told it."""

    def fit(
        self, catalogue: Sequence[Mapping[str, Any]], lang: str, *, fence: frozenset[str] = frozenset(), kept: Arrays | None = None, learn: bool = True
    ) -> None:
        """Takes a catalogue of {"id", "name", "examples"}; `fence` are the intents that mean "not ours". `kept` is what `arrays` gave of a matcher fitted
        on the same catalogue: then nothing is learned anew. Without `learn` the phrases are only indexed, for `alike`. Raises ValueError when `kept` is of
        something else."""
        rows = sorted(catalogue, key=lambda row: str(row["id"]))
        self._begin(rows, lang, fence)
        if kept is not None:
            self._restore(lang, kept)
        else:
            self._build(lang, rows, learn=learn)
        self._settle(rows)

    def _begin(self, rows: Sequence[Mapping[str, Any]], lang: str, fence: frozenset[str]) -> None:
        self._names = tuple(str(row["id"]) for row in rows)
        self._seen: dict[str, Ranking] = {}
        self._fence = fence
        self._guards = Guards.of(self._lexicon, lang)
        self._tongue: Tongue | Latin = Tongue(word_lists(lang)) if lang == "zh" else Latin()
        self._sounds: Mapping[str, str] = {}

    def _settle(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._signs = _signs(rows)
        self._own: dict[str, int] = {}
        for form, number in zip(self.forms, self._phrases.owner.tolist(), strict=True):
            self._own[form] = number if self._own.get(form, number) == number else -1

    def _build(self, lang: str, rows: Sequence[Mapping[str, Any]], *, learn: bool) -> None:
        self._sounds = readings() if lang == "zh" else {}
        pairs = [(form, number) for number, row in enumerate(rows) for form in sorted({self.normal(str(text)) for text in row["examples"]}) if form]
        forms = tuple(form for form, _ in pairs)
        self._extract = self._seeing(lang, forms)
        sounds = tuple(self._extract.sounded(form) for form in forms)
        self._phrases = self._ordered(forms, sounds, np.array([number for _, number in pairs], np.int32))
        self._index = Index.built(self._extract, forms, self._phrases.owner, len(self._names))
        self._head, self.answer_at, self.proof = learned(self._index, self._phrases, self._extract, len(self._names)) if learn else nothing()

    def grown(self, rows: Sequence[Mapping[str, Any]], more: Sequence[tuple[str, str]], lang: str, fence: frozenset[str]) -> Matcher | None:
        """A matcher of the catalogue `rows`, which has `more` (intent, phrase) above what this one was fitted on: only what these touch is learned anew, the
        threshold stays. None when that cannot be done."""
        rows = sorted(rows, key=lambda row: str(row["id"]))
        names = tuple(str(row["id"]) for row in rows)
        known = {(form, self._names[number]) for form, number in zip(self.forms, self._phrases.owner.tolist(), strict=True)}
        new = sorted({(names.index(name), form) for name, text in more if (form := self.normal(text)) and (form, name) not in known})
        fits = set(self._names) <= set(names) <= {*self._names, *(names[number] for number, _ in new)}
        if self._head is None or not fits or len(new) > growing.MOST_NEW:
            return None
        found = Matcher(self._lexicon)
        found._begin(rows, lang, fence)
        found._grow(self, lang, tuple(form for _, form in new), np.array([number for number, _ in new], np.int32))
        found._settle(rows)
        return found

    def _grow(self, before: Matcher, lang: str, new: tuple[str, ...], owners: Ints) -> None:
        self._sounds = before._sounds
        self._extract = before._extract if lang == "zh" else self._seeing(lang, (*before.forms, *new))
        where = growing.room(before._phrases.owner, np.array([self._names.index(name) for name in before._names]), owners, len(self._names))
        sounds = tuple(self._extract.sounded(form) for form in new)
        self._phrases = self._ordered(where.merged(before.forms, new), where.merged(before._phrases.sounds, sounds), where.owner)
        self._index = growing.index(before._index, self._extract, new, where)
        self._head = growing.weights(self._index, self._extract, before._head, where) if before._head is not None else None
        self.answer_at, self.proof, self.learned_on = before.answer_at, before.proof, before.learned_on

    def _restore(self, lang: str, kept: Arrays) -> None:
        forms, sounds, spoken = (unpacked(kept[name]) for name in ("forms", "sounds", "readings"))
        self._sounds = dict(zip(spoken[::2], spoken[1::2], strict=True))
        self._extract = self._seeing(lang, forms)
        self._phrases = self._ordered(forms, sounds, kept["owner"])
        self._index = Index(self._extract, len(self._names), kept)
        self._head = kept["head"] if len(kept["head"]) else None
        self.answer_at = float(kept["answer_at"][0])
        self.proof = kept["proof"]
        self.learned_on = "".join(unpacked(kept["learned_on"]))
        if not self._whole():
            raise ValueError("the kept arrays do not fit this catalogue")

    def _whole(self) -> bool:
        """Whether all parts fit each other: they may come from a file."""
        phrases, names = len(self.forms), len(self._names)
        same = phrases == len(self._phrases.sounds) == len(self._phrases.owner) == self._index.size
        owner = self._phrases.owner
        ordered = not phrases or (int(owner[0]) >= 0 and int(owner[-1]) == names - 1 and bool((np.diff(owner) >= 0).all()))
        proven = self.proof.ndim == 2 and self.proof.shape[1] == 2
        return same and ordered and proven and (self._head is None or self._head.shape == (phrases, names)) and self._index.sound()

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything that was learned, to be kept and given back to `fit`."""
        return {
            **self._index.arrays(),
            "forms": packed(self.forms),
            "sounds": packed(self._phrases.sounds),
            "readings": packed([part for pair in self._sounds.items() for part in pair]),
            "owner": self._phrases.owner,
            "head": self._head if self._head is not None else np.zeros((0, 0), np.float32),
            "answer_at": np.array([self.answer_at]),
            "proof": self.proof,
            "learned_on": packed([self.learned_on]),
        }

    def _ordered(self, forms: tuple[str, ...], sounds: tuple[str, ...], owner: Ints) -> Phrases:
        asides = tuple(number for number, name in enumerate(self._names) if name in self._lexicon.asides)
        return Phrases(forms, sounds, owner, np.searchsorted(owner, np.arange(len(self._names))).astype(np.int32), asides)

    def _seeing(self, lang: str, forms: Sequence[str]) -> Chinese | English:
        lists = word_lists(lang)
        fillers = frozenset(word for row in lists.get("filler", ()) for word in row)
        if lang == "zh":
            meanings = Meanings(self._classes(lists), self._sounds) if self._lexicon.concepts else general()
            return Chinese(self._sounds, meanings, fillers)
        same = {word: row[-1] for row in lists.get("spelling", ()) for word in row[:-1]}
        listed = [word for row in (*lists.get("same", ()), *lists.get("spelling", ())) for phrase in row for word in phrase.split()]
        words = [word for form in forms for part in form.split(",") for word in part.split()]
        classes = {name: [" ".join(map(stem, word.replace("-", " ").split())) for word in row] for name, row in self._classes(lists).items()}
        return English(fillers, Meanings(classes, {}), Vocabulary((*listed, *words), same, fillers))

    def _classes(self, lists: Mapping[str, tuple[tuple[str, ...], ...]]) -> dict[str, list[str]]:
        """The domain's meanings, then the language's."""
        classes = {name: [self.normal(word) for word in words] for name, words in self._lexicon.concepts.items()}
        classes.update({f"same{number}": list(row) for number, row in enumerate(lists.get("same", ()))})
        return {name: [word for word in words if word] for name, words in classes.items()}

    @property
    def forms(self) -> tuple[str, ...]:
        """The normal forms of all phrases, ordered by intent."""
        return self._phrases.forms

    def normal(self, query: str) -> str:
        """The normal form of a text."""
        return normal(query, self._tongue)

    def owner(self, query: str) -> str:
        """The intent that alone has this very phrase, empty when none has it or two do."""
        own = self._own.get(self.normal(query), -1)
        return self._names[own] if own >= 0 else ""

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

    def evidence(self, form: str) -> Evidence:
        """What speaks for each intent, of a normal form."""
        return evidence(self._index, self._phrases, self._head, self._extract, form)

    def _weighed(self, query: str) -> Ranking:
        form = self.normal(query)
        if not form and query.strip() in self._signs:
            return self._told_by_sign(self._signs[query.strip()])
        if not self.forms or not (form in self._own or any(sign.isalpha() for sign in form)):
            return Ranking((), 0.0, Verdict.REJECT, "nothing_readable")
        found = self.evidence(form)
        signals = np.array(found.signals)
        right, scope = float(calibrate.right(signals)), float(calibrate.in_scope(signals))
        own = self._own.get(form, -1)
        order = found.order
        if own >= 0:
            order, right, scope = (own, *(one for one in order if one != own)), SAME, 1.0
        candidates = self._candidates(order, found.scores, right)
        if candidates[0].intent in self._fence:
            sure = right * scope >= self.answer_at * 0.6 or own >= 0
            return Ranking(candidates, min(0.05, scope * 0.05), Verdict.REJECT, "fence" if sure else "unsure")
        if own >= 0:
            return Ranking(candidates, scope, Verdict.ANSWER, "same_words")
        return Ranking(candidates, scope, *self._verdict(right * scope, order[0], form))

    def _told_by_sign(self, intent: str) -> Ranking:
        """A phrase that is all signs has no evidence: it is the same or it is not."""
        candidates = (Candidate(intent, SAME),)
        return Ranking(candidates, 0.0, Verdict.REJECT, "fence") if intent in self._fence else Ranking(candidates, 1.0, Verdict.ANSWER, "same_words")

    def _verdict(self, sure: float, intent: int, form: str) -> tuple[Verdict, str]:
        """Sure enough to answer, close enough to ask back, or neither; a command that is only spoken of is asked about, never done, and so is what
        names something strange."""
        name, (start, end) = self._names[intent], self._phrases.span(intent)
        if sure >= self.answer_at and (self._guards.forbid(name, form) or self._guards.stranger(name, form, self.forms[start:end])):
            return Verdict.ASK, "guarded"
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

    def alike(self) -> tuple[Floats, Ints, tuple[str, ...]]:
        """How alike every two phrases are, the number of each phrase's intent, and the intents' names: for lints, not for turns."""
        half = self._index.gram()
        return np.maximum(half, half.T), self._phrases.owner, self._names

    def told(self, query: str) -> tuple[tuple[str, str], ...]:
        """The evidence in words-free pairs, strongest first: what stands in `why`."""
        form = self.normal(query)
        if not form or not self.forms:
            return ()
        found = self.evidence(form)
        rows = self._shared(form, found.phrase)
        signals = ("bias", "score", "margin", "nearest", "coverage")
        told = [("nearest phrase", self.forms[found.phrase])]
        told += [(f"{view} {feature}", f"+{weight:.3f}") for weight, view, feature in rows[:5]]
        told += [(name, f"{value:.2f}") for name, value in zip(signals[1:], found.signals[1:], strict=True)]
        return (*told, ("answer at", f"{self.answer_at:.2f}"))

    def _shared(self, form: str, phrase: int) -> list[tuple[float, str, str]]:
        (read,) = self._index.read([form])
        named = grams.names(self._extract, form)
        rows = [
            (float(weight) * self._index.weight_in(int(at), phrase), *named.get(int(self._index.keys[at]), ("?", "?")))
            for at, weight in zip(read.features, read.weights, strict=True)
        ]
        return sorted((row for row in rows if row[0] > 0), reverse=True)


def _signs(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The phrases of one intent alone that have no letter and no figure, such as a thumb or a question mark: their normal form is empty."""
    owners: dict[str, set[str]] = {}
    for row in rows:
        for text in map(str, row["examples"]):
            if not text[:1].isalnum() and text.strip() and not any(map(str.isalnum, text)):
                owners.setdefault(text.strip(), set()).add(str(row["id"]))
    return {text: min(names) for text, names in owners.items() if len(names) == 1}
