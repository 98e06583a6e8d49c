"""The playground in a real browser."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from chromium import PATH, START_S
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not PATH, reason="no chromium: apt-get install chromium"), pytest.mark.timeout(2 * START_S)]


def log(page: Page) -> Locator:
    return page.get_by_role("log")


def answers(page: Page) -> Locator:
    return log(page).get_by_role("article").filter(has_text="机器人")


def say(page: Page, text: str) -> None:
    """Types it and sends it, once the page's scripts run and it follows the demo."""
    expect(page.locator("html[data-live]")).to_be_attached()
    box = page.get_by_role("textbox")
    box.fill(text)
    box.press("Enter")
    expect(box).to_have_value("")


def ask(page: Page, text: str) -> Locator:
    """Says it and gives back the bot's next message in this room."""
    expect(page.locator("html[data-live]")).to_be_attached()
    before = answers(page).count()
    say(page, text)
    expect(answers(page)).to_have_count(before + 1)
    return answers(page).last


def be(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="切换身份").get_by_role("link", name=name).click()
    expect(page.get_by_role("navigation", name="切换身份").get_by_role("link", name=name)).to_have_attribute("aria-current", "true")


def private(page: Page) -> None:
    page.get_by_role("navigation", name="会话列表").get_by_role("link", name="小引").last.click()
    expect(log(page)).to_contain_text("和小引的单聊")


def test_a_misspelt_question_is_answered_in_the_group_and_the_rest_in_private(page: Page) -> None:
    before = answers(page).count()
    page.get_by_role("button", name="mei shou dao yaoqing zmb").click()
    expect(answers(page)).to_have_count(before + 1)
    expect(answers(page).last).to_contain_text("请管理员核实")
    traced = page.get_by_role("region", name="小引是怎么判断的").locator("details").filter(has_text="没收到邀请怎么办")
    expect(traced).not_to_have_count(0)
    page.get_by_role("button", name="1 看详细").click()
    expect(answers(page).last).to_contain_text("私聊回复你了")
    room = page.get_by_role("navigation", name="会话列表").get_by_role("link", name="小引").last
    expect(room).to_contain_text("条未读")
    private(page)
    expect(answers(page).last).to_contain_text("还是不行，联系钉钉客服")
    expect(room).not_to_contain_text("条未读")


def test_a_button_in_the_private_chat_speaks_for_its_presser(page: Page) -> None:
    private(page)
    ask(page, "没收到邀请怎么办").get_by_role("button", name="查邀请").click()
    expect(answers(page).last).to_contain_text("「查邀请」")


def test_another_desks_topic_is_sent_there(page: Page) -> None:
    expect(ask(page, "打印机坏了")).to_contain_text("IT 服务台")


def test_why_opens_the_trace(page: Page) -> None:
    ask(page, "打印机坏了")
    before = answers(page).count()
    page.get_by_role("button", name="为什么这么答").click()
    expect(answers(page)).to_have_count(before + 1)
    expect(page.locator("details[open]")).to_have_count(1)
    expect(page.locator("details[open]")).to_contain_text("解释上一句")


def test_english_is_answered_in_english(page: Page) -> None:
    expect(ask(page, "How do I join?")).to_contain_text("DingTalk account")
    page.get_by_role("link", name="切换到英文").click()
    expect(page.get_by_role("heading", name="Usher")).to_be_visible()
    expect(page.get_by_role("button", name="+1 hour")).to_be_enabled()


def test_an_outsider_is_refused_with_the_reason(page: Page) -> None:
    be(page, "赵客户")
    before = answers(page).count()
    page.get_by_role("button", name="查进度").click()
    expect(answers(page)).to_have_count(before + 1)
    expect(answers(page).last).to_contain_text("只能答一般的问题")
    expect(page.locator("details[open]")).to_contain_text("个人的事不办")
    private(page)
    expect(page.get_by_role("textbox")).to_have_count(0)


def test_handing_over_rings_at_the_admin(page: Page) -> None:
    ask(page, "转人工")
    admin = page.get_by_role("navigation", name="切换身份").get_by_role("link", name="王敏")
    expect(admin).to_contain_text("条未读")
    be(page, "王敏")
    private(page)
    expect(answers(page).last).to_be_visible()


def test_what_would_spoil_an_answer_is_not_learned(page: Page) -> None:
    be(page, "王敏")
    private(page)
    ask(page, "新增问答")
    ask(page, "请问审核大概要多久才有结果啊")
    before = answers(page).count()
    say(page, "看心情")
    expect(answers(page)).to_have_count(before + 2, timeout=1000 * START_S)
    expect(answers(page).last).to_contain_text("先拦下了")
    expect(answers(page).last).to_contain_text("现在答的是")
    expect(ask(page, "请问审核大概要多久才有结果啊")).not_to_contain_text("看心情")


def test_without_a_mention_the_group_is_left_alone(page: Page) -> None:
    before = answers(page).count()
    page.get_by_role("switch", name="发送时 @小引").uncheck()
    say(page, "大家早上好")
    expect(log(page)).to_contain_text("没有 @小引，它听不见")
    page.wait_for_timeout(500)
    assert answers(page).count() == before


def test_killed_in_mid_message_it_answers_exactly_once(page: Page) -> None:
    be(page, "李小雨")
    private(page)
    before = answers(page).count()
    page.get_by_role("button", name=re.compile("杀掉进程")).click()
    expect(log(page)).to_contain_text("进程答到一半被杀掉了")
    expect(page.get_by_role("status")).to_contain_text("重启中")
    expect(answers(page)).to_have_count(before + 1, timeout=1000 * START_S)
    expect(page.get_by_role("status")).to_contain_text("在线", timeout=1000 * START_S)
    expect(log(page)).to_contain_text("只答一次")
    page.wait_for_timeout(2_000)
    assert answers(page).count() == before + 1


def test_time_can_be_moved(page: Page) -> None:
    clock = page.get_by_role("region", name="模拟时钟").get_by_role("time")
    for name in ("+1 小时", "到下个工作日早上", "+3 个工作日"):
        before = clock.inner_text()
        page.get_by_role("button", name=name).click()
        expect(clock).not_to_have_text(before)
    expect(clock).to_contain_text("09:30")


def test_everything_goes_by_keyboard(page: Page, address: str) -> None:
    page.goto(f"{address}?lang=zh#top")
    page.keyboard.press("Tab")
    expect(page.get_by_text("跳到对话")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox")).to_be_focused()
    before = answers(page).count()
    page.keyboard.type("审核要多久")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("急")
    page.keyboard.press("Enter")
    expect(answers(page)).to_have_count(before + 1)
    expect(page.get_by_role("textbox")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("switch")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name=re.compile("杀掉进程"))).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(answers(page)).to_have_count(before + 2)
    page.get_by_role("navigation", name="切换身份").get_by_role("link", name="陈经理").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("as=appr1"))


def test_it_fits_a_phone(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 375, "height": 812})
    for tab in ("群聊", "私聊", "判断"):
        page.goto(address)
        page.get_by_role("navigation", name="页面分区").get_by_role("link", name=tab).click()
        expect(page.get_by_role("navigation", name="页面分区").locator("[aria-current]")).to_have_text(tab)
        page.wait_for_load_state("load")
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        assert page.evaluate("document.body.scrollHeight") <= 812
    expect(page.get_by_role("region", name="模拟时钟")).to_be_visible()
    expect(log(page)).not_to_be_visible()
    page.get_by_role("navigation", name="页面分区").get_by_role("link", name="私聊").click()
    ask(page, "加入流程是什么")
    page.get_by_role("button", name="为什么这么答").click()
    expect(page.get_by_role("region", name="模拟时钟")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (375, "light"), (375, "dark")])
@pytest.mark.parametrize("address_tail", ["?lang=zh", "?lang=zh&room=private", "?lang=en&tab=trace", "?lang=en&as=guest1&room=private"])
def test_axe_finds_nothing(chromium: Browser, page: Page, address: str, width: int, scheme: str, address_tail: str) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 812}, color_scheme="dark" if scheme == "dark" else "light")
    other = context.new_page()
    other.goto(address + address_tail)
    found = Axe().run(other).response["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]][:3]) for one in found] == []
    context.close()


def test_an_older_turn_stays_open_while_one_reads_it(page: Page) -> None:
    clock = page.get_by_role("region", name="模拟时钟")
    for name in ("到下个工作日早上", "+1 小时"):  # to half past ten, after which an hour brings no turn of its own
        before = clock.locator("time").get_attribute("datetime")
        clock.get_by_role("button", name=name).click()
        expect(clock.locator("time")).not_to_have_attribute("datetime", before or "")
        expect(clock.get_by_role("button", name=name)).to_be_enabled()
    ask(page, "打印机坏了")
    ask(page, "审核要多久")
    expect(page.locator("details[open]")).to_contain_text("审核要多久")
    older = page.get_by_role("region", name="小引是怎么判断的").locator("details").filter(has_text="打印机坏了").first
    older.locator("summary").click()
    expect(older).to_have_attribute("open", "")
    page.get_by_role("button", name="+1 小时").click()
    page.wait_for_timeout(800)
    expect(older).to_have_attribute("open", "")


def test_a_lost_demo_is_told(chromium: Browser, address: str) -> None:
    context = chromium.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_role("alert")).to_be_hidden()
    page.wait_for_timeout(500)
    page.evaluate("document.querySelector('#events').dispatchEvent(new CustomEvent('htmx:sse:error', {bubbles: true}))")
    expect(page.get_by_role("alert")).to_be_visible()
    context.close()
