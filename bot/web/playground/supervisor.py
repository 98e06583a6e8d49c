"""Keeps the real program running as a child process: starts it, waits until it is ready, starts it again when it dies."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import structlog

log = structlog.get_logger("demo")
_FIRST_WAIT_S, _LONGEST_WAIT_S, _CALM_S = 0.3, 10.0, 20.0
_POLL_S = 0.1
_GRACE_S = 8.0
_FAILING = 4
_LOWEST_PORT, _PORTS = 20_000, 12_000


class State(StrEnum):
    """How the child is."""

    STARTING = "starting"
    ONLINE = "online"
    RESTARTING = "restarting"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Event:
    """The child changed: it came online, or ended with `code` (negative: by that signal)."""

    state: State
    code: int = 0


Command = Callable[[int], Sequence[str]]
Ready = Callable[[str], Awaitable[bool]]


class Supervisor:
    """Owns the child. `command` makes its arguments from a free port; `ready` asks the child's base URL whether it serves; its output goes to worker.log
    in `folder`, where its process id stands too, so that a child of a demo that was killed is ended first."""

    def __init__(self, command: Command, environment: Mapping[str, str], folder: Path, ready: Ready) -> None:
        self.state = State.STARTING
        self.starts = 0
        self.base_url = ""
        self.told: Callable[[Event], Awaitable[None]] = _nobody
        self.log_file = folder / "worker.log"
        self._command = command
        self._environment = dict(environment)
        self._ready = ready
        self._pid_file = folder / "worker.pid"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The child's process id, 0 when there is none."""
        return self._process.pid if self._process and self._process.returncode is None else 0

    async def run(self) -> None:
        """Keeps the child alive until cancelled, and then ends it gently."""
        wait, fast = _FIRST_WAIT_S, 0
        await self._end_leftover()
        try:
            while True:
                began = time.monotonic()
                code = await self._once()
                calm = time.monotonic() - began > _CALM_S or code == -signal.SIGKILL
                wait, fast = (_FIRST_WAIT_S, 0) if calm else (min(wait * 2, _LONGEST_WAIT_S), fast + 1)
                self.state = State.FAILING if fast >= _FAILING else State.RESTARTING
                await self.told(Event(self.state, code))
                await asyncio.sleep(wait)
        finally:
            await self._end()

    async def _once(self) -> int:
        """One life of the child; gives its exit code."""
        port = free_port()
        self.base_url = f"http://127.0.0.1:{port}"
        with self.log_file.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._command(port), stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, env=self._environment, start_new_session=True
            )
        self._pid_file.write_text(str(self.pid), encoding="utf-8")
        self.starts += 1
        ending = asyncio.create_task(self._process.wait())
        while not ending.done() and not await self._ready(self.base_url):
            await asyncio.wait({ending}, timeout=_POLL_S)
        if not ending.done():
            self.state = State.ONLINE
            log.info("worker is online", pid=self.pid, starts=self.starts)
            await self.told(Event(State.ONLINE))
        code = await ending
        log.warning("worker ended", code=code)
        return code

    async def _end_leftover(self) -> None:
        """Ends the child of an earlier demo that could not do so itself: its process id must still be a process with our arguments."""
        try:
            pid = int(self._pid_file.read_text(encoding="utf-8"))
            running = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")  # noqa: ASYNC240 - procfs does not block
        except (OSError, ValueError):
            return
        ours = [argument.encode() for argument in self._command(0) if argument != "0"]
        if all(argument in running for argument in ours):
            log.warning("ending the worker of an earlier demo", pid=pid)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            for _ in range(50):
                if not Path(f"/proc/{pid}").exists():  # noqa: ASYNC240 - procfs does not block
                    break
                await asyncio.sleep(_POLL_S)

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_GRACE_S):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            await process.wait()
        self._pid_file.unlink(missing_ok=True)


async def _nobody(_: Event) -> None:
    """Until somebody listens."""


def free_port() -> int:
    """A port of the loopback that nobody listens on now, below those that systems give to outgoing connections: the child needs a moment to take it."""
    while True:
        port = _LOWEST_PORT + secrets.randbelow(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
