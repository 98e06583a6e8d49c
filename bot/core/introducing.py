"""Who people are, asked of the platform's address book: a name is for display and never an identity."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.core.facts import Facts
from bot.core.turn import Call


def introductions(people: Iterable[str], facts: Facts, now: datetime) -> tuple[Call, ...]:
    """Questions to the address book, which cost no quota, for those whom nobody here has a name of; once a month each."""
    known = {one.id for one in (facts.viewer, *facts.people) if one.name}
    return tuple(
        Call("contacts", "user", f"contacts.user:{one}:{now:%Y-%m}", {"user": one.partition(":")[2], "whom": one, "for": "name"})
        for one in dict.fromkeys(people)
        if one and one not in known
    )
