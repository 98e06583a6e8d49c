"""The channel against the stand-in, an independent witness of the protocol: an echo bot in both modes, with faults."""

import asyncio
import random
from datetime import UTC, datetime

import pytest
from aiohttp import web

from bot.channels.dingtalk import DingTalkChannel, DingTalkSettings, GroupWebhook
from bot.channels.dingtalk.stream import Timing
from bot.core.model import Action
from bot.fake_dingtalk import FakeDingTalk, Kind, Manners, Way
from bot.ports import Button, ChannelTransient, Outbound

GROUP = "cidFinanceHelp=="


class WallClock:
    """Real time."""

    def now(self):
        return datetime.now(UTC)


class Echo:
    """A bot that says back what it hears; a delivery that may be tried again is tried again."""

    def __init__(self, fake, mode):
        hook = GroupWebhook(GROUP, f"{fake.base_url}/robot/send?access_token=faketokenhelp")
        settings = DingTalkSettings(
            mode, fake.app.key, fake.app.secret, corp_id=fake.app.corp_id, api_base=fake.base_url, oapi_base=fake.base_url, webhooks=(hook,)
        )
        self.channel = DingTalkChannel(settings, WallClock(), random.Random(3), timing=Timing(backoff=0.05, steady=0.2, farewell=1.0))
        self.keys = set()
        self.heard = []
        self.buttons = ()
        self.tasks = set()

    async def hear(self, message):
        if message.key in self.keys:
            return False
        self.keys.add(message.key)
        self.heard.append(message)
        task = asyncio.create_task(self.reply(message))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return True

    async def reply(self, message):
        person = message.sender.account or message.sender.alias
        outbound = Outbound(
            message.id,
            "dingtalk",
            message.robot,
            person,
            message.conversation,
            message.private,
            person,
            "答",
            f"听到：{message.text}",
            self.buttons,
            route=message.route,
        )
        for _ in range(20):
            try:
                return await self.channel.deliver(outbound)
            except ChannelTransient as fault:
                await asyncio.sleep(min(fault.after, 0.02))
        return None


@pytest.fixture
async def fake():
    async with FakeDingTalk(manners=Manners(retries=(0.2, 0.2), ping_every=5.0, drain=0.5)) as made:
        yield made


@pytest.fixture(params=["stream", "http"])
async def echo(request, fake):
    bot = Echo(fake, request.param)
    application = web.Application()
    application.add_routes(bot.channel.routes())
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await bot.channel.start(bot.hear)
    if request.param == "stream":
        assert await fake.stream.open(2)
    else:
        fake.callback_url = f"http://127.0.0.1:{runner.addresses[0][1]}/dingtalk/robot"
    yield bot
    await bot.channel.stop()
    await asyncio.gather(*bot.tasks)
    await bot.channel.close()
    await runner.cleanup()


@pytest.mark.parametrize(("user", "where"), [("zhang", GROUP), ("zhang", None), ("outsider", GROUP)])
async def test_what_is_said_is_answered_where_it_was_said(fake, echo, user, where):
    said = await fake.say(user, "邀请链接打不开", where)
    (sent,) = await fake.wait_for(1)
    assert (sent.way, sent.text, sent.answers) == (Way.SESSION, "听到：邀请链接打不开", said.id)
    assert said.acked
    assert echo.heard[0].sender.inside is (user == "zhang")
    assert echo.heard[0].sender.account == ("zhang" if user == "zhang" else "")


async def test_a_pressed_button_comes_back_as_words(fake, echo):
    echo.buttons = (Button("员工", "1", Action("a.b")), Button("公司", "我是公司", Action("a.c")))
    await fake.say("zhang", "你好")
    (sent,) = await fake.wait_for(1)
    assert [button.label for button in sent.buttons] == ["员工", "公司"]
    await fake.press(sent.button("公司"), "zhang")
    await fake.wait_for(2)
    assert echo.heard[1].text == "我是公司"


async def test_an_expired_session_is_answered_by_the_next_way(fake, echo):
    fake.faults.add(Kind.EXPIRED)
    await fake.say("zhang", "群里", GROUP)
    await fake.say("zhang", "私下")
    assert {sent.way for sent in await fake.wait_for(2)} == {Way.WEBHOOK, Way.OTO}


async def test_five_failures_then_one_reply(fake, echo):
    fake.faults.add(Kind.ERROR, on="send", times=5)
    await fake.say("zhang", "在吗")
    await fake.wait_for(1)
    assert await fake.quiet() == 1


async def test_a_burst_is_answered_once_each(fake, echo):
    await asyncio.gather(*(fake.say("zhang", f"第{number}句", GROUP) for number in range(60)))
    sent = await fake.wait_for(60)
    assert len({one.text for one in sent}) == 60
    assert await fake.quiet() == 60


async def test_redeliveries_are_answered_once(fake, echo):
    await fake.say("zhang", "你好", redeliver=2)
    await fake.wait_for(1)
    assert await fake.quiet() == 1


async def test_stream_survives_what_a_gateway_can_do(fake, echo):
    if not echo.channel.health()["stream"]:
        pytest.skip("Stream only")
    await fake.stream.say_raw("garbage")
    await fake.stream.disconnect()
    await fake.say("zhang", "一")
    fake.stream.cut()
    await fake.say("zhang", "二")
    assert await fake.stream.open(1)
    await fake.stream.cut_in_frame()
    await fake.say("zhang", "三")
    await fake.wait_for(3)
    assert sorted({message.text for message in echo.heard}) == ["一", "三", "二"]
    assert await fake.quiet() == 3
