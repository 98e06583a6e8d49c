"""Serves a house over HTTP until it is told to stop; for black-box runs its clock can be moved."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry

from bot.config import Settings
from bot.engine.clock import SteppedClock, SystemClock
from bot.web import finance, operate
from bot.web.api.routes import Door
from bot.web.api.routes import routes as api_routes
from bot.web.api.signing import Gate
from bot.web.evidence import Shown
from bot.web.invites import Invites
from bot.wiring import console, following
from bot.wiring.house import House, build, close_house, counted, open_house
from bot.wiring.outside import late_answer
from bot.wiring.parts import dingtalk
from bot.words.loading import bundled
from storage.shelf import Shelf

log = structlog.get_logger("usher")
MOST_STEPS = 5_000
"""Moments at which something falls due that one step of a test clock goes through."""


def run(settings: Settings) -> None:
    """Runs `serve`, on uvloop where it is installed."""
    try:
        import uvloop  # noqa: PLC0415 - an extra
    except ImportError:
        asyncio.run(serve(settings))
    else:
        uvloop.run(serve(settings))


async def serve(settings: Settings, ready: asyncio.Event | None = None) -> None:
    """Runs everything in one process until SIGTERM or SIGINT."""
    clock = SteppedClock() if settings.test.clock else SystemClock()
    channel = dingtalk(settings, clock)
    house = build(settings, clock, channel, settings.dingtalk.robot_code or settings.dingtalk.app_key)
    runner = web.AppRunner(_application(house, channel.routes()), access_log=None, handle_signals=False)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await open_house(house)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.server.host, settings.server.port).start()
        log.info("listening", host=settings.server.host, port=settings.server.port)
        await console.call_for_first(house)
        if ready is not None:
            ready.set()
        await stop.wait()
    finally:
        await runner.cleanup()
        await close_house(house)


def _application(house: House, channel_routes: Sequence[web.RouteDef]) -> web.Application:
    application = web.Application(client_max_size=256 * 1024)
    registry = CollectorRegistry() if house.settings.server.metrics else None
    if registry is not None:
        registry.register(operate.Figures(lambda: counters(house), lambda: gauges(house)))
    application.add_routes(operate.routes(house.health, registry, lambda: counted(house), _bench(house)))
    application.add_routes(channel_routes)
    application.add_routes(finance.routes(lambda *told: late_answer(house.outbox.sending.connectors, *told), house.loop.hear))
    application.add_routes(_invites(house).routes())
    application.add_routes(_evidence(house).routes())
    if house.settings.api.clients:
        application.add_routes(api_routes(_door(house)))
    console.mount(house, application)
    return application


def _invites(house: House) -> Invites:
    """The pages behind the short links of invites."""
    policy = house.wording.policy(house.wording.language)
    return Invites(house.store.answer, policy.links, house.clock, bundled() / "templates", house.settings.joining.join_url)


def _evidence(house: House) -> Shown:
    """The files that people sent, for their reviewers."""
    shelf = Shelf(house.settings.data / "files", house.ring)
    return Shown(house.store.answer, shelf.open, house.wording.policy(house.wording.language).links, house.clock)


def _door(house: House) -> Door:
    """The API's view of the house."""
    gate = Gate({client.id: client.secret.get_secret_value() for client in house.settings.api.clients})
    return Door(gate, SystemClock(), house.rights.channel, house.loop.outcome, house.store.answer)


def counters(house: House) -> Mapping[str, float]:
    """Everything counted, for /metrics."""
    named = {f"turns_{name}": value for name, value in _values(house.loop.figures).items()}
    named |= following.calls(house.outbox.sending.connectors)
    return {**named, **{f"deliveries_{name}": value for name, value in _values(house.outbox.sending.figures).items()}}


def _values(figures: Any) -> dict[str, float]:
    return {field.name: float(getattr(figures, field.name)) for field in fields(figures)}


def gauges(house: House) -> Mapping[str, float]:
    """Everything that goes up and down, for /metrics."""
    up = {f"{name}_ok": 1.0 if told().get("ok") else 0.0 for name, told in house.health.parts.items()}
    return {**house.counts, **up, "clock_behind_seconds": house.metronome.behind(), "utterances": float(house.wording.words.utterances)}


def _bench(house: House) -> operate.Bench | None:
    if not isinstance(house.clock, SteppedClock):
        return None
    clock = house.clock
    switch = operate.KillSwitch()
    house.loop.point = switch.reached
    house.outbox.sending.point = switch.reached

    return operate.Bench(house.clock, lambda to: step_to(house, clock, to), lambda: house.store.journal("", 200), switch.arm)


async def step_to(house: House, clock: SteppedClock, to: datetime) -> None:
    """Moves business time forward through everything that falls due on the way, each at its own time."""
    for _ in range(MOST_STEPS):
        due, slot = await house.store.next_due(), house.rounds.next(clock.now())
        first = min(due or slot, slot)
        if first > to:
            break
        clock.advance((first - clock.now()).total_seconds())
        await _caught_up(house)
    clock.advance((to - clock.now()).total_seconds())
    await _caught_up(house)


async def _caught_up(house: House) -> None:
    """Does what is due now, to its last delivery."""
    for name in ("due", "rounds", "tick", "orphans"):
        await house.metronome.beat(name)
    await house.loop.idle()
    await house.outbox.idle()
