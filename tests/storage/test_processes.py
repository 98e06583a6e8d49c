"""Processes that die, that meet on one file, and servers that go away."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from storage_samples import Database, message, said, turn

from bot.ports import StoreAway, StoreError

ROOT = Path(__file__).parents[2]
BUSY = """
import asyncio, sys
from storage_samples import message, said, turn
from storage import SqlStore

async def work(store, number):
    while True:
        stimulus = message(f"m{number}", conversation=f"group{number % 50}")
        if await store.hear(stimulus):
            print("heard", stimulus.id, flush=True)
        if number % 3:
            held = await store.commit(turn(stimulus, says=[said(stimulus.id, stimulus.id)]))
            print("done", stimulus.id, len(held), flush=True)
        number += 20

async def main():
    store = SqlStore(sys.argv[1], "victim")
    await store.open()
    print("open", flush=True)
    await asyncio.gather(*(work(store, first) for first in range(20)))

asyncio.run(main())
"""
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)])}


def start(database: Database) -> subprocess.Popen[str]:
    """A process that hears and commits until it is killed, telling what was acknowledged."""
    return subprocess.Popen([sys.executable, "-c", BUSY, database.url], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=ENVIRONMENT)


@pytest.mark.parametrize("after", [1, 40, 333])
async def test_killed(database: Database, after: int) -> None:
    with start(database) as process:
        assert process.stdout is not None
        told = [line for line, _ in zip(process.stdout, range(after), strict=False)]
        process.send_signal(signal.SIGKILL)
        told += [line for line in process.stdout if line.endswith("\n")]
    while not database.alone and database.query(OTHERS) != [(0,)]:
        await asyncio.sleep(0.01)  # a server still ends what it was asked by the dead
    heard = {line.split()[1] for line in told if line.startswith("heard")}
    done = {line.split()[1] for line in told if line.startswith("done")}
    rows = {key.rpartition("\x1f")[2]: state for key, state in database.query("SELECT key, state FROM inbox")}
    assert heard <= rows.keys(), "acknowledged is there"
    assert {rows[ident] for ident in done} <= {"done"}
    counted = {ident for ident, state in rows.items() if state == "done"}
    assert {key for (key,) in database.query("SELECT key FROM outbox")} == counted, "a turn is there whole or not at all"
    assert database.query("SELECT count(*) FROM journal") == [(len(counted),)]
    if not database.alone:
        database.run_out()
    store = await database.open("heir")
    assert {stimulus.id for stimulus in await store.unfinished()} == rows.keys() - counted
    assert {row.key for row in await store.claim(10_000)} == counted
    assert {row.attempt for row in await store.claim(10_000)} == set()


async def test_two_processes_on_one_file(sqlite_file: Database) -> None:
    await sqlite_file.open()
    with pytest.raises(StoreError, match=r"another process uses .*usher.db, .* PostgreSQL"):
        await sqlite_file.open()
    with start(sqlite_file) as other:
        assert other.communicate()[0] == "", "a second process ends before it opens"
    await sqlite_file.close()
    with start(sqlite_file) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match="another process"):
            await sqlite_file.open()
        other.kill()
        other.stdout.read()
    await sqlite_file.open()


async def test_replicas_start_at_once_on_an_empty_server(shared: Database) -> None:
    await shared.open()
    await shared.close()
    shared.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    stores = await asyncio.gather(*(shared.open(owner) for owner in "abcd"))
    assert sorted(await asyncio.gather(*(store.hear(message()) for store in stores))) == [False, False, False, True]


async def test_a_server_that_breaks_every_connection(shared: Database) -> None:
    store = await shared.open()
    await asyncio.gather(*(store.hear(message(f"m{number}")) for number in range(30)))
    for number in range(3):
        shared.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        stimulus = message(f"m{number}", conversation=str(number))
        asked = store.hear(stimulus), store.commit(turn(stimulus, says=[said(str(number), str(number))])), store.recall(stimulus)
        assert [result for result in await asyncio.gather(*asked, return_exceptions=True) if isinstance(result, Exception)] == []
    assert (await store.counts())["outbox_depth"] == 3


async def test_no_server() -> None:
    with pytest.raises(StoreAway, match="the database could not do it"):
        await Database("postgresql://postgres@127.0.0.1:1/nothing").open()


async def test_closed(database: Database) -> None:
    store = await database.open()
    await store.close()
    await store.close()
    for asked in (store.hear(message()), store.recall(message()), store.counts()):
        with pytest.raises(StoreError):
            await asked
