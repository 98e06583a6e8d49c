"""How fast one person may speak: a bucket a person, bounded in number."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime

from bot.core.turn import Flood, Message, Press, Stimulus

MOST_PEOPLE = 20_000


class Pace:
    """Token buckets over business time; the first message over the rate gets a word, the rest of that minute silence."""

    def __init__(self, per_minute: int) -> None:
        self._rate = per_minute
        self._buckets: OrderedDict[str, tuple[float, datetime, datetime | None]] = OrderedDict()

    def flood(self, stimulus: Stimulus, now: datetime) -> Flood:
        """Counts the stimulus; None while its speaker is within their rate."""
        if not self._rate or not isinstance(stimulus, Message | Press):
            return None
        who = stimulus.sender.who
        tokens, seen, told = self._buckets.pop(who, (float(self._rate), now, None))
        tokens = min(float(self._rate), tokens + max(0.0, (now - seen).total_seconds()) * self._rate / 60)
        if tokens >= 1:
            self._keep(who, (tokens - 1, now, None))
            return None
        silent = told is not None and (now - told).total_seconds() < 60
        self._keep(who, (tokens, now, told if silent else now))
        return "silent" if silent else "told"

    def _keep(self, who: str, bucket: tuple[float, datetime, datetime | None]) -> None:
        self._buckets[who] = bucket
        if len(self._buckets) > MOST_PEOPLE:
            self._buckets.popitem(last=False)
