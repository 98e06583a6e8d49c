"""Runs the playground: the stand-in DingTalk, the page, and the real program as a child that is kept alive."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from aiohttp import ClientSession, web

from bot.fake_dingtalk import FakeDingTalk
from bot.web.playground.pages import Pages
from bot.web.playground.people import Cast
from bot.web.playground.platform import Platform
from bot.web.playground.stage import Stage
from bot.web.playground.supervisor import Supervisor
from bot.web.playground.words import Phrases, Words
from bot.web.playground.worker import Worker

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def serve(host: str, port: int, data: Path, fresh: bool, words_root: Path) -> None:
    """Serves the playground until SIGINT, SIGTERM or SIGHUP. Everything it keeps is under `data`/demo, which `fresh` empties first. `words_root` holds
    intents/ and templates/. Ends the program with a sentence when the port is taken or another demo uses the folder."""
    phrases = Phrases(words_root)
    words = phrases.of("zh")
    stop = asyncio.Event()
    for name in _SIGNALS:
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    with _folder(data, fresh, words) as folder:
        await _play(host, port, folder, phrases, stop, words_root)


async def _play(host: str, port: int, folder: Path, phrases: Phrases, stop: asyncio.Event, words_root: Path) -> None:
    words = phrases.of("zh")
    async with _stage(words, folder, stop) as stage:
        runner = web.AppRunner(Pages(stage, phrases, words_root / "templates").application(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await _listen(runner, host, port, words)
            await stop.wait()
        finally:
            await runner.cleanup()


@asynccontextmanager
async def _stage(words: Words, folder: Path, stop: asyncio.Event) -> AsyncIterator[Stage]:
    """A stage that plays; ends the child, then the stand-in. `stop` is set when the play breaks off by itself, whose fault is raised here."""
    cast = Cast(words)
    async with FakeDingTalk(world=cast.world) as fake, ClientSession() as session:
        worker = Worker(session)
        supervisor = Supervisor(
            lambda port: (sys.executable, "-m", "bot", "serve", "--host", "127.0.0.1", "--port", str(port), "--data", str(folder)),
            environment(fake, cast, words, folder),
            folder,
            worker.ready,
        )
        stage = Stage(cast, Platform(fake), worker, supervisor, folder)
        playing = asyncio.create_task(stage.run())
        playing.add_done_callback(lambda _: stop.set())
        try:
            yield stage
        finally:
            playing.cancel()
            with suppress(asyncio.CancelledError):
                await playing


async def _listen(runner: web.AppRunner, host: str, port: int, words: Words) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as fault:
        raise SystemExit(words.page["port_taken"].format(port=port, fault=os.strerror(fault.errno or 0))) from fault
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - only how the address is shown
    if sys.stdout.encoding.lower() not in ("utf-8", "utf8"):
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # a text stream that can tell its encoding can change it
    sys.stdout.write(words.page["opened"].format(url=f"http://{shown}:{runner.addresses[0][1]}/") + "\n")
    sys.stdout.flush()


def environment(fake: FakeDingTalk, cast: Cast, words: Words, folder: Path) -> dict[str, str]:
    """The child's environment: nothing of a real installation's settings or secrets gets in, everything points to the stand-in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("USHER_")}
    (folder / "secrets").mkdir(exist_ok=True)
    settings = folder / "usher.toml"
    settings.touch()
    return (
        kept
        | {
            "USHER_CONFIG": str(settings),
            "USHER_SECRETS": str(folder / "secrets"),
            "USHER_DINGTALK__MODE": "stream",
            "USHER_DINGTALK__APP_KEY": fake.app.key,
            "USHER_DINGTALK__APP_SECRET": fake.app.secret,
            "USHER_DINGTALK__CORP_ID": fake.app.corp_id,
            "USHER_DINGTALK__API_BASE": fake.base_url,
            "USHER_DINGTALK__OAPI_BASE": fake.base_url,
            "USHER_TEST__CLOCK": "1",
            "USHER_PEOPLE__ADMINS": json.dumps(cast.with_role("admin")),
            "USHER_PEOPLE__APPROVERS": json.dumps(cast.with_role("approver")),
            "USHER_ORGANISATION": json.dumps(dict(words.organisation), ensure_ascii=False),
        }
        | {f"USHER_{section.upper()}": json.dumps(table, ensure_ascii=False) for section, table in words.settings.items()}
    )


@contextmanager
def _folder(data: Path, fresh: bool, words: Words) -> Iterator[Path]:
    """The demo's folder, which nobody else uses meanwhile: the lock falls with this process, however it ends."""
    folder = data / "demo"
    data.mkdir(parents=True, exist_ok=True)
    with (data / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            raise SystemExit(words.page["folder_taken"].format(folder=folder)) from fault
        if fresh:
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(exist_ok=True)
        yield folder
