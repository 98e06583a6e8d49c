"""The page behind a short link: friendly in both languages, nothing of anybody, no way elsewhere but the one of the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.connectors.pictures import codes_in
from bot.core.links import Links
from bot.core.model import Invite
from bot.web.invites import Invites
from bot.words.loading import bundled
from storage import SqlStore

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)
LINKS = Links("https://usher.example", b"k" * 32)
INVITE = Invite("i1", "sent", "13800138000", "张三", "", "p:王敏", "code", "K7Q2M", NOW, NOW + timedelta(days=7))
TOKEN = LINKS.token(INVITE)


class Hand:
    """A clock that stands where it is put."""

    at = NOW

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
async def store() -> AsyncIterator[SqlStore]:
    made = SqlStore("sqlite://", owner="web")
    await made.open()
    await made.keep(INVITE)
    yield made
    await made.close()


async def served(store: SqlStore, clock: Hand, target: str = "") -> TestClient:
    application = web.Application()
    application.add_routes(Invites(store.answer, LINKS, clock, bundled() / "templates", target).routes())
    client = TestClient(TestServer(application))
    await client.start_server()
    return client


@pytest.fixture
async def client(store: SqlStore, clock: Hand) -> AsyncIterator[TestClient]:
    made = await served(store, clock)
    yield made
    await made.close()


@pytest.mark.parametrize(("language", "word"), [("zh-CN,en;q=0.5", "邀请有效"), ("en-GB", "is valid"), ("fr", "邀请有效"), ("", "邀请有效")])
async def test_a_genuine_link_says_how_to_go_on(client: TestClient, language: str, word: str) -> None:
    answer = await client.get(f"/j/{TOKEN}", headers={"Accept-Language": language})
    page = await answer.text()
    assert answer.status == 200
    assert word in page
    assert "K7Q2M" in page
    for secret in ("张三", "13800138000", "王敏"):
        assert secret not in page
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_an_old_a_used_and_a_foreign_link_have_a_page_each(client: TestClient, store: SqlStore, clock: Hand) -> None:
    other = "z" if TOKEN[-1] != "z" else "y"
    foreign = await client.get(f"/j/{TOKEN[:-1]}{other}", headers={"Accept-Language": "en"})
    assert foreign.status == 404
    assert "not ours" in await foreign.text()
    assert (await client.get("/j/%3Cscript%3E")).status == 404
    (kept,) = [one for one in (await store.page(Invite, ("sent",)))[0] if isinstance(one, Invite)]
    await store.keep(replace(kept, state="used"))
    used = await client.get(f"/j/{TOKEN}")
    assert used.status == 410
    assert "已经用过" in await used.text()
    await store.keep(replace(kept, state="sent", version=2))
    clock.at = NOW + timedelta(days=8)
    late = await client.get(f"/j/{TOKEN}")
    assert late.status == 410
    page = await late.text()
    assert "已经失效" in page
    assert "K7Q2M" not in page


async def test_looking_at_the_page_opens_nothing(client: TestClient, store: SqlStore) -> None:
    """Whoever has the link may look, and chat programs fetch it for a preview: only what the invited one says in chat counts as opening."""
    for method, path in (("GET", f"/j/{TOKEN}"), ("HEAD", f"/j/{TOKEN}"), ("GET", f"/j/{TOKEN}.png")):
        assert (await client.request(method, path, headers={"User-Agent": "DingTalkBot-LinkService/1.0"})).status == 200
    assert (await client.post(f"/j/{TOKEN}")).status == 405
    (kept,) = (await store.page(Invite, ("sent",)))[0]
    assert (kept.index.state, getattr(kept, "opened", ""), kept.version) == ("sent", None, 1)


async def test_the_picture_holds_the_link_and_only_while_it_is_valid(client: TestClient, clock: Hand) -> None:
    answer = await client.get(f"/j/{TOKEN}.png")
    assert answer.content_type == "image/png"
    assert codes_in(await answer.read()) == (f"https://usher.example/j/{TOKEN}",)
    assert (await client.get(f"/j/{TOKEN[:-1]}.png")).status == 404
    clock.at = NOW + timedelta(days=8)
    assert (await client.get(f"/j/{TOKEN}.png")).status == 410


async def test_it_leads_where_the_settings_say_and_nowhere_else(store: SqlStore, clock: Hand) -> None:
    client = await served(store, clock, "https://applink.dingtalk.com/robot")
    try:
        answer = await client.get(f"/j/{TOKEN}?to=https://evil.example&next=//evil.example", allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (302, "https://applink.dingtalk.com/robot")
        clock.at = NOW + timedelta(days=8)
        assert (await client.get(f"/j/{TOKEN}", allow_redirects=False)).status == 410
        assert (await client.get("/j/K7Q2M-1-bbbbbbbbbbbb", allow_redirects=False)).status == 404
    finally:
        await client.close()
