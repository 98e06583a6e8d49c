"""A peer that plays DingTalk, a clock to step, and a channel between them."""

import random

import pytest
from dingtalk_peer import SECRET, HandClock, Listener, Peer, soon

from bot.channels.dingtalk import DingTalkChannel, DingTalkSettings
from bot.channels.dingtalk.stream import Timing

QUICK = Timing(heartbeat=5.0, idle=5.0, farewell=0.3, backoff=0.02, longest_backoff=0.1, steady=0.05, refused=0.2, deaf=0.2)


@pytest.fixture
async def peer():
    async with Peer() as made:
        yield made


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def listener():
    return Listener()


@pytest.fixture
async def make_channel(peer, clock):
    made = []

    def make(mode="http", timing=QUICK, **settings):
        values = {"app_key": "dingkey", "app_secret": SECRET, "robot_code": "rob", "api_base": peer.base, "oapi_base": peer.base, **settings}
        channel = DingTalkChannel(DingTalkSettings(mode=mode, **values), clock, random.Random(7), timing=timing)
        made.append(channel)
        return channel

    yield make
    for channel in made:
        await channel.stop()
        await channel.close()


@pytest.fixture
async def stream(make_channel, peer, listener):
    channel = make_channel("stream")
    await channel.start(listener.hear)
    await peer.connected(2)
    await soon(lambda: channel.health()["stream"]["connected"] == 2)
    return channel
