"""The supervisor and the stage over the stand-in DingTalk, with a small child instead of the real program."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.core.model import ITEMS, kind_of
from bot.core.turn import Reason
from bot.fake_dingtalk import FakeDingTalk
from bot.ports import WordsError
from bot.web.playground.app import _folder, environment
from bot.web.playground.pages import Pages
from bot.web.playground.people import GROUP, Cast
from bot.web.playground.platform import Platform
from bot.web.playground.stage import Stage
from bot.web.playground.supervisor import Event, State, Supervisor, free_port
from bot.web.playground.transcript import BOT, NOTICE, Transcript
from bot.web.playground.words import Phrases
from bot.web.playground.worker import Away, Worker

ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("stub_worker.py")
Client = TestClient[aiohttp.web.Request, aiohttp.web.Application]


async def until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


def supervisor_of(folder: Path, worker: Worker, *more: str) -> Supervisor:
    return Supervisor(lambda port: (sys.executable, str(CHILD), str(port), *more), dict(os.environ), folder, worker.ready)


@pytest.fixture
def phrases() -> Phrases:
    return Phrases(ROOT)


@pytest.fixture
async def stage(tmp_path: Path, phrases: Phrases) -> AsyncIterator[Stage]:
    cast = Cast(phrases.of("zh"))
    async with FakeDingTalk(world=cast.world) as fake, aiohttp.ClientSession() as session:
        worker = Worker(session)
        stage = Stage(cast, Platform(fake), worker, supervisor_of(tmp_path, worker), tmp_path)
        playing = asyncio.create_task(stage.run())
        await until(lambda: stage.supervisor.state is State.ONLINE and stage.turns)
        yield stage
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)


@pytest.fixture
async def client(stage: Stage, phrases: Phrases) -> AsyncIterator[Client]:
    async with TestClient(TestServer(Pages(stage, phrases, ROOT / "templates").application())) as client:
        yield client


async def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session:
        worker = Worker(session)
        supervisor = supervisor_of(tmp_path, worker)
        told: list[Event] = []

        async def tell(event: Event) -> None:
            told.append(event)

        supervisor.told = tell
        running = asyncio.create_task(supervisor.run())
        await until(lambda: supervisor.state is State.ONLINE)
        first = supervisor.pid
        os.kill(first, signal.SIGKILL)
        await until(lambda: supervisor.starts == 2 and supervisor.state is State.ONLINE)
        assert told == [Event(State.ONLINE), Event(State.RESTARTING, -signal.SIGKILL), Event(State.ONLINE)]
        second = supervisor.pid
        assert second != first
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert supervisor.pid == 0
        assert not Path(f"/proc/{second}").exists()


async def test_a_child_that_never_starts_is_told_as_failing(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session:
        supervisor = supervisor_of(tmp_path, Worker(session), "--fail")
        running = asyncio.create_task(supervisor.run())
        await until(lambda: supervisor.state is State.FAILING)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="only where /proc tells of processes")
async def test_the_child_of_a_demo_that_was_killed_is_ended_first(tmp_path: Path) -> None:
    left = await asyncio.create_subprocess_exec(sys.executable, str(CHILD), str(free_port()))
    (tmp_path / "worker.pid").write_text(str(left.pid))
    async with aiohttp.ClientSession() as session:
        supervisor = supervisor_of(tmp_path, Worker(session))
        running = asyncio.create_task(supervisor.run())
        async with asyncio.timeout(10):
            assert await left.wait() == -signal.SIGTERM
        await until(lambda: supervisor.state is State.ONLINE)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_an_absent_child_is_away() -> None:
    async with aiohttp.ClientSession() as session:
        worker = Worker(session)
        worker.base_url = f"http://127.0.0.1:{free_port()}"
        assert not await worker.ready(worker.base_url)
        with pytest.raises(Away):
            await worker.now()


async def test_the_kill_button_kills_restarts_and_tells(stage: Stage) -> None:
    await stage.kill("emp1", GROUP, "邀请链接过期了怎么办")
    await until(lambda: stage.supervisor.starts == 2 and stage.supervisor.state is State.ONLINE)
    await until(lambda: "back" in [line.text for line in stage.transcript.room(GROUP)])
    notices = [line for line in stage.transcript.room(GROUP) if line.who == NOTICE]
    assert [line.text for line in notices] == ["armed", "killed", "back"]
    assert notices[1].values == {"signal": "9"}


async def test_the_clock_goes_on_where_it_was_after_a_restart(stage: Stage) -> None:
    before = stage.now()
    await stage.step("days")
    assert (stage.now() - before).total_seconds() > 2 * 86400
    os.kill(stage.supervisor.pid, signal.SIGKILL)
    await until(lambda: stage.supervisor.starts == 2 and stage.supervisor.state is State.ONLINE)
    await asyncio.sleep(0.6)
    assert (stage.now() - before).total_seconds() > 2 * 86400


async def test_without_a_mention_the_bot_hears_nothing(stage: Stage, client: Client) -> None:
    await client.post("/say?as=emp1&room=group", data={"text": "大家好"})
    text = await (await client.get("/part/chat?as=emp1&room=group&lang=zh")).text()
    assert "大家好" in text
    assert "没有 @小引" in text


async def test_the_page_and_its_parts(client: Client) -> None:
    page = await client.get("/?lang=zh")
    text = await page.text()
    assert page.status == 200
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert 'lang="zh-CN"' in text
    assert " style=" not in text, "the policy forbids inline style"
    assert "http://" not in text.replace("http://127.0.0.1", ""), "nothing from outside"
    for part in ("people", "tabs", "chat", "trace", "clock", "state"):
        assert (await client.get(f"/part/{part}?lang=en")).status == 200
    assert (await client.get("/part/../app")).status == 404
    assert (await client.get("/part/nothing")).status == 404


async def test_the_trace_is_told_in_words(client: Client) -> None:
    text = await (await client.get("/part/trace?lang=zh")).text()
    for words in ("没收到邀请怎么办", "78%", "有现成的回答", "张三", "IT 服务台", "在原处回复", "../../x"):
        assert words in text, words


async def test_forms_of_other_sites_are_refused(stage: Stage, client: Client) -> None:
    answer = await client.post("/say?as=emp1&room=group", data={"text": "x", "mention": "1"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 403
    assert not stage.transcript.room(GROUP)


@pytest.mark.parametrize(
    ("path", "form"),
    [("say", {}), ("say", {"text": "   "}), ("first", {"first": "99"}), ("first", {}), ("option", {"option": "-1"}), ("option", {"option": "x"}),
     ("press", {"button": "1.0"}), ("press", {"button": "9"}), ("press", {}), ("step", {"step": "year"})],
)  # fmt: skip
async def test_nonsense_does_nothing(stage: Stage, client: Client, path: str, form: dict[str, str]) -> None:
    answer = await client.post(f"/{path}?as=emp1&room=private", data=form, allow_redirects=False)
    assert answer.status == 303
    assert not stage.transcript.room(stage.cast.place("emp1", "private"))


async def test_a_button_says_its_words_as_its_presser_and_only_in_their_rooms(stage: Stage, client: Client) -> None:
    mine = stage.cast.place("emp1", "private")
    line = stage.transcript.add(mine, BOT, "文", stage.now(), kind="actionCard", buttons=(("查邀请", "1", "dtmd://x"),), to="emp1")
    await client.post("/press?as=emp2&room=private", data={"button": f"{line.number}.0"})
    await client.post("/press?as=emp1&room=private", data={"button": f"{line.number}.0"}, headers={"HX-Request": "true"})
    assert [(said.who, said.text) for said in stage.transcript.room(mine)[1:]] == [("emp1", "1")]


async def test_changes_are_streamed(stage: Stage, client: Client) -> None:
    stream = await client.get("/events")
    async with asyncio.timeout(5):
        seen = ""
        while "event: state" not in seen:
            seen += (await stream.content.readline()).decode()
        stage.say("emp1", GROUP, "你好")
        seen = ""
        while "event: chat" not in seen:
            seen += (await stream.content.readline()).decode()
    stream.close()


def test_the_transcript_survives(tmp_path: Path, phrases: Phrases) -> None:
    from datetime import UTC, datetime

    now = datetime(2026, 3, 3, tzinfo=UTC)
    path = tmp_path / "t.jsonl"
    first = Transcript(path)
    first.add("room", BOT, "一", now, buttons=(("按", "1", ""),))
    with path.open("a") as file:
        file.write('{"cut')
    again = Transcript(path)
    assert [line.text for line in again.room("room")] == ["一"]
    assert again.room("room")[0].buttons == (("按", "1", ""),)
    assert again.unread("emp1", "room") == 0
    again.add("room", BOT, "二", now)
    assert again.unread("emp1", "room") == 1
    assert again.read("emp1", "room")
    assert again.unread("emp1", "room") == 0


def test_the_words_of_both_languages_say_the_same_things(phrases: Phrases) -> None:
    zh, en = phrases.of("zh"), phrases.of("en")
    for table in ("page", "steps", "states", "notices", "roles", "kinds", "reasons", "rules", "effects", "entities"):
        assert getattr(zh, table).keys() == getattr(en, table).keys(), table
    assert set(zh.reasons) >= {reason.value for reason in Reason}
    assert set(zh.entities) >= {kind_of(kind) for kind in ITEMS}
    assert {actor.role for actor in zh.cast} == set(zh.roles)
    assert all(first.tip for words in (zh, en) for first in words.first)


def test_every_role_has_first_sentences_where_it_can_speak(phrases: Phrases) -> None:
    for language in ("zh", "en"):
        words = phrases.of(language)
        for role in words.roles:
            for room in ("group", "private"):
                assert any(first.fits(role, "", room) for first in words.first), (language, role, room)


def test_missing_words_are_told(tmp_path: Path) -> None:
    with pytest.raises(WordsError, match=r"demo\.yaml"):
        Phrases(tmp_path)


def test_the_child_gets_nothing_of_a_real_installation(tmp_path: Path, phrases: Phrases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USHER_DINGTALK__APP_SECRET", "a-true-secret")
    monkeypatch.setenv("USHER_DATABASE__URL", "postgresql://a-true-secret")
    cast = Cast(phrases.of("zh"))
    found = environment(FakeDingTalk(world=cast.world), cast, phrases.of("zh"), tmp_path)
    assert "a-true-secret" not in str(found)
    assert found["USHER_PEOPLE__ADMINS"] == '["admin1"]'


def test_two_demos_do_not_share_a_folder_and_fresh_empties_it(tmp_path: Path, phrases: Phrases) -> None:
    words = phrases.of("zh")
    with _folder(tmp_path, False, words) as folder:
        (folder / "kept").touch()
        with pytest.raises(SystemExit, match="另一个演示"), _folder(tmp_path, True, words):
            pass
    with _folder(tmp_path, False, words) as folder:
        assert (folder / "kept").exists()
    with _folder(tmp_path, True, words) as folder:
        assert not list(folder.iterdir())


def test_vendored_files_are_those_that_are_named() -> None:
    import hashlib

    static = ROOT / "bot" / "web" / "static"
    rows = [row.split("|") for row in (static / "THIRD_PARTY.md").read_text().splitlines() if row.count("|") == 6][2:]
    assert len(rows) == 4
    for row in rows:
        assert hashlib.sha256((static / row[1].strip()).read_bytes()).hexdigest() == row[5].strip()
