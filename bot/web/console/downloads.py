"""What an admin asked for in their private chat, to be taken away once: the link shows a button, so that whoever only looks at links does not use it up."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from aiohttp import web

from bot.core.facts import Ask
from bot.core.model import Door
from bot.core.turn import Reason
from bot.web.console.files import Page
from bot.web.console.inside import Inside
from bot.web.console.keys import LONGEST, hashed
from bot.words.table import as_csv, faqs

NAMES = {"faqs": "faqs.csv", "all": "everything.zip"}
"""What can be taken away, and under which name."""


class Downloads:
    """The two routes of /admin/export; `page` makes a page of a template's name."""

    def __init__(self, inside: Inside, page: Page) -> None:
        self._inside = inside
        self._page = page

    def routes(self) -> list[web.RouteDef]:
        """Under the console's path; nobody need be signed in, the key is for one person and one file."""
        return [web.get("/export", self._look), web.post("/export", self._take)]

    async def _look(self, request: web.Request) -> web.StreamResponse:
        return self._page(request, None, "export", key=request.query.get("key", "")[:LONGEST], fault=False)

    async def _take(self, request: web.Request) -> web.StreamResponse:
        key = str((await request.post()).get("key", "")).strip()[:LONGEST]
        what = await self._opened(key)
        if not what:
            return self._page(request, None, "export", status=403, key="", fault=True)
        body = await (self._everything() if what == "all" else asyncio.to_thread(self._answers))
        return web.Response(body=body, content_type="application/octet-stream", headers={"Content-Disposition": f'attachment; filename="{NAMES[what]}"'})

    async def _opened(self, key: str) -> str:
        """What the key opens, for whoever it was made for; empty when it does not. It opens once."""
        found = (await self._inside.store.answer([Ask(Door, id=hashed(key))])).items
        door = found[0] if found and isinstance(found[0], Door) else None
        what = door.kind.removeprefix("export_") if door is not None and door.kind.startswith("export_") else ""
        if door is None or what not in NAMES or (what == "all" and self._inside.archive is None):
            return ""
        decision = await self._inside.outcome(self._inside.event("console_exported", f"export:{door.id}", door.person, door=door.id))
        return what if decision is not None and decision.reason is Reason.SAVED else ""

    def _answers(self) -> bytes:
        return as_csv(list(faqs(self._inside.words(), self._inside.policy("zh").organisation))).encode()

    async def _everything(self) -> bytes:
        assert self._inside.archive is not None  # noqa: S101 - asked for before the key was used
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / NAMES["all"]
            await self._inside.archive(file)
            return await asyncio.to_thread(file.read_bytes)
