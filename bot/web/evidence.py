"""Shows a file that somebody sent to whoever holds its signed link, for the few minutes that it lives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from aiohttp import web

from bot.core.facts import Ask
from bot.core.links import FILE_PATH, Links
from bot.core.model import Evidence
from bot.ports import Clock, Gathered, StoreError

SHOWN: Final[Mapping[str, str]] = {"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "bmp": "image/bmp"}
"""Kinds that a browser shows; any other is saved by whoever looks, since what strangers sent must run in no page of ours."""
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


class Shown:
    """`answer` is the store's; `opened` gives the bytes of (hash, owner) and raises StoreError when they are not there any more."""

    def __init__(
        self, answer: Callable[[Sequence[Ask]], Awaitable[Gathered]], opened: Callable[[str, str], Awaitable[bytes]], links: Links, clock: Clock
    ) -> None:
        self._answer = answer
        self._opened = opened
        self._links = links
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        """GET /f/<token>: 404 for a link that is not ours, is over, or whose file is gone."""
        return [web.get(f"{FILE_PATH}{{token}}", self._get)]

    async def _get(self, request: web.Request) -> web.Response:
        ident = self._links.file(request.match_info["token"], self._clock.now())
        try:
            found = (await self._answer((Ask(Evidence, id=ident),))).items if ident else ()
            one = next((item for item in found if isinstance(item, Evidence) and item.state == "kept"), None)
            if one is None:
                return web.Response(status=404, headers=HEADERS)
            data = await self._opened(one.sha256, one.id)
        except StoreError:
            return web.Response(status=404, headers=HEADERS)
        kind = SHOWN.get(one.kind, "application/octet-stream")
        way = "inline" if one.kind in SHOWN else f'attachment; filename="{one.sha256[:12]}.{one.kind}"'
        return web.Response(body=data, headers={**HEADERS, "Content-Type": kind, "Content-Disposition": way})
