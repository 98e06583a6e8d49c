"""Asks, at each digest slot of a working day, what everybody who holds something should be reminded of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime, timedelta

import structlog

from bot.core.calendar import coverage, current_slot, local, may_send, next_slot
from bot.core.facts import Policy
from bot.core.turn import Due
from bot.ports import Clock, Store

log = structlog.get_logger("rounds")
ROUND, COVER = "round", "calendar"
"""Kinds of the questions it puts."""
AT_ONCE = 50
"""Questions put side by side, so that they share a commit."""


class Rounds:
    """Level-triggered: the newest slot that has come is asked about once, however late, since its questions have the slot in their keys. `policy` gives
    the calendar and the slots as they are now, `admin` who hears when the calendar runs out."""

    def __init__(self, store: Store, hear: Callable[[Due], Awaitable[bool]], clock: Clock, policy: Callable[[], Policy], admin: str) -> None:
        self._store, self._hear, self._clock, self._policy, self._admin = store, hear, clock, policy, admin
        self._done: datetime | None = None
        self.closing = False

    async def look(self) -> int:
        """Puts the questions of the newest slot; how many people were asked about."""
        policy, now = self._policy(), self._clock.now()
        slot = current_slot(policy.calendar, now, policy.nudging.slots)
        if slot is None or slot == self._done or not may_send(policy.calendar, now):
            return 0
        holders = await self._store.holders()
        for some in _parts(holders):
            if self.closing:
                return 0
            await asyncio.gather(*(self._hear(Due(ROUND, person, slot, slot.isoformat(), person)) for person in some))
        await self._covered(policy, slot)
        self._done = slot
        return len(holders)

    def next(self, after: datetime) -> datetime:
        """When the next slot comes."""
        policy = self._policy()
        return next_slot(policy.calendar, after + timedelta(microseconds=1), policy.nudging.slots)

    async def _covered(self, policy: Policy, slot: datetime) -> None:
        """Tells the first admin once a week that the calendar ends soon."""
        today = local(policy.calendar, slot).date()
        cover = coverage(policy.calendar, today)
        if cover.alarm and self._admin:
            week = today - timedelta(days=today.weekday())
            log.warning("the calendar of working days runs out", until=str(cover.until), days_left=cover.days_left)
            await self._hear(Due(COVER, f"{cover.until}", slot, week.isoformat(), self._admin))


def _parts(people: Sequence[str]) -> Iterator[Sequence[str]]:
    return (people[start : start + AT_ONCE] for start in range(0, len(people), AT_ONCE))
