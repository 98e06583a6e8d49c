"""Which answers are overdue for a look: their files say until when they were checked."""

from __future__ import annotations

from datetime import date

from bot.core.model import Catalogue


def overdue(catalogue: Catalogue, today: date) -> list[tuple[str, str, str]]:
    """(intent, owner, date) of every answer whose review-by date has passed, the oldest first. A date that cannot be read is overdue too."""
    found = [(intent.review_by, name, intent.owner) for name, intent in catalogue.intents.items() if intent.review_by and _past(intent.review_by, today)]
    return [(name, owner, day) for day, name, owner in sorted(found)]


def _past(told: str, today: date) -> bool:
    try:
        return date.fromisoformat(told) < today
    except ValueError:
        return True
