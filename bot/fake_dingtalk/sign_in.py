"""Signing in on web pages as DingTalk offers it: a page where a member consents, a code that is good once, and what the code is worth."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode, urlsplit

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.fake_dingtalk.call import Asked, Call
from bot.fake_dingtalk.errors import Family, Refusal
from bot.fake_dingtalk.model import Json
from bot.fake_dingtalk.state import State

CODE_LIFE_S = 300.0
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
_WANTED = ("redirect_uri", "response_type", "client_id", "scope", "state")


def user_token(state: State, asked: Asked) -> Json:
    """POST /v1.0/oauth2/userAccessToken: a token of the person whose code it is; the code is used up."""
    if (asked.body.get("clientId"), asked.body.get("clientSecret")) != (state.app.key, state.app.secret):
        raise Refusal("invalidClientIdOrSecret", "the client id or secret is wrong")
    if asked.body.get("grantType") != "authorization_code":
        raise Refusal("invalidParameter.grantType", "grantType is authorization_code")
    user, expires = state.codes.pop(str(asked.body.get("code")), ("", 0.0))
    if expires <= state.now():
        raise Refusal("invalidParameter.authCode.notFound", "the code is unknown, used or expired")
    token = state.ids.hex(32)
    state.people[token] = user
    return {"accessToken": token, "refreshToken": state.ids.hex(32), "expireIn": 7200, "corpId": state.app.corp_id}


def myself(state: State, asked: Asked) -> Json:
    """GET /v1.0/contact/users/me with a person's own token."""
    member = state.world.members.get(state.people.get(asked.headers.get("x-acs-dingtalk-access-token", ""), ""))
    if member is None:
        raise Refusal("InvalidAuthentication", "the token is no person's", 401)
    return {"nick": member.name, "avatarUrl": "", "openId": member.union[::-1], "unionId": member.union}


class Consent:
    """GET /oauth2/auth: whoever is chosen is sent back with a code."""

    def __init__(self, state: State, templates: Path) -> None:
        self._state = state
        self._template = Environment(loader=FileSystemLoader(templates), autoescape=True, undefined=StrictUndefined).get_template("web/fake_sign_in.html.j2")

    def routes(self) -> list[web.RouteDef]:
        """The page's route."""
        return [web.get("/oauth2/auth", self._show)]

    async def _show(self, request: web.Request) -> web.Response:
        query, state = request.query, self._state
        if any(not query.get(name) for name in _WANTED) or query["client_id"] != state.app.key or not urlsplit(query["redirect_uri"]).netloc:
            raise web.HTTPBadRequest(text=f"wanted: {', '.join(_WANTED)} of this app")
        member = state.world.members.get(query.get("user", ""))
        if member is None:
            ways = [(one.name, f"?{urlencode({**query, 'user': one.user_id})}") for one in state.world.members.values()]
            text = self._template.render(ways=ways)
            return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": _POLICY})
        code = state.ids.hex(32)
        state.codes[code] = (member.user_id, state.now() + CODE_LIFE_S)
        return web.Response(status=302, headers={"Location": f"{query['redirect_uri']}?{urlencode({'authCode': code, 'state': query['state']})}"})


CALLS = (
    Call("sign_in.token", "POST", "/v1.0/oauth2/userAccessToken", Family.NEW, user_token, counted=False, token=False),
    Call("sign_in.me", "GET", "/v1.0/contact/users/me", Family.NEW, myself, counted=False, token=False),
)
