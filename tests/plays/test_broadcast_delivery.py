"""A broadcast tells who got it by what the outbox knows, not by what was handed over; a planned one outlives a restart and waits for working hours."""

from __future__ import annotations

import random
from datetime import datetime
from itertools import count
from pathlib import Path

from playing import CODE, Paper, Stage, Told

from bot.ports import ChannelRefused, ChannelTransient, Outbound, Receipt
from bot.words.loading import Words

NAMES = ("张三", "李四", "陈经理", "周总")


class Fussy(Paper):
    """A platform that does not know one colleague and is slow for another."""

    refuses, stumbles, silent = "李四", "", ""

    async def deliver(self, outbound: Outbound) -> Receipt:
        if outbound.person == self.refuses:
            raise ChannelRefused("no such person", code="staffId.notExisted")
        if outbound.person in (self.stumbles, self.silent):
            raise ChannelTransient("busy", unknown=outbound.person == self.silent, after=0.01 if outbound.person == self.silent else 3600.0)
        return await super().deliver(outbound)


async def joined(stage: Stage) -> None:
    stage.outbox.sending.channels["paper"] = stage.paper = Fussy()  # type: ignore[index] # the stage's own dict
    for number, name in enumerate(NAMES):
        values = {"person": f"paper:{name}", "name": name, "mobile": f"1380013800{number}", "department": "财务部", "roles": "yonyou/reviewer"}
        await stage.happen({"kind": "person", "source": "api", "subject": name, "values": values})


def code_in(told: list[Told]) -> str:
    return str(CODE.findall(told[-1].text)[0])


async def planned(stage: Stage, text: str) -> str:
    asked = await stage.say("王敏", text, group=False)
    return code_in(await stage.say("王敏", f"确认 {code_in(asked)}", group=False))


async def at(stage: Stage, moment: str) -> list[Told]:
    stage.clock.at = datetime.fromisoformat(moment)
    return await stage.tick()


async def test_the_report_counts_what_was_delivered_refused_and_is_still_on_its_way(stage: Stage) -> None:
    await joined(stage)
    assert isinstance(stage.paper, Fussy)
    await planned(stage, "今天10点通知全体成员：系统升级")
    stage.paper.stumbles = "陈经理"
    told = await at(stage, "2026-03-03T10:00+08:00")
    assert sorted(one.who for one in told if one.reply == "adm/broadcast") == ["周总", "张三"]
    early = await stage.say("王敏", "送达情况", group=False)
    assert "送达 2 人，没送到 1 人（李四），1 人还在路上" in early[-1].text
    assert [one for one in await at(stage, "2026-03-03T10:05+08:00") if one.who == "王敏"] == [], "it is waited for what is under way"
    done = [one for one in await at(stage, "2026-03-03T10:11+08:00") if one.who == "王敏"]
    assert [one.reply for one in done] == ["adm/broadcast_done"]
    assert "一共 4 人：送达 2 人，没送到 1 人（李四），1 人还在路上。" in done[0].text
    stage.paper.stumbles = ""
    stage.clock.at = datetime.fromisoformat("2026-03-03T12:00+08:00")
    await stage.outbox.sweep()
    await stage.outbox.idle()
    later = await stage.say("王敏", "送达情况", group=False)
    assert "送达 3 人，没送到 1 人（李四）" in later[-1].text, "what arrives later is counted when it is asked"
    assert "在路上" not in later[-1].text


async def test_a_planned_one_outlives_a_restart_and_never_goes_at_night(words: Words, tmp_path: Path) -> None:
    async with Stage(words, tmp_path) as stage:
        await joined(stage)
        code = await planned(stage, "今天17点通知全体成员：系统升级")
    async with Stage(words, tmp_path) as again:
        dice, again._numbers = random.Random(4), count(1_000)
        again.loop.seed = lambda: f"{dice.getrandbits(128):032x}"
        assert not [one for one in await at(again, "2026-03-03T16:59+08:00") if one.reply == "adm/broadcast"]
        assert not [one for one in await at(again, "2026-03-03T22:00+08:00") if one.reply == "adm/broadcast"], (
            "it stood still when its time came, and it is night"
        )
        assert code in (await again.say("王敏", "送达情况", group=False))[-1].text
        told = await at(again, "2026-03-04T09:00+08:00")
        assert sorted(one.who for one in told if one.reply == "adm/broadcast") == sorted(NAMES)
        assert not [one for one in await at(again, "2026-03-04T09:00:10+08:00") if one.reply == "adm/broadcast"]
