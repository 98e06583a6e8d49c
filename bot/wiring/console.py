"""The web console over a house, and the key for the first admin on the terminal."""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web

from bot.channels.dingtalk import DingTalkChannel
from bot.core.model import Person
from bot.core.turn import Say
from bot.dingtalk_api.sign_in import SignIn
from bot.web.console.entrance import Entrance
from bot.web.console.inside import Inside
from bot.web.console.pages import Pages
from bot.wiring.archive import write_all
from bot.wiring.house import House
from bot.wiring.parts import roots
from bot.words.rendering import Rendered, Trusted

FIRST = "\nNobody is an admin yet. Open {address}/admin/first and enter this key; it works once, for 24 hours:\n\n    {key}\n\n"


def inside(house: House) -> Inside:
    """The house as the console sees it."""
    settings, site = house.settings, house.settings.server.public_url.rstrip("/")

    def render(say: Say, language: str, reader: Person) -> Rendered:
        values = {"org": house.wording.policy(language).organisation, "asker": {"name": reader.name}, "site": Trusted(site)}
        return house.wording.words.templates.render(say, language, values)

    return Inside(
        store=house.store,
        clock=house.clock,
        channel=house.rights.channel,
        robot=settings.dingtalk.robot_code or settings.dingtalk.app_key,
        outcome=house.loop.outcome,
        viewer=house.rights.viewer,
        words=lambda: house.wording.words,
        policy=house.wording.policy,
        render=render,
        health=house.health,
        site=site,
        hours=settings.console.session_hours,
        zone=settings.zone,
        roots=tuple(roots(settings)),
        sign_in=_sign_in(house),
        archive=lambda file: asyncio.to_thread(lambda: asyncio.run(write_all(settings, file))),
    )


def _sign_in(house: House) -> SignIn | None:
    """DingTalk's sign-in, where it is wanted and browsers can come back from it."""
    base, channel = house.settings.console.dingtalk_login, house.channels.get(house.rights.channel)
    return channel.sign_in(base) if base and house.settings.server.public_url and isinstance(channel, DingTalkChannel) else None


def mount(house: House, application: web.Application) -> None:
    """Puts the console under /admin, if it is wanted."""
    if house.settings.console.enabled:
        application.add_subapp("/admin", Pages(inside(house)).application())


async def call_for_first(house: House) -> None:
    """While there is no admin, prints the one-time key with which the first one is named: on the terminal alone, never into the log's lines."""
    if not house.settings.console.enabled:
        return
    key = await Entrance(inside(house)).put_up(bool(house.rights.first_admin))
    if key:
        server = house.settings.server
        sys.stderr.write(FIRST.format(address=server.public_url.rstrip("/") or f"http://{server.host}:{server.port}", key=key))
        sys.stderr.flush()
