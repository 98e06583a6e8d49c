"""Signing in with the platform's own page: the browser is sent there with a state that only it can answer, and what comes back opens a session."""

from __future__ import annotations

from aiohttp import web

from bot.ports import ConnectorTransient
from bot.web.console.entrance import ASKED, PATH, Entrance, asked_by, remember
from bot.web.console.files import Page
from bot.web.console.inside import Inside, SignIn
from bot.web.console.keys import LONGEST, fresh, hashed

LIFE_S = 300
"""How long somebody may take to consent."""


class SigningIn:
    """The two routes of one sign-in; `page` makes a page of a template's name."""

    def __init__(self, inside: Inside, entrance: Entrance, page: Page, platform: SignIn) -> None:
        self._inside = inside
        self._entrance = entrance
        self._page = page
        self._platform = platform

    def routes(self) -> list[web.RouteDef]:
        """Under the console's path; the second is what is registered with the platform."""
        return [web.get("/dingtalk", self._go), web.get("/back", self._back)]

    async def _go(self, request: web.Request) -> web.StreamResponse:
        nonce = fresh()
        address = self._platform.address(f"{self._inside.site}{PATH}/back", hashed(nonce))
        response = web.Response(status=303, headers={"Location": address})
        secure = self._inside.site.startswith("https://") or request.secure
        # Lax: it must come along when the platform sends the browser back
        response.set_cookie(ASKED, nonce, max_age=LIFE_S, path=PATH, secure=secure, httponly=True, samesite="Lax")
        return response

    async def _back(self, request: web.Request) -> web.StreamResponse:
        """A page that goes on by itself: the session's cookie is not sent along a way that began at another site."""
        if not asked_by(request, request.query.get("state", "")[:LONGEST]):
            return self._page(request, None, "door", status=403, key="", fault="not_begun")
        try:
            secret = await self._entrance.signed_in(request.query.get("authCode", request.query.get("code", "")))
        except ConnectorTransient:
            return self._page(request, None, "door", status=503, key="", fault="platform")
        response = self._page(request, None, "signed_in") if secret else self._page(request, None, "door", status=403, key="", fault="no_admin")
        if secret:
            remember(response, secret, request, self._inside)
        response.del_cookie(ASKED, path=PATH, httponly=True, samesite="Lax")
        return response
