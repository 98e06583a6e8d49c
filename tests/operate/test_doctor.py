"""The doctor: what it finds, that it changes nothing, and that it tells no secret."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.config import DingTalk, People, Settings
from bot.doctor import Finding, answers, database, findings, machine, platform
from bot.fake_dingtalk import FakeDingTalk
from bot.wiring.parts import database_url
from storage import SqlStore

SECRET = "do-not-tell"


def settings(tmp_path: Path, **given: object) -> Settings:
    return Settings(data=tmp_path / "data", **given)


def marks(found: Sequence[Finding]) -> dict[str, str]:
    return {one.what: one.mark for one in found}


def told(found: Sequence[Finding]) -> str:
    return "\n".join(f"{one.said} {one.todo}" for one in found)


def of_stand_in(fake: FakeDingTalk, **more: object) -> DingTalk:
    given = {"mode": "stream", "app_key": fake.app.key, "app_secret": fake.app.secret, "api_base": fake.base_url, "oapi_base": fake.base_url}
    return DingTalk.model_validate({**given, **more})


async def test_a_fresh_checkout_lacks_an_admin_and_dingtalk_and_is_not_changed(tmp_path: Path) -> None:
    found = await findings(settings(tmp_path), offline=False)
    assert [one.what for one in found if one.mark == "✗"] == ["first admin"]
    assert marks(found)["DingTalk"] == "!"
    assert all(one.todo for one in found if one.mark != "✓")
    assert not (tmp_path / "data").exists()


async def test_dingtalk_is_asked_and_no_secret_is_told(tmp_path: Path) -> None:
    async with FakeDingTalk() as fake:
        table = of_stand_in(fake)
        assert marks(await platform.reached(settings(tmp_path, dingtalk=table)))["token"] == "✓"
        assert marks(await platform.reached(settings(tmp_path, dingtalk=table)))["Stream"] == "✓"
        wrong = settings(tmp_path, dingtalk=of_stand_in(fake, app_secret=SECRET))
        found = [*platform.configured(wrong), *await platform.reached(wrong)]
        assert marks(found)["token"] == "✗"
        assert SECRET not in told(found)
    gone = await platform.reached(settings(tmp_path, dingtalk=table))
    assert [(one.what, one.mark) for one in gone] == [("token", "✗")]
    assert "HTTPS" in gone[0].todo


async def test_a_wrong_clock_is_noticed(tmp_path: Path) -> None:
    async def token(_: web.Request) -> web.Response:
        return web.json_response({"accessToken": "t", "expireIn": 7200}, headers={"Date": "Tue, 24 Nov 2020 08:00:00 GMT"})

    application = web.Application()
    application.router.add_post("/v1.0/oauth2/accessToken", token)
    async with TestServer(application) as server:
        table = DingTalk.model_validate({"mode": "http", "app_key": "k", "app_secret": "s", "api_base": str(server.make_url("")).rstrip("/")})
        found = await platform.reached(settings(tmp_path, dingtalk=table))
    assert marks(found) == {"token": "✓", "clock": "!"}


@pytest.mark.parametrize(
    ("given", "what", "mark"),
    [
        ({"mode": "stream"}, "DingTalk", "✗"),
        ({"mode": "http", "app_key": "k", "app_secret": "s"}, "public address", "✗"),
        ({"mode": "stream", "app_key": "k", "app_secret": "s"}, "DingTalk", "✓"),
        ({"mode": "stream", "api_base": "http://example.org"}, "dingtalk.api_base", "✗"),
        ({"mode": "stream", "api_base": "http://127.0.0.1:9180"}, "dingtalk.api_base", "!"),
        ({"mode": "stream", "api_base": "example.org"}, "dingtalk.api_base", "✗"),
    ],
)
def test_what_is_configured(tmp_path: Path, given: dict[str, str], what: str, mark: str) -> None:
    assert marks(list(platform.configured(settings(tmp_path, dingtalk=DingTalk.model_validate(given)))))[what] == mark


async def test_a_running_programs_database_is_looked_at_and_left_alone(tmp_path: Path) -> None:
    known = settings(tmp_path)
    store = SqlStore(database_url(known), owner="running", data=known.data)
    await store.open()
    found, said = database.look(known)
    assert [one.mark for one in found] == ["✓"]
    assert said == {}
    await store.close()
    assert [one.mark for one in database.look(known)[0]] == ["✓"]
    with sqlite3.connect(known.data / "usher.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("INSERT INTO org_value (name, value, by, version) VALUES ('review_time', 'soon', 'boss', 1)")
    connection.close()
    found, said = database.look(known)
    assert [one.mark for one in found] == ["✗"]
    assert "newer" in found[0].said
    assert said == {"review_time": "soon"}


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    known = settings(tmp_path)
    known.data.mkdir()
    (known.data / "usher.db").write_text("no database at all, but long enough to look like something" * 20, encoding="utf-8")
    found, _ = database.look(known)
    assert [one.mark for one in found] == ["✗"]


def test_a_databases_password_is_not_told(tmp_path: Path) -> None:
    url = f"postgresql://usher:{SECRET}@127.0.0.1:9/usher"
    found, _ = database.look(settings(tmp_path, database={"url": url}))
    assert [one.mark for one in found] == ["✗"]
    assert SECRET not in told(found)


def test_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("", encoding="utf-8")
    assert marks(list(machine.data_folder(settings(tmp_path))))["data folder"] == "✗"
    (tmp_path / "data").unlink()
    (tmp_path / "data").mkdir(mode=0o755)
    found = list(machine.data_folder(settings(tmp_path)))
    assert [one.mark for one in found] == ["✓", "!"]
    assert machine.filesystem(tmp_path)


async def test_a_taken_port_is_noticed(tmp_path: Path) -> None:
    async with TestServer(web.Application()) as server:
        assert marks(list(machine.port(settings(tmp_path, server={"port": server.port}))))["port"] == "!"


def test_where_settings_came_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("usher.toml").write_text(f'[dingtalk]\napp_secret = "{SECRET}"\n', encoding="utf-8")
    monkeypatch.setenv("USHER_SERVER__PORT", "81")
    found = list(machine.settings_file(settings(tmp_path, dingtalk=DingTalk.model_validate({"app_secret": SECRET}))))
    assert "USHER_SERVER__PORT sets server.port" in told(found)
    assert marks(found)["secrets"] == "!"
    assert SECRET not in told(found)
    assert "81" not in told(found)


def test_what_the_organisation_has_not_said(tmp_path: Path) -> None:
    found = list(answers.words(settings(tmp_path, organisation={"software_name": "x"}, people=People(admins=("a",))), {"review_time": "soon"}))
    named = marks(found)
    assert named["words"] == "✓"
    assert named["organisation.contact"] == "!"
    assert "organisation.review_time" not in named
    assert "organisation.software_name" not in named


def test_words_with_faults(tmp_path: Path) -> None:
    (tmp_path / "w" / "intents" / "zh" / "x").mkdir(parents=True)
    (tmp_path / "w" / "intents" / "zh" / "x" / "a.yaml").write_text("- a\n", encoding="utf-8")
    found = list(answers.words(settings(tmp_path, words=(tmp_path / "w", tmp_path / "none")), {}))
    assert [one.mark for one in found] == ["✗", "✗"]
