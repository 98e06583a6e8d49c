"""What an admin asked for in their private chat, to be taken away once: the link shows a button, so that whoever only looks at links does not use it up."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from aiohttp import web

from bot.core.facts import Ask
from bot.core.model import Door
from bot.core.turn import Reason
from bot.web.console.entrance import fits
from bot.web.console.files import Page
from bot.web.console.inside import Inside, Visitor
from bot.web.console.keys import LONGEST, fresh, hashed
from bot.words.table import as_file, faqs

KINDS = ("xlsx", "csv", "yaml")
"""As what the answers can be taken away."""
WHAT = ("faqs", "all")


class Downloads:
    """The two routes of /admin/export, and the answers for who is signed in; `page` makes a page of a template's name."""

    def __init__(self, inside: Inside, page: Page) -> None:
        self._inside = inside
        self._page = page

    def routes(self) -> list[web.RouteDef]:
        """Under the console's path; nobody need be signed in, the key is for one person and one file."""
        return [web.get("/export", self._look), web.post("/export", self._take)]

    async def _look(self, request: web.Request) -> web.StreamResponse:
        key = request.query.get("key", "")[:LONGEST]
        door = await self._door(key)
        return self._page(request, None, "export", key=key, kinds=KINDS if door is not None and _what(door) == "faqs" else (), fault=False)

    async def _take(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        what = await self._opened(str(form.get("key", "")).strip()[:LONGEST])
        if not what:
            return self._page(request, None, "export", status=403, key="", fault=True)
        return _file("everything.zip", await self._everything()) if what == "all" else await self._answers(str(form.get("kind", "")))

    async def answers(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        """The answers for an admin who is signed in and may have them; it is noted first."""
        form = await request.post()
        if not fits(visitor, form.get("token")):
            raise web.HTTPForbidden
        decision = await self._inside.outcome(self._inside.event("console_took", f"took:{fresh()[:32]}", visitor.person.id, what="faqs"))
        if decision is None or decision.reason is not Reason.NOTED:
            raise web.HTTPForbidden
        return await self._answers(str(form.get("kind", "")))

    async def _door(self, key: str) -> Door | None:
        found = (await self._inside.store.answer([Ask(Door, id=hashed(key))])).items
        return found[0] if found and isinstance(found[0], Door) else None

    async def _opened(self, key: str) -> str:
        """What the key opens, for whoever it was made for; empty when it does not. It opens once."""
        door = await self._door(key)
        what = _what(door) if door is not None else ""
        if door is None or what not in WHAT or (what == "all" and self._inside.archive is None):
            return ""
        decision = await self._inside.outcome(self._inside.event("console_exported", f"export:{door.id}", door.person, door=door.id))
        return what if decision is not None and decision.reason is Reason.SAVED else ""

    async def _answers(self, kind: str) -> web.Response:
        ending = kind if kind in KINDS else KINDS[0]
        organisation = self._inside.policy("zh").organisation
        return _file(f"faqs.{ending}", await asyncio.to_thread(lambda: as_file(f".{ending}", list(faqs(self._inside.words(), organisation)))))

    async def _everything(self) -> bytes:
        assert self._inside.archive is not None  # noqa: S101 - asked for before the key was used
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "everything.zip"
            await self._inside.archive(file)
            return await asyncio.to_thread(file.read_bytes)


def _what(door: Door) -> str:
    return door.kind.removeprefix("export_") if door.kind.startswith("export_") else ""


def _file(name: str, body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/octet-stream", headers={"Content-Disposition": f'attachment; filename="{name}"'})
