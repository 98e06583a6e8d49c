"""Server time of the console's pages over 100,000 members and a year of journal, on SQLite: `python bench/console.py`."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests" / "web")]
from console_samples import Admin, admin_of  # noqa: E402

from bot.core.model import Application, Member, Request  # noqa: E402

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
    "/audit",
    "/health",
)
NOW = int(datetime(2026, 3, 3, tzinfo=UTC).timestamp() * 1000)
YEAR = 365 * 86_400_000
STATES = ("approved", "rejected", "submitted", "approved", "approved")


def fill(path: Path) -> None:
    """Rows as the store would have written them."""
    with sqlite3.connect(path) as base:
        at = [NOW - YEAR + YEAR * n // MEMBERS for n in range(MEMBERS)]

        def rows(kind: type, make: object, state: object) -> None:
            adapter = TypeAdapter(kind)
            told = (
                (
                    kind.__name__.lower(),
                    f"{'dingtalk:e' if kind is Member else 'x'}{n}",
                    f"dingtalk:e{n}",
                    "dingtalk:adm1",
                    state(n),
                    at[n],
                    adapter.dump_json(make(n)),
                )
                for n in range(MEMBERS)
            )  # type: ignore[operator]
            base.executemany(
                "INSERT INTO item (kind, id, person, holder, state, at, body, lease_until, claims, version, touched) VALUES (?,?,?,?,?,?,?,0,0,1,0)", told
            )

        def when(n: int) -> datetime:
            return datetime.fromtimestamp(at[n] / 1000, UTC)

        rows(Member, lambda n: Member(f"dingtalk:e{n}", f"dingtalk:e{n}", f"N{n}", "active", when(n)), lambda _: "active")
        rows(
            Application,
            lambda n: Application(f"x{n}", f"C{n}", f"dingtalk:e{n}", STATES[n % 5], (("name", f"N{n}"),), when(n), when(n)),
            lambda n: STATES[n % 5],
        )
        rows(
            Request,
            lambda n: Request(f"x{n}", f"R{n}", f"dingtalk:e{n}", "effective" if n % 9 else "pending", "u8", "maker", when(n), when(n)),
            lambda n: "effective" if n % 9 else "pending",
        )
        base.executemany("INSERT INTO item_tag VALUES (?, 'member', ?)", ((f"name=N{n}", f"dingtalk:e{n}") for n in range(MEMBERS)))
        trace = json.dumps({"rule": "sure_enough", "candidates": [["invite.not_received", 0.9]] * 5})
        base.executemany(
            "INSERT INTO journal (id, kind, channel, conversation, person, intent, confidence, reason, trace, at) "
            "VALUES (?, 'message', 'd', 'g', 'p', 'i', 1, ?, ?, ?)",
            ((str(n), "unknown" if n % 7 == 0 else "answered", trace, NOW - YEAR + YEAR * n // TURNS) for n in range(TURNS)),
        )
        asked = ("没收到邀请", "邀请在哪里看", "审核还要多久", "权限什么时候开", "发票抬头怎么填")
        base.executemany(
            "INSERT INTO wish VALUES (?, 'unanswered', 'invite.not_received', ?, 'p', '2026-03-03 00:00:00.000000', 0)",
            ((f"w{n}", f"{asked[n % 5]}{n}") for n in range(200)),
        )
        base.executemany(
            "INSERT INTO audit (id, at, actor, act, subject, reason, detail, mac) VALUES (?, ?, 'dingtalk:adm1', 'did', ?, '', x'', '')",
            ((f"l{n}", NOW, f"person:dingtalk:e{n}") for n in range(MEMBERS)),
        )


async def measured(admin: Admin) -> None:
    """Each page seven times: the first, the median, the slowest."""
    await admin.enter()
    for path in PATHS:
        took = []
        for _ in range(7):
            started = time.perf_counter()
            status, _ = await admin.get(path)
            took.append(1000 * (time.perf_counter() - started))
        print(f"{path:28} {status} first {took[0]:6.1f} ms  median {sorted(took)[3]:6.1f} ms  slowest {max(took):6.1f} ms")


async def main() -> None:
    """A fresh house, filled, measured."""
    folder = Path(tempfile.mkdtemp())
    async with admin_of(folder) as admin:
        fill(folder / "console.db")
        await measured(admin)


if __name__ == "__main__":
    asyncio.run(main())
