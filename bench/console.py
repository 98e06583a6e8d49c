"""What the console's pages take over 100,000 members and a year of journal: `python bench/console.py [postgresql://...]`, by default a fresh SQLite file."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import structlog
from pydantic import TypeAdapter
from sqlalchemy import Connection, create_engine, insert

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests" / "web")]
from console_samples import Admin, admin_of  # noqa: E402

from bot.core.model import Application, Item, Member, Request, kind_of  # noqa: E402
from storage.sql import to_ms  # noqa: E402
from storage.tables import table  # noqa: E402

MEMBERS, TURNS = 100_000, 1_000_000
PATHS = (
    "/",
    "/figures",
    "/items?kind=member",
    "/items",
    "/people?q=N77",
    "/person?id=dingtalk:e77",
    "/answers",
    "/unanswered",
    "/policies",
    "/conflicts",
    "/audit",
    "/health",
)
NOW = int(datetime(2026, 3, 3, tzinfo=UTC).timestamp() * 1000)
YEAR = 365 * 86_400_000
STATES = ("approved", "rejected", "submitted", "approved", "approved")
ASKED = ("没收到邀请", "邀请在哪里看", "审核还要多久", "权限什么时候开", "发票抬头怎么填")
TRACE = json.dumps({"rule": "sure_enough", "candidates": [["invite.not_received", 0.9]] * 5})
ADAPTERS = {kind: TypeAdapter(kind) for kind in (Member, Application, Request)}


def into(base: Connection, name: str, rows: Iterable[dict[str, object]]) -> None:
    """Writes them in batches."""
    todo = iter(rows)
    while batch := list(islice(todo, 10_000)):
        base.execute(insert(table(name)), batch)


def when(number: int) -> datetime:
    """The members came one after the other, all year long."""
    return datetime.fromtimestamp((NOW - YEAR + YEAR * number // MEMBERS) // 1000, UTC)


def items() -> Iterator[Item]:
    """A member, an application and a request each."""
    for n in range(MEMBERS):
        who, at = f"dingtalk:e{n}", when(n)
        yield Member(who, who, f"N{n}", "active", at)
        yield Application(f"x{n}", f"C{n}", who, STATES[n % 5], (("name", f"N{n}"),), at, at)
        yield Request(f"x{n}", f"R{n}", who, "effective" if n % 9 else "pending", "u8", "maker", at, at)


def kept(item: Item) -> dict[str, object]:
    """The item as the store keeps it, but not sealed."""
    index = item.index
    told = {"kind": kind_of(type(item)), "id": item.id, "person": index.person, "holder": "dingtalk:adm1", "state": index.state}
    times = {"at": to_ms(index.at or when(0)), "due_at": None, "lease_until": 0, "touched": 0}
    return {**told, **times, "claims": 0, "version": 1, "body": ADAPTERS[type(item)].dump_json(item)}


def turn(number: int) -> dict[str, object]:
    """A turn of the year."""
    at, reason = NOW - YEAR + YEAR * number // TURNS, "unknown" if number % 7 == 0 else "answered"
    told = {"id": str(number), "kind": "message", "channel": "d", "conversation": "g", "person": "p", "intent": "i"}
    return {**told, "confidence": 1.0, "reason": reason, "trace": TRACE, "at": at}


def line(number: int) -> dict[str, object]:
    """A line of the audit trail."""
    told = {"id": f"l{number}", "at": NOW, "actor": "dingtalk:adm1", "act": "did", "subject": f"person:dingtalk:e{number}"}
    return {**told, "reason": "", "detail": b"", "mac": ""}


def fill(url: str) -> None:
    """A year of rows; PostgreSQL has looked at them, as it does by itself in a while."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    wish = {"kind": "unanswered", "intent": "invite.not_received", "person": "p", "at": when(0), "version": 0}
    with engine.begin() as base:
        into(base, "item", map(kept, items()))
        into(base, "item_tag", ({"tag": f"name=N{n}", "kind": "member", "id": f"dingtalk:e{n}"} for n in range(MEMBERS)))
        into(base, "journal", map(turn, range(TURNS)))
        into(base, "wish", ({**wish, "id": f"w{n}", "text": f"{ASKED[n % 5]}{n}"} for n in range(200)))
        into(base, "audit", map(line, range(MEMBERS)))
    if engine.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as base:
            base.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()


async def measured(admin: Admin) -> None:
    """Each page seven times: the first, the median, the slowest; and the CPU that server and client used for the median."""
    await admin.enter()
    for path in PATHS:
        took, spent = [], []
        for _ in range(7):
            started, used = time.perf_counter(), time.process_time()
            status, _ = await admin.get(path)
            took.append(1000 * (time.perf_counter() - started))
            spent.append(1000 * (time.process_time() - used))
        print(f"{path:28} {status} first {took[0]:6.1f} ms  median {sorted(took)[3]:6.1f} ms  slowest {max(took):6.1f} ms  CPU {sorted(spent)[3]:6.1f} ms")


async def main(url: str = "") -> None:
    """A house, filled, measured."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    folder = Path(tempfile.mkdtemp())
    async with admin_of(folder, url=url) as admin:
        fill(url or f"sqlite:///{folder / 'console.db'}")
        await measured(admin)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
