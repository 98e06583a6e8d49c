"""The real program against the real stand-in: what was acknowledged is answered, whatever dies in between."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

from bot.bringing import bring_faqs
from bot.fake_dingtalk import FakeDingTalk

KILLS = int(os.environ.get("USHER_TEST_KILLS", "6"))
FAQS = json.dumps(
    {
        "faqs": [
            {"id": "one", "question": "怎么报名", "phrasings": ["怎样报名", "报名流程"], "answer": "先填表。"},
            {"id": "two", "question": "在哪签到", "phrasings": ["签到地点"], "answer": "前台。"},
        ]
    }
)


class Child:
    """`usher serve` as a child process that may be killed and started again on the same data."""

    def __init__(self, fake: FakeDingTalk, data: Path, words: Path, mode: str, port: int) -> None:
        self.command = [sys.executable, "-m", "bot", "serve", "--port", str(port), "--data", str(data), "--words", str(words)]
        self.url = f"http://127.0.0.1:{port}"
        base = {"MODE": mode, "APP_KEY": fake.app.key, "APP_SECRET": fake.app.secret, "API_BASE": fake.base_url, "OAPI_BASE": fake.base_url}
        settings = {f"USHER_DINGTALK__{name}": value for name, value in base.items()}
        self.env = {**os.environ, **settings, "USHER_LIMITS__PER_USER_PER_MINUTE": "0", "USHER_TEST__CLOCK": "1", "USHER_LOGGING__LEVEL": "warning"}
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(*self.command, env=self.env, stderr=asyncio.subprocess.DEVNULL)
        async with aiohttp.ClientSession() as session:
            for _ in range(600):
                try:
                    async with session.get(f"{self.url}/readyz") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)
        raise AssertionError("the program did not become ready")

    async def end(self, with_signal: signal.Signals) -> int:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(with_signal)
        return await self.process.wait()

    async def post(self, path: str, body: dict[str, object]) -> int:
        async with aiohttp.ClientSession() as session, session.post(self.url + path, json=body) as answer:
            return answer.status


@pytest.fixture
def words(tmp_path: Path) -> Path:
    (tmp_path / "faqs.json").write_text(FAQS, encoding="utf-8")
    bring_faqs(tmp_path / "faqs.json", tmp_path / "words", replace=True)
    return tmp_path / "words"


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def house(fake: FakeDingTalk, tmp_path: Path, words: Path, mode: str) -> Child:
    child = Child(fake, tmp_path / "data", words, mode, free_port())
    fake.callback_url = f"{child.url}/dingtalk/robot" if mode == "http" else ""
    await child.start()
    return child


@pytest.mark.timeout(900)
@pytest.mark.parametrize("mode", ["stream", "http"])
async def test_kill_loses_nothing(tmp_path: Path, words: Path, mode: str) -> None:
    dice = random.Random(7)
    async with FakeDingTalk() as fake:
        fake.meter.limits.push_quota = fake.meter.limits.api_quota = 0
        child = await house(fake, tmp_path, words, mode)
        said = []
        for _ in range(KILLS):
            load = [asyncio.create_task(fake.say("zhang", f"怎么报名{'呢' * dice.randrange(3)}", by=mode)) for _ in range(12)]
            load += [asyncio.create_task(fake.say("li", "在哪签到", "cidFinanceHelp==", by=mode)) for _ in range(8)]
            await asyncio.sleep(dice.uniform(0.0, 0.12))
            await child.end(signal.SIGKILL)
            said += [delivery for delivery in await asyncio.gather(*load) if delivery.acked]
            await child.start()
        for _ in range(100):
            if all(fake.answers(delivery) for delivery in said):
                break
            await asyncio.sleep(0.1)
        lost = [delivery.id for delivery in said if not fake.answers(delivery)]
        doubled = sum(len(fake.answers(delivery)) > 1 for delivery in said)
        print(f"\n{mode}: {KILLS} kills, {len(said)} acknowledged, {len(lost)} lost, {doubled} doubled")  # noqa: T201 - the figures are what this test is for
        assert await child.end(signal.SIGTERM) == 0
        assert said
        assert not lost


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
async def test_killed_in_mid_message_answers_once(tmp_path: Path, words: Path, point: str) -> None:
    async with FakeDingTalk() as fake:
        child = await house(fake, tmp_path, words, "stream")
        assert await child.post("/test/kill", {"at": point}) == 200
        delivery = await fake.say("zhang", "怎么报名", by="stream")
        assert await child.end(signal.SIGTERM) == -signal.SIGKILL
        await child.start()
        await fake.wait_for(1)
        await fake.quiet(0.5)
        assert delivery.acked
        assert len(fake.received) == 1
        await child.end(signal.SIGTERM)


async def test_delivered_twice_is_answered_once(tmp_path: Path, words: Path) -> None:
    async with FakeDingTalk() as fake:
        child = await house(fake, tmp_path, words, "http")
        for _ in range(2):
            assert (await fake.say("zhang", "怎么报名", by="http", msg_id="same==", create_at=1_795_000_000_000)).acked
        await child.end(signal.SIGTERM)
        await child.start()
        await fake.say("zhang", "怎么报名", by="http", msg_id="same==", create_at=1_795_000_000_000)
        await fake.quiet(0.5)
        assert len(fake.received) == 1
        await child.end(signal.SIGTERM)


async def test_a_second_process_is_refused(tmp_path: Path, words: Path) -> None:
    async with FakeDingTalk() as fake:
        child = await house(fake, tmp_path, words, "stream")
        other = await asyncio.create_subprocess_exec(*child.command, env=child.env, stderr=asyncio.subprocess.PIPE)
        _, told = await other.communicate()
        assert other.returncode == 1
        assert b"PostgreSQL" in told
        await child.end(signal.SIGTERM)
