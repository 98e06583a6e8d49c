"""A turn happens whole, once, or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from storage_samples import NOW, Database, message, remembered, said, turn

from bot.core.model import OrgValue, Wish
from bot.core.turn import Call, Due, Outcome
from bot.ports import Stale
from storage import SqlStore


async def test_everything_of_a_turn(database: Database) -> None:
    store = await database.open()
    await store.hear(message())
    call = Call("scim", "grant", "grant:17:1", {"role": "审核员"})
    held = await store.commit(turn(message(), remembered("access.request"), says=[said("a"), said("b")], calls=[call]))
    assert [(row.key, row.attempt) for row in held] == [("a", 1), ("b", 1), ("grant:17:1", 1)]
    assert held[0].outbound == said("a")
    assert held[2].call == call
    assert (await store.recall(message())).conversation == remembered("access.request", 1)
    assert [entry.intent for entry in await store.journal("group", 5)] == ["access.request"]
    assert [(state, bytes(body)) for state, body in database.query("SELECT state, body FROM inbox")] == [("done", b"")]


async def test_stale_leaves_nothing(database: Database) -> None:
    store = await database.open()
    await store.hear(message())
    with pytest.raises(Stale):
        await store.commit(turn(message(), OrgValue("phone", "1"), remembered("x", version=3), says=[said("a")]))
    for table in ("conversation", "org_value", "outbox", "journal"):
        assert database.query(f"SELECT count(*) FROM {table}") == [(0,)], table
    assert database.query("SELECT state FROM inbox") == [("received",)]
    assert len(await store.commit(turn(message(), remembered("x"), says=[said("a")]))) == 1, "and may be tried again"


async def test_stale_does_not_touch_the_others_of_its_batch(store: SqlStore) -> None:
    stimuli = [message(f"m{number}", conversation=f"group{number}") for number in range(40)]
    await asyncio.gather(*map(store.hear, stimuli))
    turns = [
        turn(stimulus, remembered("t", version=number % 2, place=stimulus.conversation), says=[said(stimulus.id, stimulus.conversation)])
        for number, stimulus in enumerate(stimuli)
    ]
    ended = await asyncio.gather(*map(store.commit, turns), return_exceptions=True)
    assert [type(end) for end in ended] == [tuple, Stale] * 20
    assert len(await store.journal("", 100)) == 20


async def test_second_insert_is_stale(store: SqlStore) -> None:
    await store.commit(turn(message("m1"), remembered("first")))
    with pytest.raises(Stale):
        await store.commit(turn(message("m2"), remembered("second")))
    assert (await store.recall(message())).conversation.topic == "first"


async def test_twice_committed_has_one_effect(database: Database) -> None:
    store = await database.open()
    await store.hear(message())
    first = await store.commit(turn(message(), remembered("first"), says=[said("seed1:0")]))
    second = await store.commit(turn(message(), remembered("second", version=1), says=[said("seed2:0")]))
    assert (len(first), second) == (1, ())
    assert (await store.recall(message())).conversation == remembered("first", 1)
    assert len(await store.journal("", 5)) == 1
    assert database.query("SELECT key FROM outbox") == [("seed1:0",)]


async def test_two_runs_at_once_have_one_effect(database: Database) -> None:
    stores = [await database.open()] * 2 if database.alone else [await database.open("first"), await database.open("second")]
    for number in range(10):
        stimulus = message(f"m{number}")
        await stores[0].hear(stimulus)
        ended = await asyncio.gather(*(store.commit(turn(stimulus, says=[said(f"{number} by {who}", lane=str(number))])) for who, store in enumerate(stores)))
        assert sorted(map(len, ended)) == [0, 1]


@pytest.mark.parametrize(
    "stimulus", [Due("nudge", "17", NOW), Outcome(Call("scim", "grant", "k"), True, "", NOW), message()], ids=["due", "outcome", "message"]
)
async def test_never_heard_but_committed_once(store: SqlStore, stimulus: Due) -> None:
    assert len(await store.commit(turn(stimulus, says=[said("a")]))) == 1
    assert await store.commit(turn(stimulus, says=[said("b")])) == ()
    assert not await store.hear(stimulus)


async def test_versions_under_concurrency(database: Database) -> None:
    stores = [await database.open()] * 4 if database.alone else [await database.open(owner) for owner in "abcd"]
    stale = 0

    async def add(number: int) -> None:
        nonlocal stale
        store, stimulus = stores[number % 4], message(f"m{number}")
        while True:
            known = (await store.recall(stimulus)).conversation
            try:
                await store.commit(turn(stimulus, replace(known, topic=f"{known.topic} {number}")))
                return
            except Stale:
                stale += 1

    await asyncio.gather(*map(add, range(30)))
    known = (await stores[0].recall(message())).conversation
    assert known.version == 30
    assert sorted(map(int, known.topic.split())) == list(range(30))
    assert stale


async def test_entities_in_opposite_order(database: Database) -> None:
    stores = [await database.open()] * 2 if database.alone else [await database.open(owner) for owner in "ab"]
    one, two = OrgValue("one", ""), OrgValue("two", "")
    await stores[0].commit(turn(message("start"), one, two))
    for number in range(1, 4):
        values = [replace(value, value=str(number), version=number) for value in (one, two)]
        turns = turn(message(f"a{number}"), *values), turn(message(f"b{number}"), *reversed(values))
        ended = await asyncio.gather(*(store.commit(each) for store, each in zip(stores, turns, strict=True)), return_exceptions=True)
        assert {type(end) for end in ended} == {tuple, Stale}, "whether by version or by deadlock, one of two is stale"


async def test_an_effect_of_a_known_key_is_not_written_again(database: Database) -> None:
    store = await database.open()
    await store.commit(turn(message("m1"), says=[said("grant")]))
    assert await store.commit(turn(message("m2"), says=[said("grant", text="other")])) == ()
    assert database.query("SELECT count(*) FROM outbox") == [(1,)]


async def test_journal_newest_first(store: SqlStore) -> None:
    for number in range(5):
        await store.commit(turn(message(f"m{number}", conversation=f"group{number % 2}")))
    assert [entry.id[-2:] for entry in await store.journal("", 3)] == ["m4", "m3", "m2"]
    assert [entry.id[-2:] for entry in await store.journal("group1", 9)] == ["m3", "m1"]
    late = replace(turn(message("late")), journal=replace(turn(message("late")).journal, at=NOW + timedelta(microseconds=1500)))
    await store.commit(late)
    (entry,) = await store.journal("", 1)
    assert entry == replace(late.journal, at=NOW + timedelta(milliseconds=1))


async def test_wishes_keep_their_time(store: SqlStore) -> None:
    wish = Wish("w1", "unknown", "", "报销单丢了", "dingtalk:zhang", NOW + timedelta(microseconds=7))
    await store.commit(turn(message(), wish))
    with pytest.raises(Stale):
        await store.commit(turn(message("m2"), wish))
    await store.commit(turn(message("m3"), replace(wish, kind="built", version=1)))
