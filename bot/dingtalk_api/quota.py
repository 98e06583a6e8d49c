"""Counts what the monthly quotas count: API calls we make and pushes we get (dingtalk.md 0.4, reliability D19)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

BEIJING = timezone(timedelta(hours=8))
THRESHOLDS = (0.7, 0.9)


class Meter(StrEnum):
    """The two quotas of an organisation."""

    API = "api"
    PUSHES = "pushes"


@dataclass(frozen=True, slots=True)
class Used:
    """What was used in one month (Beijing time, `YYYY-MM`)."""

    month: str = ""
    api: int = 0
    pushes: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What an organisation may use a month; 0 is unlimited. The free edition's figures are the defaults."""

    api: int = 5000
    pushes: int = 3000


class Quota:
    """A counter in memory. `alarm(meter, ratio)` is called once a month when a threshold is passed, and with 1.0 when DingTalk says that nothing is
    left; to persist it, save `used` from time to time and give it back as `start`."""

    def __init__(
        self, now: Callable[[], datetime], limits: Limits | None = None, *, start: Used | None = None, alarm: Callable[[Meter, float], None] | None = None
    ) -> None:
        self._now = now
        self._limits = limits or Limits()
        self._alarm = alarm
        self._month_ends = datetime.min.replace(tzinfo=UTC)
        start = start or Used()
        self._month, self._counts = start.month, {Meter.API: start.api, Meter.PUSHES: start.pushes}
        self._said: set[tuple[Meter, float]] = set()

    @property
    def used(self) -> Used:
        """What was used in the month of the last count."""
        return Used(self._month, self._counts[Meter.API], self._counts[Meter.PUSHES])

    def count(self, meter: Meter) -> None:
        """One more API call or push."""
        self._roll()
        self._counts[meter] += 1
        ratio = self.ratio(meter)
        for threshold in THRESHOLDS:
            if ratio < threshold:
                break
            self._say(meter, threshold)

    def exhausted(self, meter: Meter) -> None:
        """DingTalk itself said that the month's quota is used up."""
        self._roll()
        self._say(meter, 1.0)

    def works(self, meter: Meter) -> None:
        """DingTalk served us: if the quota was used up, it no longer is."""
        if self._said:
            self._said.discard((meter, 1.0))

    def ratio(self, meter: Meter) -> float:
        """The used part of the month's quota; 0 when unlimited."""
        limit = self._limits.api if meter is Meter.API else self._limits.pushes
        return self._counts[meter] / limit if limit else 0.0

    def empty(self, meter: Meter) -> bool:
        """Whether DingTalk said this month that nothing is left."""
        self._roll()
        return (meter, 1.0) in self._said

    def _roll(self) -> None:
        now = self._now()
        if now < self._month_ends:
            return
        local = now.astimezone(BEIJING)
        month = f"{local:%Y-%m}"
        self._month_ends = (local.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)).replace(day=1)
        if self._month != month:
            self._month, self._counts = month, dict.fromkeys(Meter, 0)
            self._said.clear()

    def _say(self, meter: Meter, threshold: float) -> None:
        if (meter, threshold) in self._said:
            return
        self._said.add((meter, threshold))
        if self._alarm is not None:
            self._alarm(meter, threshold)
