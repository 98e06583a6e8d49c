"""A lesson in the playground: a bad one is blocked, a good one is live at once for everybody, and taken back all is as before; so is an answer for newcomers."""

from __future__ import annotations

import re

import pytest
from chromium import PATH, START_S
from playwright.sync_api import Locator, Page, expect
from test_playground import answers, ask, be, log, private, say
from test_reminders import step

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not PATH, reason="no chromium: apt-get install chromium"), pytest.mark.timeout(4 * START_S)]
CODE = re.compile(r"上线 ([0-9A-Z]{5,6})")
BAD, GOOD = "邀请链接过期了怎么办", "那个审核的队伍排到猴年马月去了"
ODD = "量子引力波探测器咋校准"
PICTURE = "每周三统一审。\n\n![日历](https://example.com/c.png)\n\n下一步：回复「查进度」。"


def heard(page: Page, text: str, more: int) -> Locator:
    """Says it and waits for so many messages of the bot: a trial takes a while."""
    before = answers(page).count()
    say(page, text)
    expect(answers(page)).to_have_count(before + more, timeout=1000 * START_S)
    return answers(page).last


def listed(page: Page, text: str) -> str:
    """What teaches the question of the list of those that nobody could answer: its number there."""
    lines = [line for line in ask(page, "未命中问题").inner_text().splitlines() if "，像「" in line]
    return f"教我 {1 + next(number for number, line in enumerate(lines) if text in line)}"


def test_a_lesson_is_blocked_published_and_taken_back(page: Page) -> None:
    be(page, "王敏")
    private(page)
    former = ask(page, GOOD).inner_text()
    heard(page, "修改问答 review.duration", 2)
    ask(page, "加问法")
    expect(heard(page, BAD, 2)).to_contain_text("先拦下了")
    heard(page, "修改问答 review.duration", 2)
    ask(page, "加问法")
    found = CODE.search(heard(page, GOOD, 2).inner_text())
    assert found is not None
    expect(heard(page, f"上线 {found[1]}", 1)).to_contain_text("上线了")
    assert "内有结果" not in former
    expect(ask(page, GOOD)).to_contain_text("内有结果")
    expect(heard(page, f"撤下 {found[1]}", 1)).to_contain_text("一模一样")
    assert re.sub(r"\d+:\d+", "", ask(page, GOOD).inner_text()) == re.sub(r"\d+:\d+", "", former)


def test_an_answer_for_newcomers_with_a_picture_is_theirs_alone(page: Page) -> None:
    be(page, "王敏")
    private(page)
    ask(page, "审核要多久")
    found = CODE.search(heard(page, f"新人的答案是：{PICTURE.splitlines()[0]} {PICTURE.splitlines()[2]}", 2).inner_text())
    assert found is not None
    expect(heard(page, f"上线 {found[1]}", 1)).to_contain_text("只给新人")
    expect(ask(page, "审核要多久")).to_contain_text("每周三统一审。 日历")
    be(page, "李小雨")
    page.get_by_role("navigation", name="会话列表").get_by_role("link").first.click()
    expect(log(page)).not_to_contain_text("和小引的单聊")
    told = ask(page, "审核要多久")
    expect(told).not_to_contain_text("每周三")
    private(page)
    expect(log(page)).to_contain_text("每周三统一审")


def test_what_nobody_could_answer_is_taught_where_it_was_missed(page: Page) -> None:
    """Asked by a colleague, seen by the admin, a bad answer blocked, a good one live, answered, in the history, on the trail, taken back."""
    be(page, "张三")
    private(page)
    expect(ask(page, ODD)).to_contain_text("我还不会")
    be(page, "王敏")
    private(page)
    step(page, "+1 小时")  # whoever says a lot within a minute is asked to wait
    ask(page, listed(page, ODD))
    expect(heard(page, "新增问答", 1)).to_contain_text("教我")
    ask(page, "请问审核大概要多久才有结果啊")
    expect(heard(page, "看心情", 2)).to_contain_text("现在答的是")
    ask(page, listed(page, ODD))
    before = answers(page).count()
    log(page).get_by_role("button", name="新增一条").last.click()
    expect(answers(page)).to_have_count(before + 1)
    told = heard(page, "质检室的人来校准。下一步：打 8800。", 2)
    found = CODE.search(told.inner_text())
    assert found is not None
    expect(heard(page, f"上线 {found[1]}", 1)).to_contain_text("上线了")
    be(page, "张三")
    private(page)
    expect(ask(page, ODD)).to_contain_text("打 8800")
    be(page, "王敏")
    private(page)
    expect(ask(page, "未命中问题")).not_to_contain_text(ODD)
    expect(ask(page, "教过的问答")).to_contain_text(found[1])
    expect(ask(page, "审计记录")).to_contain_text("王敏 · 上线教学")
    expect(heard(page, f"撤下 {found[1]}", 1)).to_contain_text("一模一样")
    be(page, "张三")
    private(page)
    expect(ask(page, ODD)).to_contain_text("我还不会")
