"""What a tick costs with few and with many items pending, and how fast due items are claimed and marked, beside the bare SQL loop.

python bench/due.py [sqlite:////tmp/bench/usher.db | postgresql://...] [pending, e.g. 1000,100000] [due]
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from sqlalchemy import insert, literal_column, select, update

from bot.core.model import Application
from bot.core.turn import Due
from bot.ports import Commit, Journal
from storage import items
from storage.sql import Tx, to_ms
from storage.store import SqlStore
from storage.tables import table

NOW = datetime(2026, 3, 3, 2, tzinfo=UTC)
ITEM = table("item")
BATCH = 500


def rows(first: int, count: int, due: datetime) -> Iterator[dict[str, object]]:
    """Open applications of many people, held by 200 reviewers, that fall due then."""
    for number in range(first, first + count):
        made = Application(f"a{number}", f"K{number}", f"p{number}", "submitted", (("name", "x" * 20),), NOW, NOW, holder=f"boss{number % 200}", due=due)
        yield {
            "kind": "application", "id": made.id, "person": made.person, "holder": made.holder, "state": made.state, "at": to_ms(NOW), "due_at": to_ms(due),
            "lease_until": 0, "claims": 0, "body": items._adapter("application").dump_json(made), "version": 1, "touched": 0,
        }  # fmt: skip


def fill(tx: Tx, first: int, count: int, due: datetime) -> None:
    """Writes that many items."""
    made = rows(first, count, due)
    while batch := list(islice(made, 2_000)):
        tx.core.execute(insert(ITEM), batch)


def bare(tx: Tx, count: int) -> int:
    """The bare loop: look, mark and end due rows in batches, with nothing around them."""
    done = 0
    while done < count:
        found = [row[0] for row in tx.core.execute(select(ITEM.c.id).where(ITEM.c.due_at <= to_ms(NOW)).limit(BATCH))]
        if not found:
            break
        tx.core.execute(update(ITEM).where(ITEM.c.id.in_(found)).values(due_at=None, claims=literal_column("claims + 1")))
        done += len(found)
    return done


async def ticks(store: SqlStore, times: int = 300) -> float:
    """The median of a tick with nothing due, in microseconds."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        assert not await store.due(NOW, BATCH)
        took.append(time.perf_counter() - began)
    return sorted(took)[times // 2] * 1e6


async def claimed(store: SqlStore, count: int) -> tuple[float, float]:
    """Claims everything that is due and ends each in a turn of its own; (claimed and marked as taken a second, ended a second with the claiming)."""
    began, claiming, done = time.perf_counter(), 0.0, 0
    while True:
        asked = time.perf_counter()
        found = await store.due(NOW, BATCH)
        claiming += time.perf_counter() - asked
        if not found:
            break
        await asyncio.gather(*(store.commit(answer(due)) for due in found))
        done += len(found)
    assert done == count
    return count / claiming, count / (time.perf_counter() - began)


def answer(due: Due) -> Commit:
    """The smallest turn there is: nothing to say, nothing to change."""
    return Commit(due, (), (), (), Journal(due.key, "due", "c", "", due.person, f"due.{due.kind}", 0, "ignored", "{}", NOW))


async def main(url: str, pending: list[int], count: int) -> None:
    """Prints a line for each number of pending items, then the rates."""
    store = SqlStore(url, "bench")
    await store.open()
    first = 0
    for many in pending:
        await store._db.write(fill, first, many - first, NOW + timedelta(days=30))
        first = many
        print(f"{many} pending: a tick {await ticks(store):.0f} us, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    await store._db.write(fill, first, count, NOW)
    taken, ours = await claimed(store, count)
    await store._db.write(fill, first + count, count, NOW)
    began = time.perf_counter()
    await store._db.write(bare, count)
    alone = count / (time.perf_counter() - began)
    print(f"{count} due: {taken:.0f}/s claimed and marked; {ours:.0f}/s ended, each in a durable turn of its own; the bare SQL loop {alone:.0f}/s")
    began = time.perf_counter()
    await store.holders()
    print(f"everybody who holds something, among {first + 2 * count} items: {(time.perf_counter() - began) * 1e3:.1f} ms")
    await store.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        given = sys.argv[1:] + [f"sqlite:///{folder}/usher.db", "1000,100000", "5000"][len(sys.argv) - 1 :]
        asyncio.run(main(given[0], [int(many) for many in given[1].split(",")], int(given[2])))
