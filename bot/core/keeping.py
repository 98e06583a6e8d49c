"""The numbers of keeping: how large what people send may be, how long anything is kept, and which items are over at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from bot.core.model import (
    Announcement,
    Application,
    Away,
    Batch,
    Broadcast,
    Confirmation,
    Door,
    Evidence,
    Grant,
    Invite,
    Item,
    Lesson,
    Member,
    Request,
    Review,
    Sending,
    Session,
    Shown,
    Ticket,
    kind_of,
)


@dataclass(frozen=True, slots=True)
class Keeping:
    """`evidence_mb` is the largest file that is taken, `evidence_days` how long one is kept; `text_days` is how long what was said and what the bot did of it
    is remembered, `card_days` how long the buttons of a card mean something, `record_days` how long a finished item is kept."""

    evidence_mb: int = 10
    evidence_days: int = 180
    text_days: int = 30
    card_days: int = 90
    record_days: int = 1095


class Span(Enum):
    """By which of the numbers an item goes."""

    CARD = "card_days"
    RECORD = "record_days"


OVER: Mapping[type[Item], tuple[Span, tuple[str, ...]]] = {
    Shown: (Span.CARD, ("",)),
    Batch: (Span.CARD, ("open", "done")),
    Door: (Span.CARD, ("open", "used", "void")),
    Session: (Span.CARD, ("open", "ended")),
    Evidence: (Span.CARD, ("refused", "gone")),
    Confirmation: (Span.RECORD, ("done", "cancelled", "late")),
    Invite: (Span.RECORD, ("used", "expired", "reported", "withdrawn", "declined")),
    Application: (Span.RECORD, ("withdrawn", "approved")),
    Member: (Span.RECORD, ("left",)),
    Away: (Span.RECORD, ("set",)),
    Request: (Span.RECORD, ("rejected", "withdrawn", "expired")),
    Grant: (Span.RECORD, ("ended",)),
    Review: (Span.RECORD, ("done",)),
    Sending: (Span.RECORD, ("ended",)),
    Ticket: (Span.RECORD, ("closed",)),
    Announcement: (Span.RECORD, ("over", "cancelled")),
    Broadcast: (Span.RECORD, ("done", "cancelled")),
    Lesson: (Span.RECORD, ("withdrawn", "dropped")),
}
"""Items that are over: by which number they go and in which states. An item that is due again never goes. An absence counts from its
end. What is not here has no end of its own (what is remembered of those who decide) or is kept while something else needs it (a request behind a grant)."""


WISH = "wish"
"""The word for questions that nobody could answer, which are no items: they go by their age."""


def over(keeping: Keeping, now: datetime) -> Iterator[tuple[str, str, datetime]]:
    """(kind, state, before): what may be deleted of it, when nobody has touched it since."""
    for kind, (span, states) in OVER.items():
        before = now - timedelta(days=getattr(keeping, span.value))
        for state in states:
            yield kind_of(kind), state, before
    yield WISH, "", now - timedelta(days=keeping.record_days)
