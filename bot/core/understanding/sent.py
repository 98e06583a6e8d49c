"""What a picture or a file without words means in its conversation."""

from __future__ import annotations

from datetime import datetime

from bot.core.model import Awaiting
from bot.core.turn import Message, MessageKind, Slot, Understanding, Verdict

FILE = "file"
SENT = frozenset({FILE, "evidence"})
"""Slots that a picture or a file fills; the first takes nothing else."""


def sent(heard: Message, waiting: Awaiting | None, now: datetime) -> Understanding:
    """A picture or a file answers a question for one (the awaited slot is one of SENT); anything else without words cannot be read."""
    wanted = waiting is not None and waiting.slot in SENT and heard.kind in (MessageKind.PICTURE, MessageKind.FILE)
    if waiting is None or not wanted or (waiting.until is not None and waiting.until < now):
        return Understanding(Verdict.REJECT, rule="unreadable")
    name, reference = heard.files[0] if heard.files else ("", "")
    given = (Slot(FILE, name or f"{heard.kind.value}-{heard.id[-6:]}"), Slot("reference", reference))
    return Understanding(Verdict.ANSWER, waiting.intent, 1.0, 1.0, slots=(*(Slot(key, value) for key, value in waiting.filled), *given), rule="awaited")
