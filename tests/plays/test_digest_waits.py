"""A digest that could not be sent at once names nothing that was decided meanwhile."""

from __future__ import annotations

from datetime import datetime

from playing import CODE, Paper, Stage

from bot.ports import ChannelTransient, Outbound, Receipt

PAGE = "https://aflow.dingtalk.com/x?procInstId=inst-1"


class Busy(Paper):
    """A platform that takes nothing for somebody while it is busy."""

    busy = ""

    async def deliver(self, outbound: Outbound) -> Receipt:
        if outbound.person == self.busy:
            raise ChannelTransient("busy", after=600.0)
        return await super().deliver(outbound)


async def asked_for(stage: Stage, who: str, what: str) -> str:
    """Files a request; its code."""
    for text in ("申请查看权限", what):
        await stage.say(who, text, group=False)
    return str(CODE.findall((await stage.press(who, "提交申请", group=False))[0].text)[0])


async def waiting(stage: Stage) -> tuple[Busy, list[str]]:
    """王敏's digest of three items is on its way and could not be sent."""
    paper = stage.outbox.sending.channels["paper"] = stage.paper = Busy()  # type: ignore[index] # the stage's own dict
    codes = [await asked_for(stage, who, "看报表") for who in ("张三", "李四")]
    told = {"process": "PROC-BX", "number": "2026", "title": "张三提交的报销", "created": 1772499600000}
    await stage.happen({"kind": "bpms_task_change", "subject": "inst-1", "values": {**told, "type": "start", "person": "王敏", "task": "11"}})
    await stage.happen({"kind": "bpms_instance_change", "subject": "inst-1", "values": {**told, "type": "start", "person": "张三", "url": PAGE}})
    stage.clock.at = datetime.fromisoformat("2026-03-04T10:00+08:00")
    paper.busy = "王敏"
    assert await stage.remind("王敏") == []
    return paper, codes


async def sent_at_last(stage: Stage, paper: Busy) -> list[Outbound]:
    """What 王敏 gets when the platform takes it."""
    paper.busy = ""
    before = len(paper.sent)
    stage.clock.at = datetime.fromisoformat("2026-03-04T10:30+08:00")
    while await stage.outbox.sweep():
        await stage.outbox.idle()
    return [one for one in paper.sent[before:] if one.person == "王敏"]


async def test_what_still_waits_is_told_and_the_rest_left_out(stage: Stage) -> None:
    paper, codes = await waiting(stage)
    await stage.say("李四", f"撤回 {codes[1]}", group=False)
    (digest,) = [one for one in await sent_at_last(stage, paper) if one.lines]
    assert "有 2 项在等你" in digest.text
    assert "张三：账务查询员" in digest.text
    assert f"（[去钉钉批]({PAGE})）" in digest.text, "our own link is one still"
    assert "李四" not in digest.text


async def test_when_all_is_decided_nothing_is_sent(stage: Stage) -> None:
    paper, codes = await waiting(stage)
    for who, code in zip(("张三", "李四"), codes, strict=True):
        await stage.say(who, f"撤回 {code}", group=False)
    await stage.happen(
        {"kind": "bpms_task_change", "subject": "inst-1", "values": {"type": "finish", "process": "PROC-BX", "person": "王敏", "task": "11", "result": "agree"}}
    )
    assert not [one for one in await sent_at_last(stage, paper) if one.lines]


async def test_when_nothing_is_decided_it_is_sent_as_it_was(stage: Stage) -> None:
    paper, _ = await waiting(stage)
    (digest,) = [one for one in await sent_at_last(stage, paper) if one.lines]
    assert "有 3 项在等你" in digest.text
