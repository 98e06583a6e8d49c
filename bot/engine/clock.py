"""The metronome: APScheduler beats, the store knows what is due. Business time may be stepped; leases never see it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger("clock")
Body = Callable[[], Awaitable[object]]


class SystemClock:
    """Business time as the machine has it."""

    def now(self) -> datetime:
        """Aware, UTC."""
        return datetime.fromtimestamp(time.time(), UTC)


class SteppedClock:
    """Business time that demos and black-box tests may move forward; it goes on running from there."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """Aware, UTC."""
        return datetime.fromtimestamp(time.time(), UTC) + self._ahead

    def advance(self, seconds: float) -> datetime:
        """Moves forward by `seconds` (never back) and gives the new time."""
        self._ahead += timedelta(seconds=max(0.0, seconds))
        return self.now()


class Metronome:
    """Runs named bodies at fixed periods, each one at a time. No fault of a body leaves it; each beat's last success is on record for health."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._bodies: dict[str, Body] = {}
        self._one: dict[str, asyncio.Lock] = {}
        self.last_ok: dict[str, float] = {}
        self._beating: set[asyncio.Task[object]] = set()

    def every(self, name: str, seconds: float, body: Body) -> None:
        """Adds a beat."""
        self._bodies[name], self._one[name] = body, asyncio.Lock()
        self.last_ok[name] = time.monotonic()
        self._scheduler.add_job(self._beat, "interval", seconds=seconds, args=(name,), id=name, coalesce=True, max_instances=1, misfire_grace_time=None)

    def start(self) -> None:
        """Begins to beat on the running loop."""
        self._scheduler.start()

    async def stop(self) -> None:
        """Stops beating, and returns when the bodies under way have ended: the scheduler's own way is to break them off, wherever they are."""
        if self._scheduler.running:
            self._scheduler.pause()
        while self._beating:
            await asyncio.wait(set(self._beating))
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def beat(self, name: str) -> None:
        """One beat now, beside the period and after one that is under way: business time was stepped."""
        await self._beat(name)

    def behind(self) -> float:
        """Seconds since the slowest beat last succeeded."""
        return max((time.monotonic() - at for at in self.last_ok.values()), default=0.0)

    async def _beat(self, name: str) -> None:
        try:
            under_way = asyncio.ensure_future(self._body(name))
            self._beating.add(under_way)
            under_way.add_done_callback(self._beating.discard)
            await under_way
            self.last_ok[name] = time.monotonic()
        except Exception:  # a beat that fails is an alarm, not the end of the clock
            log.exception("beat failed", beat=name)

    async def _body(self, name: str) -> object:
        async with self._one[name]:
            return await self._bodies[name]()
