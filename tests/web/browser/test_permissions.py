"""A permission from the wish to its end, by hand in the playground and on a phone: refused by law, filed again, approved on a card, given, used, taken back."""

from __future__ import annotations

import pytest
from chromium import PATH, START_S
from playwright.sync_api import Locator, Page, expect
from test_playground import answers, ask, log

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not PATH, reason="no chromium: apt-get install chromium"), pytest.mark.timeout(2 * START_S)]


def as_(page: Page, address: str, person: str) -> None:
    """Another person's private chat."""
    page.goto(f"{address}?lang=zh&as={person}&room=private&tab=private")
    expect(page.locator("html[data-live]")).to_be_attached()


def press(page: Page, card: Locator, label: str) -> Locator:
    """Presses a button of a card and gives back the bot's next message."""
    before = answers(page).count()
    card.get_by_role("button", name=label).click()
    expect(answers(page)).not_to_have_count(before)
    return answers(page).last


def test_a_permission_from_its_wish_to_its_end(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 375, "height": 812})
    as_(page, address, "emp1")
    ask(page, "我要提升到审批权限")
    press(page, answers(page).last, "财务审核员")
    ask(page, "30天")
    expect(ask(page, "审核应收凭证")).to_contain_text("由谁批：陈经理")
    expect(press(page, answers(page).last, "提交申请")).to_contain_text("等陈经理批")
    blocked = ask(page, "给我开一个出纳权限到月底")
    expect(blocked).to_contain_text("《会计法》第三十五条")
    expect(press(page, blocked, "撤回申请")).to_contain_text("撤回了")
    ask(page, "给我开一个出纳权限 两周")
    expect(ask(page, "接手李姐的收付款")).to_contain_text("申请：出纳（金蝶云星空）")
    expect(press(page, answers(page).last, "提交申请")).to_contain_text("提交了，编号")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    as_(page, address, "appr1")
    card = answers(page).filter(has_text="张三申请出纳").last
    expect(card).to_contain_text("等你批")
    expect(press(page, card, "批准")).to_contain_text("批了：张三，出纳")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    as_(page, address, "emp1")
    expect(log(page)).to_contain_text("出纳开好了（金蝶云星空）")
    for _ in range(2):  # a question waits while the first day's budget is used
        later(page, address, "到下个工作日早上")
        later(page, address, "+1 小时")
    as_(page, address, "emp1")
    question = answers(page).filter(has_text="好用吗").last
    expect(press(page, question, "能用了")).to_contain_text("正式生效")
    for _ in range(4):
        later(page, address, "+3 个工作日")
    as_(page, address, "emp1")
    expect(log(page)).to_contain_text("出纳已经收回了")
    expect(ask(page, "我的权限")).not_to_contain_text("出纳")


def later(page: Page, address: str, step: str) -> None:
    """Moves the clock; what falls due on the way has been done when this returns."""
    page.goto(f"{address}?lang=zh&as=emp1&tab=trace")
    clock = page.get_by_role("region", name="模拟时钟").get_by_role("time")
    before = clock.inner_text()
    page.get_by_role("button", name=step).click()
    expect(clock).not_to_have_text(before, timeout=30_000)
