"""Three replicas on PostgreSQL among kills, pauses, clock steps and database restarts: of so many reminders due, how many arrive, how many twice.

python bench/chaos.py [--nudges 10000] [--kills 20] [--pauses 4] [--steps 10] [--restarts 3] [--cards] [--seed 7] [--keep FOLDER]

Half of the reminders are forms that somebody left unfinished, each due at its own moment; half are digests of people who hold one application, asked
for by the 10:00 round. The stand-in server counts what arrives. A kill is SIGKILL, a pause SIGSTOP for longer than any lease. The send window of a message
opens with the last look at its lease and closes when its end is on the disk; what a fault strikes in it may arrive twice, and with cards not even that. For
each copy too many the replicas' logs say which fault was in the window of the try before (deliveries.py); one without is printed with all its tries.
The database is a server of its own (initdb, pg_ctl restart -m immediate). Its programs are looked for in /usr/lib/postgresql.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from deliveries import OUTSIDE, TWICE, Fault, Told, read, sorted_out
from rig import Replica, Server, Shared, free_port, query

from bot import calendars
from bot.core.calendar import next_slot
from bot.core.model import Application
from bot.words.importing import bring_faqs
from storage import SqlStore
from storage.sealing import new_ring, ring_of
from storage.sql import UNIT

FAQS = '{"faqs": [{"id": "one", "question": "怎么报名", "phrasings": [], "answer": "先填表。"}]}'
"""The only words: replicas start quickly, and no reminder needs any."""
MARKS = ("（重发）", "(sent again)")
AWAY_S = 5.0
"""For so long after the database is back a replica may still be on its way to it."""
LEASE_S = 62.0
"""A pause must outlast the longest lease: the inbox's."""
CALENDAR = calendars.read(date.today())  # noqa: DTZ011 - replicas start in the machine's time


class Chaos:
    """The stand-in, the replicas and the hand that hurts them. With `hurry` the leases of who was hurt run out at once instead of after a minute."""

    def __init__(self, server: Server | Shared, folder: Path, told: Told, dice: random.Random, *, cards: bool, hurry: bool, replicas: int = 3) -> None:
        self.server, self.folder, self.told, self.dice, self.hurry = server, folder, told, dice, hurry
        self.keys, self.since, self.port = new_ring(), 0, free_port()
        self.fake = f"http://127.0.0.1:{self.port}"
        self.start = next_slot(CALENDAR, datetime.now(UTC) + timedelta(minutes=30), (600,))
        self.began = 0.0
        settings = {
            "DATABASE__URL": server.url, "DATABASE__KEYS": self.keys, "DINGTALK__MODE": "stream", "DINGTALK__API_BASE": self.fake,
            "DINGTALK__OAPI_BASE": self.fake, "DINGTALK__API_QUOTA": "0", "DINGTALK__PUSH_QUOTA": "0", "TEST__CLOCK": "1", "CONSOLE__ENABLED": "0",
            "LOGGING__LEVEL": "debug",
            "DINGTALK__CARD_TEMPLATE": "nudge.schema" if cards else "",
        }  # fmt: skip
        self.env = {**os.environ, **{f"USHER_{name}": value for name, value in settings.items()}}
        self.replicas = [Replica(number, self.env, folder) for number in range(replicas)]
        self.tasks: set[asyncio.Task[None]] = set()
        self.still: list[Replica] = []
        self.faults: list[Fault] = []
        self.stopping = asyncio.Lock()

    async def set_up(self) -> None:
        """The stand-in with all people, the items, and the replicas, at a time at which nothing is due."""
        with (self.folder / "stand-in.log").open("wb") as out:
            self.stand_in = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot", "fake-dingtalk", "--port", str(self.port), stderr=out)
        people = [f"{kind}{number}" for number in range(self.told.nudges // 2) for kind in ("form", "boss")]
        app = (await self.asked("state", retry=True))["app"]
        self.env |= {"USHER_DINGTALK__APP_KEY": app["key"], "USHER_DINGTALK__APP_SECRET": "FakeClientSecret-0123456789abcdefghijklmnopqrstuv"}
        await self.asked("settings", {"manners": {"keep": 1_000_000}})
        for start in range(0, len(people), 1_000):
            members = [{"user_id": person, "name": person} for person in people[start : start + 1_000]]
            await self.asked("settings", {"world": {"members": members}})
        await self.asked("faults", {"kind": "latency", "on": "*", "seconds": 0.2})
        (self.folder / "faqs.json").write_text(FAQS, encoding="utf-8")
        bring_faqs(self.folder / "faqs.json", self.folder / "words", replace=True)
        await self.fill()
        await asyncio.gather(*(replica.start() for replica in self.replicas))
        await asyncio.sleep(1)
        await self.count()
        self.told.early = self.told.arrived.total()
        self.began = time.monotonic()
        for replica in self.replicas:
            self.step(replica)

    async def asked(self, deed: str, body: dict[str, Any] | None = None, *, retry: bool = False) -> dict[str, Any]:
        """What the stand-in's control answers."""
        async with aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.post(f"{self.fake}/_fake/{deed}", json=body or {}) as answer:
                        assert answer.status == 200, await answer.text()
                        found: dict[str, Any] = await answer.json()
                        return found
                except aiohttp.ClientConnectorError:
                    if not retry:
                        raise
                    await asyncio.sleep(0.1)

    async def fill(self) -> None:
        """The items; forms fall due soon after the slot, applications have waited for days."""
        store = SqlStore(self.server.url, "filler", sealer=ring_of(self.keys))
        await store.open()
        old = self.start - timedelta(days=8)
        for number in range(self.told.nudges // 2):
            due = self.start + timedelta(seconds=self.dice.uniform(0, 4 if self.hurry else self.told.nudges / 40))
            touched = self.start - timedelta(days=1)
            form = Application(f"f{number}", f"F{number}", f"dingtalk:form{number}", "draft", (), old, old, touched=touched, due=due)
            held = Application(f"h{number}", f"H{number}", f"dingtalk:asker{number}", "submitted", (), old, old, holder=f"dingtalk:boss{number}")
            await asyncio.gather(store.keep(form), store.keep(held))
        await store.close()

    def now(self) -> datetime:
        """Business time as it should be: from the slot on."""
        return self.start + timedelta(seconds=time.monotonic() - self.began)

    def step(self, replica: Replica, ahead: float = 0.0) -> None:
        """Sets a replica's clock, beside everything else."""
        self.beside(replica.step(self.now() + timedelta(seconds=ahead)))

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Does it while everything else goes on."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def count(self) -> int:
        """Counts what arrived since the last look; how many people got something."""
        found = await self.asked("received", {"since": self.since})
        self.since = found["count"]
        self.told.arrived.update(sent["users"][0] for sent in found["received"])
        self.told.marked.update(sent["users"][0] for sent in found["received"] if sent["text"].startswith(MARKS))
        return len(self.told.arrived)

    async def hurry_on(self, owner: str) -> None:
        """With `hurry`, what that replica holds is free from now on."""
        if self.hurry:
            await asyncio.sleep(1)  # what it wrote last is still on its way
            for table in ("inbox", "outbox"):
                query(self.server.url, f"UPDATE {table} SET lease_until = 1 WHERE owner = %s", owner)
            query(self.server.url, "UPDATE item SET lease_until = 0 WHERE due_at IS NOT NULL")

    async def kill(self) -> None:
        """SIGKILL, and a new start."""
        replica = self.dice.choice([one for one in self.replicas if one not in self.still])
        replica.signal(signal.SIGKILL)
        self.faults.append(Fault("kill", replica.owner, time.time(), math.inf))
        assert replica.process is not None
        await replica.process.wait()
        self.told.kills += 1
        await self.hurry_on(replica.owner)
        await replica.start()
        self.step(replica)

    async def pause(self) -> None:
        """SIGSTOP until others have taken over what it held; one at a time, while everything else goes on."""
        await self.stopping.acquire()
        replica = self.dice.choice(self.replicas)
        replica.signal(signal.SIGSTOP)
        self.still.append(replica)
        self.told.pauses += 1
        stopped = time.time()
        await self.hurry_on(replica.owner)
        self.beside(self.resume(replica, stopped))

    async def resume(self, replica: Replica, stopped: float) -> None:
        """SIGCONT, later."""
        await asyncio.sleep(11.0 if self.hurry else LEASE_S)
        replica.signal(signal.SIGCONT)
        self.faults.append(Fault("pause", replica.owner, stopped, time.time()))
        self.still.remove(replica)
        self.stopping.release()

    async def leap(self) -> None:
        """One replica's clock runs ahead by minutes."""
        self.told.steps += 1
        self.step(self.dice.choice(self.replicas), self.dice.uniform(30, 600))

    async def restart(self) -> None:
        """The database goes away and comes back."""
        self.told.restarts += 1
        began = time.time()
        await self.server.hurt()
        self.faults.append(Fault("restart", "", began, time.time() + AWAY_S))

    async def everything(self, kills: int, pauses: int, steps: int, restarts: int, gap: float) -> None:
        """All of it in a random order, at random moments, once the first have arrived."""
        await self.asked("received", {"count": 1, "seconds": 60})
        deeds = [self.kill] * kills + [self.pause] * pauses + [self.leap] * steps + [self.restart] * restarts
        self.dice.shuffle(deeds)
        for deed in deeds:
            await asyncio.sleep(self.dice.uniform(0, 2 * gap))
            await deed()

    async def settled(self, patience: float) -> None:
        """Waits until everybody got something and nothing more comes."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if await self.count() == self.told.nudges:
                break
            await asyncio.sleep(0.5)
        self.told.seconds = time.monotonic() - self.began
        async with self.stopping:  # nobody stands still any more
            pass
        await asyncio.sleep(1 if self.hurry else 65)
        await self.count()

    def explain(self) -> None:
        """Finds for each copy too many what was in the window; one that nothing explains is printed."""
        tries = read((owner, log) for replica in self.replicas for owner, log in replica.logs)
        keys: dict[str, list[str]] = {}
        for key, lane in query(self.server.url, "SELECT key, lane FROM outbox"):
            keys.setdefault(lane.split(UNIT)[-1], []).append(key)
        self.told.causes = list(sorted_out(self.told.doubled, keys, tries, self.faults))
        for cause, person in self.told.causes:
            if cause in {OUTSIDE, TWICE}:
                print(f"{person} {cause}:", *(one.told() for key in keys[person] for one in tries[key]), sep="\n  ")

    async def end(self) -> None:
        """Ends all processes of its own."""
        for task in list(self.tasks):
            task.cancel()
        for process in (*(replica.process for replica in self.replicas), self.stand_in):
            if process is not None and process.returncode is None:
                process.kill()
                await process.wait()


async def trial(server: Server | Shared, folder: Path, told: Told, seed: int, deeds: Callable[[Chaos], Any], **how: Any) -> Told:
    """One trial, from empty to counted."""
    chaos = Chaos(server, folder, told, random.Random(seed), **how)
    try:
        await chaos.set_up()
        await deeds(chaos)
        await chaos.settled(600 + told.nudges / 4)
        chaos.explain()
    finally:
        await chaos.end()
    return told


async def main() -> None:
    """A trial on a server of its own."""
    parser = argparse.ArgumentParser()
    for name, usual in (("nudges", 10_000), ("kills", 20), ("pauses", 4), ("steps", 10), ("restarts", 3), ("seed", 7)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--gap", type=float, default=2.0)
    parser.add_argument("--cards", action="store_true")
    parser.add_argument("--keep", type=Path, help="an empty folder, for the logs")
    told = parser.parse_args()
    kept = contextlib.nullcontext(str(told.keep)) if told.keep else tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    with kept as folder:
        server = Server(Path(folder))
        await server.start()
        try:
            made = await trial(
                server, Path(folder), Told(told.nudges), told.seed,
                lambda chaos: chaos.everything(told.kills, told.pauses, told.steps, told.restarts, told.gap), cards=told.cards, hurry=False,
            )  # fmt: skip
            print(made.line(server.name))
        finally:
            await server.stop()


if __name__ == "__main__":
    asyncio.run(main())
