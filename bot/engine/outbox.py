"""Delivers what was committed: in one lane one after the other, with retry and growing delay, and records how each ended."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.core.turn import Call, Outcome, Stimulus
from bot.ports import (
    Channel,
    ChannelRefused,
    ChannelTransient,
    Clock,
    Connector,
    ConnectorError,
    ConnectorTransient,
    Outbound,
    Queued,
    Settled,
    Settlement,
    Store,
    StoreError,
)

log = structlog.get_logger("delivery")
MOST_CLAIMS = 8
MOST_CLAIMED = 50
UNKNOWN_TRIES = 2
"""A message that may have arrived is sent once more, marked, and then left (reliability D5)."""
UNKNOWN_WAIT = 5.0
FIRST_WAIT = 0.5
PATIENCE = 20.0
"""Seconds within a row's lease (30 s) in which its tries follow each other here."""
LONGEST_WAIT = 1800.0
SURE_S = 10.0
"""For so long a row is surely ours (its lease is 30 s, renewed at half). One held longer, or a process that stood still as long (stopped, or on a machine
that slept), asks before it sends: another replica may have sent it since."""
LOST = "lost"
"""The note of a row that another replica took over."""


@dataclass(slots=True)
class Figures:
    """Counters of the outbox, read by metrics."""

    sent: int = 0
    refused: int = 0
    dead: int = 0
    retried: int = 0
    unknown: int = 0


class Outbox:
    """Holds claimed rows in lanes. A row leaves its lane only when it ended or its retry was recorded, so that nothing overtakes in a lane."""

    def __init__(
        self, store: Store, channels: Mapping[str, Channel], connectors: Mapping[str, Connector], clock: Clock, dice: random.Random, most: int
    ) -> None:
        self.store = store
        self.channels = channels
        self.connectors = connectors
        self.clock = clock
        self.dice = dice
        self.figures = Figures()
        self.hear: Callable[[Stimulus], Awaitable[bool]] | None = None
        self.resent: Callable[[], str] = str
        self._unknown: set[str] = set()
        self.point: Callable[[str], Awaitable[None]] | None = None
        self._gate = asyncio.Semaphore(most)
        self._lanes: dict[str, deque[Queued]] = {}
        self._deferred: dict[str, datetime] = {}
        self._claimed: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: list[Settlement] = []
        self._settling: asyncio.Task[None] | None = None
        self._closing = False
        self._since: dict[str, float] = {}
        self._seen, self._woke = time.monotonic(), -SURE_S

    def take(self, rows: Sequence[Queued]) -> None:
        """Queues rows this process holds, each at the end of its lane."""
        now = self._awake()
        for row in rows:
            self._since[row.key] = now
            lane = _lane(row)
            waiting = self._lanes.get(lane)
            if waiting is not None:
                waiting.append(row)
                continue
            if row.attempt == 1 and lane in self._deferred and self._deferred[lane] > self.clock.now():
                self._settle(Settlement(row.key, row.attempt, None, self._deferred[lane], "behind"))
                continue
            self._deferred.pop(lane, None)
            self._lanes[lane] = deque((row,))
            task = asyncio.create_task(self._drain(lane))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def sweep(self) -> int:
        """Claims rows that nobody holds: retries that are due, and what a dead process left. The store gives the head of each lane; as soon as those ended
        the next are asked for, so that a long queue is worked off at full speed."""
        self._awake()
        if self._closing:
            return 0
        rows = await self.store.claim(MOST_CLAIMED)
        self._claimed.update(row.key for row in rows)
        self.take(rows)
        return len(rows)

    async def _swept(self) -> None:
        try:
            await self.sweep()
        except StoreError:
            log.warning("the database is away; the next beat sweeps again")

    async def drain(self) -> None:
        """Stops retrying, waits for what is under way, and records it."""
        self._closing = True
        await self.idle()

    async def idle(self) -> None:
        """Returns when nothing is under way and all of it is recorded."""
        while under_way := {*self._tasks, *(task for task in (self._settling,) if task is not None and not task.done())}:
            await asyncio.wait(under_way)
        await self._flush()

    async def _drain(self, lane: str) -> None:
        waiting = self._lanes[lane]
        while waiting:
            row = waiting[0]
            done = await self._tried(row)
            self._settle(done)
            waiting.popleft()
            if done.state is None:
                self._put_back(lane, done.retry_at or self.clock.now())
        del self._lanes[lane]

    def _put_back(self, lane: str, until: datetime) -> None:
        """Gives the rest of a lane back to the store, so that nothing overtakes its head."""
        self._deferred[lane] = until
        waiting = self._lanes[lane]
        while waiting:
            row = waiting.popleft()
            self._settle(Settlement(row.key, row.attempt, None, until, "behind"))

    async def _tried(self, row: Queued) -> Settlement:
        """Tries a lane's head, again and again while the waits fit into its lease; then it ends or goes back to the store."""
        spent, wait, done = 0.0, FIRST_WAIT, await self._gated(row, 1)
        tries = 1
        while done.state is None and done.note != LOST and not self._closing:
            asked = (done.retry_at - self.clock.now()).total_seconds() if done.retry_at else 0.0
            pause = max(wait * self.dice.uniform(0.8, 1.2), asked)
            if spent + pause > PATIENCE:
                break
            await asyncio.sleep(pause)
            spent, wait, tries = spent + pause, wait * 2, tries + 1
            self.figures.retried += 1
            done = await self._gated(row, tries)
        if done.state is not None or self._closing or done.note == LOST:
            return done
        if row.attempt >= MOST_CLAIMS and await self._given_up(row, done.note):
            return replace(done, state=Settled.DEAD)
        later = timedelta(seconds=min(LONGEST_WAIT, PATIENCE * 2.0**row.attempt))
        return replace(done, retry_at=max(done.retry_at or self.clock.now(), self.clock.now() + later))

    async def _given_up(self, row: Queued, note: str) -> bool:
        """Ends a row that never arrived; False when even that cannot be told now."""
        try:
            if row.call is not None:
                await self._came(row.call, note, ok=False)
        except StoreError:
            return False
        self.figures.dead += 1
        log.error("delivery given up", key=row.key, note=note)
        return True

    async def _gated(self, row: Queued, tries: int) -> Settlement:
        async with self._gate:
            try:
                return await self._attempt(row, tries)
            except StoreError as fault:  # the row must not stand in its lane for ever
                log.warning("delivery waits for the database", key=row.key, fault=str(fault))
                return Settlement(row.key, row.attempt, None, self.clock.now() + timedelta(seconds=FIRST_WAIT), "store")

    async def _ours(self, row: Queued) -> bool:
        now = self._awake()
        if now - self._since.get(row.key, now) < SURE_S <= now - self._woke:
            return True
        self._since[row.key] = now
        return await self.store.hold(row.key, row.attempt)

    def _awake(self) -> float:
        """The time, and whether this process stood still, since the sweep comes every second."""
        now = time.monotonic()
        if now - self._seen > SURE_S:
            self._woke = now
        self._seen = now
        return now

    async def _attempt(self, row: Queued, tries: int) -> Settlement:
        lost = Settlement(row.key, row.attempt, None, self.clock.now(), LOST)
        if row.call is not None:
            return await self._perform(row, row.call) if await self._ours(row) else lost
        assert row.outbound is not None  # noqa: S101 - a row is a message or a call
        message = row.outbound
        channel = self.channels.get(message.channel)
        if channel is None:
            return Settlement(row.key, row.attempt, Settled.REFUSED, note="no such channel")
        if message.about is not None and not await self.store.still(message.about):
            return Settlement(row.key, row.attempt, Settled.REFUSED, note="overtaken")
        return await self._deliver(row, message, channel, tries) if await self._ours(row) else lost

    async def _deliver(self, row: Queued, message: Outbound, channel: Channel, tries: int) -> Settlement:
        try:
            marked = replace(message, text=f"{self.resent()}{message.text}") if row.key in self._unknown else message
            receipt = await channel.deliver(marked)
        except ChannelTransient as fault:
            return self._transient(row, fault, tries)
        except ChannelRefused as fault:
            self.figures.refused += 1
            log.warning("delivery refused", key=row.key, code=fault.code, fault=str(fault))
            return Settlement(row.key, row.attempt, Settled.REFUSED, note=fault.code or str(fault)[:80])
        except Exception as fault:  # a channel's own fault must not take the lane with it
            log.exception("delivery failed", key=row.key)
            return Settlement(row.key, row.attempt, None, self.clock.now() + timedelta(seconds=FIRST_WAIT), type(fault).__name__)
        self.figures.sent += 1
        self._unknown.discard(row.key)
        if self.point is not None:
            await self.point("after_send")
        return Settlement(row.key, row.attempt, Settled.SENT, note=receipt.way)

    def _transient(self, row: Queued, fault: ChannelTransient, tries: int) -> Settlement:
        if fault.unknown:
            self.figures.unknown += 1
            if row.key in self._unknown or tries > UNKNOWN_TRIES:
                self._unknown.discard(row.key)
                log.warning("delivery unknown", key=row.key)
                return Settlement(row.key, row.attempt, Settled.SENT, note="unknown")
            self._unknown.add(row.key)
        after = max(fault.after, UNKNOWN_WAIT if fault.unknown else 0.0)
        return Settlement(row.key, row.attempt, None, self.clock.now() + timedelta(seconds=after), str(fault)[:80])

    async def _perform(self, row: Queued, call: Call) -> Settlement:
        connector = self.connectors.get(call.connector)
        try:
            if connector is None:
                raise ConnectorError(f"no connector {call.connector}")
            value, ok = await connector.perform(call), True
        except ConnectorTransient as fault:
            return Settlement(row.key, row.attempt, None, self.clock.now() + timedelta(seconds=fault.after), str(fault)[:80])
        except ConnectorError as fault:
            value, ok = str(fault), False
        except Exception as fault:  # a connector's own fault must not take the lane with it
            log.exception("call failed", key=row.key)
            return Settlement(row.key, row.attempt, None, self.clock.now() + timedelta(seconds=FIRST_WAIT), type(fault).__name__)
        await self._came(call, value, ok=ok)
        return Settlement(row.key, row.attempt, Settled.SENT if ok else Settled.REFUSED)

    async def _came(self, call: Call, value: str, *, ok: bool) -> None:
        """Tells the loop what came of a call."""
        if self.hear is not None:
            await self.hear(Outcome(call, ok, value, self.clock.now()))

    def _settle(self, done: Settlement) -> None:
        self._since.pop(done.key, None)
        self._ended.append(done)
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        while self._ended:
            batch, self._ended = self._ended, []
            try:
                await self.store.settle(batch)
            except StoreError:
                self._ended = batch + self._ended
                if self._closing:
                    raise
                log.exception("settling failed, it is tried again", rows=len(batch))
                await asyncio.sleep(FIRST_WAIT)
                continue
            ended = self._claimed.intersection(done.key for done in batch)
            self._claimed -= ended
            if ended:
                await self._swept()


def _lane(row: Queued) -> str:
    if row.outbound is None:
        return f"call:{row.key}"
    return f"{row.outbound.channel}:{row.outbound.lane}:{row.outbound.person}"
