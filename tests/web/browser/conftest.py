"""The demo as a newcomer starts it, and a browser to look at it. In a pytest process of its own: pytest -m browser tests/web/browser"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import chromium as driven
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says aloud that nothing was looked at."""
    if not driven.PATH:
        terminalreporter.section("NO CHROMIUM: the playground was not driven in a browser (apt-get install chromium fonts-noto-cjk)", "!")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a fresh demo: each story has its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data: Path = tmp_path_factory.mktemp("demo")
    with (data / "out.log").open("w") as output:
        command = [sys.executable, "-m", "bot", "demo", "--data", str(data), "--fresh"]
        demo = subprocess.Popen(command, env={**os.environ, "PORT": str(port)}, stdout=output, stderr=output)
        try:
            url = f"http://127.0.0.1:{port}/"
            wait_online(url)
            yield url
        finally:
            demo.send_signal(signal.SIGTERM)
            assert demo.wait(30) == 0, (data / "out.log").read_text()


def wait_online(url: str) -> None:
    """Waits until the demo and its child serve."""
    end = time.monotonic() + driven.START_S
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{url}healthz") as answer:
                if b"online" in answer.read():
                    return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError("the demo did not come online")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A browser."""
    expect.set_options(timeout=1000 * driven.PATIENCE_S)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=driven.PATH, args=driven.FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """A new page at the demo; it must break no script, break no policy, and ask nobody but the demo."""
    context = chromium.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("request", lambda asked: None if asked.url.startswith((address, "data:")) else faults.append(asked.url))
    wait_online(address)
    page.goto(address)
    expect(page.get_by_role("status")).to_contain_text("在线")
    yield page
    assert not faults
    context.close()
