"""Takes the pictures of docs/pictures anew: `python tests/web/browser/pictures.py http://127.0.0.1:8000/` against a fresh demo (make demo FRESH=1)."""

from __future__ import annotations

import sys
from pathlib import Path

import chromium
from playwright.sync_api import Browser, Page, expect, sync_playwright

FOLDER = Path(__file__).parents[3] / "docs" / "pictures"


def main(address: str) -> None:
    """The group on a desk, the private chat on a phone, and the group after the process was killed."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.PATH, args=chromium.FLAGS)
        press(opened(browser, f"{address}?lang=zh&as=emp2", 1440, 900), "打印机坏了")
        page = opened(browser, f"{address}?lang=zh", 1440, 900)
        press(page, "mei shou dao yaoqing zmb")
        taken(page, "playground")
        press(page, "1 看详细")
        press(page, "杀掉进程", patience_s=chromium.START_S)
        expect(page.get_by_role("status")).to_contain_text("在线", timeout=1000 * chromium.START_S)
        taken(page, "playground-killed")
        taken(opened(browser, f"{address}?lang=zh&as=emp1&room=private", 375, 812), "playground-phone")
        browser.close()


def opened(browser: Browser, address: str, width: int, height: int) -> Page:
    """The page in a window of that size."""
    page = browser.new_context(locale="zh-CN", viewport={"width": width, "height": height}).new_page()
    page.goto(address)
    expect(page.get_by_role("status")).to_contain_text("在线", timeout=1000 * chromium.START_S)
    return page


def press(page: Page, words: str, patience_s: int = 15) -> None:
    """Presses the last button of that name and waits for the bot's message."""
    answers = page.get_by_role("log").get_by_role("article").filter(has_text="机器人")
    before = answers.count()
    page.get_by_role("button", name=words).last.click()
    expect(answers).to_have_count(before + 1, timeout=1000 * patience_s)


def taken(page: Page, name: str) -> None:
    """The picture, once everything has settled."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(1500)
    page.evaluate("document.activeElement.blur(); document.querySelector('#log').scrollTop = 1e6")
    page.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    main(sys.argv[1])
