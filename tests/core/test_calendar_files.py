"""The calendar from settings, the library and the operator's plan files: what replaces what, and what is said of bad ones."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from bot import calendars
from bot.calendars import CalendarError, read
from bot.core.calendar import is_working_day

TODAY = date(2026, 11, 24)


def plan(folder: Path, name: str, **said: object) -> Path:
    """A plan file."""
    path = folder / name
    path.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
    return path


def test_a_year_not_announced_yet_is_known_as_unknown_and_still_guessed() -> None:
    calendar = read(TODAY)
    assert calendar.covered_until == date(2027, 1, 1)
    assert not is_working_day(calendar, date(2027, 10, 1))
    assert calendar.days[date(2026, 10, 1)].name == "国庆节"
    assert read(TODAY, language="en").days[date(2026, 10, 1)].name == "National Day"


def test_the_plan_of_the_next_year_replaces_the_guess(tmp_path: Path) -> None:
    days = [{"name": "春节", "date": "2027-02-05", "isOffDay": True}, {"name": "春节", "date": "2027-01-30", "isOffDay": False}]
    calendar = read(TODAY, files=[plan(tmp_path, "2027.json", year=2027, days=days, papers=[])])
    assert calendar.covered_until == date(2028, 1, 1)
    assert not is_working_day(calendar, date(2027, 2, 5))
    assert is_working_day(calendar, date(2027, 1, 30))
    assert is_working_day(calendar, date(2027, 10, 1)), "what the plan does not name is not guessed any more"


def test_plans_are_taken_in_the_order_of_their_years(tmp_path: Path) -> None:
    day = {"isOffDay": True}
    files = [plan(tmp_path, f"{year}.json", year=year, days=[{"date": f"{year}-01-01", **day}]) for year in (2028, 2027, 2030)]
    assert read(TODAY, files=files).covered_until == date(2029, 1, 1)


def test_an_empty_plan_makes_nothing_known(tmp_path: Path) -> None:
    assert read(TODAY, files=[plan(tmp_path, "2027.json", year=2027, days=[])]).covered_until == date(2027, 1, 1)


def test_single_days_stand_above_plans_and_make_no_year_known(tmp_path: Path) -> None:
    files = [
        plan(tmp_path, "own.json", days=[{"date": "2027-02-05", "isOffDay": False, "name": "closing"}]),
        plan(tmp_path, "2027.json", year=2027, days=[{"date": "2027-02-05", "isOffDay": True}]),
    ]
    calendar = read(TODAY, files=files)
    assert is_working_day(calendar, date(2027, 2, 5))
    assert read(TODAY, files=files[:1]).covered_until == date(2027, 1, 1)


def test_other_countries_and_none() -> None:
    new_york = read(TODAY, country="US-NY", zone="America/New_York", language="en")
    assert not is_working_day(new_york, date(2026, 11, 26))
    assert new_york.covered_until == date(2029, 1, 1)
    assert read(TODAY, country="IL", zone="Asia/Jerusalem").weekend == {4, 5}
    plain = read(TODAY, country="", quiet="")
    assert (plain.days, plain.covered_until, plain.quiet) == ({}, None, None)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("09:00-12:00 13:30-18:00", ((540, 720), (810, 1080))),
        ("9:00 - 12:00, 13:30~18:00", ((540, 720), (810, 1080))),
        ("00:00-24:00", ((0, 1440),)),
        ("", ()),
    ],
)
def test_spans(text: str, spans: object) -> None:
    assert calendars.spans(text) == spans


@pytest.mark.parametrize("text", ["9-18", "09:00-25:00", "09:61-10:00", "09:00-12:00 x", "24:01-24:02", "九点"])
def test_what_is_no_span(text: str) -> None:
    with pytest.raises(CalendarError, match="not a span"):
        calendars.spans(text)


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    broken, odd = tmp_path / "broken.json", plan(tmp_path, "odd.json", days=[{"date": "2027-13-01", "isOffDay": True}])
    broken.write_text("{", encoding="utf-8")
    with pytest.raises(CalendarError) as raised:
        read(TODAY, zone="../etc", country="ATLANTIS", hours="nine", quiet="20:00-21:00 22:00-23:00", files=[broken, odd, tmp_path / "none.json"])
    told = str(raised.value)
    assert all(word in told for word in ("../etc", "ATLANTIS", "'nine'", "quiet", "broken.json", "odd.json: days.0.date", "none.json"))


@pytest.mark.parametrize("wrong", [{"hours": "18:00-09:00"}, {"hours": ""}])
def test_numbers_that_make_no_calendar(wrong: dict[str, str]) -> None:
    with pytest.raises(CalendarError, match="hours"):
        read(TODAY, **wrong)


def test_a_file_that_is_too_large_or_too_deep_is_refused(tmp_path: Path) -> None:
    large, deep = tmp_path / "large.json", tmp_path / "deep.json"
    large.write_text(" " * (calendars.LARGEST_PLAN + 1), encoding="utf-8")
    deep.write_text("[" * 100_000, encoding="utf-8")
    for path in (large, deep):
        with pytest.raises(CalendarError, match=path.name):
            read(TODAY, files=[path])
