"""How well the words are told apart: each utterance is asked of a matcher that was fitted without it, fold by fold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.core.turn import Verdict
from bot.core.understanding import Matcher, Ranking
from bot.words.loading import bundled, catalogue_of, headings, lexicon, matcher_of

FOLDS = 5
WORST = 20
SAMPLES = 2
STEPS = tuple(round(0.4 + 0.05 * step, 2) for step in range(12))
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One left-out utterance: the intent it belongs to and what came back."""

    intent: str
    line: str
    found: Ranking

    @property
    def first(self) -> str:
        """The intent ranked first."""
        return self.found.candidates[0].intent if self.found.candidates else ""

    @property
    def answered(self) -> bool:
        """Whether it would have been answered at once, rightly or wrongly."""
        return self.found.verdict is Verdict.ANSWER

    def among(self, many: int) -> bool:
        """Whether its own intent is among the first."""
        return self.intent in {one.intent for one in self.found.candidates[:many]}


def told(overlays: list[Path], language: str, folds: int = FOLDS) -> Iterator[str]:
    """The report, line by line: totals, then the intents that are taken for others. Raises WordsError."""
    roots = [bundled(), *overlays]
    found, known = headings(roots), lexicon(roots, language)
    rows = catalogue_of(found, language)
    asked = [one for fold in range(folds) for one in _fold(rows, fold, folds, lambda kept: matcher_of(kept, found, language, known))]
    yield from _totals(asked, language)
    yield from _table(asked)


def thresholds(overlays: list[Path], language: str) -> Iterator[str]:
    """From where on a question is answered at once, when that was found, and what other values would give on the phrases that were held back. It is found
    whenever words are learned that were not before, and kept with their index. Raises WordsError."""
    roots = [bundled(), *overlays]
    found = headings(roots)
    matcher = matcher_of(catalogue_of(found, language), found, language, lexicon(roots, language))
    sure, right = matcher.proof[:, 0], matcher.proof[:, 1] > 0
    yield f"{language}: answers at once from {matcher.answer_at:.2f} on, found {matcher.learned_on} on {len(sure)} of {len(matcher.forms)} phrases, held back"
    for value in STEPS if len(sure) else ():
        at_once = sure >= value
        mark = "  <-" if abs(value - matcher.answer_at) < 0.001 else ""
        yield f"  {value:.2f}  answered at once {at_once.mean():6.1%}  and wrongly {(at_once & ~right).mean():6.1%}{mark}"


def _fold(rows: Sequence[Row], fold: int, folds: int, fitted: Callable[[Sequence[Row]], Matcher]) -> Iterator[Asked]:
    kept = [{**row, "examples": [line for at, line in enumerate(row["examples"]) if at % folds != fold] or row["examples"]} for row in rows]
    matcher = fitted(kept)
    for row in rows:
        if len(row["examples"]) > 1:
            for line in row["examples"][fold::folds]:
                yield Asked(row["id"], line, matcher.weigh(line))


def _totals(asked: Sequence[Asked], language: str) -> Iterator[str]:
    many = max(1, len(asked))
    first, three = sum(one.among(1) for one in asked), sum(one.among(3) for one in asked)
    wrong = sum(one.answered and not one.among(1) for one in asked)
    yield f"{language}: {len(asked)} utterances, each asked of a matcher that never saw it"
    yield f"  right intent first        {first / many:6.1%}"
    yield f"  right intent in the three {three / many:6.1%}"
    yield f"  answered, and wrongly     {wrong / many:6.1%}"


def _table(asked: Sequence[Asked]) -> Iterator[str]:
    """The pairs that are confused most often, with samples."""
    totals = Counter(one.intent for one in asked)
    pairs = Counter((one.intent, one.first) for one in asked if one.first and one.first != one.intent)
    yield f"  most confused, of {sum(pairs.values())} that went elsewhere:"
    for (intent, other), count in sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))[:WORST]:
        samples = [one.line for one in asked if (one.intent, one.first) == (intent, other)][:SAMPLES]
        yield f"  {count:3} of {totals[intent]:3}  {intent:<32} -> {other:<32} {' / '.join(samples)}"
