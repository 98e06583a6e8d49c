"""Quota, calls a second, and the group webhook's bucket."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass

from bot.fake_dingtalk.errors import Family, Refusal, shared


@dataclass(slots=True)
class Limits:
    """What is allowed; 0 is no limit. `qps` per API, webhooks excepted. Group webhooks: so many a minute, then `webhook_pause` seconds of silence."""

    qps: int = 0
    api_quota: int = 0
    push_quota: int = 0
    webhook_per_minute: int = 20
    webhook_pause: float = 600.0

    @classmethod
    def free_edition(cls) -> Limits:
        """What an organisation without a paid edition has (since 2025-11-19)."""
        return cls(qps=20, api_quota=5000, push_quota=3000)


class Meter:
    """Counts calls and pushes against the limits. Times are epoch seconds."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.calls: Counter[str] = Counter()
        self.api_used = 0
        self.push_used = 0
        self._recent: dict[str, deque[float]] = {}
        self._silent_until: dict[str, float] = {}

    def admit(self, name: str, family: Family, counted: bool, now: float) -> None:
        """Counts an API call; raises Refusal when it is one too many."""
        if self.limits.qps and family is not Family.HOOK and not self._room(name, self.limits.qps, 1.0, now):
            raise shared("qps", family)
        if not counted:
            return
        if self.limits.api_quota and self.api_used >= self.limits.api_quota:
            raise shared("quota", family)
        self.api_used += 1

    def webhook(self, token: str, now: float) -> None:
        """Counts a message through a group webhook; raises Refusal 410100."""
        if now < self._silent_until.get(token, 0.0):
            raise Refusal(410100, "sent too fast")
        limit = self.limits.webhook_per_minute
        if limit and not self._room(f"webhook {token}", limit, 60.0, now):
            self._silent_until[token] = now + self.limits.webhook_pause
            raise Refusal(410100, "sent too fast")

    def push(self) -> bool:
        """Counts a push; False when the month's pushes are used up."""
        self.push_used += 1
        return not self.limits.push_quota or self.push_used <= self.limits.push_quota

    def figures(self) -> Mapping[str, object]:
        """For the control API."""
        return {"api_used": self.api_used, "push_used": self.push_used, "calls": dict(self.calls)}

    def _room(self, name: str, limit: int, seconds: float, now: float) -> bool:
        recent = self._recent.setdefault(name, deque())
        while recent and recent[0] <= now - seconds:
            recent.popleft()
        if len(recent) >= limit:
            return False
        recent.append(now)
        return True
