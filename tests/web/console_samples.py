"""A house without a platform behind the console, and an admin's browser without a screen."""

from __future__ import annotations

import io
import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import CookieJar, FormData, web
from aiohttp.test_utils import TestClient, TestServer
from api_samples import Hands, shipped

from bot.core.model import Organisation, Person
from bot.core.turn import Call, Outcome, Say
from bot.engine.composing import Composer
from bot.engine.loop import Loop
from bot.engine.pace import Pace
from bot.engine.people import Rights
from bot.engine.wording import Wording
from bot.web.console.inside import Inside
from bot.web.console.keys import Keys, fresh, hashed
from bot.web.console.pages import Pages
from bot.web.health import Health
from bot.words.loading import bundled
from bot.words.rendering import Rendered, Trusted
from storage import SqlStore

SITE = "http://usher.example"
TOKEN = re.compile(r'name="token" value="([0-9a-f]{64})"')


def inside_of(loop: Loop, store: SqlStore, clock: Any) -> Inside:
    """The house as the console sees it."""
    wording = loop.wording

    def render(say: Say, language: str, reader: Person) -> Rendered:
        return wording.words.templates.render(say, language, {"org": Organisation(), "asker": {"name": reader.name}, "site": Trusted(SITE)})

    health = Health()
    health.parts["store"] = lambda: {"ok": True}
    return Inside(
        store, clock, "dingtalk", "robot", loop.outcome, loop.rights.viewer, lambda: wording.words, wording.policy, render, health, SITE, 8, "Asia/Shanghai", (bundled(),)
    )  # fmt: skip


@dataclass
class Admin:
    """The browser of the admin adm1, and what stands behind the console."""

    client: TestClient[Any, Any]
    loop: Loop
    store: SqlStore
    clock: Hands
    pages: Pages
    token: str = ""

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.client.get(f"/admin{path}", headers={"Accept-Language": "zh", **headers}) as answer:
            return answer.status, await answer.text()

    async def post(self, path: str, form: Any, *, site: str | None = "same-origin", follow: bool = False, **headers: str) -> tuple[int, str]:
        told = {"Accept-Language": "zh", **({"Sec-Fetch-Site": site} if site else {}), **headers}
        async with self.client.post(f"/admin{path}", data=form, headers=told, allow_redirects=follow) as answer:
            return answer.status, await answer.text()

    async def key(self, person: str = "adm1") -> str:
        """A key as the chat's command makes one."""
        key = fresh()
        call = Call(Keys.name, "key", f"k{key[:9]}", {"person": f"dingtalk:{person}"})
        await self.loop.outcome(Outcome(call, True, f'{{"key": "{key}", "door": "{hashed(key)}"}}', self.clock.now()))
        return key

    async def enter(self) -> None:
        """Signs in, and learns the token of the forms."""
        status, _ = await self.post("/enter", {"key": await self.key()})
        assert status == 303
        _, text = await self.get("/")
        self.token = TOKEN.findall(text)[0]

    async def upload(self, raw: bytes, name: str = "people.csv", kind: str = "person", token: str | None = None) -> tuple[int, str]:
        form = FormData()
        form.add_field("token", self.token if token is None else token)
        form.add_field("kind", kind)
        form.add_field("file", io.BytesIO(raw), filename=name, content_type="text/csv")
        return await self.post("/import", form)

    async def acts(self, about: str = "") -> list[str]:
        """What the audit trail says, newest first."""
        return [entry.act for entry in await self.store.audit_lines(about, 50)]


@asynccontextmanager
async def admin_of(
    folder: Path, *, admins: tuple[str, ...] = ("adm1",), changed: Callable[[Inside], Inside] = lambda inside: inside, url: str = ""
) -> AsyncIterator[Admin]:
    """A house of its own with a console; nobody is signed in."""
    store, clock, dice = SqlStore(url or f"sqlite:///{folder / 'console.db'}", "console", folder), Hands(), random.Random(5)
    clock.at = datetime(2026, 3, 3, 1, tzinfo=UTC)
    wording = Wording([bundled()], shipped(), Organisation(), "Asia/Shanghai", "zh")
    rights = Rights("dingtalk", admins, ["appr1"])
    loop = Loop(store, wording, rights, Pace(0), Composer("dingtalk", "robot", SITE), clock, lambda: f"{dice.getrandbits(128):032x}")
    await store.open()
    pages = Pages(changed(inside_of(loop, store, clock)))
    application = web.Application()
    application.add_subapp("/admin", pages.application())
    async with TestClient(TestServer(application), cookie_jar=CookieJar(unsafe=True)) as client:
        yield Admin(client, loop, store, clock, pages)
    await loop.idle()
    assert loop.figures.failed == 0
    await store.close()
