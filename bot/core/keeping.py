"""The numbers of keeping: how large what people send may be, and how long anything is kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keeping:
    """`evidence_mb` is the largest file that is taken, `evidence_days` how long one is kept; `text_days` is how long what was said and what the bot did of it
    is remembered, `record_days` how long a finished item is."""

    evidence_mb: int = 10
    evidence_days: int = 180
    text_days: int = 30
    record_days: int = 1095
