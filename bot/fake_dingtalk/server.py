"""The stand-in as one object: start it, speak as its members, look at what the bot sent, make it misbehave."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from bot.fake_dingtalk import access, cards, contacts, control, notices, sends, sign_in, workflow
from bot.fake_dingtalk.approval import Instance
from bot.fake_dingtalk.call import Call
from bot.fake_dingtalk.crypto import Subscription
from bot.fake_dingtalk.door import LARGEST_BODY, Door
from bot.fake_dingtalk.faults import Faults, Kind
from bot.fake_dingtalk.gateway import Gateway
from bot.fake_dingtalk.happening import Happening
from bot.fake_dingtalk.limits import Limits, Meter
from bot.fake_dingtalk.model import App, Button, Delivery, Json, Manners, Sent
from bot.fake_dingtalk.page import Page
from bot.fake_dingtalk.pushing import Pusher
from bot.fake_dingtalk.speaking import Speaking
from bot.fake_dingtalk.state import State
from bot.fake_dingtalk.world import World

CALLS: tuple[Call, ...] = (*access.CALLS, *sends.CALLS, *cards.CALLS, *contacts.CALLS, *sign_in.CALLS, *workflow.CALLS, *notices.CALLS)
"""Every endpoint that is played."""


class FakeDingTalk:
    """A played DingTalk with one app. `callback_url` is where robot messages go by HTTP; `scopes` are the app's permissions (None: all); `templates`
    is the folder with web/fake_dingtalk.html.j2 (None: no page); `public_url` is how the bot reaches it when that is not http://host:port; ids are
    drawn from `dice`; `clock` gives epoch seconds. `faults`, `meter` and `world` may be used while it runs."""

    def __init__(
        self,
        *,
        app_key: str = "dingfakeapp0000001",
        app_secret: str = "FakeClientSecret-0123456789abcdefghijklmnopqrstuv",  # noqa: S107 - the played app's own secret opens nothing
        corp_id: str = "dingfakecorp000000000000000000001",
        robot_code: str = "",
        world: World | None = None,
        callback_url: str = "",
        scopes: set[str] | None = None,
        manners: Manners | None = None,
        limits: Limits | None = None,
        templates: Path | None = None,
        public_url: str = "",
        dice: random.Random | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        app = App(app_key, app_secret, corp_id, robot_code or app_key)
        dice = dice or random.Random(1)  # noqa: S311 - repeatable ids are the point
        self.state = State(app, world or World.sample(), manners or Manners(), limits or Limits(), dice, clock, scopes, public_url.rstrip("/"))
        self.stream = Gateway(self.state)
        self._pusher = Pusher(self.state, self.stream, callback_url)
        self._speaking = Speaking(self.state, self.stream, self._pusher)
        self.happening = Happening(self.state, self._speaking)
        self._page = Page(self.state, templates) if templates else None
        self._consent = sign_in.Consent(self.state, templates) if templates else None
        self._door = Door(self.state)
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> Self:
        """Listens; port 0 takes a free one."""
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        bound = self._runner.addresses[0]
        near = "127.0.0.1" if host in ("", "0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104 - compares, binds nothing
        self.state.base_url = self.state.base_url or f"http://{near}:{bound[1]}"
        return self

    async def stop(self) -> None:
        """Lets everything go; requests left hanging are reset."""
        self._door.closing.set()
        await self._pusher.stop()
        await self.stream.stop()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def base_url(self) -> str:
        """Base of both API families."""
        return self.state.base_url

    @property
    def app(self) -> App:
        """The app's id, secret, corpId and robotCode."""
        return self.state.app

    @property
    def world(self) -> World:
        """Members and groups."""
        return self.state.world

    @property
    def faults(self) -> Faults:
        """Faults to switch on and off."""
        return self.state.faults

    @property
    def meter(self) -> Meter:
        """Calls and pushes counted so far, and their limits."""
        return self.state.meter

    @property
    def manners(self) -> Manners:
        """How patient the platform is."""
        return self.state.manners

    @property
    def received(self) -> list[Sent]:
        """Everything the bot sent, oldest first."""
        return self.state.received

    @property
    def deliveries(self) -> list[Delivery]:
        """Everything that was pushed to the bot, oldest first."""
        return self.state.deliveries

    @property
    def callback_url(self) -> str:
        """Where robot messages go by HTTP; may be set while it runs."""
        return self._pusher.callback_url

    @callback_url.setter
    def callback_url(self, url: str) -> None:
        self._pusher.callback_url = url

    async def say(self, user: str, text: str = "", conversation: str | None = None, **how: Any) -> Delivery:
        """A member says something: see Speaking.say for what more can be told."""
        return await self._speaking.say(user, text, conversation, **how)

    async def press(self, button: Button, user: str = "", **how: Any) -> Delivery:
        """A member presses a button of a message or card: see Speaking.press."""
        return await self._speaking.press(button, user, **how)

    async def press_card(self, out_track_id: str, user: str, actions: list[str], params: Json | None = None) -> Delivery:
        """A member presses a component of a card: see Speaking.press_card."""
        return await self._speaking.press_card(out_track_id, user, actions, params or {})

    async def event(self, event_type: str, data: Json, event_id: str = "", by: str | None = None) -> Delivery:
        """Pushes an event: see Speaking.event. What makes events by itself is in `happening`."""
        return await self._speaking.event(event_type, data, event_id, by)

    def subscribe(self, url: str, token: str, aes_key: str, owner: str = "") -> None:
        """Events go by HTTP from now on, encrypted; an empty URL: over the Stream. `owner` is the app key where none is given."""
        self.state.subscription = Subscription(url, token, aes_key, owner or self.app.key) if url else None

    @property
    def approvals(self) -> dict[str, Instance]:
        """The approvals of DingTalk OA by their ids."""
        return self.state.approvals

    async def push_raw(self, body: bytes, headers: Json | None = None) -> Delivery:
        """POSTs any bytes to the callback URL; `headers` override timestamp and sign (None leaves one out)."""
        return await self._speaking.push_raw(body, headers or {})

    async def wait_for(self, count: int = 1, *, seconds: float = 10.0, since: int = 0, where: Callable[[Sent], bool] | None = None) -> list[Sent]:
        """Waits for `count` messages of the bot (after the first `since`) that satisfy `where`; gives back all of them. Raises TimeoutError that says
        what came instead."""

        def found() -> list[Sent]:
            return [sent for sent in self.received if sent.number > since and (where is None or where(sent))]

        def enough() -> bool:
            return self.state.count - since >= count and (where is None or len(found()) >= count)

        if not await self.state.bell.until(enough, seconds):
            came = [(sent.way.value, sent.conversation, sent.users, sent.shown[:60]) for sent in self.received if sent.number > since]
            raise TimeoutError(f"{len(found())} of {count} messages in {seconds} s; received: {came}")
        return found()

    async def quiet(self, seconds: float = 0.3) -> int:
        """Waits until the bot has sent nothing for so long; gives back how many messages it has sent in all."""
        while True:
            count = self.state.count
            if not await self.state.bell.until(lambda count=count: self.state.count > count, seconds):  # type: ignore[misc] # binds count
                return count

    def answers(self, delivery: Delivery) -> list[Sent]:
        """What the bot sent as an answer to that message, as far as the way tells."""
        return [sent for sent in self.received if sent.answers == delivery.id]

    def skip(self, seconds: float) -> None:
        """Moves the platform's clock ahead: tickets, tokens, sessions expire, buckets fill again."""
        self.state.skipped += seconds

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=LARGEST_BODY)
        for call in CALLS:
            application.router.add_route(call.method, call.path, self._door.handler(call))
        application.router.add_get("/connect", self.stream.connect)
        application.router.add_get("/download/{code}", self._file)
        application.router.add_routes(control.routes(control.Parts(self.state, self.stream, self._pusher, self._speaking, self.happening)))
        if self._consent:
            application.router.add_routes(self._consent.routes())
        if self._page:
            application.router.add_routes(self._page.routes(self._speaking))
        application.router.add_route("*", "/{path:.*}", _nowhere)
        return application

    async def _file(self, request: web.Request) -> web.StreamResponse:
        file = self.state.files.get(request.match_info["code"])
        faults = self.state.faults.pick("file.download")
        if moved := next((fault for fault in faults if fault.kind is Kind.REDIRECT), None):
            return web.Response(status=302, headers={"Location": moved.location})
        if broken := next((fault for fault in faults if fault.kind is Kind.ERROR), None):
            return web.Response(status=broken.status)
        return web.Response(body=file.data, content_type="application/octet-stream") if file else web.Response(status=404)


async def _nowhere(_request: web.Request) -> web.Response:
    return web.json_response({"code": "InvalidAction.NotFound", "message": "this endpoint is not played"}, status=404)


async def serve(
    host: str = "127.0.0.1",
    port: int = 8180,
    *,
    ready: Callable[[FakeDingTalk], None] | None = None,
    world: Path | None = None,
    **settings: Any,
) -> None:
    """Runs a stand-in until cancelled; `ready` is called when it listens, `world` is a TOML file like the shipped world.toml, `settings` are those
    of FakeDingTalk."""
    fake = FakeDingTalk(world=World.read(world) if world else None, **settings)
    await fake.start(host, port)
    try:
        if ready:
            ready(fake)
        await asyncio.Event().wait()
    finally:
        await fake.stop()
