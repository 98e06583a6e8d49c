"""How fast one person may speak."""

from __future__ import annotations

from engine_samples import Hands, message

from bot.core.turn import Due
from bot.engine.pace import MOST_PEOPLE, Pace


def said(pace: Pace, clock: Hands, times: int, person: str = "a") -> list[str | None]:
    return [pace.flood(message(person=person), clock.at) for _ in range(times)]


def test_a_word_then_silence_then_again() -> None:
    pace, clock = Pace(3), Hands()
    assert said(pace, clock, 6) == [None, None, None, "told", "silent", "silent"]
    assert said(pace, clock, 1, "b") == [None], "each person alone"
    clock.move(20)
    assert said(pace, clock, 2) == [None, "told"]
    clock.move(61)
    assert said(pace, clock, 4) == [None, None, None, "told"]


def test_the_word_is_said_once_a_minute() -> None:
    pace, clock = Pace(1), Hands()
    assert said(pace, clock, 2) == [None, "told"]
    clock.move(30)
    assert said(pace, clock, 1) == ["silent"]
    clock.move(59)
    assert said(pace, clock, 3) == [None, "told", "silent"]


def test_no_limit_and_no_person() -> None:
    assert said(Pace(0), Hands(), 100) == [None] * 100
    pace = Pace(1)
    assert [pace.flood(Due("setup", "a", Hands().at), Hands().at) for _ in range(5)] == [None] * 5


def test_a_clock_that_goes_back_gives_nothing() -> None:
    pace, clock = Pace(2), Hands()
    said(pace, clock, 2)
    clock.move(-3600)
    assert said(pace, clock, 1) == ["told"]


def test_it_forgets_the_oldest_of_too_many_people() -> None:
    pace, clock = Pace(1), Hands()
    for number in range(MOST_PEOPLE + 10):
        pace.flood(message(person=str(number)), clock.at)
    assert said(pace, clock, 1, "0") == [None]
    assert said(pace, clock, 1, str(MOST_PEOPLE + 5)) == ["told"]
