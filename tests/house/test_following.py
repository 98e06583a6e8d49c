"""Approvals that people have in DingTalk, in the whole house over the stand-in: events that come, are lost or come twice; the nightly look; its calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.config import Settings
from bot.core.facts import Ask
from bot.core.model import Followed, Step, Sweep
from bot.engine.clock import SteppedClock
from bot.fake_dingtalk import FakeDingTalk, Manners, Member, Template, World
from bot.wiring.house import House, build, close_house, counted, open_house
from bot.wiring.parts import dingtalk
from bot.wiring.serving import counters, step_to

PEOPLE = (Member("zhang", "张三"), Member("li", "李经理"), Member("wang", "王总"), Member("admin", "赵管理员", admin=1))
FORMS = (Template("PROC-BX", (), ("li",), "{name}提交的报销"), Template("PROC-FK", (), ("li", "wang"), "{name}提交的付款"), Template("PROC-QJ", (), ("li",)))


class Following:
    """A house that follows two forms, and the DingTalk in which people file."""

    def __init__(self, fake: FakeDingTalk, house: House, clock: SteppedClock) -> None:
        self.fake, self.house, self.clock = fake, house, clock

    async def all(self, kind: type[Any], **what: Any) -> list[Any]:
        return list((await self.house.store.answer([Ask(kind, most=500, **what)])).items)

    async def settled(self) -> None:
        """Everything that was pushed or asked has been done to its end."""
        for _ in range(4):
            await asyncio.sleep(0.02)
            await self.fake.state.bell.until(lambda: all(one.acked or one.withheld for one in self.fake.deliveries), 5)
            await self.house.loop.idle()
            await self.house.outbox.idle()

    async def until(self, found: Any, seconds: float = 8.0) -> None:
        """Waits for something that comes of calls which follow each other."""
        async with asyncio.timeout(seconds):
            while not await found():
                await self.settled()

    async def pass_(self, span: timedelta) -> None:
        """Time passes on both sides, and what falls due happens."""
        self.fake.skip(span.total_seconds())
        await step_to(self.house, self.clock, self.clock.now() + span)
        await self.settled()

    async def looked(self) -> None:
        """No nightly look has anything left to ask."""
        await self.settled()
        await self.until(self._still)

    async def _still(self) -> bool:
        """No look is due, under way or waiting for its lists: what they say is an answer that the inbox or the outbox still holds."""
        sweeps, counts = await self.all(Sweep), await self.house.store.counts()
        now, waits = self.clock.now(), counts["inbox_depth"] + counts["outbox_depth"]
        return not waits and all(one.reached is not None and not one.asking and not one.todo and (one.due is None or one.due > now) for one in sweeps)

    def told(self, user: str) -> str:
        return "\n".join(sent.shown for sent in self.fake.received if user in sent.users)

    def calls(self) -> dict[str, int]:
        return dict(self.house.outbox.sending.connectors["oa"].made)  # type: ignore[attr-defined] # the connector's own count


async def opened(fake: FakeDingTalk, folder: Path, *, more: dict[str, Any] | None = None, **oa: Any) -> Following:
    """The house on this stand-in."""
    told = {
        "mode": "stream", "app_key": fake.app.key, "app_secret": fake.app.secret, "corp_id": fake.app.corp_id, "api_base": fake.base_url,
        "oapi_base": fake.base_url, "connections": 1,
    }  # fmt: skip
    forms = {} if more else {"PROC-BX": "报销", "PROC-FK": "付款"}
    common: Any = {"dingtalk": told, "oa": {"processes": forms, **oa}, "people": {"admins": ("admin",)}, "console": {"enabled": False}}
    settings = Settings(data=folder, **common, **(more or {}))
    clock = SteppedClock()
    house = build(settings, clock, dingtalk(settings, clock), fake.app.robot_code)
    await open_house(house)
    await fake.stream.open(1, 5)
    return Following(fake, house, clock)


@pytest.fixture
async def fake() -> AsyncIterator[FakeDingTalk]:
    manners = Manners(ack_wait=2.0, event_retries=(0.1,), hold=0.2, drain=0.1)
    async with FakeDingTalk(world=World(PEOPLE, (), FORMS), manners=manners) as running:
        yield running


@pytest.fixture
async def there(fake: FakeDingTalk, tmp_path: Path) -> AsyncIterator[Following]:
    found = await opened(fake, tmp_path)
    await found.looked()
    yield found
    await close_house(found.house)


async def test_an_approval_is_followed_from_its_events_and_people_have_their_names(there: Following) -> None:
    filed = await there.fake.happening.file("zhang", "PROC-FK")
    await there.fake.happening.file("zhang", "PROC-QJ")
    await there.settled()
    (one,) = await there.all(Followed)
    assert (one.id, one.person, one.title, one.state) == (filed.id, "dingtalk:zhang", "张三提交的付款", "running")
    assert [step.holder for step in await there.all(Step, states=("open",))] == ["dingtalk:li"]
    await there.fake.say("zhang", "我的付款审批")
    await there.settled()
    assert "在李经理手里" in there.told("zhang"), "the address book was asked for the name of somebody who never spoke"
    assert f"procInstId={filed.id}" in there.told("zhang")
    await there.fake.happening.decide("li", filed.id, agree=True)
    await there.settled()
    assert [step.holder for step in await there.all(Step, states=("open",))] == ["dingtalk:wang"]
    await there.fake.say("wang", f"批准 {one.code}")
    await there.settled()
    assert "只能在钉钉里批" in there.told("wang")
    assert there.fake.approvals[filed.id].status == "RUNNING"
    await there.fake.happening.decide("wang", filed.id, agree=False)
    await there.settled()
    assert [(one.state, one.waiting) for one in await there.all(Followed)] == [("refused", ())]
    assert await there.all(Step, states=("open",)) == []


async def test_lost_events_are_found_the_next_night_within_few_calls(there: Following) -> None:
    seen = await there.fake.happening.file("zhang", "PROC-BX")
    await there.settled()
    there.fake.faults.add("lost")
    unseen = await there.fake.happening.file("zhang", "PROC-FK")
    gone = await there.fake.happening.file("zhang", "PROC-BX")
    await there.fake.happening.terminate(gone.id)
    await there.fake.happening.decide("li", seen.id, agree=True)
    await there.settled()
    there.fake.faults.clear()
    assert {one.id: one.state for one in await there.all(Followed)} == {seen.id: "running"}
    before = there.calls()
    await there.pass_(timedelta(days=1))
    await there.looked()
    states = {one.id: one.state for one in await there.all(Followed)}
    assert states == {seen.id: "agreed", unseen.id: "running", gone.id: "terminated"}
    assert [step.holder for step in await there.all(Step, states=("open",))] == ["dingtalk:li"]
    after = there.calls()
    assert (after["list"] - before["list"], after["get"] - before.get("get", 0)) == (4, 3), "two lists a form, one call for each that differs"
    await counted(there.house)
    assert {name: there.house.counts[name] for name in ("oa_open", "oa_repaired", "oa_night_failed", "oa_night_left")} == {
        "oa_open": 1, "oa_repaired": 3, "oa_night_failed": 0, "oa_night_left": 0,
    }  # fmt: skip
    assert counters(there.house)["oa_calls_get"] == after["get"]
    await there.pass_(timedelta(days=1))
    await there.looked()
    assert there.calls()["get"] == after["get"], "what is known costs nothing"
    assert sum(one.repaired for one in await there.all(Sweep)) == 0


async def test_events_that_come_twice_and_an_unexplained_one(there: Following) -> None:
    there.fake.faults.add("redeliver", on="push.event", copies=2)
    filed = await there.fake.happening.file("zhang", "PROC-BX")
    await there.settled()
    assert len(await there.all(Step)) == 1
    there.fake.faults.clear()
    there.fake.faults.add("lost", times=1)  # the one that says who filed it
    other = await there.fake.happening.file("zhang", "PROC-BX")
    await there.settled()
    assert {one.id: one.person for one in await there.all(Followed)} == {filed.id: "dingtalk:zhang", other.id: ""}
    await there.pass_(timedelta(minutes=11))
    assert {one.id: one.person for one in await there.all(Followed)} == {filed.id: "dingtalk:zhang", other.id: "dingtalk:zhang"}


async def test_a_night_that_fails_goes_on_the_next_night_and_never_costs_more_than_allowed(fake: FakeDingTalk, tmp_path: Path) -> None:
    fake.faults.add("lost")
    for _ in range(12):
        await fake.happening.file("zhang", "PROC-BX")
    there = await opened(fake, tmp_path, calls=10)
    try:
        await there.looked()
        assert len(await there.all(Followed)) == 3, "five calls a form: two lists, three approvals"
        assert {one.left > 0 for one in await there.all(Sweep) if one.id == "PROC-BX"} == {True}
        fake.faults.add("scope", on="oa.ids", times=1)
        for _ in range(4):
            await there.pass_(timedelta(days=1))
            await there.looked()
        assert len(await there.all(Followed)) == 12
        assert len(await there.all(Step, states=("open",))) == 12
    finally:
        await close_house(there.house)


async def test_a_night_waits_when_the_month_is_nearly_used_up(there: Following) -> None:
    there.house.channels["dingtalk"].quota._counts["api"] = 4600  # type: ignore[attr-defined] # as after a busy month
    before = there.calls()
    await there.pass_(timedelta(days=1))
    await there.looked()
    after = there.calls()
    assert (after["list"], after["put_off"]) == (before["list"], 4)
    assert {one.failed for one in await there.all(Sweep)} == {2}
