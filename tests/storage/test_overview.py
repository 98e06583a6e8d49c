"""Pages and counts for people who look at many rows, on either database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from storage_samples import message, turn

from bot.core.model import Application, Entity, Entry
from storage import SqlStore

T0 = datetime(2026, 3, 3, 16, 30, tzinfo=UTC)
EAST = timedelta(hours=8)


def application(number: int, state: str = "submitted", *, at: datetime | None = None) -> Application:
    made = at or T0 + timedelta(hours=number)
    return Application(f"a{number:02}", f"C{number}", "p", state, (), made, made)


_NUMBERS = count()


async def committed(store: SqlStore, *entities: Entity, at: datetime = T0, kind: str = "message", reason: str = "answered") -> None:
    """A turn that puts them."""
    made = turn(message(f"overview {next(_NUMBERS)}"), *entities)
    await store.hear(made.stimulus)
    await store.commit(replace(made, journal=replace(made.journal, at=at, kind=kind, reason=reason)))


async def filled(store: SqlStore) -> None:
    await committed(store, *(application(number) for number in range(7)), *(application(number, "resubmitted") for number in range(10, 13)))


@pytest.mark.parametrize("oldest", [True, False])
async def test_pages_follow_each_other_without_gap_or_repeat(store: SqlStore, oldest: bool) -> None:
    await filled(store)
    await committed(store, *(application(number, at=T0) for number in range(20, 24)))
    seen: list[str] = []
    after = None
    while True:
        found, after = await store.page(Application, ("submitted", "resubmitted"), after, 3, oldest=oldest)
        seen += [one.id for one in found]
        if after is None:
            break
    every, _ = await store.page(Application, ("submitted", "resubmitted"), None, 100, oldest=oldest)
    assert seen == [one.id for one in every]
    assert sorted(seen) == sorted({*seen})
    assert len(seen) == 14
    moments = [one.index.at for one in every if one.index.at]
    assert moments == sorted(moments, reverse=not oldest)


async def test_ages_and_days(store: SqlStore) -> None:
    await filled(store)
    edges = (T0, T0 + timedelta(hours=2), T0 + timedelta(hours=12), T0 + timedelta(days=9))
    assert await store.ages(Application, ("submitted", "resubmitted"), edges) == (2, 7, 1)
    first = (T0 + EAST - datetime(1970, 1, 1, tzinfo=UTC)).days
    assert await store.daily(Application, ("submitted", "resubmitted"), T0, EAST) == {first: 10}
    late = replace(application(40), made=T0 - timedelta(hours=1))
    await committed(store, late)
    assert await store.daily(Application, ("submitted",), T0 - timedelta(days=1), EAST) == {first - 1: 1, first: 7}
    assert await store.daily(Application, ("approved",), T0, EAST) == {}


async def test_the_trail_goes_on_where_it_ended(store: SqlStore) -> None:
    assert await store.trail("") == ((), 0)
    await committed(
        store,
        *(Entry(f"e{number}", T0, "boss" if number % 2 else "other", "did", "person:boss" if number == 4 else f"person:p{number}") for number in range(6)),
    )
    lines, more = await store.trail("", 0, 4)
    assert [entry.id for _, entry in lines] == ["e5", "e4", "e3", "e2"]
    rest, end = await store.trail("", more, 4)
    assert [entry.id for _, entry in rest] == ["e1", "e0"]
    assert end == 0
    assert [entry.id for _, entry in (await store.trail("boss"))[0]] == ["e5", "e3", "e1"]
    assert [entry.id for _, entry in (await store.trail("person:boss"))[0]] == ["e4"]


TALK = ("answered", "noted")


async def test_turns_are_counted_by_day(store: SqlStore) -> None:
    assert await store.worked(TALK, T0, EAST) == {}
    for number in range(5):
        await committed(store, at=T0 + timedelta(days=number), kind="message", reason="answered")
    await committed(store, at=T0 + timedelta(days=9), kind="due", reason="noted")
    day = (T0 + EAST - datetime(1970, 1, 1, tzinfo=UTC)).days
    assert await store.worked(TALK, T0 + timedelta(days=3), EAST) == {(day + 3, "answered"): 1, (day + 4, "answered"): 1}, "what fell due is no talk"
    assert await store.worked(("unknown",), T0, EAST) == {}
    assert await store.worked(TALK, T0 + timedelta(days=30), EAST) == {}
