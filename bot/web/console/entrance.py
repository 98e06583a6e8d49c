"""Signing in and out: a one-time key opens a session, whose secret is in the cookie alone and whose right is asked anew each time."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from aiohttp import web

from bot.core.facts import Ask, Need
from bot.core.model import Audience, Door, Person, Session
from bot.core.turn import Reason
from bot.web.console.inside import Inside, Visitor, admin
from bot.web.console.keys import LONGEST, fresh, hashed

COOKIE = "usher_console"
ASKED = "usher_sign_in"
PATH = "/admin"
_SECRET = re.compile(r"[0-9a-f]{64}")
_ACCOUNT = re.compile(r"[A-Za-z0-9_.@-]{1,64}", re.ASCII)
LONGEST_NAME = 40


class Entrance:
    """Who may come in."""

    def __init__(self, inside: Inside) -> None:
        self._inside = inside

    async def visitor(self, cookies: Mapping[str, str]) -> Visitor | None:
        """Whoever the cookie stands for, while their session lasts and they are an admin."""
        secret = cookies.get(COOKIE, "")
        if not _SECRET.fullmatch(secret):
            return None
        found = (await self._inside.store.answer([Ask(Session, id=hashed(secret))])).items
        session = found[0] if found else None
        if not isinstance(session, Session) or session.state != "open" or self._inside.clock.now() >= session.until:
            return None
        person = await self._inside.person(session.person)
        return Visitor(person, secret) if admin(person) else None

    async def enter(self, key: str) -> str:
        """Opens the door with the key from the chat: the new session's secret, empty when it does not open."""
        key = key.strip()[:LONGEST]
        found = (await self._inside.store.answer([Ask(Door, id=hashed(key))])).items
        person = found[0].index.person if found else ""
        return await self._began("console_entered", key, person) if person else ""

    async def first(self, key: str, account: str, name: str) -> str:
        """Names the first admin with the key from the terminal and signs them in; empty when it does not open, or when there is an admin."""
        account = account.strip()
        if not _ACCOUNT.fullmatch(account):
            return ""
        return await self._began("console_first", key.strip()[:LONGEST], f"{self._inside.channel}:{account}", name=" ".join(name.split())[:LONGEST_NAME])

    async def _began(self, kind: str, key: str, person: str, **values: str) -> str:
        secret = fresh()
        told = {"door": hashed(key), "session": hashed(secret), "seconds": str(3600 * self._inside.hours), **values}
        decision = await self._inside.outcome(self._inside.event(kind, f"session:{hashed(secret)}", person, **told))
        return secret if decision is not None and decision.reason is Reason.SAVED else ""

    async def signed_in(self, code: str) -> str:
        """Signs in whoever the platform's code stands for, if they are an admin: the new session's secret, else empty. Raises ConnectorTransient."""
        assert self._inside.sign_in is not None  # noqa: S101 - there is no route to here without it
        account = await self._inside.sign_in.who(code)
        return await self._began("console_signed", "", f"{self._inside.channel}:{account}") if _ACCOUNT.fullmatch(account) else ""

    async def leave(self, visitor: Visitor) -> None:
        """Ends the session."""
        session = hashed(visitor.secret)
        await self._inside.outcome(self._inside.event("console_left", f"left:{session}", visitor.person.id, session=session))

    async def put_up(self, settled: bool) -> str:
        """At a start without admins (`settled`: the settings name some): a key for the first one, empty when there are some."""
        stored = (await self._inside.store.gather(Person("", audiences=frozenset({Audience.ADMIN})), frozenset({Need.ADMINS}))).admins
        if settled or stored:
            return ""
        key = fresh()
        decision = await self._inside.outcome(self._inside.event("console_put_up", f"first:{hashed(key)}", "", door=hashed(key)))
        return key if decision is not None and decision.reason is Reason.SAVED else ""


def remember(response: web.StreamResponse, secret: str, request: web.Request, inside: Inside) -> None:
    """Puts the session's secret into the cookie, which no script reads and no other site sends."""
    secure = inside.site.startswith("https://") or request.secure
    response.set_cookie(COOKIE, secret, max_age=3600 * inside.hours, path=PATH, secure=secure, httponly=True, samesite="Strict")


def asked_by(request: web.Request, state: str) -> bool:
    """Whether this browser began the sign-in that came back: the state is the hash of its cookie."""
    nonce = request.cookies.get(ASKED, "")
    return bool(nonce) and hmac.compare_digest(hashed(nonce).encode(), state.encode("utf-8", "surrogatepass"))


def forget(response: web.StreamResponse) -> None:
    """Takes the cookie away."""
    response.del_cookie(COOKIE, path=PATH, httponly=True, samesite="Strict")


def of_ours(request: web.Request, inside: Inside) -> bool:
    """Whether a form was sent by one of our own pages: what the browser says of its origin must be ours; one that says nothing is refused."""
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None:
        return fetched == "same-origin"
    origin = urlsplit(request.headers.get("Origin", "")).netloc
    return bool(origin) and origin in {request.host, urlsplit(inside.site).netloc}


def fits(visitor: Visitor, given: object) -> bool:
    """Whether the form carries this visitor's token."""
    return isinstance(given, str) and hmac.compare_digest(given.encode("utf-8", "surrogatepass"), visitor.token.encode())
