"""Approvals that live in DingTalk as replies tell them: plain values, each with DingTalk's own page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.core.calendar import working_minutes
from bot.core.facts import Facts
from bot.core.model import Followed, Step

Told = dict[str, object]


def told(one: Followed, facts: Facts, now: datetime) -> Told:
    """An approval in a few words: what it is, its state, with whom and since when."""
    following, calendar = facts.policy.following, facts.policy.calendar
    waiting = one.waiting
    since = min((task.since for task in waiting), default=None)
    minutes = working_minutes(calendar, since, now) if since else 0
    return {
        "code": one.code,
        "kind": following.kind(one.process),
        "title": one.title,
        "number": one.number,
        "state": one.state,
        "made": facts.policy.minute(one.made),
        "ended": facts.policy.minute(one.ended) if one.ended else "",
        "with": [name_of(task.holder, facts) for task in waiting[:3]],
        "since": facts.policy.minute(since) if since else "",
        "days": minutes // max(1, calendar.day_minutes),
        "link": following.page(one.id, one.url),
    }


def held_told(one: Step, facts: Facts, now: datetime) -> Told:
    """One that waits for the viewer."""
    following, calendar = facts.policy.following, facts.policy.calendar
    return {
        "code": one.code,
        "kind": following.kind(one.process),
        "title": one.name,
        "by": name_of(one.person, facts) if one.person else "",
        "days": working_minutes(calendar, one.since, now) // max(1, calendar.day_minutes),
        "link": following.page(one.followed, one.url),
    }


def name_of(person: str, facts: Facts) -> str:
    """What somebody is called, else the end of their id."""
    found = facts.person(person)
    return (found.name if found else "") or person.rpartition(":")[2]


def named_by(code: str, items: Iterable[object], viewer: str) -> Step | Followed | None:
    """The approval of that code, if the viewer filed it or must decide it: nobody else learns that it is there."""
    for one in items:
        if isinstance(one, Step | Followed) and one.code == code and viewer in (one.person, *_holders(one)):
            return one
    return None


def _holders(one: Step | Followed) -> tuple[str, ...]:
    return (one.holder,) if isinstance(one, Step) else tuple(task.holder for task in one.tasks)


def elsewhere_told(one: Step | Followed, facts: Facts) -> Told:
    """For whoever wants to decide it here: what it is and where it is decided."""
    following = facts.policy.following
    instance = one.followed if isinstance(one, Step) else one.id
    return {"kind": following.kind(one.process), "link": following.page(instance, one.url)}
