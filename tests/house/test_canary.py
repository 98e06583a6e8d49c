"""One record with a name and a number that nobody else has: no group, log, metric, error, audit line or journal of another person ever carries them."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from itertools import count
from pathlib import Path

import pytest

from bot.core.model import Sender
from bot.core.turn import Message
from bot.words.loading import Words, bundled, load

sys.path.append(str(Path(__file__).parents[1] / "plays"))
from playing import CODE, Stage

NAME, MOBILE, ACCOUNT = "闫珞珈", "13987650001", "c77"
ADMIN, OTHER = "王敏", "李四"
NUMBERS = count(1)
SAID = [
    (ADMIN, f"邀请 {NAME} {MOBILE}", True),
    (ADMIN, f"邀请 {NAME} {MOBILE}", False),
    (ACCOUNT, "我被邀请了没", True),
    (ACCOUNT, "{code}", False),
    (ACCOUNT, "填申请", True),
    (ACCOUNT, "部门 财务部 工号 A1001", False),
    (ACCOUNT, "查进度", True),
    (ACCOUNT, "审核要多久", True),
    (OTHER, f"{NAME} 的手机是 {MOBILE} 吗", True),
    (OTHER, f"查 {NAME}", True),
    (ADMIN, f"查 {NAME}", True),
    (ADMIN, f"查成员 {MOBILE}", False),
    (ACCOUNT, f"我叫{NAME}，电话 {MOBILE}，更新我的信息", True),
    (ACCOUNT, f"上报安全问题：有人冒用{NAME}的手机 {MOBILE} 登录", True),
    (ACCOUNT, f"https://evil.example/{MOBILE}", True),
]


async def say(stage: Stage, who: str, text: str, *, group: bool) -> None:
    nick = NAME if who == ACCOUNT else who
    place = "room" if group else f"chat-{who}"
    stimulus = Message("paper", "robot", f"c{next(NUMBERS)}", place, not group, Sender(who, "", nick), text, stage.clock.now())
    assert await stage.loop.hear(stimulus)
    for _ in range(3):
        await stage.loop.idle()
        await stage.outbox.idle()


def carries(text: object) -> bool:
    return any(canary in str(text) for canary in (NAME, MOBILE, MOBILE[3:]))


@pytest.fixture(scope="module")
def words() -> Words:
    return load([bundled()])


async def test_the_canary_is_told_to_nobody_else(words: Words, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    caplog.set_level("DEBUG")
    async with Stage(words, tmp_path) as stage:
        for who, text, group in SAID:
            codes = [code for one in stage.paper.sent if one.person == ADMIN for code in CODE.findall(one.text)]
            await say(stage, who, text.replace("{code}", codes[-1] if codes else ""), group=group)
        await stage.happen({"kind": "person", "subject": ACCOUNT, "values": {"name": NAME, "mobile": MOBILE}})
        await stage.happen({"kind": "user_leave_org", "subject": ACCOUNT})
        to_subject = [one for one in stage.paper.sent if one.person == ACCOUNT]
        assert any(NAME in one.text for one in to_subject)
        for one in stage.paper.sent:
            if one.person not in {ACCOUNT, ADMIN}:
                assert not carries(asdict(one)), one.text
        rows = await stage.store.journal("", 500)
        assert not [row for row in rows if row.person != f"paper:{ACCOUNT}" and carries(json.dumps(asdict(row), default=str, ensure_ascii=False))]
        assert not carries(stage.loop.figures)
        assert not carries(await stage.store.counts())
        assert not carries(words.templates.sources)
    logged = capsys.readouterr()
    assert not carries(logged.out)
    assert not carries(logged.err)
    assert not carries(caplog.text)
