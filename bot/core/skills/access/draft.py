"""What somebody wants, as far as they have said it: read from the slots of a message, a button or an awaited answer."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.access import LEVELS, Access, Role, least, named
from bot.core.facts import Facts
from bot.core.model import Grant
from bot.core.skills.access import gathering
from bot.core.skills.access.telling import end_of
from bot.core.turn import Turn
from bot.core.understanding.times.values import Ahead, Length, Period, Point, Unit, parsed

OPEN_END = "open"
"""The value of an end that is deliberately not set."""
LONGEST_REASON = 200
SHORTEST_REASON = 2
_ENDS = ("duration.read", "when.read", "duration", "when")
_DAYS = {Unit.DAY: 1, Unit.WORKDAY: 1, Unit.WEEK: 7, Unit.MONTH: 30, Unit.YEAR: 365}
_BARE = re.compile(r"\s*(\d{1,4})\s*\D{0,3}\s*")


@dataclass(frozen=True, slots=True)
class Draft:
    """A wish being put together; every field is text as it travels in buttons. `level` and `module` are what was said, `task` the words that described
    the work, `proof` the id of a file that was sent as
    evidence, `renew` the grant that is to be prolonged, `kept` that a lesser role was offered and declined, `odd` the field whose answer made no sense."""

    role: str = ""
    system: str = ""
    module: str = ""
    level: str = ""
    until: str = ""
    reason: str = ""
    evidence: str = ""
    proof: str = ""
    person: str = ""
    task: str = ""
    renew: str = ""
    kept: str = ""
    confirmed: str = ""
    odd: str = ""

    def slots(self, **more: str) -> tuple[tuple[str, str], ...]:
        """The draft as the slots of a button, with further values; what asks for a confirmation or tells of a slip does not travel."""
        full = replace(self, **{"confirmed": "", "odd": "", **more})
        return tuple((item.name, getattr(full, item.name)) for item in fields(full) if getattr(full, item.name))

    def end(self) -> datetime | None:
        """The end that was chosen."""
        return datetime.fromisoformat(self.until) if self.until and self.until != OPEN_END else None


def read(turn: Turn, facts: Facts, now: datetime) -> Draft:
    """The draft in a turn. What a free message says beside its slots - the name of a role, the work to be done - is looked for in its text."""
    known = {item.name for item in fields(Draft)} - {"odd"}
    said = {slot.name: slot.value for slot in reversed(turn.understanding.slots) if slot.name in known}
    draft = Draft(**{**_before(turn, facts, now), **said})
    free = turn.understanding.rule not in {"button", "choice"} and turn.understanding.intent not in gathering.BY_CODE
    draft = replace(draft, person=draft.person or gathering.spoken(turn, facts))
    awaited = turn.understanding.rule == "awaited"
    draft = _roled(draft, facts.policy.access, "" if awaited or not free else turn.text)
    draft = _systemed(draft, facts.policy.access)
    draft = _timed(draft, turn, facts, now)
    return _reasoned(draft, awaited) if free else draft


def _before(turn: Turn, facts: Facts, now: datetime) -> dict[str, str]:
    """What the request that a code names says already: asked again, prolonged by as long again, or for looking only."""
    request = gathering.again(turn, facts)
    if request is None:
        return {}
    told = {"system": request.system, "person": request.whose if request.whose != facts.viewer.id else ""}
    if turn.understanding.intent == "access.less":
        return {**told, "level": LEVELS[0], "module": request.module}
    grant = next((one for one in facts.all(Grant) if one.id == request.grant or one.request == request.id), None)
    if turn.understanding.intent != "access.renew" or grant is None:
        return {**told, "role": request.role, "until": request.until.isoformat() if request.until is not None and request.until > now else ""}
    if grant.until is None:
        return {**told, "role": request.role, "renew": grant.id}
    longer = (grant.until + (grant.until - grant.since)).isoformat()
    return {**told, "role": request.role, "renew": grant.id, "until": longer, "reason": request.reason, "confirmed": "1" if request.reason else ""}


def _roled(draft: Draft, access: Access, text: str) -> Draft:
    """A role by its id or by what people call it; a text that names none may describe the work."""
    if draft.role in access.roles:
        return draft
    found = named(access, draft.role) if draft.role else named(access, text) if text else None
    if found is not None:
        return replace(draft, role=found.id, level="")
    task = draft.task or draft.role or (text if least(access, text) else "")
    return replace(draft, role="", task=task[:LONGEST_REASON], odd="role" if draft.role and least(access, task) is None else "")


def proposed(draft: Draft, access: Access) -> Role | None:
    """The least role that covers what was described."""
    found = least(access, draft.task) if draft.task else None
    return found or (least(access, "", draft.module, draft.level) if draft.level and (draft.module or draft.level == "view") else None)


def _systemed(draft: Draft, access: Access) -> Draft:
    """A system by its id or title; one that nobody set up is passed over, and the only one there is needs no question."""
    systems = access.systems
    if not systems:
        return draft
    if draft.system in systems:
        return draft
    said = draft.system.casefold()
    found = next((one.id for one in systems.values() if said and (one.title.casefold() in said or said in one.title.casefold())), "")
    return replace(draft, system=found or (next(iter(systems)) if len(systems) == 1 else ""), odd="system" if said and not found else draft.odd)


def _timed(draft: Draft, turn: Turn, facts: Facts, now: datetime) -> Draft:
    """An end that was said as a time, as a length, or as a bare number of days."""
    told = next((turn.understanding.slot(name) for name in _ENDS if turn.understanding.slot(name)), "")
    if not told or draft.until:
        return draft
    moment = when(told, facts, now)
    if moment is None or moment <= now:
        return replace(draft, until="", odd="until")
    return replace(draft, until=moment.isoformat())


def when(text: str, facts: Facts, now: datetime) -> datetime | None:
    """The end of a permission from a time phrase, a moment or a number of days; None when it is none of these."""
    zone = ZoneInfo(facts.policy.zone)
    match parsed(text, zone):
        case Point(at):
            return end_of(at + timedelta(seconds=1), facts)
        case Period(end=end):
            return end_of(end, facts)
        case Length(amount, unit) if unit in _DAYS:
            return end_of(now + timedelta(days=amount * _DAYS[unit]), facts)
        case Ahead(Length(amount, unit)) if unit in _DAYS:
            return end_of(now + timedelta(days=amount * _DAYS[unit]), facts)
    bare = _BARE.fullmatch(text)
    return end_of(now + timedelta(days=int(bare[1])), facts) if bare and int(bare[1]) else None


def _reasoned(draft: Draft, awaited: bool) -> Draft:
    """A reason in one line; one that says nothing is asked for again."""
    reason = " ".join(draft.reason.split())[:LONGEST_REASON]
    short = awaited and draft.reason and len(reason) < SHORTEST_REASON
    return replace(draft, reason="" if short else reason, odd="reason" if short else draft.odd)
