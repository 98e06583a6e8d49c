"""The console in a real browser: signing in, every page at two widths and in both colour schemes, an import by keyboard."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from chromium import FLAGS, PATH, START_S
from playwright.async_api import Page, async_playwright, expect

sys.path.insert(0, str(Path(__file__).parents[1]))  # the house behind the console is shared with the tests beside this folder
from console_samples import Admin, admin_of

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not PATH, reason="no chromium: apt-get install chromium"), pytest.mark.timeout(2 * START_S)]
PAGES = (
    "",
    "figures",
    "items",
    "people?q=x",
    "answers?text=没收到邀请怎么办",
    "answer?id=invite.not_received",
    "unanswered",
    "policies?gaps=5&per_day=99",
    "policies?gaps=5",
    "import",
    "export?key=x",
    "audit",
    "health",
)


@pytest.fixture
async def signed(tmp_path: Path) -> AsyncIterator[tuple[Page, str, Admin]]:
    """The console's page, its address, and what stands behind it."""
    async with admin_of(tmp_path) as admin, async_playwright() as playwright:
        base = f"http://127.0.0.1:{admin.client.server.port}/admin/"
        browser = await playwright.chromium.launch(executable_path=PATH, args=FLAGS)
        page = await (await browser.new_context(locale="zh-CN")).new_page()
        await page.goto(f"{base}enter?key={await admin.key()}")
        await page.get_by_role("button", name="登录").click()
        await expect(page.get_by_role("heading", name="今天")).to_be_visible()
        yield page, base, admin
        await browser.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (375, "dark")])
async def test_axe_finds_nothing_and_everything_fits(signed: tuple[Page, str, Admin], width: int, scheme: str) -> None:
    page, base, _ = signed
    await page.set_viewport_size({"width": width, "height": 812})
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for path in PAGES:
        await page.goto(base + path)
        await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found = (await Axe().run(page)).response["violations"]
        assert (path, [(one["id"], one["nodes"][0]["html"][:120]) for one in found]) == (path, [])
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_charts_are_drawn_and_break_no_policy(signed: tuple[Page, str, Admin]) -> None:
    page, base, _ = signed
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    await page.goto(f"{base}figures")
    await expect(page.locator("figure canvas")).to_have_count(2)
    await page.goto(f"{base}answers")
    await page.get_by_label("用户会怎么说").fill("没收到邀请怎么办")
    await expect(page.locator("#match")).to_contain_text("直接回答")
    assert faults == []


async def test_a_file_is_checked_and_taken_by_keyboard(signed: tuple[Page, str, Admin]) -> None:
    page, base, admin = signed
    await page.goto(f"{base}import")
    await page.get_by_label("文件", exact=True).set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": "成员ID,姓名\nemp7,李雷\n".encode()})
    await page.get_by_role("button", name="先检查").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("没有发现问题")
    await page.get_by_role("button", name="导入这 1 行").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("导入完成")
    assert "console.imported" in await admin.acts()
    await page.get_by_role("button", name="退出").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("已退出")
