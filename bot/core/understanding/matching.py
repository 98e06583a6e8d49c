"""What reading asks of a matcher: how an utterance weighs, its normal form, and the evidence."""

from __future__ import annotations

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
