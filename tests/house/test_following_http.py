"""Approvals of DingTalk OA by encrypted HTTP callbacks instead of Stream: the same house, the same things done, and nothing that is forged or comes twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from test_following import FORMS, PEOPLE, Following

from bot.channels.dingtalk import DingTalkChannel
from bot.config import Settings
from bot.core.model import Followed, Step
from bot.engine.clock import SteppedClock
from bot.fake_dingtalk import FakeDingTalk, Manners, World
from bot.fake_dingtalk.crypto import Subscription
from bot.wiring.house import build, close_house, open_house
from bot.wiring.parts import dingtalk

TOKEN, AES_KEY = "a token of events", "k" * 43


@pytest.fixture
async def fake() -> AsyncIterator[FakeDingTalk]:
    manners = Manners(ack_wait=2.0, event_retries=(0.05, 0.1), hold=0.2, drain=0.1)
    async with FakeDingTalk(world=World(PEOPLE, (), FORMS), manners=manners) as running:
        yield running


async def served(channel: DingTalkChannel) -> tuple[web.AppRunner, str]:
    """The channel's own routes on a port of their own."""
    application = web.Application()
    application.add_routes(channel.routes())
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


@pytest.fixture
async def there(fake: FakeDingTalk, tmp_path: Path) -> AsyncIterator[Following]:
    told: dict[str, Any] = {
        "mode": "http", "app_key": fake.app.key, "app_secret": fake.app.secret, "corp_id": fake.app.corp_id, "api_base": fake.base_url,
        "oapi_base": fake.base_url, "event_token": TOKEN, "event_aes_key": AES_KEY,
    }  # fmt: skip
    settings = Settings.model_validate(
        {
            "data": tmp_path, "dingtalk": told, "oa": {"processes": {"PROC-BX": "报销", "PROC-FK": "付款"}}, "people": {"admins": ("admin",)},
            "console": {"enabled": False},
        }
    )  # fmt: skip
    clock = SteppedClock()
    channel = dingtalk(settings, clock)
    house = build(settings, clock, channel, fake.app.robot_code)
    await open_house(house)
    runner, base = await served(channel)
    fake.callback_url = f"{base}/dingtalk/robot"
    fake.state.subscription = Subscription(f"{base}/dingtalk/events", TOKEN, AES_KEY, fake.app.key)
    found = Following(fake, house, clock)
    await found.looked()
    yield found
    await runner.cleanup()
    await close_house(house)


async def test_an_approval_is_followed_nudged_and_left_alone_after_its_decision(there: Following) -> None:
    there.fake.faults.add("replay", on="push")
    filed = await there.fake.happening.file("zhang", "PROC-FK")
    await there.settled()
    there.fake.faults.clear()
    (one,) = await there.all(Followed)
    assert (one.id, one.state) == (filed.id, "running")
    assert [step.holder for step in await there.all(Step, states=("open",))] == ["dingtalk:li"], "a callback that came twice made one step"
    await there.fake.say("zhang", f"催 {one.code}")
    await there.settled()
    (step,) = await there.all(Step, states=("open",))
    assert len(step.asked) == 1
    await there.fake.happening.decide("li", filed.id, agree=True)
    await there.settled()
    assert [step.holder for step in await there.all(Step, states=("open",))] == ["dingtalk:wang"]
    await there.fake.happening.decide("wang", filed.id, agree=True)
    await there.settled()
    assert [one.state for one in await there.all(Followed)] == ["agreed"]
    assert await there.all(Step, states=("open",)) == []
    before = len(there.fake.received)
    await there.pass_(timedelta(days=3))
    assert not [sent for sent in there.fake.received[before:] if one.code in sent.shown], "no reminder after the decision"


async def test_a_forged_callback_changes_nothing_and_the_night_finds_what_it_spoke_of(there: Following) -> None:
    there.fake.faults.add("forged", on="push")
    filed = await there.fake.happening.file("zhang", "PROC-BX")
    await there.fake.state.bell.until(lambda: there.fake.deliveries and all(one.pushes == 3 and one.code for one in there.fake.deliveries), 5)
    there.fake.faults.clear()
    assert {one.code for one in there.fake.deliveries} == {401}
    assert not any(one.acked for one in there.fake.deliveries)
    there.fake.deliveries.clear()  # nobody waits for an answer to these any more
    assert await there.all(Followed) == []
    await there.pass_(timedelta(days=1))
    await there.looked()
    assert [one.id for one in await there.all(Followed)] == [filed.id], "the nightly look finds what no good callback told"


async def test_another_form_is_not_followed(there: Following) -> None:
    await there.fake.happening.file("zhang", "PROC-QJ")
    await there.settled()
    assert await there.all(Followed) == []
    assert all(one.acked for one in there.fake.deliveries), "what is not followed is acknowledged all the same"
