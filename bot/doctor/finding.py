"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass

FINE, BETTER, BROKEN = "\u2713", "!", "\u2717"


@dataclass(frozen=True, slots=True)
class Finding:
    """`mark`: fine, to be improved, broken; `what` was looked at, what is to be `said` of it, and what is `todo` about it (empty when it is fine)."""

    mark: str
    what: str
    said: str
    todo: str = ""
