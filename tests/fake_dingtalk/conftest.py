"""A running stand-in, plain clients of it, and a callback server as a bot would have one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from fake_peer import Bot, Peer

from bot.fake_dingtalk import FakeDingTalk, Group, Manners, Member, World

TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.fixture
async def fake() -> AsyncIterator[FakeDingTalk]:
    """A small organisation on a free port, less patient than the real one."""
    people = [
        Member("0231446618", "林晓雨", "13800000042", manager="manager6612", roles=("付款制单",), email="lin@example.com"),
        Member("manager6612", "周主管", "13800000043", admin=1),
        Member("hidden1", "不可见", "13800000044", in_range=False),
        Member("out1", "外部-王工", inside=False),
    ]
    groups = [
        Group("cidG1==", "入驻答疑群", webhook="tokenG1"),
        Group("cidG2==", "财务群", ["0231446618"], webhook="tokenG2", secret="SECexample0001"),
        Group("cidG3==", "通知群", webhook="tokenG3", keywords=("入驻",)),
    ]
    manners = Manners(ack_wait=1.0, http_wait=1.0, card_wait=1.0, retries=(0.1,), event_retries=(0.1, 0.1), hold=0.5, drain=0.2)
    async with FakeDingTalk(world=World(people, groups), manners=manners, templates=TEMPLATES) as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def peer(fake: FakeDingTalk, client: aiohttp.ClientSession) -> AsyncIterator[Peer]:
    """Calls the API and opens Stream connections."""
    made = Peer(fake, client)
    yield made
    await made.close()


@pytest.fixture
async def bot(fake: FakeDingTalk) -> AsyncIterator[Bot]:
    """A callback server; the stand-in knows its URL."""
    made = Bot()
    fake.callback_url = await made.start()
    yield made
    await made.stop()
