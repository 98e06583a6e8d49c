"""The official client works against the stand-in: connects, hears, acknowledges, answers."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.fake_dingtalk import FakeDingTalk, Way

SCRIPT = Path(__file__).with_name("official_bot.py")


@asynccontextmanager
async def official(fake: FakeDingTalk, how: str) -> AsyncIterator[None]:
    """The official client in a process of its own, connected."""
    environment = {**os.environ, "DINGTALK_OPENAPI_ENDPOINT": fake.base_url, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    arguments = (sys.executable, str(SCRIPT), fake.app.key, fake.app.secret, how)
    process = await asyncio.create_subprocess_exec(*arguments, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
    try:
        assert await fake.stream.open(seconds=30), "the official client did not connect"
        yield
    finally:
        process.kill()
        await process.wait()


async def test_hears_acknowledges_and_answers(fake: FakeDingTalk) -> None:
    fake.manners.ack_wait = 10.0
    async with official(fake, "reply"):
        group = await fake.say("0231446618", "邀请链接失效了怎么办？", "cidG1==")
        private = await fake.say("manager6612", "你好")
        sent = await fake.wait_for(2)
    assert [delivery.acked for delivery in (group, private)] == [True, True]
    assert [(reply.way, reply.kind, reply.answers) for reply in sent] == [(Way.SESSION, "markdown", group.id), (Way.SESSION, "markdown", private.id)]
    assert sent[0].shown.startswith("group 入驻答疑群: 邀请链接失效了怎么办？ (0231446618")
    assert sent[1].shown.startswith("private -: 你好 (manager6612")
    assert (sent[0].conversation, sent[1].users) == ("cidG1==", ("manager6612",))


async def test_redelivered_when_not_acknowledged(fake: FakeDingTalk) -> None:
    fake.manners.ack_wait = 10.0
    async with official(fake, "fail"):
        delivery = await fake.say("0231446618", "你好", "cidG1==")
        first = delivery.acked, delivery.code
        (reply,) = await fake.wait_for(1)
        assert await fake.state.bell.until(lambda: delivery.acked, 5)
    assert first == (False, 500)
    assert delivery.pushes == 2
    assert len(set(delivery.frames)) == 2
    assert reply.answers == delivery.id
