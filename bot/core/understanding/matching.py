"""What reading asks of a matcher: how an utterance weighs, its normal form, and the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.core.turn import Candidate, Verdict


class Weighed(Protocol):
    """What a matcher says of an utterance."""

    @property
    def candidates(self) -> tuple[Candidate, ...]: ...
    @property
    def in_scope(self) -> float: ...
    @property
    def verdict(self) -> Verdict: ...
    @property
    def rule(self) -> str: ...


class Matches(Protocol):
    """A fitted matcher of one language."""

    def weigh(self, query: str) -> Weighed: ...
    def normal(self, query: str) -> str: ...
    def told(self, query: str) -> tuple[tuple[str, str], ...]: ...


def rank(weighed: Weighed) -> tuple[int, float]:
    """By which of two readings in different languages the surer is told: what the very words say first, then the verdict, then the score."""
    order = {Verdict.REJECT: 0, Verdict.ASK: 1, Verdict.ANSWER: 2}
    known = order[Verdict.ANSWER] + (weighed.rule == "same_words") if weighed.rule in ("fence", "same_words") else order[weighed.verdict]
    return known, weighed.candidates[0].score if weighed.candidates else 0.0


def foremost(found: Sequence[tuple[Weighed, str]], language: str) -> tuple[Weighed, str]:
    """The surer of readings in different languages; where both mean the same and neither needs to ask, that of the letters' own language is told."""
    best = max(found, key=lambda pair: (rank(pair[0]), pair[1] == language))
    alike = [pair for pair in found if pair[1] == language and pair[0].verdict is Verdict.ANSWER and best[0].rule == pair[0].rule]
    return alike[0] if alike and alike[0][0].candidates[0].intent == best[0].candidates[0].intent else best
