"""Ids, codes and audit lines drawn from a turn: the same turn draws the same."""

from __future__ import annotations

from datetime import datetime

from bot.core import codes
from bot.core.model import Entry, Person
from bot.core.turn import Put, Turn

_WIDE = 16


def ident(turn: Turn, letter: str, place: int = 0) -> str:
    """An id that no other turn draws; `place` tells several of one turn apart."""
    return f"{letter}{turn.seed[:16]}{place or ''}"


def code(turn: Turn, place: int = 0) -> str:
    """A code for people to type."""
    return codes.make(int(turn.seed[_WIDE:], 16) + 7919 * place)


def line(turn: Turn, viewer: Person, now: datetime, act: str, subject: str, reason: str = "", detail: str = "") -> Put:
    """A line of the audit trail about what the viewer did just now."""
    return Put(Entry(f"{turn.seed[:16]}:{act}:{subject}"[:120], now, viewer.id, act, subject, reason, detail))
