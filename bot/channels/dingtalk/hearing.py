"""What HTTP and Stream do alike with what comes in: read it, count it, make it durable."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from bot.channels.dingtalk.wire.callback import CardPress, press_of
from bot.channels.dingtalk.wire.event import OrgEvent, stimuli
from bot.channels.dingtalk.wire.parse import Ignored, QuotaGone, Reading, parse
from bot.core.turn import Stimulus
from bot.dingtalk_api.quota import Meter, Quota
from bot.ports import Conflict, Hear, StoreError

log = structlog.get_logger()


class Deaf(StoreError):
    """Nobody listens yet, or any more."""


class Hearing:
    """Hands on what was said, pressed and what happened. `counts` says by reason what came; `hear` is set while the channel listens."""

    def __init__(self, reading: Reading, quota: Quota, now: Callable[[], datetime]) -> None:
        self._reading = reading
        self._quota = quota
        self._now = now
        self.counts: Counter[str] = Counter()
        self.hear: Hear | None = None

    async def robot(self, body: Mapping[str, object]) -> None:
        """Returns when the message may be acknowledged. Raises BadPayload, or StoreError: then do not acknowledge."""
        hear = self._listening()
        self._quota.count(Meter.PUSHES)
        found = parse(body, self._reading)
        if isinstance(found, QuotaGone):
            self._quota.exhausted(Meter.PUSHES)
            self.counts["quota_gone"] += 1
            return
        if isinstance(found, Ignored):
            self._passed_by(found)
            return
        self._quota.works(Meter.PUSHES)
        await self._hand_on(hear, found, "heard")

    def _passed_by(self, found: Ignored) -> None:
        if found.conversation:
            self.note(found.reason, "a group that is not in dingtalk.groups was left out", conversation=found.conversation)
        else:
            self.counts[found.reason] += 1

    async def event(self, event: OrgEvent) -> None:
        """Returns when everything the event says is durable, or when it is nothing for us. Raises BadPayload, or StoreError: then ask for it again."""
        hear = self._listening()
        if event.counted:
            self._quota.count(Meter.PUSHES)
        if self._foreign(event.corp):
            self.note("foreign_event", "an event of another organisation was left out")
            return
        found = stimuli(event, self._now())
        if not found:
            self.counts["event_unused"] += 1
        await asyncio.gather(*(self._hand_on(hear, one, "event") for one in found))

    async def press(self, found: CardPress, once: str) -> None:
        """Returns when the press is durable. Raises StoreError: then it is not acknowledged."""
        hear = self._listening()
        self._quota.count(Meter.PUSHES)
        if self._foreign(found.corp):
            self.note("foreign_press", "a press of another organisation was left out")
            return
        await self._hand_on(hear, press_of(found, self._reading.robot, once, self._now()), "card")

    def note(self, reason: str, text: str, **values: object) -> None:
        """Counts a reason and logs it at 1, 10, 100 ... so that a flood of bad input is no flood of lines."""
        self.counts[reason] += 1
        times = self.counts[reason]
        if str(times).strip("0") == "1":
            log.warning(text, channel="dingtalk", reason=reason, times=times, **values)

    def _listening(self) -> Hear:
        if self.hear is None:
            raise Deaf("not listening")
        return self.hear

    def _foreign(self, corp: str) -> bool:
        return bool(corp and self._reading.corp_id and corp != self._reading.corp_id)

    async def _hand_on(self, hear: Hear, found: Stimulus, counter: str) -> None:
        try:
            new = await hear(found)
        except Conflict:
            self.note("conflict", "a known id came with another body: not processed", kind=counter)
            return
        self.counts[counter if new else "repeated"] += 1
