"""A conversation in the terminal over the real engine."""

from __future__ import annotations

import secrets

from rich.console import Console

from bot.channels.console import ConsoleChannel
from bot.config import People, Settings
from bot.engine.clock import SystemClock
from bot.wiring.house import build, close_house, open_house


async def talk(settings: Settings, who: str, admin: bool) -> None:
    """Runs one house with the console as its only channel until the input ends."""
    clock = SystemClock()
    channel = ConsoleChannel(who, clock, lambda: secrets.token_hex(8), Console())
    people = People(admins=(who,) if admin else ())
    house = build(settings.model_copy(update={"people": people}), clock, channel, "console")
    await open_house(house)
    await channel.ended.wait()
    await close_house(house)
