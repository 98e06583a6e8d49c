"""The pages: the whole page, its parts, the stream of changes, and what forms and buttons do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp_sse import sse_response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.web.playground.clock import STEPS
from bot.web.playground.desk import ROOMS, Desk, desk_of
from bot.web.playground.stage import Stage
from bot.web.playground.supervisor import State
from bot.web.playground.views import Views
from bot.web.playground.words import Phrases

STATIC = Path(__file__).parents[1] / "static"
LONGEST = 4000
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_PARTS = {"people": "people", "tabs": "tabs", "chat": "chat", "trace": "trace", "clock": "clock", "state": "state"}
Act = Callable[[Desk, Any], Awaitable[None]]


class Pages:
    """The playground's routes over one stage."""

    def __init__(self, stage: Stage, phrases: Phrases, templates: Path) -> None:
        self._stage = stage
        self._views = Views(stage, phrases)
        self._jinja = Environment(loader=FileSystemLoader(templates / "web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)

    def application(self) -> web.Application:
        """The web application; its streams end when it shuts down."""
        application = web.Application(middlewares=[_guard], client_max_size=64 * 1024)
        application.add_routes([web.get("/", self._page), web.get("/part/{name}", self._part), web.get("/events", self._events)])
        application.add_routes([web.get("/healthz", self._health), web.static("/static", STATIC)])
        acts = {
            "say": self._say,
            "first": self._first,
            "photo": self._photo,
            "file": self._file,
            "agree": self._agree,
            "option": self._option,
            "press": self._press,
            "step": self._step,
            "kill": self._kill,
        }
        application.add_routes([web.post(f"/{name}", self._doing(act)) for name, act in acts.items()])
        application.on_shutdown.append(self._close)
        return application

    async def _close(self, _: web.Application) -> None:
        self._stage.signals.close()

    def _desk(self, request: web.Request) -> Desk:
        people = [actor.id for actor in self._stage.cast.actors]
        return desk_of(request.query, people, request.headers.get("Accept-Language", ""))

    async def _page(self, request: web.Request) -> web.Response:
        return self._render("playground.html.j2", self._desk(request))

    async def _part(self, request: web.Request) -> web.Response:
        name = _PARTS.get(request.match_info["name"])
        if name is None:
            raise web.HTTPNotFound
        return self._render(f"playground_{name}.html.j2", self._desk(request))

    def _render(self, template: str, desk: Desk) -> web.Response:
        stage, views = self._stage, self._views
        shown = "chat" in template or template == "playground.html.j2"
        if shown and stage.transcript.read(desk.person, stage.cast.place(desk.person, desk.room)):
            stage.signals.ring("people")
        words, now = views.words(desk), stage.now()
        text = self._jinja.get_template(template).render(
            desk=desk, words=words, page=words.page, views=views, me=views.face(desk), faces=stage.cast.actors, supervisor=stage.supervisor,
            stepping=stage.stepping, steps=list(STEPS), day=views.day(now, words), time=views.time(now), now=now.isoformat(timespec="minutes"),
            online=stage.supervisor.state is State.ONLINE, mute=me_mute(desk, views),
        )  # fmt: skip
        return web.Response(text=text, content_type="text/html")

    async def _events(self, request: web.Request) -> web.StreamResponse:
        async with sse_response(request) as stream:
            with suppress(ConnectionResetError):  # the page was left
                async for parts in self._stage.signals.changes():
                    for part in parts:
                        await stream.send("", event=part)
        return stream

    async def _health(self, _: web.Request) -> web.Response:
        supervisor = self._stage.supervisor
        return web.json_response({"worker": supervisor.state.value, "starts": supervisor.starts, "now": self._stage.now().isoformat()})

    def _doing(self, act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
        """A handler that does it and goes back to the page; htmx gets nothing, since the stream tells what changed."""

        async def handle(request: web.Request) -> web.Response:
            desk = self._desk(request)
            await act(desk, await request.post())
            if request.headers.get("HX-Request"):
                return web.Response(status=204)
            return web.Response(status=303, headers={"Location": f"/?{desk.query}"})

        return handle

    async def _say(self, desk: Desk, form: Any) -> None:
        text = str(form.get("text", "")).replace("\r\n", "\n").strip()[:LONGEST]
        if text:
            self._stage.say(desk.person, self._place(desk), text, mention=bool(form.get("mention")))

    async def _first(self, desk: Desk, form: Any) -> None:
        firsts = dict(self._views.firsts(desk))
        first = firsts.get(_number(form.get("first")))
        if first is not None:
            self._stage.say(desk.person, self._place(desk), first.say)

    async def _photo(self, desk: Desk, _: Any) -> None:
        self._stage.photo(desk.person, self._place(desk), self._views.words(desk).page["photo_line"])

    async def _file(self, desk: Desk, _: Any) -> None:
        self._stage.file(desk.person, self._place(desk), self._views.words(desk).page["oa_filed"])

    async def _agree(self, desk: Desk, _: Any) -> None:
        page = self._views.words(desk).page
        self._stage.agree(desk.person, self._place(desk), page["oa_agreed"], page["oa_nothing"])

    async def _option(self, desk: Desk, form: Any) -> None:
        number = _number(form.get("option"))
        if 0 < number < 100:
            self._stage.say(desk.person, self._place(desk), str(number))

    async def _press(self, desk: Desk, form: Any) -> None:
        number, _, index = str(form.get("button", "")).partition(".")
        line = self._stage.transcript.line(_number(number))
        if line is not None and line.place in {self._stage.cast.place(desk.person, room) for room in ROOMS}:
            self._stage.press(desk.person, line, _number(index))

    async def _step(self, _: Desk, form: Any) -> None:
        if form.get("step") in STEPS:
            await self._stage.step(str(form["step"]))

    async def _kill(self, desk: Desk, _: Any) -> None:
        await self._stage.kill(desk.person, self._place(desk), self._views.words(desk).killing)

    def _place(self, desk: Desk) -> str:
        return self._stage.cast.place(desk.person, desk.room)


def me_mute(desk: Desk, views: Views) -> bool:
    """Whether nothing can be said here: DingTalk lets no outsider talk to an internal robot one-to-one."""
    return desk.room == "private" and views.face(desk).role == "outsider"


def _number(value: object) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


@web.middleware
async def _guard(request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    """Refuses forms of other sites, and sets the headers that forbid everything from outside."""
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise web.HTTPForbidden(text="this form is not ours")
    response = await handler(request)
    if not response.prepared:
        response.headers.update(HEADERS)
    return response
