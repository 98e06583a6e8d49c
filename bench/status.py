"""What a status question costs beside a plain FAQ, with few and with many members and open applications.

python bench/status.py [sqlite:////tmp/bench/usher.db | postgresql://...] [members] [applications] [questions]
"""

from __future__ import annotations

import asyncio
import logging
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import count, islice

import structlog
from sqlalchemy import insert

from bot.core.model import Application, Item, Member, Organisation, Sender
from bot.core.turn import Message
from bot.engine.clock import SystemClock
from bot.engine.composing import Composer
from bot.engine.loop import Loop
from bot.engine.pace import Pace
from bot.engine.people import Rights
from bot.engine.wording import Wording
from bot.words.loading import bundled, load
from storage import items
from storage.sql import Tx, to_ms
from storage.store import SqlStore
from storage.tables import table

NOW = datetime(2026, 3, 3, 2, tzinfo=UTC)
FAQ, STATUS = "什么是财务软件组织", "我的申请到哪了"
ITEM, TAG = table("item"), table("item_tag")
NUMBERS = count()


def people(members: int, applications: int, channel: str = "bench") -> Iterator[Item]:
    """Members, and open applications of the first of them, which came in just now."""
    made = datetime.now(UTC)
    for number in range(members):
        who = f"{channel}:emp{number}"
        yield Member(who, who, f"name{number}", "active", NOW, f"138{number:08d}", "finance", joined=NOW)
    for number in range(applications):
        yield Application(f"a{number}", f"K{number}", f"{channel}:emp{number}", "submitted", (("name", "x"),), made, made, f"{channel}:boss{number % 50}")


def fill(tx: Tx, made: Iterable[Item]) -> None:
    """Writes them in batches."""
    todo = iter(made)
    while batch := list(islice(todo, 2_000)):
        tx.core.execute(insert(ITEM), [row(tx, item) for item in batch])
        tx.core.execute(insert(TAG), [{"tag": items.hidden(tx, tag), "kind": kind(item), "id": item.id} for item in batch for tag in item.index.tags])


def kind(item: Item) -> str:
    """The word it is kept under."""
    return items.kind_of(type(item))


def row(tx: Tx, item: Item) -> dict[str, object]:
    """The item as the store keeps it."""
    index, body = item.index, items._adapter(kind(item)).dump_json(item)
    return {
        "kind": kind(item), "id": item.id, "person": index.person, "holder": index.holder, "state": index.state, "at": to_ms(index.at or NOW), "due_at": None,
        "lease_until": 0, "claims": 0, "body": tx.sealer.seal(body, f"item:{kind(item)}:{item.id}"), "version": 1, "touched": 0,
    }  # fmt: skip


async def asked(loop: Loop, text: str, times: int) -> tuple[float, float, float]:
    """CPU and time of a turn in microseconds, and its statements; questions of different people, one after the other."""
    statements, run = [0], Tx.run

    def counted(self: Tx, *given: object) -> object:
        statements[0] += 1
        return run(self, *given)  # type: ignore[arg-type]

    Tx.run = counted  # type: ignore[method-assign,assignment]
    began, cpu = time.perf_counter(), time.process_time()
    for number in range(times):
        sender = Sender(f"emp{number % 200}", "", "nick")
        await loop.hear(Message("bench", "robot", f"m{next(NUMBERS)}", f"chat{number % 200}", True, sender, text, NOW))
        await loop.idle()
    spent = (time.process_time() - cpu) / times * 1e6, (time.perf_counter() - began) / times * 1e6, statements[0] / times
    Tx.run = run  # type: ignore[method-assign]
    return spent


async def main(url: str, members: int, applications: int, times: int) -> None:
    """Prints both questions' costs, with 200 members and with many."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    store, words, dice = SqlStore(url, "bench"), load([bundled()]), random.Random(1)
    await store.open()
    wording = Wording([bundled()], words, Organisation(), "Asia/Shanghai", "zh")
    rights = Rights("bench", ["boss0"], [f"boss{number}" for number in range(50)])
    loop = Loop(store, wording, rights, Pace(0), Composer("bench", "robot"), SystemClock(), lambda: f"{dice.getrandbits(128):032x}")
    done = 0
    for many, open_ in ((200, 200), (members, applications)):
        made = [item for item in people(many, open_) if int("".join(filter(str.isdigit, item.id.rpartition(":")[2]))) >= done]
        await store._db.write(fill, made)
        done = 200
        await asked(loop, STATUS, 50)
        for text in (FAQ, STATUS, FAQ, STATUS):
            cpu, wall, statements = await asked(loop, text, times)
            print(f"{many} members, {open_} open: {text}: {cpu:.0f} us CPU, {wall:.0f} us, {statements:.1f} statements")
    await store.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        given = sys.argv[1:] + [f"sqlite:///{folder}/usher.db", "100000", "20000", "400"][len(sys.argv) - 1 :]
        asyncio.run(main(given[0], int(given[1]), int(given[2]), int(given[3])))
