"""Signing in with DingTalk: over the stand-in, as a browser does it, and everything that must not open the door."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from console_samples import SITE, Admin, admin_of

from bot.channels.dingtalk import DingTalkChannel, DingTalkSettings
from bot.engine.clock import SystemClock
from bot.fake_dingtalk import FakeDingTalk
from bot.fake_dingtalk.faults import Kind
from bot.words.loading import bundled


@pytest.fixture
async def fake() -> AsyncIterator[FakeDingTalk]:
    async with FakeDingTalk(templates=bundled() / "templates") as started:
        yield started


@pytest.fixture
async def admin(tmp_path: Path, fake: FakeDingTalk) -> AsyncIterator[Admin]:
    told = DingTalkSettings(mode="stream", app_key=fake.app.key, app_secret=fake.app.secret, api_base=fake.base_url, oapi_base=fake.base_url)
    channel = DingTalkChannel(told, SystemClock(), random.Random(3))
    async with admin_of(tmp_path, admins=("u0001",), changed=lambda inside: replace(inside, sign_in=channel.sign_in(fake.base_url))) as made:
        yield made
    await channel.close()


async def consented(admin: Admin, user: str) -> str:
    """Begins a sign-in as a browser does, consents as that member; the path with which the browser comes back."""
    async with admin.client.get("/admin/dingtalk", allow_redirects=False) as answer:
        assert answer.status == 303
        cookie = answer.headers["Set-Cookie"]
        assert {"HttpOnly", "SameSite=Lax", "Path=/admin"} <= {part.strip() for part in cookie.split(";")}
        asked = answer.headers["Location"]
    assert parse_qs(urlsplit(asked).query)["redirect_uri"] == [f"{SITE}/admin/back"]
    async with admin.client.session.get(f"{asked}&user={user}", allow_redirects=False) as answer:
        back = urlsplit(answer.headers["Location"])
        assert back.path == "/admin/back"
        return f"/back?{back.query}"


def members(fake: FakeDingTalk) -> list[str]:
    return [one.user_id for one in fake.world.members.values() if one.inside]


@pytest.fixture
def boss(fake: FakeDingTalk) -> str:
    """A member who is the only admin."""
    member = fake.world.members[members(fake)[0]]
    fake.world.members["u0001"] = replace(member, user_id="u0001", union_id="boss-union")
    return "u0001"


async def test_an_admin_signs_in_and_the_page_goes_on_by_itself(admin: Admin, boss: str) -> None:
    assert 'href="/admin/dingtalk"' in (await admin.get("/"))[1]
    status, text = await admin.get(await consented(admin, boss))
    assert (status, 'content="0;url=/admin/"' in text) == (200, True)
    assert (await admin.get("/"))[0] == 200
    assert await admin.acts() == ["console.entered"]


async def test_a_code_works_once_and_only_in_the_browser_that_asked(admin: Admin, boss: str) -> None:
    back = await consented(admin, boss)
    cookies = {str(one.key): one.value for one in admin.client.session.cookie_jar}
    admin.client.session.cookie_jar.clear()
    assert (await admin.get(back))[0] == 403, "another browser"
    admin.client.session.cookie_jar.update_cookies(cookies)
    assert (await admin.get(back.replace("state=", "state=0")))[0] == 403
    assert (await admin.get(back))[0] == 200
    await admin.get("/")
    admin.client.session.cookie_jar.clear()
    admin.client.session.cookie_jar.update_cookies(cookies)
    assert (await admin.get(back))[0] == 403, "the code is used up"


async def test_members_who_are_no_admins_and_strangers_stay_outside(admin: Admin, fake: FakeDingTalk, boss: str) -> None:
    for user in (members(fake)[0], next(one.user_id for one in fake.world.members.values() if not one.inside)):
        status, text = await admin.get(await consented(admin, user))
        assert (status, "不是这里的管理员" in text) == (403, True)
    assert (await admin.get("/"))[0] == 401
    assert await admin.acts() == []


@pytest.mark.parametrize("query", ["", "?state=&authCode=x", "?authCode=x", "?state=%E5%BC%A0", f"?state={'0' * 64}&authCode={'x' * 5000}"])
async def test_what_nobody_asked_for_opens_nothing(admin: Admin, boss: str, query: str) -> None:
    assert (await admin.get(f"/back{query}"))[0] == 403
    await admin.client.get("/admin/dingtalk", allow_redirects=False)
    assert (await admin.get(f"/back{query}"))[0] == 403


@pytest.mark.parametrize("call", ["sign_in.token", "sign_in.me", "contact.union"])
async def test_when_dingtalk_fails_it_says_so(admin: Admin, fake: FakeDingTalk, boss: str, call: str) -> None:
    back = await consented(admin, boss)
    fake.faults.add(Kind.ERROR, on=call, status=503)
    status, text = await admin.get(back)
    assert (status, "暂时连不上钉钉" in text) == (503, True)
    assert (await admin.get("/"))[0] == 401


async def test_without_the_setting_there_is_no_such_way(tmp_path: Path) -> None:
    async with admin_of(tmp_path) as admin:
        assert (await admin.get("/dingtalk"))[0] == (await admin.get("/back"))[0] == 404
        assert "/admin/dingtalk" not in (await admin.get("/"))[1]
