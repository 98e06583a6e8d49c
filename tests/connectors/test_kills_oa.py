"""kill -9 while a permission request is filed in DingTalk OA, in a process of its own, of the real house over its own store: one instance, granted once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from killing import carried_out
from peers import held_in

from bot.fake_dingtalk import FakeDingTalk, Manners, Member, Template, World

STEPS = ["asked", "in_flight", "answered", "before_commit", "after_commit"]
PEOPLE = (Member("asks-books", "张三"), Member("li", "李经理"), Member("admin", "赵管理员", admin=1))
FORM = Template("PROC-QX", ("编号", "权限", "理由"), ("li",), "{name}提交的权限申请")
OA = {"requests": "PROC-QX", "requests_word": "权限申请", "requests_key": "编号", "requests_fields": {"权限": "role", "理由": "reason"}}


@pytest.fixture
async def fake() -> AsyncIterator[FakeDingTalk]:
    manners = Manners(ack_wait=2.0, event_retries=(0.1, 0.2, 0.5), hold=5.0, drain=0.1)
    async with FakeDingTalk(world=World(PEOPLE, (), (FORM,)), manners=manners) as running:
        yield running


def order(fake: FakeDingTalk, folder: Path, act: str, **more: Any) -> dict[str, Any]:
    """What the child needs to know."""
    until = datetime.now(UTC) + timedelta(days=30)
    told = {"mode": "stream", "app_key": fake.app.key, "app_secret": fake.app.secret, "robot_code": fake.app.robot_code, "connections": 1}
    access = {"connector": "books", "owners": {"cashier": ["li"]}, "systems": {"books": {"title": "books"}}}
    settings = {
        "dingtalk": {**told, "api_base": fake.base_url, "oapi_base": fake.base_url}, "oa": OA, "access": access, "people": {"admins": ["admin"]},
        "finance": {"systems": {"books": {"type": "sandbox"}}},
    }  # fmt: skip
    return {"act": act, "folder": str(folder), "settings": settings, "accounts": {"books": "zhangsan"}, "until": until.isoformat(), **more}


@pytest.mark.parametrize("step", STEPS)
async def test_killed_while_it_is_filed(process: Popen[str], fake: FakeDingTalk, tmp_path: Path, step: str) -> None:
    """At `in_flight` the instance is there, its answer was cut off, and the process dies before it has looked."""
    dies = order(fake, tmp_path, "file", operation="create", step=step, who=["oa_requests"])
    if step == "in_flight":
        fake.faults.add("cut_after", on="oa.create", times=1)
        _, told = await asyncio.gather(_as_soon_as_it_is_there(fake, tmp_path), carried_out(process, dies))
        (tmp_path / "now").unlink()
    else:
        told = await carried_out(process, dies)
    assert told == {"ended": -signal.SIGKILL}
    assert len(fake.approvals) == (step != "asked")
    told = (await carried_out(process, order(fake, tmp_path, "still")))["end"]
    (instance,) = fake.approvals.values()
    assert (told["requests"], told["filed"], told["failed"]) == ({"books": "pending"}, [instance.id], 0)
    deciding = asyncio.create_task(_decided(fake, instance.id))
    told = (await carried_out(process, order(fake, tmp_path, "still", decided=True)))["end"]
    await deciding
    assert (told["requests"], told["done"]) == ({"books": "granted"}, {"books": 1})
    assert held_in(tmp_path / "data" / "books.json") == {("zhangsan", "cashier.entry")}
    heard = [sent.shown for sent in fake.received if "asks-books" in sent.users]
    assert sum("开好了" in one for one in heard) == 1, heard


async def _as_soon_as_it_is_there(fake: FakeDingTalk, folder: Path) -> None:
    while not fake.approvals:
        await asyncio.sleep(0.01)
    (folder / "now").touch()


async def _decided(fake: FakeDingTalk, instance: str) -> None:
    """Agreed to as soon as somebody listens."""
    await fake.stream.open(1, 30)
    await fake.happening.decide("li", instance, agree=True)
