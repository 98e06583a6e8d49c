"""Asks the first admin, one value at a time, for what the answers need to know of the organisation."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core import drawing
from bot.core.calendar import coverage, local
from bot.core.facts import Facts
from bot.core.model import Awaiting, OrgValue
from bot.core.turn import Decision, Due, Effect, Here, Private, Put, Reason, Say, Turn

FIELDS = ("review_time", "invite_link_life", "contact", "approvers", "software_name", "software_version")
LONGEST = 60
PATIENCE = timedelta(days=3)


def begin(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Starts, or starts again, with the first value that nobody has set; with all set, with the first."""
    missing = _missing(facts)
    if not missing and isinstance(turn.stimulus, Due):
        return Decision(Reason.IGNORED)
    place = Private(facts.viewer.id) if isinstance(turn.stimulus, Due) else Here()
    return _ask(place, missing[0] if missing else FIELDS[0], now, first=isinstance(turn.stimulus, Due) and not facts.org_values)


def value(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Takes the admin's answer: keeps it, or passes over it, and asks for the next."""
    field, text = turn.understanding.slot("field"), " ".join(turn.understanding.slot("value").split())
    if field not in FIELDS:
        return begin(turn, facts, now)
    skipped = text.casefold() in {word.casefold() for words in facts.catalogue.labels.values() for key, word in words.items() if key == "skip"}
    if not skipped and (not text or len(text) > LONGEST):
        again = _ask(Here(), field, now)
        return Decision(Reason.INVALID_VALUE, (Say(Here(), "setup/invalid", {"field": field}),), awaiting=again.awaiting)
    kept: tuple[Effect, ...] = ()
    if not skipped:
        old = next((one for one in facts.org_values if one.name == field), OrgValue(field, ""))
        line = drawing.line(turn, facts.viewer, now, "setup", f"value:{field}", "", text)
        kept = (Put(OrgValue(field, text, facts.viewer.id, old.version)), line)
    later = [name for name in FIELDS[FIELDS.index(field) + 1 :] if name in _missing(facts)]
    if not later:
        return Decision(Reason.SAVED, (*kept, Say(Here(), "setup/done")))
    following = _ask(Here(), later[0], now)
    return Decision(Reason.SAVED, (*kept, *following.effects), awaiting=following.awaiting)


def uncovered(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """The calendar of working days ends soon: whoever can load the next plan hears of it in time."""
    calendar = facts.policy.calendar
    cover = coverage(calendar, local(calendar, now).date())
    data = {"until": str(cover.until or ""), "days_left": cover.days_left or 0}
    return Decision(Reason.ANSWERED, (Say(Private(facts.viewer.id), "setup/calendar", data),)) if cover.alarm else Decision(Reason.IGNORED)


def _ask(to: Here | Private, field: str, now: datetime, *, first: bool = False) -> Decision:
    """With `first` it is the first word to a new administrator."""
    waiting = Awaiting("setup.value", "value", (("field", field),), now + PATIENCE)
    data = {"field": field, "number": FIELDS.index(field) + 1, "of": len(FIELDS), "first": first}
    return Decision(Reason.ASKED_VALUE, (Say(to, "setup/ask", data),), awaiting=waiting)


def _missing(facts: Facts) -> list[str]:
    organisation = facts.policy.organisation
    return [name for name in FIELDS if not getattr(organisation, name) and not (name == "contact" and organisation.admins)]
