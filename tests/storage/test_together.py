"""Operations that come together share round trips and a COMMIT on PostgreSQL, and none feels the others."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from storage_samples import NOW, Database, message, remembered, said, turn

from bot.core.model import Application, OrgValue
from bot.core.turn import Due
from bot.ports import Stale, StoreAway, StoreError
from storage import SqlStore, inbox


async def first(store: SqlStore) -> None:
    """What goes by itself, so that what is asked for meanwhile goes together."""
    await store.commit(turn(message("first"), says=[said("first", "first")]))


async def test_many_turns_share_a_commit(shared: Database) -> None:
    store = await shared.open()
    stimuli = [message(f"m{number}", conversation=f"group{number}") for number in range(200)]
    assert all(await asyncio.gather(*map(store.hear, stimuli)))
    turns = [turn(one, remembered("t", place=one.conversation), says=[said(one.id, one.conversation)]) for one in stimuli]
    held = await asyncio.gather(*map(store.commit, turns))
    assert [[row.key for row in rows] for rows in held] == [[one.id] for one in stimuli], "each has its own answer"
    assert shared.query("SELECT count(*), count(DISTINCT xmin::text) < 20 FROM journal") == [(200, True)]
    recalled = await asyncio.gather(*map(store.recall, stimuli))
    assert [one.conversation.id for one in recalled] == [one.conversation for one in stimuli]


async def test_of_two_askings_of_one_item_one_has_effects(shared: Database) -> None:
    """Within one transaction no lock keeps two from each other, so they never share one."""
    store = await shared.open()
    await store.keep(Application("a", "K1", "p", "draft", (), NOW, NOW, due=NOW))
    asked = [Due("application", "a", NOW, str(number), "p") for number in range(6)]
    ended = await asyncio.gather(first(store), *(store.commit(turn(one, says=[said(one.key, one.key)])) for one in asked))
    assert sorted(len(rows) for rows in ended[1:]) == [0] * 5 + [1]


async def test_who_fails_fails_alone(shared: Database) -> None:
    store = await shared.open()
    good = [turn(message(f"m{number}"), says=[said(f"k{number}", f"l{number}")]) for number in range(5)]
    stale = turn(message("stale"), remembered("x", version=3), says=[said("stale", "stale")])
    odd = turn(message("odd"), OrgValue("phone", "\x00"), says=[said("odd", "odd")])
    ended = await asyncio.gather(first(store), *map(store.commit, (*good, stale, odd)), return_exceptions=True)
    assert [type(one) for one in ended] == [type(None), *[tuple] * 5, Stale, StoreError]
    assert {key for (key,) in shared.query("SELECT key FROM outbox")} == {"first", *(f"k{number}" for number in range(5))}


async def test_two_that_stand_in_each_others_way_do_not_both_give_way(shared: Database) -> None:
    store = await shared.open()
    one, two = OrgValue("one", ""), OrgValue("two", "")
    await store.commit(turn(message("start"), one, two))
    values = [replace(value, value="new", version=1) for value in (one, two)]
    turns = turn(message("a"), *values), turn(message("b"), *reversed(values))
    ended = await asyncio.gather(first(store), *map(store.commit, turns), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ended[1:]) == ["Stale", "tuple"]


async def test_the_server_goes_away_under_them(shared: Database) -> None:
    store = await shared.open()
    stimuli = [message(f"m{number}") for number in range(30)]
    heard = [asyncio.create_task(store.hear(one)) for one in stimuli]
    await asyncio.sleep(0)
    shared.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
    ended = await asyncio.gather(*heard, return_exceptions=True)
    assert all(end is True or isinstance(end, StoreAway) for end in ended)
    again = await asyncio.gather(*map(store.hear, stimuli))
    assert [end is True for end in ended] == [not new for new in again], "what was acknowledged is there, what was not is new"


async def test_closed(shared: Database) -> None:
    store = await shared.open()
    await store.close()
    with pytest.raises(StoreError):
        await store._db.write(inbox.hear, message(), whole=False, apart=())
