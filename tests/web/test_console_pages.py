"""Every page of the console renders in both languages, looks are noted, and buttons go through the one flow."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from console_samples import Admin, admin_of

from bot.core.model import Application
from bot.core.turn import Event, Put
from bot.ports import Commit, Journal
from bot.web.console.pages import VIEWS

ROWS = b"account,name,mobile\nemp7,Li Lei,13800138000\n"


@pytest.fixture
async def admin(tmp_path: Path) -> AsyncIterator[Admin]:
    async with admin_of(tmp_path) as made:
        await made.enter()
        yield made


async def joined(admin: Admin) -> None:
    """Li Lei is a member."""
    batch = await admin.pages._importing.look((await admin.pages.entrance.visitor(cookies(admin))), "person", "people.csv", ROWS)  # type: ignore[arg-type]
    for event in batch.roster.events(admin.clock.now()):
        await admin.loop.outcome(event)


def cookies(admin: Admin) -> dict[str, str]:
    return {str(one.key): one.value for one in admin.client.session.cookie_jar}


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_page_renders(admin: Admin, language: str) -> None:
    await joined(admin)
    for path in VIEWS:
        if path not in {"/item", "/person", "/answer"}:
            status, text = await admin.get(f"{path}?lang={language}")
            assert (path, status) == (path, 200)
            assert text.strip() or path == "/match"
    for path in (
        "/items?kind=member",
        "/items?kind=member&state=synced",
        "/people?q=Li%20Lei",
        "/people?q=13800138000",
        "/answers?q=a",
        "/answer?id=invite.not_received&text=x",
        "/answer?id=act.nudge",
        "/match?text=why",
        "/audit?about=dingtalk:adm1&before=99",
    ):
        assert (path, (await admin.get(path))[0]) == (path, 200)
    assert "Li Lei" in (await admin.get("/people?q=13800138000"))[1]


@pytest.mark.parametrize(
    "path",
    [
        "/item",
        "/item?kind=king&id=1",
        "/item?kind=member&id=nobody",
        "/person",
        "/person?id=nobody",
        "/items?kind=king",
        "/nowhere",
        "/answer",
        "/answer?id=no.such",
        "/answer?id=elsewhere.it",
    ],
)
async def test_what_is_not_there_is_told_so(admin: Admin, path: str) -> None:
    status, text = await admin.get(path)
    assert (status, "没有这个页面" in text) == (404, True)


async def test_a_look_is_noted_before_it_is_shown(admin: Admin) -> None:
    await joined(admin)
    status, text = await admin.get("/person?id=dingtalk:emp7")
    assert (status, "Li Lei" in text) == (200, True)
    assert [one in text for one in ("名下的", "<dd>已同步</dd>", "built-in", "person:dingtalk:emp7<", "<dt>ticked</dt>")] == [True, True, False, False, False]
    assert (await admin.get("/item?kind=member&id=dingtalk:emp7"))[0] == 200
    looked = [entry.subject for entry in await admin.store.audit_lines("", 9) if entry.act == "console.looked"]
    assert looked == ["member:dingtalk:emp7", "person:dingtalk:emp7"]


async def test_an_utterance_is_tried(admin: Admin) -> None:
    _, text = await admin.get("/match?text=没收到邀请怎么办")
    assert "直接回答" in text
    assert "100 %" in text


async def test_a_press_goes_through_the_flow_and_only_what_pages_offer(admin: Admin) -> None:
    status, text = await admin.post("/do", {"token": admin.token, "do": "adm.unanswered"})
    assert (status, "小引的回复" in text) == (200, True)
    for form in ({"do": "adm.unanswered"}, {"token": admin.token, "do": "shell.rights"}, {"token": admin.token}):
        assert (await admin.post("/do", form))[0] == 403


async def test_an_answer_is_changed_from_its_page(admin: Admin) -> None:
    _, page = await admin.get("/answer?id=review.duration")
    assert 'name="slot.intent" value="review.duration"' in page
    status, text = await admin.post(
        "/do", {"token": admin.token, "do": "adm.faq_edit", "slot.intent": "review.duration", "slot.step": "answer", "slot.text": "<b>当天</b>"}
    )
    assert (status, "小引的回复" in text) == (200, True)
    _, page = await admin.get("/answer?id=review.duration")
    assert "试跑中" in page
    assert "&lt;b&gt;当天&lt;/b&gt;" in page
    assert "<b>当天</b>" not in page


async def test_an_answer_for_some_and_a_variable_from_a_page(admin: Admin) -> None:
    form = {"token": admin.token, "do": "adm.faq_edit", "slot.intent": "review.duration", "slot.step": "answer", "slot.text": "打 {{客服电话}}"}
    status, text = await admin.post("/do", {**form, "slot.whom": "火星人"})
    assert (status, "没认出是给谁的" in text) == (200, True)
    await admin.post("/do", {**form, "slot.whom": "这个群", "slot.room": "cid9"})
    await admin.post("/do", {**form, "slot.whom": "新人"})
    _, page = await admin.get("/answer?id=review.duration")
    assert ("一个群 cid9" in page, "新人" in page) == (True, True)
    status, text = await admin.post("/do", {"token": admin.token, "do": "shell.values", "slot.name": "support_hotline", "slot.text": "<i>400</i>"})
    assert (status, "＜i＞400" in text) == (200, True)
    _, page = await admin.get("/policies")
    assert 'value="&lt;i&gt;400&lt;/i&gt;"' in page


async def test_rules_are_tried_on_the_last_weeks_and_set_after_a_confirmation(admin: Admin) -> None:
    """One application has waited for a week; fewer reminders of it are wanted. What is out of range is said, and nothing is set before it is confirmed."""
    made = admin.clock.at - timedelta(days=7)
    waiting = Application("a1", "K7Q2M", "dingtalk:emp7", "submitted", (("name", "Li Lei"),), made, made, holder="dingtalk:adm1")
    await put(admin, waiting)
    _, page = await admin.get("/policies?per_day=99")
    assert "要在" in page
    assert "shell.confirm" not in page
    _, page = await admin.get("/policies?gaps=5&first=2&per_day=3")
    assert "有 1 件可以拿来算" in page
    before, after = (int(number) for number in re.search(r'一共</th><td class="number">(\d+)</td><td class="number">(\d+)', page).groups())  # type: ignore[union-attr]
    assert 0 < after < before
    given = dict(re.findall(r'name="(slot\.nudging\.\w+)" value="([^"]*)"', page))
    assert given == {"slot.nudging.gaps": "5", "slot.nudging.first": "120", "slot.nudging.per_day": "3"}
    policy = admin.pages._inside.policy
    assert policy("zh").nudging.per_day != 3
    _, text = await admin.post("/do", {"token": admin.token, "do": "adm.nudge_policy", **given})
    (code,) = set(re.findall(r'name="slot\.code" value="(\w+)"', text))
    await admin.post("/do", {"token": admin.token, "do": "shell.confirm", "slot.code": code})
    assert (policy("zh").nudging.per_day, policy("zh").nudging.default.first, policy("zh").nudging.default.gaps) == (3, 120, (5,))


async def put(admin: Admin, item: Application) -> None:
    """Commits it as a turn does."""
    stimulus = Event("test", "put", item.id, "", {}, admin.clock.at)
    assert await admin.store.hear(stimulus)
    journal = Journal("j1", "event", "", "", "", "", 0.0, "noted", "{}", admin.clock.at)
    await admin.store.commit(Commit(stimulus, (Put(item),), (), (), journal))


async def test_everything_needs_a_session(tmp_path: Path) -> None:
    async with admin_of(tmp_path) as stranger:
        for path in (*VIEWS, "/import", "/import/x"):
            assert (path, (await stranger.get(path))[0]) == (path, 401)
        for path in ("/do", "/leave", "/import", "/import/take"):
            assert (path, (await stranger.post(path, {}))[0]) == (path, 401)


async def test_what_could_be_confused_is_counted_once_for_the_words_that_are_in_use(admin: Admin) -> None:
    status, waiting = await admin.get("/conflicts?lang=en")
    assert (status, "/admin/conflicts?now=1" in waiting) == (200, True), "the page comes at once and asks for the rest"
    status, counted = await admin.get("/conflicts?now=1&lang=en")
    assert (status, "None are easily confused" in counted) == (200, True), "the shipped words are apart"
    assert (await admin.get("/conflicts?lang=en"))[1].count("None are easily confused") == 1, "and it is kept"
