"""The real program as a child process that tests may kill and start again on the same data."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Self

import aiohttp

from bot.fake_dingtalk import FakeDingTalk
from bot.words.importing import bring_faqs

FAQS = {
    "faqs": [
        {"id": "one", "question": "怎么报名", "phrasings": ["怎样报名", "报名流程"], "answer": "先填表。"},
        {"id": "two", "question": "在哪签到", "phrasings": ["签到地点"], "answer": "前台。"},
    ]
}


def few_words(folder: Path) -> Path:
    """An overlay with two FAQs that are the only ones, so that the child reads its words quickly."""
    (folder / "faqs.json").write_text(json.dumps(FAQS), encoding="utf-8")
    bring_faqs(folder / "faqs.json", folder / "words", replace=True)
    return folder / "words"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Usher:
    """`usher serve` between the stand-in and a data folder. Leaving the context kills what still runs."""

    def __init__(self, fake: FakeDingTalk, folder: Path, mode: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.data = folder / "data"
        self.command = [sys.executable, "-m", "bot", "serve", "--port", str(port), "--data", str(self.data), "--words", str(few_words(folder))]
        bases = {"MODE": mode, "APP_KEY": fake.app.key, "APP_SECRET": fake.app.secret, "API_BASE": fake.base_url, "OAPI_BASE": fake.base_url}
        settings = {f"USHER_DINGTALK__{name}": value for name, value in bases.items()}
        self.env = {**os.environ, **settings, "USHER_LIMITS__PER_USER_PER_MINUTE": "0", "USHER_TEST__CLOCK": "1", "USHER_LOGGING__LEVEL": "warning"}
        self.process: asyncio.subprocess.Process | None = None
        fake.callback_url = f"{self.url}/dingtalk/robot" if mode == "http" else ""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end(signal.SIGKILL)

    async def spawn(self, **streams: int) -> asyncio.subprocess.Process:
        """A process of this command, not waited for."""
        return await asyncio.create_subprocess_exec(*self.command, env=self.env, **{"stderr": asyncio.subprocess.DEVNULL, **streams})

    async def start(self) -> None:
        """Starts and waits until it says that it is ready."""
        self.process = await self.spawn()
        async with aiohttp.ClientSession() as session:
            while self.process.returncode is None:
                try:
                    async with session.get(f"{self.url}/readyz") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)
        raise AssertionError(f"the program ended with {self.process.returncode} before it was ready")

    async def start_in_vain(self, seconds: float) -> None:
        """Starts and kills it after so long, wherever it is by then."""
        self.process = await self.spawn()
        await asyncio.sleep(seconds)
        await self.end(signal.SIGKILL)

    async def end(self, with_signal: signal.Signals) -> int:
        """Sends the signal and gives back the exit code."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(with_signal)
        return await self.process.wait()

    async def post(self, path: str, body: dict[str, object]) -> int:
        """The status of a POST to the child."""
        async with aiohttp.ClientSession() as session, session.post(self.url + path, json=body) as answer:
            return answer.status
