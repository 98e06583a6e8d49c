"""The wiring: the only file that knows every room and marries them."""

from __future__ import annotations

import asyncio
import random
import secrets
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry

from bot import words as words_of
from bot.channels.dingtalk import DingTalkChannel, DingTalkSettings, GroupWebhook
from bot.config import Settings
from bot.core.model import Contact, Organisation
from bot.core.turn import Call, Due, Outcome
from bot.engine.clock import Metronome, SteppedClock, SystemClock
from bot.engine.composing import Composer
from bot.engine.loop import Loop
from bot.engine.outbox import Outbox
from bot.engine.pace import Pace
from bot.engine.people import Rights
from bot.engine.wording import Wording
from bot.ports import Channel, Clock, Health
from bot.web import operate
from storage import SqlStore
from storage.sealing import Ring, ring_in, ring_of

log = structlog.get_logger("usher")
TICK_S = 1.0
ORPHANS_S = 10.0
SLOWEST_BEAT_S = 15.0
GRACE_S = 20.0
MOST_STEPS = 5_000
"""Moments at which something falls due that one step of a test clock goes through."""


@dataclass(slots=True)
class House:
    """A running house: every room built and married."""

    settings: Settings
    store: SqlStore
    wording: Wording
    rights: Rights
    loop: Loop
    outbox: Outbox
    clock: Clock
    metronome: Metronome
    channels: dict[str, Channel]
    health: Health
    counts: dict[str, float]
    tasks: list[asyncio.Task[Any]]


def roots(settings: Settings) -> list[Path]:
    """The words' folders: the product's own, then the organisation's."""
    return [words_of.bundled(), *settings.words]


def organisation(settings: Settings) -> Organisation:
    """The settings' organisation as core's value."""
    table = settings.organisation
    values: dict[str, Any] = {field.name: getattr(table, field.name) for field in fields(Organisation) if field.name != "admins"}
    return Organisation(**values, admins=tuple(Contact(one.person, one.name, one.covers) for one in table.admins))


def database_url(settings: Settings) -> str:
    """The database in use."""
    return settings.database.url or f"sqlite:///{settings.data / 'usher.db'}"


def key_ring(settings: Settings) -> Ring:
    """The keys of what is kept: the settings' own, which replicas share, else those in the data folder. Raises StoreError when they are broken."""
    told = settings.database.keys.get_secret_value()
    return ring_of(told) if told else ring_in(settings.data / "keys.json")


def dice() -> random.Random:
    """Jitter for retries, new with every start."""
    return random.Random(secrets.randbits(64))  # noqa: S311 - jitter, not a secret


def dingtalk(settings: Settings, clock: Clock) -> DingTalkChannel:
    """The DingTalk channel as the settings want it."""
    table = settings.dingtalk
    return DingTalkChannel(
        DingTalkSettings(
            mode=table.mode,
            app_key=table.app_key,
            app_secret=table.app_secret.get_secret_value(),
            robot_code=table.robot_code,
            corp_id=table.corp_id,
            api_base=table.api_base,
            oapi_base=table.oapi_base,
            window_s=table.window_s,
            names=table.names,
            connections=table.connections,
            proxy=table.proxy,
            api_quota=table.api_quota,
            push_quota=table.push_quota,
            webhooks=tuple(GroupWebhook(one.conversation, one.url.get_secret_value(), one.secret.get_secret_value()) for one in table.webhooks),
            event_token=table.event_token.get_secret_value(),
            event_aes_key=table.event_aes_key.get_secret_value(),
            card_template=table.card_template,
            card_secret=table.card_secret.get_secret_value(),
            card_url=table.card_url,
        ),
        clock,
        dice(),
    )


def build(settings: Settings, clock: Clock, channel: Channel, robot: str) -> House:
    """Builds every room; nothing is opened yet. Raises WordsError."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = SqlStore(database_url(settings), secrets.token_hex(8), settings.data, key_ring(settings))
    wording = Wording(roots(settings), words_of.load(roots(settings)), organisation(settings), settings.zone, settings.language)
    rights = Rights(channel.name, settings.people.admins, settings.people.approvers)
    loop = Loop(store, wording, rights, Pace(settings.limits.per_user_per_minute), Composer(channel.name, robot), clock, lambda: secrets.token_hex(16))
    channels = {channel.name: channel}
    outbox = Outbox(store, channels, {wording.name: wording}, SystemClock(), dice(), settings.limits.deliveries)  # retries wait in real time
    loop.deliver = outbox.take
    outbox.hear = loop.hear
    outbox.resent = lambda: wording.words.catalogue.labels.get(settings.language, {}).get("resent", "")
    house = House(settings, store, wording, rights, loop, outbox, clock, Metronome(), channels, Health(), {}, [])
    _watch_health(house)
    return house


def _watch_health(house: House) -> None:
    parts = house.health.parts
    parts["clock"] = lambda: {"ok": house.metronome.behind() < SLOWEST_BEAT_S, "behind_s": round(house.metronome.behind(), 1)}
    parts["words"] = lambda: {"ok": True, "version": house.wording.words.version, "fault": house.wording.fault}
    parts["store"] = lambda: {"ok": bool(house.counts), **house.counts}
    for name, channel in house.channels.items():
        parts[name] = channel.health


async def open_house(house: House) -> None:
    """Opens the store, runs what an earlier process left, starts the clock and the channels."""
    await house.store.open()
    await house.wording.refresh(house.store)
    await _counted(house)
    beats = house.metronome
    beats.every("tick", TICK_S, house.outbox.sweep)
    beats.every("due", TICK_S, house.loop.fall_due)
    beats.every("orphans", ORPHANS_S, lambda: _orphans(house))
    resumed = await house.loop.resume()
    await house.outbox.sweep()
    beats.start()
    for channel in house.channels.values():
        await channel.start(house.loop.hear)
    house.tasks.append(asyncio.create_task(house.wording.watch(lambda fault: _words_fault(house, fault))))
    if house.rights.first_admin:
        await house.loop.hear(Due("setup", house.rights.first_admin, house.clock.now()))
    log.info("ready", resumed=resumed, version=house.wording.words.version)


async def close_house(house: House) -> None:
    """Stops listening, ends what is under way within the grace, records it and lets go."""
    house.health.draining = True
    for channel in house.channels.values():
        await channel.stop()
    house.metronome.stop()
    for task in house.tasks:
        task.cancel()
    try:
        async with asyncio.timeout(GRACE_S):
            await house.loop.idle()
            await house.outbox.drain()
    except TimeoutError:
        log.warning("not everything ended in time; it will be done after the next start")
    for channel in house.channels.values():
        closing = getattr(channel, "close", None)
        if closing is not None:
            await closing()
    await house.store.close()
    log.info("stopped")


async def _orphans(house: House) -> None:
    """Takes over what dead replicas left, and looks at the store for health."""
    await house.loop.resume()
    await _counted(house)


def _words_fault(house: House, fault: str) -> None:
    """Tells the admins that changed words were not taken."""
    now = house.clock.now()
    call = Call("words", "reload", f"watch:{secrets.token_hex(8)}")
    house.tasks.append(asyncio.create_task(house.loop.hear(Outcome(call, False, fault, now))))


def counters(house: House) -> Mapping[str, float]:
    """Everything counted, for /metrics."""
    named = {f"turns_{name}": value for name, value in _values(house.loop.figures).items()}
    return {**named, **{f"deliveries_{name}": value for name, value in _values(house.outbox.figures).items()}}


def _values(figures: Any) -> dict[str, float]:
    return {field.name: float(getattr(figures, field.name)) for field in fields(figures)}


def gauges(house: House) -> Mapping[str, float]:
    """Everything that goes up and down, for /metrics."""
    up = {f"{name}_ok": 1.0 if told().get("ok") else 0.0 for name, told in house.health.parts.items()}
    return {**house.counts, **up, "clock_behind_seconds": house.metronome.behind(), "utterances": float(house.wording.words.utterances)}


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
    application.add_routes(operate.routes(house.health, registry, lambda: _counted(house), _bench(house)))
    application.add_routes(channel_routes)
    return application


async def _counted(house: House) -> None:
    """Looks at the store for health and metrics."""
    house.counts = dict(await house.store.counts())


def _bench(house: House) -> operate.Bench | None:
    if not isinstance(house.clock, SteppedClock):
        return None
    clock = house.clock
    switch = operate.KillSwitch()
    house.loop.point = switch.reached
    house.outbox.point = switch.reached

    return operate.Bench(house.clock, lambda to: step_to(house, clock, to), lambda: house.store.journal("", 200), switch.arm)


async def step_to(house: House, clock: SteppedClock, to: datetime) -> None:
    """Moves business time forward through everything that falls due on the way, each at its own time."""
    for _ in range(MOST_STEPS):
        due = await house.store.next_due()
        if due is None or due > to:
            break
        clock.advance((due - clock.now()).total_seconds())
        await _caught_up(house)
    clock.advance((to - clock.now()).total_seconds())
    await _caught_up(house)


async def _caught_up(house: House) -> None:
    """Does what is due now, to its last delivery."""
    for name in ("due", "tick", "orphans"):
        await house.metronome.beat(name)
    await house.loop.idle()
    await house.outbox.idle()


def run(settings: Settings) -> None:
    """Runs `serve`, on uvloop where it is installed."""
    try:
        import uvloop  # noqa: PLC0415 - an extra
    except ImportError:
        asyncio.run(serve(settings))
    else:
        uvloop.run(serve(settings))
