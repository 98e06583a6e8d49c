"""Photos and files that people send, from DingTalk's stand-in to the shelf, with the clock."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from playing import Stage, Told

from bot.core.facts import Ask
from bot.core.links import Links
from bot.core.model import Application, Evidence, Organisation, Request, Sender
from bot.core.turn import Press
from bot.words.loading import Words, bundled, load

ZHANG = "paper:张三"
INVITE = {"kind": "invite", "source": "import", "subject": "I1", "values": {"person": ZHANG, "name": "张三", "mobile": "13800138000", "state": "sent"}}


@pytest.fixture(scope="module")
def words() -> Words:
    return load([bundled()])


@pytest.fixture
async def stage(words: Words, tmp_path: Path) -> AsyncIterator[Stage]:
    """A house whose form wants a photo of the badge."""
    async with Stage(words, tmp_path, Organisation(required_fields=("姓名", "手机号", "工牌照片"), optional_fields=("附件",))) as made:
        await made.happen(INVITE)
        yield made


async def found(stage: Stage, kind: type) -> list:
    return list((await stage.store.answer((Ask(kind, person=ZHANG),))).items)


def kept(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "files").rglob("*") if path.is_file())


async def photo(stage: Stage, sends: str = "png") -> list[str]:
    return [one.reply for one in await stage.say("张三", "", group=False, kind="picture", sends=sends)]


async def test_a_field_of_the_settings_is_a_photo(stage: Stage, tmp_path: Path) -> None:
    told = await stage.say("张三", "填申请", group=False)
    assert "工牌照片" in told[0].text
    assert await photo(stage) == ["joining/received", "joining/ask"]
    (application,) = await found(stage, Application)
    (one,) = await found(stage, Evidence)
    assert application.files == (("工牌照片", one.sha256),)
    assert application.field("工牌照片") == one.label
    assert (one.state, one.of, one.until - one.made) == ("kept", f"application:{application.id}", timedelta(days=180))
    assert await stage.post.shelf.open(one.sha256, one.id)
    told = await stage.say("张三", "跳过", group=False)
    assert told[0].reply == "joining/review_own"
    assert one.label in told[0].text


async def test_a_better_photo_replaces_the_one_of_a_draft(stage: Stage, tmp_path: Path) -> None:
    await stage.say("张三", "填申请", group=False)
    await photo(stage)
    (before,) = kept(tmp_path)
    await stage.say("张三", "跳过", group=False)
    assert await photo(stage, "other png") == ["joining/received", "joining/review_own"]
    (after,) = kept(tmp_path)
    assert after.name[:64] != before.name[:64]


async def test_a_photo_is_deleted_when_its_time_is_over(stage: Stage, tmp_path: Path) -> None:
    await stage.say("张三", "填申请", group=False)
    await photo(stage)
    assert len(kept(tmp_path)) == 1
    stage.clock.at += timedelta(days=179)
    await stage.tick()
    assert len(kept(tmp_path)) == 1
    stage.clock.at += timedelta(days=2)
    await stage.tick()
    assert kept(tmp_path) == []
    assert [one.state for one in await found(stage, Evidence)] == ["gone"]


async def test_a_form_that_is_thrown_away_or_lapses_takes_its_photos_along(stage: Stage, tmp_path: Path) -> None:
    await stage.say("张三", "填申请", group=False)
    await photo(stage)
    assert len(kept(tmp_path)) == 1
    await stage.press("张三", "不填了", group=False)
    for _ in range(3):
        await stage.loop.idle()
        await stage.outbox.idle()
    assert kept(tmp_path) == []
    await stage.say("张三", "填申请", group=False)
    await photo(stage)
    assert len(kept(tmp_path)) == 1
    for days in (1, 1, 7, 1):
        stage.clock.at += timedelta(days=days)
        await stage.tick()
    assert [one.state for one in await found(stage, Application)] == ["withdrawn", "withdrawn"]
    assert kept(tmp_path) == []


async def test_what_is_refused_is_not_kept(stage: Stage, tmp_path: Path) -> None:
    await stage.say("张三", "填申请", group=False)
    for sends in ("program", "huge", "lost"):
        assert await photo(stage, sends) == ["joining/received", "joining/file_refused"]
    assert kept(tmp_path) == []
    assert {one.why for one in await found(stage, Evidence)} == {"type", "size", "gone"}


def link_in(text: str) -> str:
    return re.findall(r"https://\S+/j/\S+", text)[0]


async def invited(stage: Stage) -> Told:
    """What the administrator is told at once."""
    return next(one for one in await stage.say("王敏", "邀请 李四 13900139000", group=False) if one.reply == "adm/send_invite")


async def verdict(stage: Stage, who: str, link: str) -> str:
    told = await stage.say(who, "", group=False, kind="picture", sends=f"qr {link}")
    assert [one.reply for one in told] == ["joining/received", "joining/link"]
    return told[1].text


async def test_the_code_of_our_own_link_is_told_from_a_changed_and_an_old_one(stage: Stage) -> None:
    told = await invited(stage)
    link = link_in(told.text)
    other = link[:-1] + ("b" if link[-1] != "b" else "c")
    assert "不是我们发的" in await verdict(stage, "李四", other)
    assert "不是开给你的" in await verdict(stage, "张三", link)
    assert "就是给你的" in await verdict(stage, "李四", link)
    stage.clock.at += timedelta(days=1)
    again = await invited(stage)
    assert "又给 李四" in again.text
    assert "已经不能用了" in await verdict(stage, "李四", link)
    stage.clock.at += timedelta(days=8)
    assert "已经不能用了" in await verdict(stage, "李四", link)


async def test_without_a_public_address_no_link_is_given(words: Words, tmp_path: Path) -> None:
    async with Stage(words, tmp_path) as stage:
        stage.wording._links = Links("", b"k" * 32)
        stage.wording._policies.clear()
        told = await invited(stage)
        assert "://" not in told.text
        assert "没设公网地址" in told.text


async def proved(stage: Stage, sends: str = "png") -> list[Told]:
    """Asks for a role that wants evidence, up to where the evidence was sent."""
    for words in ("我要申请审计只读权限", "30 天", "内审要查账"):
        told = await stage.say("张三", words, group=False)
    assert "依据" in told[-1].text
    return await stage.say("张三", "", group=False, kind="picture", sends=sends)


async def test_a_permission_request_with_a_photo_is_looked_at_by_who_decides_alone(stage: Stage, tmp_path: Path) -> None:
    told = await proved(stage, "program")
    assert [one.reply for one in told] == ["joining/received", "joining/file_refused"]
    assert "收不了" in told[1].text
    told = await stage.say("张三", "", group=False, kind="picture", sends="png")
    assert [one.reply for one in told] == ["joining/received", "access/proof"]
    assert [one.reply for one in await stage.press("张三", "继续", group=False)] == ["access/confirm"]
    told = await stage.press("张三", "提交申请", group=False)
    (request,) = await found(stage, Request)
    one = next(one for one in await found(stage, Evidence) if one.state == "kept")
    assert (request.files, one.of) == (((one.label, one.sha256),), f"request:{request.id}")
    decider = next(one.who for one in told if one.reply == "access/review")
    assert one.label in next(card.text for card in told if card.reply == "access/review")
    button = next(button for sent in stage.paper.sent for button in sent.buttons if button.label.startswith("看材料"))
    (seen,) = await stage.press(decider, button.label, group=False)
    assert (seen.who, seen.reply) == (decider, "joining/files")
    token = re.findall(r"/f/([^)\s]+)", seen.text)[0]
    links = stage.wording._links
    assert links.file(token, stage.clock.now()) == one.id
    assert links.file(token, stage.clock.now() + timedelta(minutes=11)) == ""
    for stranger in ("李四", "张三"):
        press = Press("paper", "robot", f"s-{stranger}", f"chat-{stranger}", True, Sender(stranger, "", stranger), button.action, stage.clock.now())
        told = await stage.hear(press)
        assert [told_.reply for told_ in told] == ["joining/not_yours"]
        assert "/f/" not in told[0].text
    assert len(kept(tmp_path)) == 1
    await stage.say("张三", f"撤回 {request.code}", group=False)
    for _ in range(3):
        await stage.loop.idle()
        await stage.outbox.idle()
    assert [one.state for one in await found(stage, Request)] == ["withdrawn"]
    assert kept(tmp_path) == []


async def test_evidence_of_a_request_that_is_not_filed_goes_in_a_day(stage: Stage, tmp_path: Path) -> None:
    await proved(stage)
    assert len(kept(tmp_path)) == 1
    stage.clock.at += timedelta(days=1, minutes=1)
    await stage.tick()
    assert kept(tmp_path) == []
    assert [one.reply for one in await stage.press("张三", "继续", group=False)] == ["access/ask"]


async def test_words_are_evidence_still(stage: Stage) -> None:
    for words in ("我要申请审计只读权限", "30 天", "内审要查账"):
        await stage.say("张三", words, group=False)
    told = await stage.say("张三", "任命通知 8 号", group=False)
    assert told[0].reply == "access/confirm"
    assert "任命通知 8 号" in told[0].text
    await stage.press("张三", "提交申请", group=False)
    (request,) = await found(stage, Request)
    assert request.files == (("任命通知 8 号", ""),)
    assert not any(button.label.startswith("看材料") for sent in stage.paper.sent for button in sent.buttons)
