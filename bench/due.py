"""How fast due items are decided, rendered and in the outbox, and how late they arrive; what a tick costs with few and with many items pending; how fast due
items are claimed and marked, beside the bare SQL loop. An empty database is wanted.

python bench/due.py [sqlite:////tmp/bench/usher.db | postgresql://...] [pending, e.g. 1000,100000] [due]
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import insert, literal_column, select, update

from bot.config import Database, Settings
from bot.core.calendar import next_slot
from bot.core.model import Application
from bot.core.turn import Due
from bot.engine.clock import SteppedClock
from bot.logs import configure
from bot.ports import Commit, Hear, Journal, Outbound, Receipt
from bot.wiring.house import build, close_house, open_house
from storage import items
from storage.sealing import new_ring
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


def one_out(tx: Tx, number: int) -> None:
    """The least that brings a due item's message into the outbox: its question in and done, the item's new time, the message, a line of the journal."""
    tx.core.exec_driver_sql(
        _bound(
            tx,
            "INSERT INTO inbox (key, channel, conversation, person, kind, body, body_hash, state, note, owner, lease_until, received) "
            "VALUES (?, '', '', '', 'due', ?, ?, 'received', '', 'bench', 0, 0)",
        ),
        (f"bare {number}", BODY, BODY[:16]),
    )
    tx.core.exec_driver_sql(_bound(tx, "UPDATE inbox SET state = 'done', body = ? WHERE key = ?"), (b"", f"bare {number}"))
    tx.core.exec_driver_sql(_bound(tx, "UPDATE item SET version = version + 1, touched = 1 WHERE kind = 'application' AND id = ?"), (f"d{number}",))
    tx.core.exec_driver_sql(
        _bound(
            tx,
            "INSERT INTO outbox (key, lane, channel, kind, body, priority, state, attempt, owner, lease_until, due_at, made, note) "
            "VALUES (?, ?, 'c', 'message', ?, 1, 'sent', 1, '', 0, 0, 0, '')",
        ),
        (f"bare {number}", f"bare {number}", BODY),
    )
    tx.core.exec_driver_sql(
        _bound(
            tx,
            "INSERT INTO journal (id, kind, channel, conversation, person, intent, confidence, reason, trace, at) "
            "VALUES (?, 'due', 'c', '', 'p', 'due', 0, 'reminded', '{}', 0)",
        ),
        (f"bare {number}",),
    )


BODY = b"x" * 600


def _bound(tx: Tx, sql: str) -> str:
    return sql if tx.core.dialect.name == "sqlite" else sql.replace("?", "%s")


async def bare_out(store: SqlStore, count: int) -> tuple[float, float]:
    """The same statements in a loop with nothing around them, one durable transaction after the other: (a second, CPU microseconds each)."""
    began, worked = time.perf_counter(), time.process_time()
    for number in range(count):
        await store._db.write(one_out, number)
    return count / (time.perf_counter() - began), 1e6 * (time.process_time() - worked) / count


class Platform:
    """A channel that takes everything at once and notes when."""

    name = "dingtalk"

    def __init__(self) -> None:
        self.came: dict[str, datetime] = {}

    async def start(self, hear: Hear) -> None:
        """Nothing comes in."""

    async def stop(self) -> None:
        """Nothing to stop."""

    def keyed(self, outbound: Outbound) -> bool:  # noqa: ARG002 - the contract's shape
        """Shows what it has once."""
        return True

    async def deliver(self, outbound: Outbound) -> Receipt:
        """Takes it."""
        self.came.setdefault(outbound.person, datetime.now(UTC))
        return Receipt(way="bench")

    def health(self) -> Mapping[str, object]:
        """Always well."""
        return {"ok": True}


def forms(tx: Tx, first: int, dues: list[datetime]) -> None:
    """Forms that somebody left, each due at its moment: the least that is rendered and sent."""
    for number, due in enumerate(dues, first):
        old = due - timedelta(days=2)
        items.put(tx, Application(f"d{number}", f"D{number}", f"dingtalk:d{number}", "draft", (), old, old, due=due))


async def _put_out(url: str, folder: Path, count: int, rate: int) -> None:
    """Prints how many due items a second are decided, rendered and in the outbox when all come at once, and how late they arrive when `rate` come a second."""
    clock, platform = SteppedClock(), Platform()
    keys = SecretStr(new_ring())
    settings = Settings(data=folder / "house", database=Database(url=url, keys=keys))
    house = build(settings, clock, platform, "robot")
    configure("error", "json")
    clock.advance((next_slot(house.wording.policy("zh").calendar, clock.now(), (600,)) - clock.now()).total_seconds())
    start, house.metronome.start = house.metronome.start, lambda: None  # type: ignore[method-assign] # the beats begin with the second part
    await open_house(house)
    await house.store._db.write(forms, 0, [clock.now() - timedelta(seconds=1)] * count)
    began, worked, before = time.perf_counter(), time.process_time(), house.loop.figures.turns
    await house.loop.fall_due()
    await house.loop.idle()
    took, cpu = time.perf_counter() - began, time.process_time() - worked
    alone, bare_cpu = await bare_out(house.store, count)
    print(
        f"{house.loop.figures.turns - before} due at once: {count / took:.0f}/s decided, rendered and in the outbox, {1e6 * cpu / count:.0f} us of CPU each; "
        f"the bare SQL loop, a transaction each, {alone:.0f}/s, {bare_cpu:.0f} us of CPU each: {count / took / alone:.2f} times its pace"
    )
    await house.outbox.idle()
    start()
    begin, ahead = clock.now() + timedelta(seconds=3), clock.now() - datetime.now(UTC)
    dues = [begin + timedelta(seconds=number / rate) for number in range(15 * rate)]
    await house.store._db.write(forms, count, dues)
    for _ in range(600):
        if len(platform.came) == count + len(dues):
            break
        await asyncio.sleep(0.1)
    late = sorted((platform.came[f"d{number}"] + ahead - due).total_seconds() for number, due in enumerate(dues, count))
    print(f"{rate} due a second: late p50 {late[len(late) // 2]:.2f} s, p99 {late[len(late) * 99 // 100]:.2f} s, most {late[-1]:.2f} s, least {late[0]:.3f} s")
    await close_house(house)


def put_out(url: str, folder: Path, count: int, rate: int) -> None:
    """The same in a process of its own."""
    asyncio.run(_put_out(url, folder, count, rate))


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
        other = multiprocessing.get_context("spawn").Process(target=put_out, args=(given[0], Path(folder), int(given[2]), 100))
        other.start()  # the words and their index must not count into the memory of a tick
        other.join()
        asyncio.run(main(given[0], [int(many) for many in given[1].split(",")], int(given[2])))
