"""Who gets into the console: one key, one session, one origin, and an admin's right at every step."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from console_samples import Admin, admin_of

from bot.core.model import Audience, Person
from bot.core.turn import Event, Put
from bot.ports import Commit, Journal
from bot.web.console.keys import fresh, hashed


@pytest.fixture
async def admin(tmp_path: Path) -> AsyncIterator[Admin]:
    async with admin_of(tmp_path) as made:
        yield made


async def stored(admin: Admin, person: Person) -> None:
    """Puts somebody into the store."""
    event = Event("test", "put", fresh(), "", {}, admin.clock.now())
    await admin.store.hear(event)
    await admin.store.commit(Commit(event, (Put(person),), (), (), Journal(fresh(), "event", "", "", "", "", 0.0, "saved", "{}", admin.clock.now())))


async def test_a_key_opens_once_and_in_its_time(admin: Admin) -> None:
    assert (await admin.get("/"))[0] == 401
    key = await admin.key()
    assert (await admin.get(f"/enter?key={key}"))[0] == 200, "looking at the link does not use it up"
    assert (await admin.post("/enter", {"key": key}))[0] == 303
    assert (await admin.get("/"))[0] == 200
    status, text = await admin.post("/enter", {"key": key})
    assert (status, "已经用过" in text) == (403, True)
    late = await admin.key()
    admin.clock.at += timedelta(minutes=5)
    assert (await admin.post("/enter", {"key": late}))[0] == 403
    assert await admin.acts("dingtalk:adm1") == ["console.key", "console.entered", "console.key"]


@pytest.mark.parametrize("key", ["", "no", "0" * 64, "\ud800", "x" * 5000])
async def test_a_wrong_key_opens_nothing(admin: Admin, key: str) -> None:
    assert (await admin.post("/enter", {"key": key.encode("utf-8", "replace").decode()}))[0] == 403


async def test_nobody_but_an_admin_gets_a_key(admin: Admin) -> None:
    key = await admin.key("emp1")
    assert (await admin.post("/enter", {"key": key}))[0] == 403
    assert await admin.acts() == []


async def test_the_cookie_is_for_this_console_alone(admin: Admin) -> None:
    async with admin.client.post("/admin/enter", data={"key": await admin.key()}, headers={"Sec-Fetch-Site": "same-origin"}, allow_redirects=False) as answer:
        cookie = answer.headers["Set-Cookie"]
        assert {"HttpOnly", "SameSite=Strict", "Path=/admin"} <= {part.strip() for part in cookie.split(";")}
        secret = answer.cookies["usher_console"].value
    for path in ("console.db", "console.db-wal"):
        file = Path(admin.store._db._path).with_name(path)  # type: ignore[attr-defined]
        assert secret.encode() not in file.read_bytes()
    async with admin.client.get("/admin/") as answer:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
        assert answer.headers["Cache-Control"] == "no-store"


async def test_a_session_ends(admin: Admin) -> None:
    await admin.enter()
    admin.clock.at += timedelta(hours=8)
    assert (await admin.get("/"))[0] == 401
    await admin.enter()
    cookie = {str(one.key): one.value for one in admin.client.session.cookie_jar}
    assert (await admin.post("/leave", {"token": admin.token}))[0] == 200
    admin.client.session.cookie_jar.update_cookies(cookie)
    assert (await admin.get("/"))[0] == 401, "the cookie is worth nothing after signing out"


async def test_the_right_is_asked_each_time(admin: Admin) -> None:
    boss = Person("dingtalk:boss", "刘总", frozenset({Audience.ALL, Audience.EMPLOYEE, Audience.ADMIN}), accounts=(("dingtalk", "boss"),))
    await stored(admin, boss)
    assert (await admin.post("/enter", {"key": await admin.key("boss")}))[0] == 303
    assert "刘总" in (await admin.get("/"))[1]
    await stored(admin, Person("dingtalk:boss", "刘总", frozenset({Audience.ALL}), accounts=(("dingtalk", "boss"),), version=1))
    assert (await admin.get("/"))[0] == 401


@pytest.mark.parametrize(
    ("site", "headers", "taken"),
    [
        ("same-origin", {}, True), ("cross-site", {}, False), ("same-site", {}, False), ("none", {}, False), (None, {}, False),
        (None, {"Origin": "http://evil.example"}, False), (None, {"Origin": "null"}, False), (None, {"Origin": "http://usher.example"}, True),
    ],
)  # fmt: skip
async def test_a_form_of_another_site_is_refused(admin: Admin, site: str | None, headers: dict[str, str], taken: bool) -> None:
    key = await admin.key()
    assert (await admin.post("/enter", {"key": key}, site=site, **headers))[0] == (303 if taken else 403)


async def test_a_form_without_its_token_does_nothing(admin: Admin) -> None:
    await admin.enter()
    for form in ({}, {"token": ""}, {"token": hashed("guess")}, {"token": "张三"}):
        assert (await admin.post("/leave", form))[0] == 403
    assert (await admin.get("/"))[0] == 200


async def test_the_first_admin_is_named_with_the_key_of_the_terminal(tmp_path: Path) -> None:
    async with admin_of(tmp_path, admins=()) as admin:
        old, key = await admin.pages.entrance.put_up(False), await admin.pages.entrance.put_up(False)
        for wrong in ({"key": old, "account": "adm7"}, {"key": fresh(), "account": "adm7"}, {"key": key, "account": "a b"}, {"key": key, "account": ""}):
            assert (await admin.post("/first", wrong))[0] == 403
        assert (await admin.post("/enter", {"key": key}))[0] == 403, "it is no link for an admin"
        assert (await admin.post("/first", {"key": key, "account": "adm7", "name": "王敏"}))[0] == 303
        assert "王敏" in (await admin.get("/"))[1]
        assert (await admin.post("/first", {"key": key, "account": "adm8"}))[0] == 403
        assert await admin.pages.entrance.put_up(False) == ""
        assert set(await admin.acts()) == {"console.first", "console.entered"}


async def test_where_the_settings_name_an_admin_there_is_no_first_key(admin: Admin) -> None:
    assert await admin.pages.entrance.put_up(True) == ""
