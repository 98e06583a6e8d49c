"""The writer of SQLite: what fails fails alone, what is acknowledged is on the disk, and what breaks mends."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import pytest
from storage_samples import Database, message, remembered, said, turn

from bot.core.turn import Message
from bot.ports import StoreAway, StoreError
from storage import SqlStore
from storage.sql import Tx


def commits(store: SqlStore) -> list[str]:
    """Every COMMIT from now on."""
    seen: list[str] = []
    store._db._writer._driver.set_trace_callback(lambda sql: seen.append(sql) if sql == "COMMIT" else None)
    return seen


async def test_operations_share_a_commit(sqlite_file: Database) -> None:
    store = await sqlite_file.open()
    seen = commits(store)
    await asyncio.gather(*(store.hear(message(f"m{number}")) for number in range(200)))
    assert len(seen) <= 2
    seen.clear()
    await asyncio.gather(*(store.hear(message(f"n{number}")) for number in range(1200)))
    assert 3 <= len(seen) <= 5, "at most 500 share one"


async def test_an_answer_comes_after_the_commit(sqlite_file: Database) -> None:
    store = await sqlite_file.open()
    with closing(sqlite3.connect(sqlite_file.path)) as other:
        for number in range(20):
            await store.hear(message(f"m{number}"))
            assert other.execute("SELECT count(*) FROM inbox").fetchone() == (number + 1,)


async def test_reads_see_what_was_acknowledged(sqlite_file: Database) -> None:
    store = await sqlite_file.open()
    for number in range(20):
        known = (await store.recall(message())).conversation
        await store.commit(turn(message(f"m{number}"), remembered(str(number), version=known.version)))
        assert (await store.recall(message())).conversation.topic == str(number)


async def test_a_fault_is_its_own(sqlite_file: Database) -> None:
    store = await sqlite_file.open()

    def broken(tx: Tx) -> None:
        tx.driver.execute("INSERT INTO org_value VALUES ('half', 'done', '', 1)")
        raise KeyError("a bug")

    ended = await asyncio.gather(store.hear(message("m1")), store._db.write(broken), store.hear(message("m2")), return_exceptions=True)
    assert (ended[0], type(ended[1]), ended[2]) == (True, KeyError, True)
    assert sqlite_file.query("SELECT count(*) FROM inbox") == [(2,)]
    assert sqlite_file.query("SELECT count(*) FROM org_value") == [(0,)]


async def test_text_that_is_no_text_is_refused_alone(sqlite_file: Database) -> None:
    store = await sqlite_file.open()
    ended = await asyncio.gather(store.hear(message("m1", "\ud83d")), store.hear(message("m2")), return_exceptions=True)
    assert isinstance(ended[0], StoreError)
    assert "\\ud83d" not in str(ended[0])
    assert ended[1] is True


async def test_a_full_disk(sqlite_file: Database) -> None:
    store = await sqlite_file.open()
    await store.hear(message("before"))
    pages = await store._db.write(lambda tx: tx.driver.execute("PRAGMA page_count").fetchone()[0], whole=False)
    await store._db.write(lambda tx: tx.driver.execute(f"PRAGMA max_page_count = {pages + 4}").fetchall(), whole=False)
    big = [message(f"big{number}", "大" * 20_000) for number in range(8)]
    ended = await asyncio.gather(*map(store.hear, big), return_exceptions=True)
    assert {type(end) for end in ended} <= {bool, StoreAway}
    refused = [stimulus for stimulus, end in zip(big, ended, strict=True) if isinstance(end, StoreError)]
    assert refused
    stored = {key for (key,) in sqlite_file.query("SELECT key FROM inbox")}
    assert stored == {message("before").key} | {each.key for each in big if each not in refused}, "acknowledged is stored, and nothing else"
    await store._db.write(lambda tx: tx.driver.execute("PRAGMA max_page_count = 1000000").fetchall(), whole=False)
    assert await asyncio.gather(*map(store.hear, refused)) == [True] * len(refused)


async def test_a_lock_of_another_client(sqlite_file: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    store = await sqlite_file.open()
    await store._db.write(lambda tx: tx.driver.execute("PRAGMA busy_timeout = 50").fetchall(), whole=False)
    with closing(sqlite3.connect(sqlite_file.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            await store.hear(message())
        assert (await store.recall(message())).person is None, "readers go on"
        other.execute("ROLLBACK")
    assert await store.hear(message())


async def test_callers_may_give_up(sqlite_file: Database) -> None:
    store = await sqlite_file.open()
    hearing = [asyncio.ensure_future(store.hear(message(f"m{number}"))) for number in range(10)]
    await asyncio.sleep(0)
    for task in hearing[::2]:
        task.cancel()
    ended = await asyncio.gather(*hearing, return_exceptions=True)
    assert [end is True for end in ended] == [False, True] * 5
    assert sqlite_file.query("SELECT count(*) FROM inbox") == [(10,)]


async def test_close_writes_what_was_asked(sqlite_file: Database) -> None:
    store = await sqlite_file.open()
    hearing = [asyncio.ensure_future(store.hear(message(f"m{number}"))) for number in range(50)]
    await asyncio.sleep(0)
    await store.close()
    assert await asyncio.gather(*hearing) == [True] * 50
    assert sqlite_file.query("SELECT count(*) FROM inbox") == [(50,)]


async def test_in_memory() -> None:
    store, other = SqlStore("sqlite://", "me"), SqlStore("sqlite://", "other")
    await store.open()
    await other.open()

    async def cycle(stimulus: Message) -> None:
        assert await store.hear(stimulus)
        known = (await store.recall(stimulus)).conversation
        (row,) = await store.commit(turn(stimulus, remembered("t", known.version, stimulus.conversation), says=[said(stimulus.id, stimulus.conversation)]))
        assert row.attempt == 1

    await asyncio.gather(*(cycle(message(f"m{number}", conversation=f"group{number}")) for number in range(50)))
    assert (await store.counts())["outbox_depth"] == 50
    assert (await other.counts())["outbox_depth"] == 0
    await store.close()
    await other.close()
