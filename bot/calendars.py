"""Makes the working calendar that the core gets: public holidays and make-up days of the `holidays` library below the operator's own plan files."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.core.calendar import Calendar, Day, Span, faults, overridden

LARGEST_PLAN = 1_000_000
"""Bytes of a plan file; a year's takes a few thousand."""
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–~]\s*(\d{1,2}):(\d{2})")
_LANGUAGES = {"zh": "zh_CN", "en": "en_US"}


class CalendarError(Exception):
    """The calendar cannot be made; the text names every fault, one a line."""


class PlannedDay(BaseModel):
    """One date of a plan: off, or worked although it is a weekend."""

    model_config = ConfigDict(frozen=True)

    date: date
    is_off: bool = Field(alias="isOffDay")
    name: str = Field("", max_length=40)


class Plan(BaseModel):
    """A plan file in the shape of the public holiday-cn data: with `year` and days of it, that year's official plan; without, single days."""

    model_config = ConfigDict(frozen=True)

    year: int | None = Field(None, ge=1970, le=2200)
    days: tuple[PlannedDay, ...] = Field((), max_length=1_000)

    @property
    def covers(self) -> int | None:
        """The year that this plan makes known; a file published ahead of its plan is empty and makes none known."""
        return self.year if any(day.date.year == self.year for day in self.days) else None


def spans(text: str) -> tuple[Span, ...]:
    """`09:00-12:00 13:30-18:00` as spans of wall minutes. Raises CalendarError for anything else."""
    found = [tuple(map(int, match.groups())) for match in _SPAN.finditer(text)]
    rest = re.sub(r"[\s,;]", "", _SPAN.sub("", text))
    if rest or any(minute > 59 or hour * 60 + minute > 24 * 60 for row in found for hour, minute in (row[:2], row[2:])):
        raise CalendarError(f"{text!r} is not a span of time; write 09:00-12:00 13:30-18:00")
    return tuple((h1 * 60 + m1, h2 * 60 + m2) for h1, m1, h2, m2 in found)


def read_plan(path: Path) -> Plan:
    """One plan file. Raises CalendarError with the file's name and what is wrong in it."""
    try:
        if path.stat().st_size > LARGEST_PLAN:
            raise CalendarError(f"{path}: too large for a plan of holidays")
        return Plan.model_validate(json.loads(path.read_text(encoding="utf-8-sig")))
    except ValidationError as fault:
        rows = fault.errors(include_input=False, include_url=False)[:5]
        raise CalendarError("\n".join(f"{path}: {'.'.join(map(str, row['loc']))}: {row['msg']}" for row in rows)) from None
    except (OSError, ValueError, RecursionError) as fault:
        raise CalendarError(f"{path}: {fault}") from None


def official(country: str, today: date, language: str = "zh") -> tuple[dict[date, Day], frozenset[int], date | None]:
    """Exceptions, weekend and first date without a plan, from the library. `country` is `CN`, or with a subdivision `US-NY`.

    The library answers for every year; where the government announces make-up days year by year it silently has none for a year not announced yet. So a
    country that had make-up days lately is known only through the last year that has some; the days after stay in as the best guess.
    """
    code, _, subdivision = country.upper().partition("-")
    years = range(today.year - 3, today.year + 3)
    try:
        known = holidays.country_holidays(code, subdiv=subdivision or None, years=years)
        if _LANGUAGES.get(language) in known.supported_languages:
            known = holidays.country_holidays(code, subdiv=subdivision or None, years=years, language=_LANGUAGES[language])
    except NotImplementedError as fault:
        raise CalendarError(str(fault)) from None
    made_up = {day for day in known.weekend_workdays if day.year in years}
    days = {day: Day(False, name) for day, name in known.items()} | {day: Day(True) for day in made_up}
    last = max((day.year for day in made_up), default=years[-1])
    return days, frozenset(known.weekend), date(last + 1, 1, 1)


def _planned(calendar: Calendar, plans: Sequence[Plan]) -> Calendar:
    """The calendar with plan files above it: the plan of a year replaces what was guessed for that year, and makes it known if it follows a known one."""
    for plan in sorted(plans, key=lambda plan: plan.year or 9_999):
        if plan.covers is not None:
            guessed = {day: what for day, what in calendar.days.items() if day.year != plan.covers}
            calendar = replace(calendar, days=guessed)
            if calendar.covered_until == date(plan.covers, 1, 1):
                calendar = replace(calendar, covered_until=date(plan.covers + 1, 1, 1))
        calendar = overridden(calendar, {day.date: Day(not day.is_off, day.name) for day in plan.days})
    return calendar


def read(
    today: date,
    *,
    zone: str = "Asia/Shanghai",
    country: str = "CN",
    hours: str = "09:00-12:00 13:30-18:00",
    quiet: str = "19:00-08:30",
    files: Sequence[Path] = (),
    language: str = "zh",
) -> Calendar:
    """The calendar as settings say it. An empty `country` knows weekends only, an empty `quiet` no quiet hours. Raises CalendarError with every fault."""
    found: list[str] = []

    def tried(reading: Any, *given: Any) -> Any:
        try:
            return reading(*given)
        except CalendarError as fault:
            found.append(str(fault))

    days, weekend, until = tried(official, country, today, language) or ({}, frozenset({5, 6}), None) if country else ({}, frozenset({5, 6}), None)
    plans = [plan for path in files if (plan := tried(read_plan, path))]
    work, silence = tried(spans, hours), tried(spans, quiet)
    place = tried(_zone, zone)
    if silence is not None and len(silence) > 1:
        found.append("quiet: one span, such as 19:00-08:30")
    if found:
        raise CalendarError("\n".join(found))
    calendar = _planned(Calendar(place, work, weekend, days, silence[0] if silence else None, until), plans)
    if wrong := faults(calendar):
        raise CalendarError("\n".join(wrong))
    return calendar


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise CalendarError(f"{name!r} is no time zone; write one such as Asia/Shanghai") from None
