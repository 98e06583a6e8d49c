"""The story of one request by pressing the clock: Friday evening, a quiet weekend, the digest on Tuesday, a promise, the next level."""

from __future__ import annotations

import pytest
from chromium import PATH, START_S
from playwright.sync_api import Page, expect
from test_playground import answers, ask, be, log, private, say

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not PATH, reason="no chromium: apt-get install chromium"), pytest.mark.timeout(2 * START_S)]


def step(page: Page, *names: str) -> None:
    """Presses buttons of the clock, each once it has moved."""
    clock = page.get_by_role("region", name="模拟时钟")
    for name in names:
        before = clock.locator("time").get_attribute("datetime")
        clock.get_by_role("button", name=name).click()
        expect(clock.locator("time")).not_to_have_attribute("datetime", before or "")
        expect(clock.get_by_role("button", name=name)).to_be_enabled()


def test_a_request_of_friday_evening_is_reminded_of_on_tuesday_promised_and_passed_on(page: Page) -> None:
    step(page, "到周五 17:00")
    private(page)
    ask(page, "申请查看权限")
    ask(page, "看报表").get_by_role("button", name="提交申请").click()
    expect(answers(page).last).to_contain_text("提交了，编号")
    be(page, "陈经理")
    expect(answers(page)).to_have_count(1)
    step(page, "到下个工作日早上", "+1 小时")
    expect(answers(page)).to_have_count(1)
    step(page, "到下个工作日早上", "+1 小时")
    expect(answers(page).last).to_contain_text("有 1 项在等你")
    expect(ask(page, "15点前处理")).to_contain_text("今天 15:00 前处理")
    be(page, "张三")
    expect(ask(page, "查进度")).to_contain_text("说了 今天 15:00 前处理")
    expect(ask(page, "升级")).to_contain_text("我先跟陈经理说了")
    be(page, "陈经理")
    expect(answers(page).last).to_contain_text("张三等不及了，想请周会计来批")
    step(page, "到下个工作日早上", "+1 小时", "到下个工作日早上", "+1 小时")
    be(page, "周会计")
    expect(log(page)).to_contain_text("有 1 项转到你这里")
    be(page, "张三")
    expect(log(page)).to_contain_text("现在由周会计处理")
    say(page, "撤回")


def test_an_expense_filed_in_dingtalk_is_followed_nudged_and_left_alone_once_agreed_there(page: Page) -> None:
    step(page, "到下个工作日早上", "+1 小时")
    private(page)
    page.get_by_role("button", name="在钉钉里提报销").click()
    expect(log(page)).to_contain_text("在钉钉 OA 里提了一张报销单")
    page.wait_for_timeout(1_000)
    expect(ask(page, "查进度")).to_contain_text("陈经理")
    expect(ask(page, "帮我催一下")).to_contain_text("陈经理")
    be(page, "陈经理")
    expect(log(page)).to_contain_text("报销")
    page.get_by_role("button", name="在钉钉里同意").click()
    expect(log(page)).to_contain_text("在钉钉 OA 里点了同意")
    seen = answers(page).count()
    step(page, "到下个工作日早上", "+1 小时", "到下个工作日早上", "+1 小时")
    expect(answers(page)).to_have_count(seen)
    page.get_by_role("button", name="在钉钉里同意").click()
    expect(log(page)).to_contain_text("钉钉 OA 里没有等着批的")
