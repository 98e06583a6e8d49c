"""DingTalk: what is configured, and whether it answers as it must."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from bot import __version__
from bot.config import Settings
from bot.dingtalk_api.compact import to_bytes
from bot.dingtalk_api.faults import DingTalkFault, body_of
from bot.dingtalk_api.openapi import send
from bot.dingtalk_api.post import Answer, Origin, Poster
from bot.dingtalk_api.token import path_of
from bot.doctor.finding import BETTER, BROKEN, FINE, Finding

SKEW_S = 2.0
_HERE = {"localhost", "127.0.0.1", "::1"}


def has_keys(settings: Settings) -> bool:
    """Whether there is anything to ask DingTalk with."""
    return bool(settings.dingtalk.app_key and settings.dingtalk.app_secret.get_secret_value())


def configured(settings: Settings) -> Iterator[Finding]:
    """What can be said without asking anybody."""
    table = settings.dingtalk
    if table.mode == "off":
        yield Finding(BETTER, "DingTalk", "mode is off: nothing is heard", 'set dingtalk.mode = "stream", app_key and app_secret')
        return
    keys = has_keys(settings)
    todo = "" if keys else "copy Client ID and Client Secret from the app's credentials page to dingtalk.app_key and app_secret"
    yield Finding(FINE if keys else BROKEN, "DingTalk", f"mode {table.mode}, keys {'present' if keys else 'missing'}", todo)
    for name, base in (("api_base", table.api_base), ("oapi_base", table.oapi_base)):
        yield from _base(name, base)
    if not table.corp_id:
        yield Finding(BETTER, "dingtalk.corp_id", "not set: whoever shares the robot's own organisation counts as a colleague", "set it to your corpId")
    if table.mode in {"http", "both"}:
        yield _public(settings.server.public_url)


def _base(name: str, base: str) -> Iterator[Finding]:
    parts = urlsplit(base)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        yield Finding(BROKEN, f"dingtalk.{name}", "it is not an http(s) address", "remove it: the default is DingTalk's own")
    elif not parts.hostname.endswith(".dingtalk.com"):
        safe = parts.scheme == "https" or parts.hostname in _HERE
        told = f"{parts.hostname} is not DingTalk, and the secret goes there"
        yield Finding(BETTER if safe else BROKEN, f"dingtalk.{name}", told, "fine for a stand-in, else remove it")


def _public(url: str) -> Finding:
    if not url.startswith("https://"):
        todo = "set server.public_url to the https:// address that DingTalk can reach, or use mode stream, which needs none"
        return Finding(BROKEN, "public address", "HTTP callbacks need one", todo)
    return Finding(FINE, "public address", f"DingTalk's callback address is {url.rstrip('/')}/dingtalk/robot")


async def reached(settings: Settings) -> list[Finding]:
    """A token, our clock against DingTalk's, and the Stream gateway: with the client that the running program uses."""
    table = settings.dingtalk
    secret = table.app_secret.get_secret_value()
    poster = Poster()
    try:
        answer = await _ask(poster, table.api_base, "/v1.0/oauth2/accessToken", {"appKey": table.app_key, "appSecret": secret}, "token")
        if isinstance(answer, Finding):
            return [answer]
        found = [_token(answer), *_skew(answer.header("date"))]
        if table.mode in {"stream", "both"} and found[0].mark == FINE:
            topic = {"type": "CALLBACK", "topic": "/v1.0/im/bot/messages/get"}
            body = {"clientId": table.app_key, "clientSecret": secret, "subscriptions": [topic], "ua": f"usher-doctor/{__version__}"}
            opened = await _ask(poster, table.api_base, "/v1.0/gateway/connections/open", body, "Stream")
            found.append(opened if isinstance(opened, Finding) else _gateway(opened))
        return found
    finally:
        await poster.close()


async def _ask(poster: Poster, base: str, path: str, body: Mapping[str, object], what: str) -> Answer | Finding:
    try:
        return await send(poster, Origin.of(base), path_of(base) + path, to_bytes(body), what)
    except (DingTalkFault, ValueError) as fault:
        host = urlsplit(base).hostname or "the address"
        return Finding(BROKEN, what, f"{host} does not answer ({fault})", "let this machine reach DingTalk over HTTPS (port 443, outbound)")


def _token(answer: Answer) -> Finding:
    try:
        body = body_of(answer, "token")
    except DingTalkFault as fault:
        return Finding(BROKEN, "token", f"refused: {fault}", "check app_key and app_secret, and that the app is published")
    fine = isinstance(body.get("accessToken"), str)
    todo = "" if fine else "is dingtalk.api_base really DingTalk's?"
    return Finding(FINE if fine else BROKEN, "token", "obtained" if fine else "the answer holds none", todo)


def _gateway(answer: Answer) -> Finding:
    try:
        body = body_of(answer, "Stream")
    except DingTalkFault as fault:
        return Finding(BROKEN, "Stream", f"refused: {fault}", "add the robot ability with Stream mode to the app and publish a version")
    fine = isinstance(body.get("endpoint"), str) and isinstance(body.get("ticket"), str)
    return Finding(FINE if fine else BROKEN, "Stream", "the gateway opens" if fine else "the gateway names no endpoint", "" if fine else "try again later")


def _skew(date: str) -> Iterator[Finding]:
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return
    stamp = (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC)).timestamp()
    skew = time.time() - stamp - 0.5  # the header has whole seconds, cut off
    fine = abs(skew) <= SKEW_S
    todo = "" if fine else "let the machine keep its time (systemd-timesyncd, chrony): signatures and quiet hours depend on it"
    yield Finding(FINE if fine else BETTER, "clock", f"{abs(skew):.0f} s {'behind' if skew < 0 else 'ahead of'} DingTalk's", todo)
