"""How fast DingTalk lets us speak: holds that it asked for, and buckets of 18 a minute where 20 is the limit (dingtalk.md 0.4)."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.dingtalk_api.faults import DingTalkFault, Reaction

_A_MINUTE = 18
_MINUTE = timedelta(minutes=1)
_REMEMBERED = 2000


class Pace:
    """One key is one thing that DingTalk limits: a group's webhook, a conversation, a whole family of calls."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._until: dict[str, datetime] = {}
        self._said: OrderedDict[str, deque[datetime]] = OrderedDict()

    def hold(self, key: str, seconds: float) -> None:
        """Nothing goes out under the key for so long."""
        self._until[key] = self._now() + timedelta(seconds=seconds)

    def limit(self, key: str) -> None:
        """From now on the key is held to 18 a minute."""
        self._said.setdefault(key, deque(maxlen=_A_MINUTE))
        if len(self._said) > _REMEMBERED:
            self._said.popitem(last=False)

    def take(self, key: str) -> None:
        """Passes, or raises DingTalkFault (later) with the wait. Costs nothing for a key that was never held or limited."""
        if self._until and (until := self._until.get(key)) is not None:
            left = (until - self._now()).total_seconds()
            if left > 0:
                raise DingTalkFault(Reaction.LATER, "held", where="pace", after=left)
            del self._until[key]
        said = self._said.get(key) if self._said else None
        if said is None:
            return
        now = self._now()
        if len(said) == _A_MINUTE and timedelta() <= now - said[0] < _MINUTE:
            raise DingTalkFault(Reaction.LATER, "bucket empty", where="pace", after=(said[0] + _MINUTE - now).total_seconds())
        said.append(now)
