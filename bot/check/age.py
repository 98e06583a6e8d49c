"""Answers whose review-by date has passed: advice, since the day alone does not make them wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from bot.core import freshness
from bot.words.loading import Words


def overdue(words: Words) -> Iterator[str]:
    """One line for each, with its owner."""
    today = datetime.fromtimestamp(time.time(), UTC).date()
    for name, owner, day in freshness.overdue(words.catalogue, today):
        yield f"note: {name}: was to be reviewed by {day}" + (f" by {owner}" if owner else "")
