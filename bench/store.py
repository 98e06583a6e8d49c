"""CPU and time of the store's part of a message (hear, recall, commit, settle) with many in flight.

python bench/store.py [sqlite:////tmp/bench/usher.db | postgresql://...] [messages] [in flight]
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime

from bot.core.model import Action
from bot.core.turn import Message, Put, Route, Sender
from bot.ports import Button, Commit, Journal, Outbound, Settled, Settlement
from storage.store import SqlStore

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)


async def cycle(store: SqlStore, number: int) -> float:
    """One message, as the engine takes it through the store; the seconds it took."""
    began = time.perf_counter()
    sender = Sender(f"user{number % 200}", "alias", "nick")
    route = Route("https://oapi.dingtalk.com/robot/sendBySession?session=0123456789abcdef", NOW)
    heard = Message("dingtalk", "robot", f"msg{number}", f"cid{number % 64}", False, sender, "an invitation that has not come yet", NOW, route=route)
    assert await store.hear(heard)
    conversation = replace((await store.recall(heard)).conversation, topic="invite.not_received", question="q", at=NOW)
    button = Button("ask", "ask", Action("invite.resend", (("email", "x"),)))
    said = Outbound(f"{heard.key}/0", "dingtalk", "robot", heard.conversation, heard.conversation, False, "", "t", "x" * 300, (button,), route=route, made=NOW)
    entry = Journal(f"t{number}", "message", "dingtalk", heard.place, conversation.person, "invite.not_received", 0.9, "answered", '{"rule":"rank"}', NOW)
    held = await store.commit(Commit(heard, (Put(conversation),), (said,), (), entry))
    await store.settle([Settlement(row.key, row.attempt, Settled.SENT) for row in held])
    return time.perf_counter() - began


async def main(url: str, messages: int, flights: int) -> None:
    """Runs and prints one line."""
    store = SqlStore(url, "bench")
    await store.open()

    async def flight(first: int) -> list[float]:
        return [await cycle(store, number) for number in range(first, messages, flights)]

    await asyncio.gather(*(cycle(store, -1 - number) for number in range(flights)))
    began, cpu = time.perf_counter(), time.process_time()
    took = sorted(second for each in await asyncio.gather(*map(flight, range(flights))) for second in each)
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    await store.close()
    print(
        f"{flights} in flight: {cpu / messages * 1e6:.0f} us CPU a message, {messages / wall:.0f} messages/s,"
        f" p50 {took[messages // 2] * 1e3:.1f} ms, p99 {took[messages * 99 // 100] * 1e3:.1f} ms"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        given = sys.argv[1:] + [f"sqlite:///{folder}/usher.db", "6400", "64"][len(sys.argv) - 1 :]
        asyncio.run(main(given[0], int(given[1]), int(given[2])))
