"""The page behind a short link of an invite, and its QR code. It tells nothing of anybody: whoever has the link may open it."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import segno
from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.core.facts import Ask
from bot.core.links import PATH, Links, Standing, standing
from bot.core.model import Invite
from bot.ports import Clock, Gathered, StoreError
from bot.web.console.words import Phrases, preferred

PICTURE = ".png"
MOST = 5
"""Invites that may share a code before the oldest are looked at no more."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_CODES = {Standing.VALID: 200, Standing.USED: 410, Standing.OVER: 410, Standing.FOREIGN: 404}


class Invites:
    """`answer` is the store's; `target` is where a genuine link leads, from the settings alone (empty: the page says how to go on)."""

    def __init__(self, answer: Callable[[Sequence[Ask]], Awaitable[Gathered]], links: Links, clock: Clock, templates: Path, target: str = "") -> None:
        self._answer = answer
        self._links = links
        self._clock = clock
        self._target = target
        self._phrases = Phrases(templates)
        loader = FileSystemLoader(templates / "web")
        self._page = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).get_template("invite.html.j2")

    def routes(self) -> list[web.RouteDef]:
        """GET /j/<token> and /j/<token>.png."""
        return [web.get(f"{PATH}{{token}}", self._get)]

    async def _get(self, request: web.Request) -> web.Response:
        token = request.match_info["token"]
        try:
            found, invite = await self._looked_up(token.removesuffix(PICTURE))
        except StoreError:
            return web.Response(status=503, headers=HEADERS)
        if token.endswith(PICTURE):
            return self._picture(token.removesuffix(PICTURE), found)
        if found is Standing.VALID and self._target:
            return web.Response(status=302, headers={**HEADERS, "Location": self._target})
        language = preferred(request.headers.get("Accept-Language", ""))
        words = self._phrases.of(language)["link"]
        page = self._page.render(w=words, told=words[found.value], code=invite.code if invite and found is Standing.VALID else "", language=language)
        return web.Response(status=_CODES[found], text=page, content_type="text/html", headers=HEADERS)

    def _picture(self, token: str, found: Standing) -> web.Response:
        """Only a link that opens the door has a code to scan."""
        if found is not Standing.VALID:
            return web.Response(status=_CODES[found], headers=HEADERS)
        drawn = io.BytesIO()
        segno.make(f"{self._links.site}{PATH}{token}", error="m", micro=False).save(drawn, kind="png", scale=8, border=4)
        return web.Response(body=drawn.getvalue(), content_type="image/png", headers=HEADERS)

    async def _looked_up(self, token: str) -> tuple[Standing, Invite | None]:
        """A token that we never signed costs no look into the store."""
        ticket = self._links.read(token)
        if ticket is None:
            return Standing.FOREIGN, None
        items = (await self._answer((Ask(Invite, tag=f"code={ticket.code}", most=MOST),))).items
        return standing(ticket, tuple(one for one in items if isinstance(one, Invite)), self._clock.now())
