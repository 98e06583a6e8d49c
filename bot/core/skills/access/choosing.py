"""Which items are meant by their places in the list, or by all: read back with a button. Nothing is decided by it, since a list may have changed meanwhile."""

from __future__ import annotations

import re
from datetime import datetime

from bot.core import codes
from bot.core.facts import Facts
from bot.core.model import Application, Request
from bot.core.skills.access import batching, pending
from bot.core.skills.access.telling import deciding
from bot.core.turn import Decision, Here, Reason, Say, Turn

_PLACES = re.compile(r"(?<![0-9A-Za-z])\d{1,2}(?![0-9A-Za-z%])")
_CODES = re.compile(r"[0-9A-Za-z-]{5,7}")
_LEADS = " \t:：,，。.、;；-"


def near(turn: Turn, facts: Facts, now: datetime) -> Decision | None:
    """A yes to places of the list or to all of it: one item is shown with its buttons, several are read back as a batch. None when no places were said."""
    items = _meant(turn, facts, now)
    if not items:
        return None
    low = [one for one in items if isinstance(one, Request) and pending.kind(one) and facts.policy.access.role(one.role).low][: batching.MOST]
    if len(low) >= pending.LEAST_BATCH:
        taken = {one.id for one in low}
        apart = [pending.told(one, facts, now) for one in items if one.id not in taken][: pending.MOST_LISTED]
        roles = {one.role for one in low}
        return batching.offered(low, roles.pop() if len(roles) == 1 and not apart else "", turn, facts, now, apart)
    data = {"item": pending.told(items[0], facts, now), "more": len(items) - 1}
    return Decision(Reason.ASKED_BACK, (Say(Here(), "access/pick", data, deciding(items[0].code)),), topic="act.my_pending")


def one(turn: Turn, facts: Facts, now: datetime) -> tuple[str, str]:
    """The code of the single item whose place was said, and the words behind it, which may be a reason; empty when it was not one."""
    found = list(_PLACES.finditer(turn.text))
    items = _meant(turn, facts, now) if len(found) == 1 else []
    return (items[0].code, turn.text[found[0].end() :].strip(_LEADS)) if items else ("", "")


def _meant(turn: Turn, facts: Facts, now: datetime) -> list[Request | Application]:
    """The items of those codes or places, in their order; all of them for a word like all. A code or a place that there is not means none."""
    several = list(dict.fromkeys(code for word in _CODES.findall(turn.text) if (code := codes.normal(word))))
    if len(several) > 1:
        named = {one.code: one for one in pending.mine(facts, now)}
        return [named[code] for code in several] if named.keys() >= set(several) else []
    if turn.understanding.rule in ("mistyped", "awaited") or any(turn.understanding.slot(name) for name in ("code", "mistyped", "request", "person")):
        return []
    items = pending.mine(facts, now)
    places = list(dict.fromkeys(int(place) for place in _PLACES.findall(turn.text)))
    if places:
        return [items[place - 1] for place in places] if all(1 <= place <= len(items) for place in places) else []
    words = facts.catalogue.labels.get(turn.language, {}).get("all_of_them_words", "").split()
    return items if any(word in turn.text.casefold() for word in words) else []
