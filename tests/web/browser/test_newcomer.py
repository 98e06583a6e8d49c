"""The newcomer's story in a real browser, on a phone: invited, applying, turned down for a blurry photo, mended, admitted, ticking the list - and at each
step another answer to the same question."""

from __future__ import annotations

import re

import pytest
from chromium import PATH, START_S
from playwright.sync_api import Locator, Page, expect
from test_playground import answers, log, say

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not PATH, reason="no chromium: apt-get install chromium"), pytest.mark.timeout(2 * START_S)]
ASKED = "我进度到哪了"


def sit(page: Page, address: str, who: str) -> None:
    """Sits down as somebody in their private chat."""
    page.goto(f"{address}?as={who}&room=private")
    expect(page.locator("html[data-live]")).to_be_attached()


def ask(page: Page, text: str) -> Locator:
    """Says it and gives back the bot's newest message once there is one; more may follow."""
    before = answers(page).count()
    say(page, text)
    expect(answers(page)).not_to_have_count(before)
    return answers(page).last


def tap(page: Page, label: str) -> Locator:
    """Taps the newest button of that label, which must fit the screen, and gives back the bot's next message."""
    before = answers(page).count()
    button = log(page).get_by_role("button", name=re.compile(rf"^(\d+ )?{label}$")).last
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 375
    button.click()
    expect(answers(page)).not_to_have_count(before)
    return answers(page).last


def test_a_newcomer_joins(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 375, "height": 740})
    sit(page, address, "emp2")
    expect(ask(page, ASKED)).to_contain_text("没有邀请，也没有申请")
    sit(page, address, "admin1")
    ask(page, "邀请 李小雨 13800000002")
    expect(log(page)).to_contain_text("邀请已经私聊发给本人")
    sit(page, address, "emp2")
    expect(log(page)).to_contain_text("王敏 邀请你加入")
    expect(ask(page, ASKED)).to_contain_text("已发出，还没打开")
    expect(ask(page, "李小雨 13800000002 财务部 出纳")).to_contain_text("岗位：出纳")
    expect(ask(page, ASKED)).to_contain_text("还没交")
    tap(page, "接着填")
    tap(page, "跳过")
    expect(tap(page, "提交")).to_contain_text("交好了")
    expect(ask(page, ASKED)).to_contain_text("审核中")
    sit(page, address, "admin1")
    code = re.search(r"新的加入申请 (\w{5})", log(page).inner_text())
    assert code is not None
    expect(ask(page, f"驳回 {code[1]} 工牌照片太模糊")).to_contain_text("驳回了")
    sit(page, address, "emp2")
    expect(ask(page, ASKED)).to_contain_text("要改：照片或文件")
    expect(tap(page, "改好再交")).to_contain_text("只要改 照片或文件")
    page.get_by_role("button", name="发一张照片").click()
    expect(log(page)).to_contain_text("改好了，这次变的是")
    expect(tap(page, "重新交上去")).to_contain_text("交好了")
    expect(ask(page, ASKED)).to_contain_text("改过重交，审核中")
    sit(page, address, "admin1")
    expect(tap(page, "批准")).to_contain_text("李小雨可以加入")
    sit(page, address, "emp2")
    expect(ask(page, ASKED)).to_contain_text("已加入，权限已分配")
    page.request.post(f"{address}step?as=emp2", form={"step": "hour"})  # nobody is as quick as a test, and too many messages a minute are too many
    tap(page, "设置清单")
    for step in ("完善资料", "核对权限", "看流程", "开提醒", "更新客户端", "装插件", "关联身份"):
        tap(page, step)
    expect(ask(page, ASKED)).to_contain_text("设置进行中")
    tap(page, "设置清单")
    expect(tap(page, "参加培训")).to_contain_text("全部做完了")
    expect(ask(page, ASKED)).to_contain_text("正常使用")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
