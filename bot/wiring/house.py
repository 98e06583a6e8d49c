"""A running house: every room built and married, opened and closed."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

import aiohttp
import structlog

from bot.channels.dingtalk import DingTalkChannel
from bot.config import Settings
from bot.connectors.building import open_session
from bot.core.calendar import Calendar, coverage, local
from bot.core.nudging import NudgePolicy
from bot.core.turn import Call, Due, Event, Outcome
from bot.engine.clock import Metronome, SystemClock
from bot.engine.composing import Composer
from bot.engine.loop import Loop
from bot.engine.outbox import Outbox
from bot.engine.pace import Pace
from bot.engine.people import Rights
from bot.engine.rounds import Rounds
from bot.engine.wording import Wording
from bot.ports import Channel, Clock, Connector
from bot.web.console.keys import Keys
from bot.web.health import Health
from bot.wiring.following import looks
from bot.wiring.outside import finance, platform, systems
from bot.wiring.parts import calendar, database_url, dice, following, keeping, key_ring, links, nudge_policy, organisation, roots, terms
from bot.wiring.purging import Purging
from bot.words.gate import Teaching
from bot.words.loading import load
from bot.words.policies import peopled
from storage import SqlStore
from storage.sealing import Ring

log = structlog.get_logger("usher")
TICK_S = 1.0
ORPHANS_S = 10.0
ROUNDS_S = 5.0
TAUGHT_S = 5.0
"""How often a replica looks for what was set or taught in another."""
SLOWEST_BEAT_S = 15.0
GRACE_S = 20.0


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
    rounds: Rounds
    ring: Ring = field(repr=False)
    session: aiohttp.ClientSession | None = None


def build(settings: Settings, clock: Clock, channel: Channel, robot: str) -> House:
    """Builds every room; nothing is opened yet. Raises WordsError."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    ring = key_ring(settings)
    store = SqlStore(database_url(settings), secrets.token_hex(8), settings.data, ring)
    named = partial(peopled, settings=settings.access, channel=channel.name, admins=settings.people.admins)
    wording = Wording(
        roots(settings),
        load(roots(settings)),
        organisation(settings),
        settings.zone,
        settings.language,
        named,
        _working(settings, clock),
        terms(settings),
        keeping(settings),
        following(settings),
        links(settings, ring),
    )
    rights = Rights(channel.name, settings.people.admins, settings.people.approvers)
    composer, pace = Composer(channel.name, robot, settings.server.public_url), Pace(settings.limits.per_user_per_minute)
    loop = Loop(store, wording, rights, pace, composer, clock, lambda: secrets.token_hex(16))
    channels = {channel.name: channel}
    connectors: dict[str, Connector] = {wording.name: wording, Teaching.name: Teaching(wording.fits, lambda: wording.current)}
    connectors[Purging.name] = Purging(store)
    connectors[Keys.name] = Keys(settings.server.public_url if settings.console.enabled else "")
    outbox = Outbox(store, channels, connectors, SystemClock(), dice(), settings.limits.deliveries)  # retries wait in real time
    loop.deliver = outbox.take
    outbox.sending.hear = loop.hear
    outbox.sending.without = lambda message, stands: composer.without(message, stands, wording.words, wording.policy(settings.language).organisation)
    outbox.sending.resent = lambda: wording.words.catalogue.labels.get(settings.language, {}).get("resent", "")
    rounds = Rounds(store, loop.ask, clock, lambda: wording.policy(settings.language), rights.first_admin)
    house = House(settings, store, wording, rights, loop, outbox, clock, Metronome(), channels, Health(), {}, [], rounds, ring)
    _watch_health(house)
    return house


def _working(settings: Settings, clock: Clock) -> Callable[[], tuple[Calendar, NudgePolicy]]:
    """The working calendar, read anew each day, since plans of days off are published in the year before; faults show at the start."""
    read: dict[date, tuple[Calendar, NudgePolicy]] = {}

    def working() -> tuple[Calendar, NudgePolicy]:
        today = clock.now().date()
        if today not in read:
            made = calendar(settings, today)
            read.clear()
            read[today] = (made, nudge_policy(settings, made))
        return read[today]

    working()
    return working


def _watch_health(house: House) -> None:
    parts = house.health.parts
    parts["clock"] = lambda: {"ok": house.metronome.behind() < SLOWEST_BEAT_S, "behind_s": round(house.metronome.behind(), 1)}
    parts["words"] = lambda: {"ok": True, "version": house.wording.words.version, "fault": house.wording.fault}
    parts["calendar"] = lambda: _covered(house)
    parts["store"] = lambda: {"ok": bool(house.counts), **house.counts}
    for name, channel in house.channels.items():
        parts[name] = channel.health


def _covered(house: House) -> Mapping[str, object]:
    """How far the calendar of working days is known; it runs out loudly and never silently."""
    working = house.wording.policy(house.wording.language).calendar
    cover = coverage(working, local(working, house.clock.now()).date())
    return {"ok": True, "known_until": str(cover.until or ""), "days_left": cover.days_left, "alarm": cover.alarm}


async def open_house(house: House) -> None:
    """Opens the store, runs what an earlier process left, starts the clock and the channels."""
    await house.store.open()
    await house.wording.refresh(house.store)
    await counted(house)
    await _reach_out(house)
    beats = house.metronome
    beats.every("tick", TICK_S, house.outbox.sweep)
    beats.every("due", TICK_S, house.loop.fall_due)
    beats.every("rounds", ROUNDS_S, house.rounds.look)
    beats.every("orphans", ORPHANS_S, lambda: _orphans(house))
    beats.every("taught", TAUGHT_S, lambda: house.wording.refresh(house.store))
    beats.every("audit", ORPHANS_S, lambda: _chained(house))
    resumed = await house.loop.resume()
    await house.outbox.sweep()
    beats.start()
    for channel in house.channels.values():
        await channel.start(house.loop.hear)
    house.tasks.append(asyncio.create_task(house.wording.watch(lambda fault: _words_fault(house, fault))))
    now, first = house.clock.now(), house.rights.first_admin
    if first:
        await house.loop.hear(Due("setup", first, now))
    told = {"person": first, "people": " ".join(house.rights.named), "book": "contacts" if "contacts" in house.outbox.sending.connectors else ""}
    await house.loop.hear(Event("usher", "started", f"started:{now.isoformat()}", "", told, now))
    if house.settings.oa.followed:
        now = house.clock.now()
        await house.loop.hear(Event(house.rights.channel, "following", f"following:{now.isoformat()}", "", {}, now))
    log.info("ready", replica=house.store.owner, resumed=resumed, version=house.wording.words.version)


async def _reach_out(house: House) -> None:
    """Opens the way to the systems that calls go to. Raises SettingsError."""
    told = finance(house.settings)
    house.session = open_session()
    found = dict(systems(told, house.settings, house.session, house.clock, house.store))
    for channel in house.channels.values():
        if isinstance(channel, DingTalkChannel):
            found |= platform(house.settings, channel, house.clock, house.ring)
    house.outbox.sending.connectors = {**house.outbox.sending.connectors, **found}


async def close_house(house: House) -> None:
    """Stops listening, ends what is under way within the grace, records it and lets go."""
    house.health.draining = house.loop.closing = house.rounds.closing = True
    for channel in house.channels.values():
        await channel.stop()
    for task in house.tasks:
        task.cancel()
    try:
        async with asyncio.timeout(GRACE_S):
            await house.metronome.stop()
            await house.loop.idle()
            await house.outbox.drain()
            await house.loop.idle()  # what came of calls
            await house.outbox.idle()
    except TimeoutError:
        log.warning("not everything ended in time; it will be done after the next start")
    for channel in house.channels.values():
        closing = getattr(channel, "close", None)
        if closing is not None:
            await closing()
    if house.session is not None:
        await house.session.close()
    await house.store.close()
    log.info("stopped")


async def _orphans(house: House) -> None:
    """Takes over what dead replicas left, and looks at the store for health."""
    await house.loop.resume()
    await counted(house)


async def _chained(house: House) -> None:
    """Chains new audit lines; the chain's head goes into the log, which is kept elsewhere, so that a cut-off end shows."""
    done = 0
    while new := await house.store.chain_audit(house.ring.derived("audit")):
        done += new
    if done:
        link, head = await house.store.audit_head()
        log.info("audit head", lines=link, head=head)


def _words_fault(house: House, fault: str) -> None:
    """Tells the admins that changed words were not taken."""
    now = house.clock.now()
    call = Call("words", "reload", f"watch:{secrets.token_hex(8)}")
    house.tasks.append(asyncio.create_task(house.loop.hear(Outcome(call, False, fault, now))))


async def counted(house: House) -> None:
    """Looks at the store for health and metrics; what is asked about in vain again and again is an alarm."""
    before, seen = house.counts, await looks(house.store) if house.settings.oa.followed else {}
    house.counts = {**await house.store.counts(), **seen}
    if house.counts["due_in_vain"] > before.get("due_in_vain", 0):
        log.error("due items are asked about in vain", items=house.counts["due_in_vain"])
