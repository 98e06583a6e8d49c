"""Pauses all reminders and lets them run again, and sets the quiet hours; the values stand above the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core import drawing
from bot.core.facts import Ask, Facts, Tally
from bot.core.model import Action, Application, Awaiting, Confirmation, OrgValue, Request
from bot.core.nudging.said import PAUSED, QUIET
from bot.core.nudging.values import NEVER
from bot.core.skills.admin.asking import wanted
from bot.core.turn import Decision, Effect, Here, Put, Reason, Say, Turn
from bot.core.understanding.times.values import Length, Period, Point, parsed

COMMAND = "adm.pause_nudges"
MUTE = "act.mute"
OPEN = "open"
_MORNING = time(9)
_SPAN = re.compile(r"(\d{1,2})(?:[:：](\d{2})|[^\W\d]?)\s*\W?[^\W\d]{0,2}\s*(\d{1,2})(?:[:：](\d{2})|[^\W\d]?)")
"""Two times in figures: `22:00-08:00`, `22 to 8`."""
_DAY = timedelta(days=1)
PATIENCE = timedelta(minutes=10)


def asked(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """How much is waiting."""
    return Tally(Application), Tally(Request)


def known(kept: Confirmation, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every execution has this shape
    """The values are gathered anyway."""
    return ()


def pause(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Shows how it stands and offers what can be done; a wish to pause with its end leads to the confirmation."""
    until = _paused(facts, now)
    chosen = turn.understanding.slot("until")
    if chosen == "resume" or (until is None and not chosen and _resumes(turn, facts)):
        return _resume(turn, facts, now, paused=until is not None)
    end = _end(chosen, facts, now) if chosen else _said(turn, facts, now)
    if end is None:
        return _menu(facts, until)
    argument = OPEN if end == NEVER else ""
    return wanted(turn, facts, now, COMMAND, {"until": end.isoformat(), "argument": argument}, _shown(facts, end))


def _menu(facts: Facts, until: datetime | None) -> Decision:
    if until is not None:
        offers: tuple[str, ...] = ("resume",)
    else:
        offers = ("tomorrow", "monday", OPEN)
    actions = tuple(Action(COMMAND, (("until", offer),), f"pause_{offer}") for offer in offers)
    data = {"paused": until is not None, "until": _local(facts, until), "waiting": _waiting(facts)}
    return Decision(Reason.ANSWERED, (Say(Here(), "adm/pause", data, actions),), topic=COMMAND)


def _resume(turn: Turn, facts: Facts, now: datetime, *, paused: bool) -> Decision:
    """Lets reminders run again; nothing is lost by it, so it needs no code."""
    own = () if paused else (Action(MUTE, (("until", "off"),), "unmute"),)
    said = Say(Here(), "adm/resumed", {"was": paused, "waiting": _waiting(facts)}, own)
    if not paused:
        return Decision(Reason.ANSWERED, (said,), topic=COMMAND)
    line = drawing.line(turn, facts.viewer, now, "resume_nudges", "value:nudging")
    return Decision(Reason.SAVED, (Put(_value(facts, PAUSED, "")), line, said), topic=COMMAND)


def _resumes(turn: Turn, facts: Facts) -> bool:
    """Whether the sentence asks to let reminders run again; `_` stands for a blank in the words of labels.yaml."""
    words = facts.catalogue.labels.get(turn.language, {}).get("resume_words", "").casefold().split()
    return any(word.replace("_", " ") in turn.text.casefold() for word in words)


def stop(turn: Turn, facts: Facts, now: datetime, kept: Confirmation) -> tuple[Effect, ...]:  # noqa: ARG001 - every execution has this shape
    """The confirmed pause."""
    end = datetime.fromisoformat(kept.arg("until"))
    actions = (Action(COMMAND, (("until", "resume"),), "pause_resume"),)
    return Put(_value(facts, PAUSED, end.isoformat())), Say(Here(), "adm/paused", {"until": _local(facts, end)}, actions)


def told(facts: Facts, kept: Confirmation) -> Mapping[str, object]:
    """What a second admin sees of it."""
    return _shown(facts, datetime.fromisoformat(kept.arg("until")))


def _shown(facts: Facts, end: datetime) -> dict[str, object]:
    return {"until": _local(facts, end), "waiting": _waiting(facts)}


def _waiting(facts: Facts) -> int:
    waits = {(Application, "submitted"), (Application, "resubmitted"), (Request, "pending")}
    return sum(count for key, count in facts.tallies.items() if key in waits)


def _paused(facts: Facts, now: datetime) -> datetime | None:
    said = facts.policy.said.get(PAUSED, "")
    until = datetime.fromisoformat(said) if said else None
    return until if until is not None and until > now else None


def _said(turn: Turn, facts: Facts, now: datetime) -> datetime | None:
    """The end that the sentence itself named."""
    zone = ZoneInfo(facts.policy.zone)
    for name in ("when", "duration"):
        value = parsed(turn.understanding.slot(name), zone) if turn.understanding.slot(name) else None
        end = now + span if isinstance(value, Length) and (span := value.elapsed) else None
        end = value.end if isinstance(value, Period) and not value.open else value.at if isinstance(value, Point) else end
        if end is not None and end > now:
            return end.astimezone(UTC)
    return None


def _end(chosen: str, facts: Facts, now: datetime) -> datetime | None:
    local = facts.policy.wall(now)
    days = {"tomorrow": 1, "monday": 7 - local.weekday()}
    if chosen == OPEN:
        return NEVER
    if chosen not in days:
        return None
    return datetime.combine(local.date() + timedelta(days=days[chosen]), _MORNING, local.tzinfo).astimezone(UTC)


def _local(facts: Facts, instant: datetime | None) -> str:
    """Empty for no end."""
    return facts.policy.minute(instant) if instant is not None and instant < NEVER else ""


def _value(facts: Facts, name: str, value: str) -> OrgValue:
    old = next((one for one in facts.org_values if one.name == name), OrgValue(name, ""))
    return OrgValue(name, value, facts.viewer.id, old.version)


def quiet(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Takes a span of the day in figures or in words; without it, asks for it."""
    hours = _hours(turn, facts)
    if hours is None:
        data = {"now": _quiet(facts), "wrong": turn.understanding.rule == "awaited"}
        return Decision(Reason.ASKED_VALUE, (Say(Here(), "adm/quiet", data),), awaiting=Awaiting("shell.quiet", "when", (), now + PATIENCE))
    span = "-".join(f"{moment:%H:%M}" for moment in hours)
    line = drawing.line(turn, facts.viewer, now, "quiet_hours", "value:nudging", span)
    return Decision(Reason.SAVED, (Put(_value(facts, QUIET, span)), line, Say(Here(), "adm/quiet_set", {"span": span})))


def _hours(turn: Turn, facts: Facts) -> tuple[time, time] | None:
    """From when to when, None when that was not said."""
    figures = _SPAN.fullmatch(turn.understanding.slot("when").strip())
    if figures is not None:
        first, first_minute, last, last_minute = (int(one or 0) for one in figures.groups())
        sound = first < 24 and last <= 24 and max(first_minute, last_minute) < 60
        found = (time(first, first_minute), time(last % 24, last_minute)) if sound else None
    else:
        found = _told(turn, ZoneInfo(facts.policy.zone))
    return found if found is not None and found[0] != found[1] else None


def _told(turn: Turn, zone: ZoneInfo) -> tuple[time, time] | None:
    """The same from words: one span within a day, or two moments of which the later ends it."""
    read = [parsed(slot.value, zone) for slot in turn.understanding.slots if slot.name == "when.read"]
    ends = [(one.start, one.end) for one in read if isinstance(one, Period) and not one.open]
    points = [one.at for one in read if isinstance(one, Point)]
    ends += [(points[0], points[1])] if len(points) == 2 else []
    ends = [(start, end) for start, end in ends if timedelta() < end - start < _DAY]
    return (ends[0][0].astimezone(zone).time(), ends[0][1].astimezone(zone).time()) if len(ends) == 1 else None


def _quiet(facts: Facts) -> str:
    """The quiet hours as they stand, set in chat or by the settings."""
    span = facts.policy.calendar.quiet
    ends = [f"{minute // 60 % 24:02}:{minute % 60:02}" for minute in span] if span else []
    return facts.policy.said.get(QUIET, "") or "-".join(ends)
