"""What operators and black-box tests see: health, readiness, metrics, and under the test clock the time, the turns and the kill switch."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Protocol

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot import __version__
from bot.ports import Journal
from bot.web.health import Health

NO_STORE = {"Cache-Control": "no-store"}
MOST_SECONDS = 400 * 86_400
POINTS = ("before_commit", "after_commit", "after_send")


class Stepped(Protocol):
    """Business time that can be moved."""

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Bench:
    """What the test endpoints need; absent in real service."""

    clock: Stepped
    step_to: Callable[[datetime], Awaitable[object]]
    turns: Callable[[], Awaitable[Iterable[Journal]]]
    arm: Callable[[str], None]


class Figures(Collector):
    """Reads the counters of the parts when they are scraped; holds no state."""

    def __init__(self, counters: Callable[[], Mapping[str, float]], gauges: Callable[[], Mapping[str, float]]) -> None:
        self._counters = counters
        self._gauges = gauges

    def collect(self) -> Iterable[Metric]:
        """One family a figure."""
        for name, value in sorted(self._counters().items()):
            yield CounterMetricFamily(f"usher_{name}", name.replace("_", " "), value=value)
        for name, value in sorted(self._gauges().items()):
            yield GaugeMetricFamily(f"usher_{name}", name.replace("_", " "), value=value)


def routes(health: Health, registry: CollectorRegistry | None, refresh: Callable[[], Awaitable[None]], bench: Bench | None) -> list[web.RouteDef]:
    """The operating pages; /metrics only with a registry, /test/* only with a bench."""

    async def alive(_: web.Request) -> web.Response:
        return web.json_response({"ok": True}, headers=NO_STORE)

    async def ready(_: web.Request) -> web.Response:
        parts = {name: dict(told()) for name, told in health.parts.items()}
        fine = not health.draining and all(part.get("ok") for part in parts.values())
        return web.json_response({"ok": fine, "draining": health.draining, "parts": parts}, status=200 if fine else 503, headers=NO_STORE)

    async def metrics(_: web.Request) -> web.Response:
        await refresh()
        assert registry is not None  # noqa: S101 - the route exists only with a registry
        return web.Response(body=generate_latest(registry), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8", **NO_STORE})

    async def version(_: web.Request) -> web.Response:
        return web.json_response({"usher": __version__}, headers=NO_STORE)

    found = [web.get("/healthz", alive), web.get("/readyz", ready), web.get("/version", version)]
    if registry is not None:
        found.append(web.get("/metrics", metrics))
    return found + (_bench_routes(bench) if bench is not None else [])


class _Bench:
    """The handlers of the test endpoints."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def time(self, _: web.Request) -> web.Response:
        """What time it is in the business."""
        return web.json_response({"now": self._bench.clock.now().isoformat()}, headers=NO_STORE)

    async def step(self, request: web.Request) -> web.Response:
        """Moves business time forward and does what fell due."""
        body = await _object(request)
        now = self._bench.clock.now()
        await self._bench.step_to(now + timedelta(seconds=_seconds(body, now)))
        return await self.time(request)

    async def kill(self, request: web.Request) -> web.Response:
        """Arms the kill switch."""
        point = (await _object(request)).get("at")
        if point not in POINTS:
            raise web.HTTPBadRequest(text=f"at: one of {', '.join(POINTS)}")
        self._bench.arm(point)
        return web.json_response({"armed": point}, headers=NO_STORE)

    async def turns(self, request: web.Request) -> web.Response:
        """The turns after a given one, newest last."""
        after = request.query.get("after", "")
        rows = list(takewhile(lambda row: row.id != after, await self._bench.turns()))
        return web.json_response({"turns": [_shown(row) for row in reversed(rows)]}, headers=NO_STORE)


def _bench_routes(bench: Bench) -> list[web.RouteDef]:
    found = _Bench(bench)
    return [
        web.get("/test/clock", found.time),
        web.post("/test/clock", found.step),
        web.post("/test/kill", found.kill),
        web.get("/test/turns", found.turns),
    ]


def _seconds(body: dict[str, Any], now: datetime) -> float:
    seconds = body.get("advance_s")
    if isinstance(body.get("to"), str):
        try:
            seconds = (datetime.fromisoformat(body["to"]) - now).total_seconds()
        except (ValueError, TypeError) as fault:
            raise web.HTTPBadRequest(text="to: an ISO time with its zone is wanted") from fault
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds <= MOST_SECONDS:
        raise web.HTTPBadRequest(text="advance_s: seconds from 0 to 400 days are wanted; time does not go back")
    return float(seconds)


def _shown(row: Journal) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": row.at.isoformat(),
        "kind": row.kind,
        "conversation": row.conversation,
        "person": row.person,
        "intent": row.intent,
        "confidence": row.confidence,
        "reason": row.reason,
        "trace": json.loads(row.trace or "{}"),
    }


async def _object(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError as fault:
        raise web.HTTPBadRequest(text="a JSON object is wanted") from fault
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="a JSON object is wanted")
    return body


class KillSwitch:
    """Kills this very process at a point of the next turn, as `kill -9` would: for the demo and for crash tests."""

    def __init__(self) -> None:
        self.armed = ""

    def arm(self, point: str) -> None:
        """The next time the point is reached is the last."""
        self.armed = point

    async def reached(self, point: str) -> None:
        """Called by the engine at each point."""
        if point == self.armed:
            os.kill(os.getpid(), signal.SIGKILL)
