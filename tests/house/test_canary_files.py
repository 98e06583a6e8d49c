"""Names and contents of what people send reach no group, no colleague, no log, no journal, and lie open nowhere on the disk."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from bot.core.model import Organisation
from bot.words.loading import bundled, load

sys.path.append(str(Path(__file__).parents[1] / "plays"))
import sending
from playing import CODE, Stage

CANARY = "闫珞珈13987650001"
PHOTO = b"\x89PNG\r\n\x1a\n" + CANARY.encode() * 9
INVITE = {"kind": "invite", "source": "import", "subject": "I1", "values": {"person": "paper:张三", "name": "张三", "mobile": "13800138000", "state": "sent"}}


def carries(text: object) -> bool:
    return CANARY in str(text) or CANARY[3:] in str(text)


async def test_what_is_sent_is_told_to_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setitem(sending.FILES, "canary", PHOTO)
    async with Stage(load([bundled()]), tmp_path, Organisation(required_fields=("姓名", "手机号", "照片"))) as stage:
        stage.called = f"{CANARY}.png"
        await stage.happen(INVITE)
        await stage.say("张三", "填申请", group=False)
        await stage.say("张三", "", group=False, kind="file", sends="canary")
        await stage.say("张三", "跳过", group=False)
        await stage.say("张三", "", group=False, kind="file", sends="program")
        (told,) = [one for one in await stage.press("张三", "提交", group=False) if one.who == "王敏"]
        assert "PNG 1 KB" in told.text
        await stage.say("王敏", f"看材料 {CODE.findall(told.text)[0]}", group=False)
        for sends in ("canary", f"qr https://evil.example/{CANARY[3:]}", f"qr {CANARY}", "lost", "wall"):
            for group in (True, False):
                await stage.say("李四", "", group=group, kind="picture", sends=sends)
        await stage.press("李四", "马上举报", group=False)
        assert len(stage.paper.sent) > 20
        for one in stage.paper.sent:
            assert not carries(json.dumps(asdict(one), default=str, ensure_ascii=False)), one.text
        assert not [row for row in await stage.store.journal("", 500) if carries(json.dumps(asdict(row), default=str, ensure_ascii=False))]
        lying = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
        assert len(lying) == 1
        assert not [path for path in lying if CANARY.encode() in path.read_bytes() or carries(path.name)]
    logged = capsys.readouterr()
    assert not carries(logged.out + logged.err + caplog.text)
