"""The steps of the simulated clock, and the desk that an address stands for."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.web.playground.clock import STEPS
from bot.web.playground.desk import Desk, desk_of, preferred


@pytest.mark.parametrize(
    ("step", "now", "then"),
    [
        ("hour", "2026-03-03T09:00+08:00", "2026-03-03T10:00+08:00"),
        ("morning", "2026-03-03T08:00+08:00", "2026-03-03T09:30+08:00"),
        ("morning", "2026-03-03T09:30+08:00", "2026-03-04T09:30+08:00"),
        ("morning", "2026-03-06T18:00+08:00", "2026-03-09T09:30+08:00"),
        ("morning", "2026-03-07T01:00+08:00", "2026-03-09T09:30+08:00"),
        ("days", "2026-03-03T10:00+08:00", "2026-03-06T10:00+08:00"),
        ("days", "2026-03-06T10:00+08:00", "2026-03-11T10:00+08:00"),
        ("days", "2026-03-07T10:00+08:00", "2026-03-11T10:00+08:00"),
        ("friday", "2026-03-03T09:00+08:00", "2026-03-06T17:00+08:00"),
        ("friday", "2026-03-06T17:00+08:00", "2026-03-13T17:00+08:00"),
        ("morning", "2026-03-05T23:00+00:00", "2026-03-06T09:30+08:00"),
    ],
)
def test_a_step_leads_to(step: str, now: str, then: str) -> None:
    assert STEPS[step](datetime.fromisoformat(now)) == datetime.fromisoformat(then)


@pytest.mark.parametrize(
    ("query", "accepted", "desk"),
    [
        ({}, "", Desk("emp1")),
        ({}, "fr, en-GB;q=0.8", Desk("emp1", language="en")),
        ({"as": "guest1", "room": "private", "tab": "trace", "lang": "en"}, "zh-CN", Desk("guest1", "private", "trace", "en")),
        ({"as": "<script>", "room": "x", "tab": "y", "lang": "z"}, "en", Desk("emp1")),
    ],
)
def test_an_address_is_a_desk(query: dict[str, str], accepted: str, desk: Desk) -> None:
    assert desk_of(query, ["emp1", "guest1"], accepted) == desk


def test_another_room_shows_the_chat() -> None:
    desk = Desk("emp1", tab="trace")
    assert desk.link(room="private") == "/?as=emp1&room=private&tab=chat&lang=zh"
    assert desk.link(language="en") == "/?as=emp1&room=group&tab=trace&lang=en"
    assert preferred("de") == "zh"
