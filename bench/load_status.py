"""The whole way of a message: how a status question compares to a plain FAQ in the load bench, with few and with many members and open applications.

python bench/load_status.py [--url sqlite:///… | postgresql://…/postgres] [--members 100000] [--applications 20000] [--seconds 10] [--seed 7]

`usher serve` gets signed robot callbacks over HTTP in private chats, and answers to a stand-in for DingTalk within this process, which notes when each
reply arrives. Both questions alternate in one run: one at a time, then paced (Poisson, a third of what the slower one reaches), then short blocks with
32 in flight for what it reaches. Of PostgreSQL a database of its own is made and dropped. CPU is that of the server's process, from /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
from rig import Replica, free_port
from status import FAQ, STATUS, fill, people

from bot.core.model import Item
from bot.dingtalk_api.sign import sign
from storage.sealing import new_ring, ring_of
from storage.store import SqlStore

SECRET = "FakeClientSecret-0123456789abcdefghijklmnopqrstuv"
ASKERS, FLIGHTS = 200, 32
DONE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 27\r\n\r\n" + b'{"errcode":0,"errmsg":"ok"}'
TICK = os.sysconf("SC_CLK_TCK")
_MARK = b"session="
NUMBERS = count(1)
"""Of messages: a server that is started again on the same database must not take them for known ones."""


class Wire(asyncio.Protocol):
    """One connection of HTTP/1.1 with lengths only: `got` is called with each whole message, and may give back what is to be sent."""

    def __init__(self, got: Callable[[bytes], bytes]) -> None:
        self._got, self._rest = got, b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Is there."""
        self.transport = transport  # type: ignore[assignment] # a TCP connection's is one

    def data_received(self, data: bytes) -> None:
        """Cuts what came into messages."""
        self._rest += data
        while (end := self._rest.find(b"\r\n\r\n")) >= 0:
            head = self._rest[:end].lower()
            begun = head.find(b"content-length:")
            whole = end + 4 + (int(head[begun + 15 :].split(b"\r\n", 1)[0]) if begun >= 0 else 0)
            if len(self._rest) < whole:
                return
            message, self._rest = self._rest[:whole], self._rest[whole:]
            if answer := self._got(message):
                self.transport.write(answer)


@dataclass
class Told:
    """What became of one kind of question: seconds until the reply, and of blocks their messages, wall and CPU seconds."""

    took: list[float] = field(default_factory=list)
    asked: int = 0
    wall: float = 0.0
    cpu: float = 0.0

    def at(self, share: float) -> float:
        """Milliseconds within which that share was answered."""
        return sorted(self.took)[min(len(self.took) - 1, int(len(self.took) * share))] * 1e3


class Load:
    """The stand-in that receives replies, and a server that is asked."""

    def __init__(self, folder: Path, url: str, keys: str, seed: int) -> None:
        self.dice, self.port = random.Random(seed), free_port()
        fake = f"http://127.0.0.1:{self.port}"
        settings = {
            "DATABASE__URL": url, "DATABASE__KEYS": keys, "DINGTALK__MODE": "http", "DINGTALK__APP_KEY": "dingbench", "DINGTALK__APP_SECRET": SECRET,
            "DINGTALK__API_BASE": fake, "DINGTALK__OAPI_BASE": fake, "LIMITS__PER_USER_PER_MINUTE": "0", "CONSOLE__ENABLED": "0",
            "PEOPLE__ADMINS": '["boss0"]',
        }  # fmt: skip
        self.replica = Replica(0, {**os.environ, **{f"USHER_{name}": value for name, value in settings.items()}}, folder)
        self.waiting: dict[bytes, asyncio.Future[float]] = {}
        self.free: list[Wire] = []

    async def start(self) -> None:
        """Listens, starts the server and connects to it."""
        loop = asyncio.get_running_loop()
        self.listening = await loop.create_server(lambda: Wire(self._replied), "127.0.0.1", self.port)
        await self.replica.start()
        await self.replica.listens()
        for _ in range(2 * FLIGHTS):
            _, wire = await loop.create_connection(lambda: Wire(self._nothing), "127.0.0.1", self.replica.port)
            self.free.append(wire)

    async def stop(self) -> None:
        """Ends the server."""
        process = self.replica.process
        if process is not None and process.returncode is None:
            process.terminate()
            await process.wait()
        self.listening.close()

    def _nothing(self, answer: bytes) -> bytes:
        assert answer.startswith(b"HTTP/1.1 200"), answer[:200]
        return b""

    def _replied(self, request: bytes) -> bytes:
        found = request.find(_MARK)
        waiting = self.waiting.pop(request[found + len(_MARK) : found + len(_MARK) + 32], None) if found >= 0 else None
        if waiting is not None and not waiting.done():
            waiting.set_result(time.perf_counter())
        return DONE

    async def ask(self, text: str, since: float = 0.0) -> float:
        """Sends the question of one of the askers; the seconds until its reply came, counted from `since` when it should have been sent then."""
        number, stamp = next(NUMBERS), str(int(time.time() * 1000))
        session, who = f"{number:032x}", f"emp{number % ASKERS}"
        body = json.dumps({
            "conversationId": f"cid{who}", "conversationType": "1", "chatbotCorpId": "dingcorp", "chatbotUserId": "$:bot", "msgId": f"msg{number}",
            "senderNick": who, "isAdmin": False, "senderId": f"$:{who}", "createAt": int(stamp), "robotCode": "dingbench", "senderStaffId": who,
            "senderCorpId": "dingcorp", "msgtype": "text", "text": {"content": text}, "sessionWebhookExpiredTime": int(stamp) + 5_400_000,
            "sessionWebhook": f"http://127.0.0.1:{self.port}/robot/sendBySession?session={session}",
        }, ensure_ascii=False).encode()  # fmt: skip
        head = f"POST /dingtalk/robot HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\ntimestamp: {stamp}\r\nsign: {sign(stamp, SECRET)}\r\n"
        came = self.waiting[session.encode()] = asyncio.get_running_loop().create_future()
        began, wire = since or time.perf_counter(), self.free[number % len(self.free)]
        wire.transport.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return await asyncio.wait_for(came, 30) - began

    def cpu(self) -> float:
        """CPU seconds of the server so far."""
        assert self.replica.process is not None
        fields = Path(f"/proc/{self.replica.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    async def alone(self, seconds: float) -> dict[str, Told]:
        """One at a time, both in turns."""
        told, end = {FAQ: Told(), STATUS: Told()}, time.monotonic() + seconds
        while time.monotonic() < end:
            for text, into in told.items():
                into.took.append(await self.ask(text))
        return told

    async def paced(self, rate: float, seconds: float) -> dict[str, Told]:
        """At random moments, both in turns, counted from the moment at which each should have been sent."""
        told, tasks, at = {FAQ: Told(), STATUS: Told()}, [], time.perf_counter()
        for number in range(int(rate * seconds)):
            at += self.dice.expovariate(rate)
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            text = (FAQ, STATUS)[number % 2]
            tasks.append((text, asyncio.create_task(self.ask(text, at))))
        for text, task in tasks:
            told[text].took.append(await task)
        return told

    async def blocks(self, seconds: float, block: int = 640) -> dict[str, Told]:
        """With 32 in flight, short blocks of one kind in turns."""
        told, end = {FAQ: Told(), STATUS: Told()}, time.monotonic() + seconds
        while time.monotonic() < end:
            for text, into in told.items():
                began, cpu = time.perf_counter(), self.cpu()
                await asyncio.gather(*(self._flight(text, block // FLIGHTS, into) for _ in range(FLIGHTS)))
                into.wall, into.cpu, into.asked = into.wall + time.perf_counter() - began, into.cpu + self.cpu() - cpu, into.asked + block
        return told

    async def _flight(self, text: str, times: int, into: Told) -> None:
        for _ in range(times):
            into.took.append(await self.ask(text))


async def filled(url: str, keys: str, members: int, applications: int, known: int) -> int:
    """Writes the people and applications that are not there yet."""
    store = SqlStore(url, "filler", sealer=ring_of(keys))
    await store.open()
    made: list[Item] = [item for item in people(members, applications, "dingtalk") if int("".join(filter(str.isdigit, item.id.rpartition(":")[2]))) >= known]
    await store._db.write(fill, made)
    await store.close()
    return min(members, applications)


def line(name: str, told: dict[str, Told]) -> str:
    """Both kinds and their ratio."""
    plain, status = told[FAQ], told[STATUS]
    shown = f"{name}: FAQ p50 {plain.at(0.5):.2f} p99 {plain.at(0.99):.2f} ms, status p50 {status.at(0.5):.2f} p99 {status.at(0.99):.2f} ms"
    shown += f", ratio p50 {status.at(0.5) / plain.at(0.5):.2f} p99 {status.at(0.99) / plain.at(0.99):.2f}"
    if plain.wall:
        (fast, slow), (cheap, dear) = ([one.asked / one.wall for one in (plain, status)], [one.cpu / one.asked * 1e3 for one in (plain, status)])
        shown += f"; {fast:.0f} and {slow:.0f} msg/s, ratio {fast / slow:.2f}; CPU {cheap:.2f} and {dear:.2f} ms, ratio {dear / cheap:.2f}"
    return shown


async def measured(folder: Path, url: str, keys: str, seconds: float, seed: int) -> None:
    """One server, warmed up, asked in three ways."""
    load = Load(folder, url, keys, seed)
    await load.start()
    try:
        await load.blocks(min(4.0, seconds))
        print("  " + line("one at a time", await load.alone(seconds)), flush=True)
        full = await load.blocks(2 * seconds)
        rate = full[STATUS].asked / full[STATUS].wall / 3
        print("  " + line(f"paced, {rate:.0f} msg/s", await load.paced(rate, 2 * seconds)), flush=True)
        print("  " + line("32 in flight", full), flush=True)
    finally:
        await load.stop()


async def main(server: str, members: int, applications: int, seconds: float, seed: int) -> None:
    """With 200 members and 200 open applications, then with many."""
    with ExitStack() as left:
        folder = Path(left.enter_context(tempfile.TemporaryDirectory()))
        keys, url = new_ring(), own_database(server, left) if server.startswith("postgresql") else server or f"sqlite:///{folder}/usher.db"
        known = 0
        for many, open_ in ((ASKERS, ASKERS), (members, applications)):
            known = await filled(url, keys, many, open_, known)
            print(f"{url.partition(':')[0]}, {many} members, {open_} open applications", flush=True)
            await measured(folder, url, keys, seconds, seed)


def own_database(server: str, left: ExitStack) -> str:
    """A database of its own on that server, dropped at the end."""
    name = f"bench_status_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())

    def drop() -> None:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    left.callback(drop)
    return f"{server.rpartition('/')[0]}/{name}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default="", help="a SQLite file, or a PostgreSQL server on which a database may be made")
    for name, usual in (("members", 100_000), ("applications", 20_000), ("seed", 7)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--seconds", type=float, default=10.0)
    told = parser.parse_args()
    asyncio.run(main(told.url, told.members, told.applications, told.seconds, told.seed))
