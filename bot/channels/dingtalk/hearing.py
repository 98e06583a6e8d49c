"""What HTTP and Stream do alike with a robot callback: read it, count it, make it durable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import structlog

from bot.channels.dingtalk.wire.parse import Ignored, QuotaGone, Reading, parse
from bot.dingtalk_api.quota import Meter, Quota
from bot.ports import Conflict, Hear, StoreError

log = structlog.get_logger()


class Deaf(StoreError):
    """Nobody listens yet, or any more."""


class Hearing:
    """Hands messages on. `counts` says by reason what came; `hear` is set while the channel listens."""

    def __init__(self, reading: Reading, quota: Quota) -> None:
        self._reading = reading
        self._quota = quota
        self.counts: Counter[str] = Counter()
        self.hear: Hear | None = None

    async def robot(self, body: Mapping[str, object]) -> None:
        """Returns when the message may be acknowledged. Raises BadPayload, or StoreError: then do not acknowledge."""
        if self.hear is None:
            raise Deaf("not listening")
        self._quota.count(Meter.PUSHES)
        found = parse(body, self._reading)
        if isinstance(found, QuotaGone):
            self._quota.exhausted(Meter.PUSHES)
            self.counts["quota_gone"] += 1
            return
        if isinstance(found, Ignored):
            self.counts[found.reason] += 1
            return
        self._quota.works(Meter.PUSHES)
        try:
            new = await self.hear(found)
        except Conflict:
            self.note("conflict", "a known message id came with another body: not processed", robot=found.robot)
            return
        self.counts["heard" if new else "repeated"] += 1

    def note(self, reason: str, text: str, **values: object) -> None:
        """Counts a reason and logs it at 1, 10, 100 ... so that a flood of bad input is no flood of lines."""
        self.counts[reason] += 1
        times = self.counts[reason]
        if str(times).strip("0") == "1":
            log.warning(text, channel="dingtalk", reason=reason, times=times, **values)
