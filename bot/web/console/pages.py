"""The console's routes: the guard at the door, the pages behind it, and the few forms that change something."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.core.understanding.clusters import clusters
from bot.ports import StoreError
from bot.web.console import acts, figures, knowledge, records, system, today
from bot.web.console.downloads import Downloads
from bot.web.console.entrance import Entrance, fits, forget, of_ours, remember
from bot.web.console.files import Files
from bot.web.console.importing import Importing
from bot.web.console.inside import Inside, Visitor
from bot.web.console.showing import Asked, shown
from bot.web.console.signing_in import SigningIn
from bot.web.console.words import LANGUAGES, Phrases, preferred
from bot.web.playground.pages import HEADERS, STATIC

log = structlog.get_logger("console")
SPOKEN = "usher_language"
View = Callable[[Inside, Asked], Awaitable[Mapping[str, Any]]]
"""What a page shows, as values for its template. Raises HTTPException."""
VIEWS: Mapping[str, tuple[str, View]] = {
    "/": ("desk", today.desk),
    "/figures": ("figures", figures.figures),
    "/people": ("people", records.people),
    "/person": ("person", records.person),
    "/items": ("items", records.items),
    "/item": ("item", records.item),
    "/audit": ("audit", records.audit),
    "/answers": ("answers", knowledge.answers),
    "/answer": ("answer", knowledge.answer),
    "/match": ("match", knowledge.match),
    "/conflicts": ("conflicts", knowledge.conflicts),
    "/unanswered": ("unanswered", knowledge.unanswered),
    "/policies": ("policies", system.policies),
    "/health": ("health", system.health),
}
"""The pages by their path: the template and its values."""
NAVIGATION = ("desk", "figures", "items", "people", "answers", "unanswered", "policies", "import", "audit", "health")
"""The pages of the menu, in its order."""

UNDER = {"answer": "answers", "conflicts": "answers", "item": "items", "person": "people", "batch": "import"}
"""Pages that lie under one of the menu."""


class Pages:
    """The console over one house."""

    def __init__(self, inside: Inside) -> None:
        self._inside = inside
        self.entrance = Entrance(inside)
        self._importing = Importing(inside)
        self._warming: asyncio.Task[list[list[int]]] | None = None
        self._files = Files(self._importing, self.page)
        self._phrases = Phrases(inside.templates)
        loader = FileSystemLoader(inside.templates / "web")
        self._jinja = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)

    def application(self) -> web.Application:
        """The application to be mounted under /admin."""
        application = web.Application(middlewares=[self._guard])
        application.add_routes([web.get("", _to_desk), web.static("/static", STATIC)])
        application.add_routes([web.get("/enter", self._door), web.post("/enter", self._enter)])
        if self._inside.sign_in is not None:
            application.add_routes(SigningIn(self._inside, self.entrance, self.page, self._inside.sign_in).routes())
        downloads = Downloads(self._inside, self.page)
        application.add_routes([*downloads.routes(), web.post("/answers/file", self.signed(downloads.answers))])
        application.add_routes([web.get("/first", self._first), web.post("/first", self._name_first)])
        application.add_routes([web.get(path, self._viewing(name, view)) for path, (name, view) in VIEWS.items()])
        application.add_routes([web.post("/leave", self.signed(self._leave)), web.post("/do", self.signed(self._do))])
        files = self._files
        application.add_routes([web.get("/import", self.signed(files.show)), web.post("/import", self.signed(files.look))])
        application.add_routes([web.post("/import/take", self.signed(files.take)), web.get("/import/{digest}", self.signed(files.progress))])
        application.on_startup.append(self._warm)
        application.on_shutdown.append(self._close)
        return application

    async def _warm(self, _: web.Application) -> None:
        """Reads beside the rest what the first look at the unanswered questions needs: the sounds of all characters."""
        texts = list(self._inside.words().catalogue.labels[LANGUAGES[0]].values())[:2]
        self._warming = asyncio.create_task(asyncio.to_thread(clusters, texts, LANGUAGES[0]))

    async def _close(self, _: web.Application) -> None:
        if self._warming is not None:
            await self._warming
        await self._importing.close()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
        """Forms of other sites are refused; a refusal is a page in words; everything from outside is forbidden by headers."""
        try:
            if request.method != "GET" and not of_ours(request, self._inside):
                raise web.HTTPForbidden
            response: web.StreamResponse = await handler(request)
        except web.HTTPException as fault:
            response = fault if fault.status < 400 else self._fault(request, fault.status)
        except StoreError:
            log.exception("page failed")
            response = self._fault(request, 503)
        if not response.prepared:
            kept = {"Cache-Control": "max-age=3600"} if "/static/" in request.path and response.status < 400 else {}
            response.headers.update({**HEADERS, **kept, "Referrer-Policy": "same-origin"})  # with none at all, browsers hide a form's origin from us
        return response

    def _fault(self, request: web.Request, status: int) -> web.Response:
        return self.page(request, None, "fault", status=status, code=str(status))

    def signed(self, does: Callable[[web.Request, Visitor], Awaitable[web.StreamResponse]]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """A handler for admins who are signed in; others are led to the door."""

        async def handle(request: web.Request) -> web.StreamResponse:
            visitor = await self.entrance.visitor(request.cookies)
            if visitor is None:
                return self.page(request, None, "door", status=401, key="", fault="")
            return await does(request, visitor)

        return handle

    def _viewing(self, name: str, view: View) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def look(request: web.Request, visitor: Visitor) -> web.StreamResponse:
            language = self._language(request)
            asked = Asked(visitor, language, request.query, request.match_info, self._phrases.of(language))
            return self.page(request, visitor, name, **await view(self._inside, asked))

        return self.signed(look)

    def page(self, request: web.Request, visitor: Visitor | None, name: str, /, *, status: int = 200, **values: Any) -> web.Response:
        """The page of that template."""
        language = self._language(request)
        words = self._phrases.of(language)
        text = self._jinja.get_template(f"console_{name}.html.j2").render(
            w=words, language=language, visitor=visitor, here=UNDER.get(name, name), path=request.path, query=dict(request.query), menu=NAVIGATION,
            show=shown(self._inside, language, words), platform=self._inside.sign_in is not None, now=self._inside.clock.now(), **values,
        )  # fmt: skip
        response = web.Response(text=text, content_type="text/html", status=status)
        if request.query.get("lang") in LANGUAGES:
            response.set_cookie(SPOKEN, language, max_age=31_536_000, path="/admin", samesite="Strict")
        return response

    def _language(self, request: web.Request) -> str:
        chosen = request.query.get("lang") or request.cookies.get(SPOKEN, "")
        return chosen if chosen in LANGUAGES else preferred(request.headers.get("Accept-Language", ""))

    async def _door(self, request: web.Request) -> web.Response:
        """The link from the chat shows a button: whoever only looks at links, as previews do, does not use it up."""
        return self.page(request, None, "door", key=request.query.get("key", "")[:128], fault="")

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        secret = await self.entrance.enter(str((await request.post()).get("key", "")))
        return self._entered(request, secret) or self.page(request, None, "door", status=403, key="", fault="used")

    async def _first(self, request: web.Request) -> web.Response:
        return self.page(request, None, "first", fault="")

    async def _name_first(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        secret = await self.entrance.first(str(form.get("key", "")), str(form.get("account", "")), str(form.get("name", "")))
        return self._entered(request, secret) or self.page(request, None, "first", status=403, fault="wrong")

    def _entered(self, request: web.Request, secret: str) -> web.Response | None:
        if not secret:
            return None
        response = web.Response(status=303, headers={"Location": "/admin/"})
        remember(response, secret, request, self._inside)
        return response

    async def _leave(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        if not fits(visitor, (await request.post()).get("token")):
            raise web.HTTPForbidden
        await self.entrance.leave(visitor)
        response = self.page(request, None, "door", key="", fault="left")
        forget(response)
        return response

    async def _do(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        """Presses a button for the visitor, and shows what the flow replied."""
        form = await request.post()
        action = acts.pressed(form) if fits(visitor, form.get("token")) else None
        if action is None:
            raise web.HTTPForbidden
        replies = await acts.act(self._inside, visitor, action, self._language(request))
        return self.page(request, visitor, "done", replies=replies)


async def _to_desk(_: web.Request) -> web.Response:
    raise web.HTTPFound("/admin/")
