"""Rounds: once a slot, to everybody who holds something, never on a day off, caught up once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from engine_samples import NOW, Hands

from bot import calendars
from bot.core.facts import Policy
from bot.core.model import Application, Away, Item, Organisation
from bot.core.turn import Due, Put, Stimulus
from bot.engine.rounds import Rounds
from bot.ports import Commit, Journal
from storage import SqlStore

CALENDAR = calendars.read(date(2026, 3, 3))
POLICY = Policy(Organisation(), calendar=CALENDAR)
TUESDAY_10 = datetime(2026, 3, 3, 2, tzinfo=UTC)


class Heard:
    """Everything asked, in order; a key counts once, as in the inbox."""

    def __init__(self) -> None:
        self.asked: dict[str, Due] = {}

    async def __call__(self, stimulus: Stimulus) -> bool:
        assert isinstance(stimulus, Due)
        return self.asked.setdefault(stimulus.key, stimulus) is stimulus


@pytest.fixture
async def held(store: SqlStore) -> SqlStore:
    await store.commit(_commit(Application("a", "K7Q2M", "p1", "submitted", (), TUESDAY_10, TUESDAY_10, holder="boss")))
    await store.commit(_commit(Application("b", "K7Q2N", "p2", "submitted", (), TUESDAY_10, TUESDAY_10, holder="boss")))
    await store.commit(_commit(Application("c", "K7Q2P", "p3", "draft", (), TUESDAY_10, TUESDAY_10)))
    await store.commit(_commit(Away("boss", "boss", TUESDAY_10, TUESDAY_10, "deputy")))
    return store


def _commit(item: Item) -> Commit:
    due = Due("test", item.id, NOW, item.id)
    return Commit(due, (Put(item),), (), (), Journal(f"t{item.id}", "due", "c", "", "", "", 0, "saved", "{}", NOW))


async def test_everybody_who_holds_something_is_asked_about_once_a_slot(held: SqlStore, clock: Hands) -> None:
    heard = Heard()
    clock.at = TUESDAY_10 - timedelta(minutes=1)
    rounds = Rounds(held, heard, clock, lambda: POLICY, "")
    assert await rounds.look() == 0
    assert rounds.next(clock.at) == TUESDAY_10
    clock.at = TUESDAY_10
    assert (await rounds.look(), await rounds.look()) == (2, 0)
    assert {due.person for due in heard.asked.values()} == {"boss", "deputy"}
    again = Rounds(held, heard, clock, lambda: POLICY, "")
    await again.look()
    assert len(heard.asked) == 2, "a restart asks the same questions"
    clock.at = TUESDAY_10 + timedelta(hours=5)
    assert await again.look() == 2
    assert len(heard.asked) == 4


async def test_a_missed_slot_is_caught_up_once_and_not_at_night(held: SqlStore, clock: Hands) -> None:
    heard = Heard()
    clock.at = datetime(2026, 3, 2, 20, tzinfo=UTC)  # four in the morning on Tuesday
    assert await Rounds(held, heard, clock, lambda: POLICY, "").look() == 0
    clock.at = TUESDAY_10 + timedelta(minutes=90)
    assert await Rounds(held, heard, clock, lambda: POLICY, "").look() == 2
    assert {due.at for due in heard.asked.values()} == {TUESDAY_10}


@pytest.mark.parametrize("day", [date(2026, 3, 7), date(2026, 2, 17), date(2026, 10, 1)])
async def test_nothing_on_a_day_off(held: SqlStore, clock: Hands, day: date) -> None:
    clock.at = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
    assert await Rounds(held, Heard(), clock, lambda: POLICY, "").look() == 0


async def test_the_admin_hears_once_a_week_that_the_calendar_ends(held: SqlStore, clock: Hands) -> None:
    heard = Heard()
    late = Policy(Organisation(), calendar=calendars.read(date(2026, 11, 24)))
    clock.at = datetime(2026, 11, 24, 2, tzinfo=UTC)
    for _ in range(3):
        await Rounds(held, heard, clock, lambda: late, "c:adm").look()
        clock.at += timedelta(days=1)
    told = [due for due in heard.asked.values() if due.kind == "calendar"]
    assert [(due.person, due.entity) for due in told] == [("c:adm", "2027-01-01")]
