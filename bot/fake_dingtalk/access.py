"""The endpoints that let an app in: access tokens of both families, and the right to a Stream connection."""

from __future__ import annotations

from bot.fake_dingtalk.call import Asked, Call
from bot.fake_dingtalk.errors import Family, Refusal
from bot.fake_dingtalk.model import Json
from bot.fake_dingtalk.state import State, Ticket


def issue_token(state: State, asked: Asked) -> Json:
    """POST /v1.0/oauth2/accessToken."""
    if (asked.body.get("appKey"), asked.body.get("appSecret")) != (state.app.key, state.app.secret):
        raise Refusal("invalidClientIdOrSecret", "the client id or secret is wrong")
    return {"accessToken": state.token(), "expireIn": int(state.manners.token_life)}


def issue_old_token(state: State, asked: Asked) -> Json:
    """GET /gettoken."""
    if (asked.query.get("appkey"), asked.query.get("appsecret")) != (state.app.key, state.app.secret):
        raise Refusal(40089, "invalid appkey or appsecret")
    return {"errcode": 0, "errmsg": "ok", "access_token": state.token(), "expires_in": int(state.manners.token_life)}


def open_stream(state: State, asked: Asked) -> Json:
    """POST /v1.0/gateway/connections/open: a ticket for one connection."""
    if (asked.body.get("clientId"), asked.body.get("clientSecret")) != (state.app.key, state.app.secret):
        raise Refusal("authFailed", "authentication failed", 401)
    rows = asked.body.get("subscriptions")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise Refusal("invalidParameter.subscriptions", "subscriptions is a list of {type, topic}")
    now = state.now()
    state.tickets = {key: ticket for key, ticket in state.tickets.items() if ticket.expires > now}
    key = state.ids.uuid()
    state.tickets[key] = Ticket(now + state.manners.ticket_life, frozenset((str(row.get("type")), str(row.get("topic"))) for row in rows))
    return {"endpoint": state.base_url.replace("http", "ws", 1) + "/connect", "ticket": key}


CALLS = (
    Call("token.new", "POST", "/v1.0/oauth2/accessToken", Family.NEW, issue_token, counted=False, token=False),
    Call("token.old", "GET", "/gettoken", Family.OLD, issue_old_token, counted=False, token=False),
    Call("stream.open", "POST", "/v1.0/gateway/connections/open", Family.NEW, open_stream, counted=False, token=False),
)
