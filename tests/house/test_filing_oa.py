"""Permission requests filed in DingTalk OA, in the whole house over the stand-in: decided there, weighed here, filed once whatever happens on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from test_following import Following, opened

from bot.core.model import Action, Grant, Request, Sender, Step
from bot.core.turn import Press
from bot.fake_dingtalk import FakeDingTalk, Manners, Member, Template, World
from bot.wiring.house import close_house

PEOPLE = (Member("zhang", "张三"), Member("li", "李经理"), Member("wang", "王总"), Member("admin", "赵管理员", admin=1))
FORM = Template("PROC-QX", ("编号", "权限", "理由"), ("wang",), "{name}提交的权限申请")
OA = {"requests": "PROC-QX", "requests_word": "权限申请", "requests_key": "编号", "requests_fields": {"权限": "role", "理由": "reason"}}
numbers = count(1)


@pytest.fixture
async def fake() -> AsyncIterator[FakeDingTalk]:
    manners = Manners(ack_wait=2.0, event_retries=(0.1,), hold=0.2, drain=0.1)
    async with FakeDingTalk(world=World(PEOPLE, (), (FORM,)), manners=manners) as running:
        yield running


async def filing(fake: FakeDingTalk, folder: Path, **oa: Any) -> Following:
    access = {"connector": "books", "owners": {"cashier": ["li"]}, "finance": ["wang"]}
    there = await opened(fake, folder, **{**OA, **oa}, more={"access": access, "finance": {"systems": {"books": {"type": "sandbox"}}}})
    await there.looked()
    return there


@pytest.fixture
async def there(fake: FakeDingTalk, tmp_path: Path) -> AsyncIterator[Following]:
    found = await filing(fake, tmp_path)
    yield found
    await close_house(found.house)


async def ask(there: Following) -> Request:
    """Presses the last button of a request."""
    now = there.clock.now()
    until = (now + timedelta(days=30)).isoformat()
    slots = {"role": "cashier", "reason": "顶班", "until": until, "evidence": "任命", "kept": "1", "confirmed": "1"}
    press = Press("dingtalk", "r", f"p{next(numbers)}", "c", True, Sender("zhang", "", "张三"), Action("act.permission_request", tuple(slots.items())), now)
    await there.house.loop.hear(press)
    await there.settled()
    return await one(there)


async def one(there: Following) -> Request:
    (found,) = await there.all(Request)
    return found


async def test_it_is_decided_there_and_granted_here(there: Following) -> None:
    request = await ask(there)
    (instance,) = there.fake.approvals.values()
    assert (request.state, request.filed, request.elsewhere) == ("pending", instance.id, True)
    assert dict(instance.form) == {"编号": f"oa.file:{request.id}:1", "权限": "出纳", "理由": "顶班"}
    assert [task.user for task in instance.tasks] == ["li"]
    await there.fake.say("li", f"批准 {request.code}")
    await there.settled()
    assert "只能在钉钉里批" in there.told("li")
    assert (await one(there)).state == "pending", "chat decides nothing of it"
    await there.fake.say("zhang", f"催 {request.code}")
    await there.settled()
    assert "李经理" in there.told("zhang")
    assert [len(step.asked) for step in await there.all(Step, states=("open",))] == [1], "whoever has it there is nudged, by the request's code"
    await there.fake.say("zhang", f"改 {request.code} 到月底")
    await there.settled()
    assert ("改不了" in there.told("zhang"), (await one(there)).edition) == (True, 1)
    await there.fake.happening.decide("li", instance.id, agree=True)
    await there.settled()
    done = await one(there)
    assert (done.state, [approval.by for approval in done.approvals]) == ("granted", ["dingtalk:li"])
    assert [grant.role for grant in await there.all(Grant)] == ["cashier"]


async def test_a_refusal_there_ends_it_here(there: Following) -> None:
    request = await ask(there)
    await there.fake.happening.decide("li", request.filed, agree=False)
    await there.settled()
    assert (await one(there)).state == "rejected"
    assert "李经理没批" in there.told("zhang")


async def test_it_is_taken_back_on_both_sides(there: Following) -> None:
    request = await ask(there)
    await there.fake.say("zhang", f"撤回 {request.code}")
    await there.settled()
    assert ((await one(there)).state, there.fake.approvals[request.filed].status) == ("withdrawn", "TERMINATED")


async def test_lost_events_are_made_up_for_the_next_night(there: Following) -> None:
    there.fake.faults.add("lost")
    request = await ask(there)
    await there.fake.happening.decide("li", request.filed, agree=True)
    await there.settled()
    assert (await one(there)).state == "pending"
    there.fake.faults.clear()
    await there.pass_(timedelta(days=1))
    await there.looked()
    assert (await one(there)).state == "granted"


async def test_a_yes_of_somebody_who_may_not_decide_counts_for_nothing(there: Following) -> None:
    request = await ask(there)
    instance = there.fake.approvals[request.filed]
    instance.tasks[0].user = "admin"  # handed over in DingTalk to somebody whom the policy does not name
    await there.fake.happening.decide("admin", instance.id, agree=True)
    await there.settled()
    back = await one(there)
    assert (back.state, back.elsewhere, back.approvals) == ("pending", False, ())
    assert await there.all(Grant) == []
    assert "批准" in there.told("li"), "it is decided in chat after all"
    await there.fake.say("li", f"批准 {request.code}")
    await there.settled()
    assert (await one(there)).state == "granted"


@pytest.mark.parametrize("fault", [{"kind": "error", "status": 502, "effect": True}, {"kind": "cut_after"}])
async def test_one_instance_though_the_answer_was_lost(there: Following, fault: dict[str, Any]) -> None:
    there.house.outbox.sending.connectors["oa_requests"]._pause = 0.05  # type: ignore[attr-defined] # no need to wait for a stand-in
    there.fake.faults.add(**fault, on="oa.create", times=1)
    request = await ask(there)
    await there.until(lambda: filed(there))
    assert [found.id for found in there.fake.approvals.values()] == [(await one(there)).filed]
    assert request.state == "pending"


async def filed(there: Following) -> bool:
    return bool((await one(there)).filed)


async def test_what_cannot_be_filed_is_decided_in_chat(fake: FakeDingTalk, tmp_path: Path) -> None:
    there = await filing(fake, tmp_path, requests_fields={"没有这一栏": "role"})
    try:
        request = await ask(there)
        assert (request.state, request.elsewhere, there.fake.approvals) == ("pending", False, {})
        assert "批准" in there.told("li")
    finally:
        await close_house(there.house)
