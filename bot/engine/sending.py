"""One try of an outbox row: is it still wanted, is it still ours, and what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from bot.core.turn import Call, Outcome, Stimulus
from bot.deadline import steady, until
from bot.engine.merging import joined
from bot.ports import (
    MAYBE,
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
)

log = structlog.get_logger("delivery")
UNKNOWN_TRIES = 2
"""A message that may have arrived is sent once more, marked, and then left (reliability D5)."""
UNKNOWN_WAIT = 5.0
FIRST_WAIT = 0.5
LONGEST_TRY = 16.0
"""Seconds that a lease must still last when a try begins, else it is renewed first: what a channel's slowest request takes."""
MARGIN = 1.0
"""So long before the end of its lease a try has ended, one way or the other."""
MERGED = "merged"
"""The note of a row that went within another's message."""
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


class Sending:
    """Carries out tries. No message leaves on a lease that is over, wherever the process stood still: the end of the lease, by a clock that goes on
    meanwhile, is looked at when the request is written, and bounds how long it may take."""

    def __init__(self, store: Store, channels: Mapping[str, Channel], connectors: Mapping[str, Connector], clock: Clock) -> None:
        self.store = store
        self.channels = channels
        self.connectors = connectors
        self.clock = clock
        self.figures = Figures()
        self.hear: Callable[[Stimulus], Awaitable[bool]] | None = None
        self.resent: Callable[[], str] = str
        self.without: Callable[[Outbound, Sequence[bool]], Outbound | None] = lambda message, stands: message if all(stands) else None
        self.point: Callable[[str], Awaitable[None]] | None = None
        self._unknown: set[str] = set()
        self._until: dict[str, float] = {}

    async def attempt(self, row: Queued, tries: int) -> Settlement:
        """What one try came to; a settlement without a state and with the note LOST says that the row is not ours any more. Raises StoreError."""
        if row.call is not None:
            return await self._perform(row, row.call) if await self._ours(row) else self.later(row, 0.0, LOST)
        assert row.outbound is not None  # noqa: S101 - a row is a message or a call
        message = row.outbound
        channel = self.channels.get(message.channel)
        if channel is None:
            return Settlement(row.key, row.attempt, Settled.REFUSED, note="no such channel")
        current = await self._current(message)
        if current is None:
            return Settlement(row.key, row.attempt, Settled.REFUSED, note="overtaken")
        return await self._deliver(row, current, channel, tries) if await self._ours(row, begins=self.alone(row)) else self.later(row, 0.0, LOST)

    async def together(self, rows: Sequence[Queued], tries: int) -> tuple[Settlement, ...]:
        """One try of several rows of a lane as one message, under the key of the first: what came of it, then of those that went with it (of none where it
        did not leave). What was decided meanwhile is left out. Raises StoreError."""
        said, ended = list[tuple[Queued, Outbound]](), list[Settlement]()
        for row in rows:
            current = await self._current(row.outbound) if row.outbound is not None else None
            if current is None:
                ended.append(Settlement(row.key, row.attempt, Settled.REFUSED, note="overtaken"))
            elif await self._ours(row, begins=True):
                said.append((row, current))
            else:
                break
        if len(said) < 2 or said[0][0] is not rows[0]:
            return (await self.attempt(rows[0], tries),)
        message, many = joined([one for _, one in said])
        first, gone = rows[0], [row for row, _ in said[:many]]
        self._until[first.key] = min(self._until.get(row.key, row.until) for row in gone)
        done = await self._deliver(first, message, self.channels[message.channel], tries)
        if self.doubted(first):
            self._unknown.update(row.key for row in gone)  # each says so when it is sent again, and goes alone
        if done.state is not Settled.SENT or self.doubted(first):
            return (done,)
        return (done, *(Settlement(row.key, row.attempt, Settled.SENT, note=MERGED) for row in gone[1:]), *ended)

    def doubted(self, row: Queued) -> bool:
        """Whether it may have come at an earlier try."""
        return row.again or row.key in self._unknown

    def alone(self, row: Queued) -> bool:
        """Whether it is a reminder that a fault could show twice, since the platform takes no key for it: of those one is under way at a time."""
        message = row.outbound
        channel = self.channels.get(message.channel) if message is not None and message.unasked else None
        return message is not None and channel is not None and not channel.keyed(message)

    async def _current(self, message: Outbound) -> Outbound | None:
        """The message as it is worth sending now: nothing of it is, when all that it speaks of was decided. Raises StoreError."""
        if message.about is not None and not await self.store.still(message.about):
            return None
        if message.lines is None:
            return message
        return self.without(message, [await self.store.still(one) for one in message.lines.items])

    async def _ours(self, row: Queued, *, begins: bool = False) -> bool:
        """Whether the row is this process's for as long as a try takes; with `begins` the row says from now on that it may have left. Raises StoreError."""
        if begins or self._until.get(row.key, row.until) - steady() < LONGEST_TRY:
            self._until[row.key] = await self.store.hold(row.key, row.attempt)
        return self._left(row) > 0

    def _left(self, row: Queued) -> float:
        return self._until.get(row.key, row.until) - MARGIN - steady()

    async def _deliver(self, row: Queued, message: Outbound, channel: Channel, tries: int) -> Settlement:
        try:
            marked = replace(message, mark=self.resent()) if row.again or row.key in self._unknown else message
            left = self._left(row)
            log.debug("delivery begins", key=row.key, attempt=row.attempt, left=round(left, 3))
            async with asyncio.timeout(left):
                with until(steady() + left):
                    receipt = await channel.deliver(marked)
        except TimeoutError:
            return self._transient(row, ChannelTransient("the lease is over", unknown=True), tries)
        except ChannelTransient as fault:
            return self._transient(row, fault, tries)
        except ChannelRefused as fault:
            self.figures.refused += 1
            log.warning("delivery refused", key=row.key, code=fault.code, fault=str(fault))
            return Settlement(row.key, row.attempt, Settled.REFUSED, note=fault.code or str(fault)[:80])
        except Exception as fault:  # a channel's own fault must not take the lane with it
            log.exception("delivery failed", key=row.key)
            return self.later(row, FIRST_WAIT, type(fault).__name__)
        self.figures.sent += 1
        log.debug("delivery ends", key=row.key, attempt=row.attempt, id=receipt.id)
        if self.point is not None:
            await self.point("after_send")
        return Settlement(row.key, row.attempt, Settled.SENT, note=receipt.way)

    def later(self, row: Queued, seconds: float, note: str) -> Settlement:
        """Not ended; what may have arrived at this try or at one before keeps its note, for whoever tries next."""
        maybe = row.again or row.key in self._unknown
        return Settlement(row.key, row.attempt, None, self.clock.now() + timedelta(seconds=seconds), MAYBE if maybe and note != LOST else note)

    def _transient(self, row: Queued, fault: ChannelTransient, tries: int) -> Settlement:
        if fault.unknown:
            self.figures.unknown += 1
            if row.key in self._unknown or tries > UNKNOWN_TRIES:
                log.warning("delivery unknown", key=row.key)
                return Settlement(row.key, row.attempt, Settled.SENT, note="unknown")
            self._unknown.add(row.key)
        return self.later(row, max(fault.after, UNKNOWN_WAIT if fault.unknown else 0.0), str(fault)[:80])

    async def _perform(self, row: Queued, call: Call) -> Settlement:
        connector = self.connectors.get(call.connector)
        try:
            if connector is None:
                raise ConnectorError(f"no connector {call.connector}")
            value, ok = await connector.perform(call), True
        except ConnectorTransient as fault:
            return self.later(row, fault.after, str(fault)[:80])
        except ConnectorError as fault:
            value, ok = str(fault), False
        except Exception as fault:  # a connector's own fault must not take the lane with it
            log.exception("call failed", key=row.key)
            return self.later(row, FIRST_WAIT, type(fault).__name__)
        await self.came(call, value, ok=ok)
        return Settlement(row.key, row.attempt, Settled.SENT if ok else Settled.REFUSED)

    async def came(self, call: Call, value: str, *, ok: bool) -> None:
        """Tells the loop what came of a call."""
        if self.hear is not None:
            await self.hear(Outcome(call, ok, value, self.clock.now()))

    def forget(self, key: str) -> None:
        """A row that ended here or went back to the store."""
        self._unknown.discard(key)
        self._until.pop(key, None)
