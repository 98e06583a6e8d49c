"""Delivers what was committed: in one lane one after the other, with retry and growing delay, and records how each ended."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.engine.merging import followers, may_join
from bot.engine.sending import FIRST_WAIT, LOST, Sending
from bot.ports import Channel, Clock, Connector, Queued, Settled, Settlement, Store, StoreError

log = structlog.get_logger("delivery")
MOST_CLAIMS = 8
MOST_CLAIMED = 50
MOST_MERGED = 9
"""Rows behind a lane's head that are fetched to go with it."""
PATIENCE = 20.0
"""Seconds in which a row's tries follow each other here, before it goes back to the store."""
LONGEST_WAIT = 1800.0


class Outbox:
    """Holds claimed rows in lanes. A row leaves its lane only when it ended or its retry was recorded, so that nothing overtakes in a lane."""

    def __init__(
        self, store: Store, channels: Mapping[str, Channel], connectors: Mapping[str, Connector], clock: Clock, dice: random.Random, most: int
    ) -> None:
        self.sending = Sending(store, channels, connectors, clock)
        self.store, self.clock = store, clock
        self.dice = dice
        self._gate = asyncio.Semaphore(most)
        self._lanes: dict[str, deque[Queued]] = {}
        self._deferred: dict[str, datetime] = {}
        self._claimed: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: list[Settlement] = []
        self._settling: asyncio.Task[None] | None = None
        self._one = asyncio.Lock()
        self._ending: dict[str, asyncio.Event] = {}
        self._closing = False

    def take(self, rows: Sequence[Queued]) -> None:
        """Queues rows this process holds, each at the end of its lane."""
        for row in rows:
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
            if row.attempt > 1 and may_join(row):
                await self._bring(row, waiting)
            done, *beside = await self._tried(row)
            if self._ending.pop(row.key, None) is None:
                self._settle(done, *beside)
            gone = {row.key, *(one.key for one in beside)}
            left = [one for one in waiting if one.key not in gone]
            waiting.clear()
            waiting.extend(left)
            if done.state is None:
                self._put_back(lane, done.retry_at or self.clock.now())
        del self._lanes[lane]

    async def _bring(self, row: Queued, waiting: deque[Queued]) -> None:
        """Fetches what stood behind a row that comes back, so that it can go with it."""
        try:
            behind = await self.store.behind(row.key, MOST_MERGED)
        except StoreError:
            return
        waiting.extendleft((*reversed(behind), waiting.popleft()))

    def _put_back(self, lane: str, until: datetime) -> None:
        """Gives the rest of a lane back to the store, so that nothing overtakes its head."""
        self._deferred[lane] = until
        waiting = self._lanes[lane]
        while waiting:
            row = waiting.popleft()
            self._settle(replace(self.sending.later(row, 0.0, "behind"), retry_at=until))

    async def _tried(self, row: Queued) -> tuple[Settlement, ...]:
        """Tries a lane's head, again and again while the waits fit into its lease; then it ends or goes back to the store."""
        spent, wait, tries = 0.0, FIRST_WAIT, 1
        done, *beside = await self._gated(row, 1)
        while done.state is None and done.note != LOST and not self._closing:
            asked = (done.retry_at - self.clock.now()).total_seconds() if done.retry_at else 0.0
            pause = max(wait * self.dice.uniform(0.8, 1.2), asked)
            if spent + pause > PATIENCE:
                break
            await asyncio.sleep(pause)
            spent, wait, tries = spent + pause, wait * 2, tries + 1
            self.sending.figures.retried += 1
            done, *beside = await self._gated(row, tries)
        if done.state is not None or self._closing or done.note == LOST:
            return done, *beside
        if row.attempt >= MOST_CLAIMS and await self._given_up(row, done.note):
            return (replace(done, state=Settled.DEAD),)
        later = timedelta(seconds=min(LONGEST_WAIT, PATIENCE * 2.0**row.attempt))
        return (replace(done, retry_at=max(done.retry_at or self.clock.now(), self.clock.now() + later)),)

    async def _given_up(self, row: Queued, note: str) -> bool:
        """Ends a row that never arrived; False when even that cannot be told now."""
        try:
            if row.call is not None:
                await self.sending.came(row.call, note, ok=False)
        except StoreError:
            return False
        self.sending.figures.dead += 1
        log.error("delivery given up", key=row.key, note=note)
        return True

    async def _gated(self, row: Queued, tries: int) -> tuple[Settlement, ...]:
        """What a try came to: first of the row, then of those that went with it."""
        if not self.sending.alone(row):
            return await self._once((row,), tries)
        async with self._one:  # a process that dies may have sent this one twice, and no other
            waited = tries > 1 or row.attempt > 1
            ended = await self._once((row, *(self._beside(self._lanes[_lane(row)]) if waited else ())), tries)
            if ended[0].state is not None:
                self._ending[row.key] = asyncio.Event()
                self._settle(*ended)
                await self._ending[row.key].wait()
            return ended

    def _beside(self, waiting: Sequence[Queued]) -> Iterator[Queued]:
        """What may go with the first of a lane; what may have come goes alone, and says so."""
        return iter(()) if any(map(self.sending.doubted, waiting)) else followers(waiting)

    async def _once(self, rows: Sequence[Queued], tries: int) -> tuple[Settlement, ...]:
        async with self._gate:
            try:
                return await self.sending.together(rows, tries) if len(rows) > 1 else (await self.sending.attempt(rows[0], tries),)
            except StoreError as fault:  # the row must not stand in its lane for ever
                log.warning("delivery waits for the database", key=rows[0].key, fault=str(fault))
                return (self.sending.later(rows[0], FIRST_WAIT, "store"),)

    def _settle(self, *ended: Settlement) -> None:
        for done in ended:
            self.sending.forget(done.key)
        self._ended.extend(ended)
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
                    self._wake(batch)
                    raise
                log.exception("settling failed, it is tried again", rows=len(batch))
                await asyncio.sleep(FIRST_WAIT)
                continue
            log.debug("deliveries recorded", rows=[(done.key, done.attempt) for done in batch])
            self._wake(batch)
            ended = self._claimed.intersection(done.key for done in batch)
            self._claimed -= ended
            if ended and len(self._claimed) < MOST_CLAIMED // 2:
                await self._swept()

    def _wake(self, batch: Sequence[Settlement]) -> None:
        """Lets go on who waits for one of these ends to be on the disk."""
        for done in batch:
            if done.key in self._ending:
                self._ending[done.key].set()


def _lane(row: Queued) -> str:
    if row.outbound is None:
        return f"call:{row.key}"
    return f"{row.outbound.channel}:{row.outbound.lane}:{row.outbound.person}"
