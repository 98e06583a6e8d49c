"""The import page's forms: a file comes in, is looked at, and is taken when somebody says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import BodyPartReader, web

from bot.records.record import KINDS
from bot.records.rostering import LARGEST
from bot.web.console.entrance import fits
from bot.web.console.importing import Batch, Importing
from bot.web.console.inside import Visitor

LONGEST_FIELD = 4_096
CHUNK = 256 * 1024
Page = Callable[..., web.Response]
"""Makes a page of a request, a visitor, a template's name and its values."""


class Files:
    """The handlers of /admin/import."""

    def __init__(self, importing: Importing, page: Page) -> None:
        self._importing = importing
        self._page = page

    async def show(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        """The form."""
        return self._render(request, visitor)

    def _render(self, request: web.Request, visitor: Visitor, *, fault: str = "", kind: str = "person", status: int = 200) -> web.Response:
        columns = {name: self._importing.columns(name) for name in KINDS}
        return self._page(request, visitor, "import", status=status, kinds=list(KINDS), columns=columns, fault=fault, kind=kind)

    async def look(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        """The dry run of a file. The token comes before the file in the form, so that a stranger's file is never read."""
        if not request.content_type.startswith("multipart/"):
            raise web.HTTPUnsupportedMediaType
        fields: dict[str, str] = {}
        name, raw = "", b""
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader):
                raise web.HTTPBadRequest
            if part.name != "file":
                fields[str(part.name)] = (await _bytes(part, LONGEST_FIELD)).decode("utf-8", "replace")
                continue
            if not fits(visitor, fields.get("token")):
                raise web.HTTPForbidden
            name, raw = part.filename or "", await _bytes(part, LARGEST + 1)
        kind = fields.get("kind", "")
        if not fits(visitor, fields.get("token")) or kind not in KINDS:
            raise web.HTTPForbidden
        if not raw:
            return self._render(request, visitor, fault="nothing", kind=kind, status=422)
        batch = await self._importing.look(visitor, kind, name, raw)
        return self._show(request, visitor, batch, status=422 if batch.roster.faults else 200)

    def _show(self, request: web.Request, visitor: Visitor, batch: Batch, status: int = 200) -> web.Response:
        part = bool(request.headers.get("HX-Request"))
        return self._page(request, visitor, "batch_part" if part else "batch", status=status, batch=batch)

    async def take(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        """Begins, and leads to the page that follows it."""
        form: Any = await request.post()
        if not fits(visitor, form.get("token")):
            raise web.HTTPForbidden
        batch = self._importing.batch(visitor, str(form.get("digest", "")))
        if batch is None:
            return self._render(request, visitor, fault="gone", status=409)
        await self._importing.take(batch)
        return web.Response(status=303, headers={"Location": f"/admin/import/{batch.roster.digest}"})

    async def progress(self, request: web.Request, visitor: Visitor) -> web.StreamResponse:
        """How far it is."""
        batch = self._importing.batch(visitor, request.match_info["digest"])
        if batch is None:
            raise web.HTTPNotFound
        return self._show(request, visitor, batch)


async def _bytes(part: BodyPartReader, most: int) -> bytes:
    """The part's bytes, at most so many. Raises HTTPRequestEntityTooLarge."""
    raw = bytearray()
    while chunk := await part.read_chunk(CHUNK):
        raw += chunk
        if len(raw) > most:
            raise web.HTTPRequestEntityTooLarge(most, len(raw))
    return bytes(raw)
