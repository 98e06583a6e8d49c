"""A PostgreSQL server and replicas of the program that a bench may hurt."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import psycopg


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def run(*command: str, **how: Any) -> None:
    """A command to its end. Raises RuntimeError with what it said."""
    made = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, **how)
    told, _ = await made.communicate()
    if made.returncode:
        raise RuntimeError(told.decode(errors="replace"))


class Server:
    """A PostgreSQL of our own, in a folder; as root it runs as the user postgres."""

    def __init__(self, folder: Path) -> None:
        self.bin, self.folder, self.port = max(Path("/usr/lib/postgresql").glob("*/bin")), folder / "postgres", free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        self.name = "SIGQUIT of a PostgreSQL server of its own"

    async def _do(self, program: str, *options: str) -> None:
        user = ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()
        how = {"cwd": self.folder}
        await run(*user, str(self.bin / program), "-D", str(self.folder / "data"), *options, **how)

    async def start(self) -> None:
        """Makes and starts it."""
        self.folder.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
            for above in (self.folder.parent, self.folder.parent.parent):
                if above != Path("/tmp"):
                    above.chmod(0o755)
        await self._do("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        await self._do("pg_ctl", "start", "-w", "-l", str(self.folder / "log"), "-o", f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1")

    async def hurt(self) -> None:
        """Restarts it as after a crash."""
        await self._do("pg_ctl", "restart", "-w", "-m", "immediate", "-l", str(self.folder / "log"))

    async def stop(self) -> None:
        """Ends it."""
        await self._do("pg_ctl", "stop", "-m", "immediate")


class Shared:
    """A database on a server that others use, too: it is not restarted, but every connection to the database is broken."""

    name = "pg_terminate_backend of every connection"

    def __init__(self, url: str) -> None:
        self.url = url

    async def hurt(self) -> None:
        """Breaks every connection."""
        query(self.url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")


def query(url: str, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows, by a connection of its own."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(sql, values)
        return found.fetchall() if found.description else []


@dataclass
class Replica:
    """One `usher serve`; `owner` is its name in the leases, which each start makes anew."""

    number: int
    env: dict[str, str]
    folder: Path
    port: int = field(default_factory=free_port)
    process: asyncio.subprocess.Process | None = None
    owner: str = ""
    lives: int = 0
    logs: list[tuple[str, Path]] = field(default_factory=list)

    async def start(self) -> None:
        """Starts it and waits until it is ready."""
        self.lives += 1
        log = self.folder / f"replica{self.number}.{self.lives}.log"
        with log.open("wb") as out:
            data, words = self.folder / f"data{self.number}", self.folder / "words"
            command = (sys.executable, "-m", "bot", "serve", "--port", str(self.port), "--data", str(data), "--words", str(words))
            self.process = await asyncio.create_subprocess_exec(*command, env=self.env, stderr=out)
        while not (found := [line for line in log.read_text(errors="replace").splitlines() if '"replica"' in line]):
            if self.process.returncode is not None:
                raise RuntimeError(log.read_text(errors="replace")[-2000:])
            await asyncio.sleep(0.05)
        self.owner = json.loads(found[0])["replica"]
        self.logs.append((self.owner, log))

    async def listens(self) -> None:
        """Waits until it takes connections."""
        for _ in range(600):
            with contextlib.suppress(OSError):
                (await asyncio.open_connection("127.0.0.1", self.port))[1].close()
                return
            await asyncio.sleep(0.1)
        raise RuntimeError("the server does not listen")

    def signal(self, which: signal.Signals) -> None:
        """Sends it a signal, if it lives."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(which)

    async def step(self, to: datetime) -> None:
        """Moves its business time; a replica that dies meanwhile answers nothing."""
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(600)) as session:
                for _ in range(100):
                    with contextlib.suppress(aiohttp.ClientConnectorError):
                        await session.post(f"http://127.0.0.1:{self.port}/test/clock", json={"to": to.isoformat()})
                        return
                    await asyncio.sleep(0.1)
