"""The playground in a real browser: the demo as a newcomer starts it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM, reason="no chromium: apt-get install chromium"), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data: Path = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "bot", "demo", "--data", str(data)]
    demo = subprocess.Popen(command, env={**os.environ, "PORT": str(port)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/"
    for _ in range(900):
        try:
            with urllib.request.urlopen(url) as answer:
                assert answer.status == 200
                break
        except OSError:
            time.sleep(0.1)
    yield url
    demo.send_signal(signal.SIGTERM)
    demo.wait(30)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any, address: str) -> Iterator[Page]:
    context = chromium.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.goto(address)
    expect(page.get_by_text("小引 在线")).to_be_visible(timeout=90_000)
    yield page
    assert not faults
    context.close()


def say(page: Page, text: str) -> None:
    box = page.get_by_role("textbox").first
    box.fill(text)
    box.press("Enter")


def test_a_newcomer_asks_in_the_group(page: Page) -> None:
    say(page, "没收到邀请怎么办")
    expect(page.get_by_role("log").get_by_text("请管理员核实").first).to_be_visible()
    expect(page.get_by_text("没收到邀请怎么办？").first).to_be_visible()


def test_another_desks_topic_is_sent_there(page: Page) -> None:
    say(page, "打印机坏了")
    expect(page.get_by_role("log").get_by_text("IT 服务台").first).to_be_visible()


def test_an_outsider_is_refused_with_the_reason(page: Page) -> None:
    page.get_by_text("赵客户").first.click()
    say(page, "我的申请到哪了")
    expect(page.get_by_role("log").get_by_text("只能答一般的问题").first).to_be_visible()


def test_killed_in_mid_message_answers_exactly_once(page: Page) -> None:
    page.get_by_role("button", name=re.compile("杀掉进程")).click()
    expect(page.get_by_text("没答完的接着答")).to_be_visible(timeout=60_000)
    answers = page.get_by_role("log").get_by_role("article")
    before = answers.count()
    page.wait_for_timeout(1_500)
    asked = page.get_by_role("log").get_by_role("article").filter(has_text="@小引").count()
    assert before == answers.count() == 2 * asked, "each question has exactly one answer"


def test_time_can_be_moved(page: Page) -> None:
    clock = page.get_by_role("region", name="模拟时钟").get_by_role("time")
    before = clock.inner_text()
    page.get_by_role("button", name="+1 小时").click()
    expect(clock).not_to_have_text(before)


def test_it_fits_a_phone(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 375, "height": 812})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_it_is_accessible(page: Page) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found] == []
