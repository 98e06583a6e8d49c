"""A page for people: shows the conversations and lets a person speak as a member and press buttons."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.fake_dingtalk.model import Button, Delivery
from bot.fake_dingtalk.speaking import Speaking
from bot.fake_dingtalk.state import State

_SHOWN = 200
_PATIENCE = 2.0
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'"


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation in the page's list."""

    id: str
    title: str
    group: bool


class Page:
    """GET / with `?in=<conversation>`; POST /say and POST /press come from its forms."""

    def __init__(self, state: State, templates: Path) -> None:
        self._state = state
        environment = Environment(loader=FileSystemLoader(templates), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        environment.filters["clock"] = _clock
        self._template = environment.get_template("web/fake_dingtalk.html.j2")
        self._speaking: Speaking | None = None
        self._tasks: set[asyncio.Task[Delivery]] = set()

    def routes(self, speaking: Speaking) -> list[web.RouteDef]:
        """The page's routes."""
        self._speaking = speaking
        return [web.get("/", self._show), web.post("/say", self._say), web.post("/press", self._press)]

    async def _show(self, request: web.Request) -> web.Response:
        return self._render(request.query.get("in", ""), request.query.get("note", ""), request.query.get("as", ""))

    def _render(self, place: str, note: str, speaker: str) -> web.Response:
        places = self._places()
        here = next((row for row in places if row.id == place), places[0] if places else Place("", "", False))
        world, nonce = self._state.world, self._state.ids.hex(16)
        group = world.groups.get(here.id)
        text = self._template.render(
            nonce=nonce,
            here=here,
            places=places,
            members=world.people(group) if group else [world.members[user] for user in [world.partner(here.id)] if user in world.members],
            lines=[line for line in self._state.timeline if line.conversation == here.id][-_SHOWN:],
            recalled=self._state.recalled,
            note=note[:300],
            speaker=speaker,
            count=len(self._state.timeline),
        )
        return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": _POLICY.format(nonce=nonce)})

    async def _say(self, request: web.Request) -> web.Response:
        form, place = await _form(request)
        group = place if place in self._state.world.groups else None
        user = form.get("user", "")
        return _back(place, await self._try(self._speak.say(user, form.get("text", ""), group, at_bot=group is None or "at_bot" in form)), user)

    async def _press(self, request: web.Request) -> web.Response:
        form, place = await _form(request)
        user = form.get("user", "")
        try:
            button = self._button(form)
        except (LookupError, ValueError) as fault:
            return _back(place, str(fault), user)
        return _back(place, await self._try(self._speak.press(button, user)), user)

    async def _try(self, deed: Coroutine[None, None, Delivery]) -> str:
        """Does it, without letting a person wait long for an absent bot; what to tell them."""
        task = asyncio.create_task(deed)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        done, _ = await asyncio.wait({task}, timeout=_PATIENCE)
        if not done:
            return "Still waiting for the bot: it is not connected or does not acknowledge."
        fault = task.exception()
        return _note(task.result()) if fault is None else str(fault)

    def _button(self, form: dict[str, str]) -> Button:
        number, index = int(form.get("message", "0")), int(form.get("button", "-1"))
        sent = next((sent for sent in self._state.received if sent.number == number), None)
        if sent is None or not 0 <= index < len(sent.buttons):
            raise LookupError("this button is gone")
        return sent.buttons[index]

    @property
    def _speak(self) -> Speaking:
        if self._speaking is None:
            raise LookupError("the page has no routes yet")
        return self._speaking

    def _places(self) -> list[Place]:
        world = self._state.world
        groups = [Place(group.conversation_id, group.title, True) for group in world.groups.values()]
        return groups + [Place(world.private(member.user_id), member.name, False) for member in world.members.values() if member.inside]


async def _form(request: web.Request) -> tuple[dict[str, str], str]:
    """The form's fields and its conversation; only from this very page."""
    origin = request.headers.get("Origin", "")
    if origin and urlsplit(origin).netloc != request.host:
        raise web.HTTPForbidden(text="the form comes from another site")
    form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    return form, form.get("in", "")


def _note(delivery: Delivery) -> str:
    if delivery.withheld:
        return f"Not pushed to the bot: {delivery.withheld}."
    return "" if delivery.acked else f"The bot did not acknowledge it. {delivery.error}"


def _back(place: str, note: str, user: str) -> web.Response:
    return web.Response(status=303, headers={"Location": f"/?in={quote(place)}&as={quote(user)}&note={quote(note)}"})


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S UTC")
