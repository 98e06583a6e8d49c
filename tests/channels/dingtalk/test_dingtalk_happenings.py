"""Events and card presses between the channel and the stand-in, over Stream and over encrypted and signed HTTP, with what can go wrong."""

import asyncio
import random
import socket
from datetime import UTC, datetime

import pytest
from aiohttp import web
from dingtalk_peer import Listener

from bot.channels.dingtalk import DingTalkChannel, DingTalkSettings
from bot.channels.dingtalk.stream import Timing
from bot.connectors.dingtalk_cards import SentCards
from bot.connectors.dingtalk_oa import Approvals
from bot.core.model import Action
from bot.core.turn import Call, Event, Press
from bot.fake_dingtalk import FakeDingTalk, Kind, Manners, Member, Template
from bot.ports import Button, ChannelTransient, ConnectorTransient, Outbound, Stale

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFE"
BUTTONS = (Button("同意", "同意 K7Q2M", Action("access.approve")), Button("不同意", "2", Action("access.reject")))


class WallClock:
    """Real time."""

    def now(self):
        return datetime.now(UTC)


@pytest.fixture
async def fake():
    async with FakeDingTalk(manners=Manners(event_retries=(0.1, 0.1), hold=1.0, drain=0.2)) as made:
        made.world.processes["PROC-1"] = Template("PROC-1", (), ("li",))
        yield made


@pytest.fixture
def listener():
    return Listener()


@pytest.fixture(params=["stream", "http"])
async def channel(request, fake, listener):
    """A listening channel; in http mode events come encrypted and presses signed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    pushed = (
        {"event_token": "token1", "event_aes_key": KEY, "card_secret": "card secret", "card_url": f"{url}/dingtalk/card"} if request.param == "http" else {}
    )
    base = {"api_base": fake.base_url, "oapi_base": fake.base_url, "corp_id": fake.app.corp_id}
    settings = DingTalkSettings(request.param, fake.app.key, fake.app.secret, **base, **pushed, card_template="tpl.schema")
    made = DingTalkChannel(settings, WallClock(), random.Random(3), timing=Timing(backoff=0.05, steady=0.2, farewell=1.0))
    application = web.Application()
    application.add_routes(made.routes())
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await made.start(listener.hear)
    if request.param == "http":
        fake.subscribe(f"{url}/dingtalk/events", "token1", KEY)
    else:
        assert await fake.stream.open(2)
    yield made
    await made.stop()
    await made.close()
    await runner.cleanup()


def heard(listener):
    return [(one.kind, one.subject) for one in listener.heard if isinstance(one, Event)]


async def test_members_who_come_and_go_are_heard(fake, channel, listener):
    happening = fake.happening
    await happening.join(Member("new1", "新人"), Member("new2", "新人二"))
    await happening.activate("new1")
    await happening.change("new1", title="会计")
    await happening.give_role("new1", "出纳")
    await happening.appoint("new1", 2)
    await happening.leave("new1")
    assert heard(listener) == [
        ("user_add_org", "new1"), ("user_add_org", "new2"), ("user_active_org", "new1"), ("user_modify_org", "new1"),
        ("label_user_change", "new1"), ("org_admin_add", "new1"), ("user_leave_org", "new1"),
    ]  # fmt: skip
    assert all(delivery.acked for delivery in fake.deliveries)
    assert channel.quota.used.pushes == 0
    assert len({one.key for one in listener.heard}) == 7


async def test_an_event_comes_again_until_it_is_durable(fake, channel, listener):
    listener.fault = Stale("x")
    pushed = asyncio.create_task(fake.happening.leave("zhang"))
    await fake.state.bell.until(lambda: bool(fake.deliveries) and fake.deliveries[0].pushes == 1 and fake.deliveries[0].code in (200, 503), 2)
    listener.fault = None
    delivery = await pushed
    assert await fake.state.bell.until(lambda: delivery.acked, 2)
    assert heard(listener) == [("user_leave_org", "zhang")]


async def test_approvals_are_followed(fake, channel, listener):
    args = {"process": "PROC-1", "originator": "zhang", "form": '{"a":"b"}', "key_field": "编号"}
    await Approvals(channel.api, WallClock()).perform(Call("oa", "create", "k1", args))
    (instance,) = fake.approvals
    await listener.until(2)
    await fake.happening.decide("li", instance, agree=False, remark="资料不清")
    await listener.until(4)
    told = sorted((one.kind, one.values["type"], one.values["person"], one.values.get("result", "")) for one in listener.heard)
    assert told == [
        ("bpms_instance_change", "finish", "zhang", "refuse"),
        ("bpms_instance_change", "start", "zhang", ""),
        ("bpms_task_change", "finish", "li", "refuse"),
        ("bpms_task_change", "start", "li", ""),
    ]
    assert {one.subject for one in listener.heard} == {instance}
    assert channel.quota.used.pushes == 4


@pytest.mark.parametrize("kind", [Kind.FORGED, Kind.WRONG_KEY, Kind.REPLAY])
async def test_pushes_that_are_not_authentic_change_nothing(fake, channel, listener, kind):
    if channel.health()["mode"] != "http":
        pytest.skip("HTTP only")
    fake.faults.add(kind, on="push.event", times=1)
    delivery = await fake.happening.leave("zhang")
    assert await fake.state.bell.until(lambda: delivery.acked, 2)
    assert heard(listener) == [("user_leave_org", "zhang")]
    assert sum(channel.health()["heard"].get(f"event_{why}", 0) for why in ("forged", "padding", "length", "owner", "replayed")) == 1


def message(key="turn1:0", **changes):
    values = {"conversation": "", "private": True, "person": "li", "title": "待审批", "text": "张三 付款制单", "buttons": BUTTONS, **changes}
    return Outbound(key, "dingtalk", "", "li", **values)


@pytest.mark.parametrize("where", [{}, {"private": False, "conversation": "cidFinanceTeam=="}])
async def test_a_card_is_sent_and_its_press_says_which_button(fake, channel, listener, where):
    receipt = await channel.deliver(message(**where))
    (sent,) = fake.received
    assert (receipt.id, [button.label for button in sent.buttons]) == ("turn1:0", ["同意", "不同意"])
    delivery = await fake.press(sent.button("不同意"), "li")
    assert (delivery.acked, delivery.answer) == (True, {})
    (press,) = listener.heard
    assert isinstance(press, Press)
    assert (press.card, press.action, press.sender.account, press.private) == ("turn1:0", Action("card.press", (("index", "2"),)), "li", not where)


async def test_a_card_whose_answer_was_lost_is_not_sent_twice(fake, channel):
    fake.faults.add(Kind.CUT_AFTER, on="card.create", times=1)
    with pytest.raises(ChannelTransient):
        await channel.deliver(message())
    assert (await channel.deliver(message())).way == "card"
    assert len(fake.received) == 1


async def test_a_template_that_is_gone_leaves_the_message_with_its_buttons(fake, channel):
    fake.state.card_templates = {"other.schema"}
    assert (await channel.deliver(message())).way == "api"
    (sent,) = fake.received
    assert [button.say for button in sent.buttons] == ["同意 K7Q2M", "2"]


async def test_a_press_with_made_up_words_means_nothing_more(fake, channel, listener):
    await channel.deliver(message())
    await fake.press_card("turn1:0", "li", ["b1"], {"index": "2", "intent": "admin.grant"})
    await fake.press_card("turn1:0", "li", ["approve"], {})
    (press,) = listener.heard
    assert press.action == Action("card.press", (("index", "1"),))


async def test_a_decided_card_says_so_and_has_no_buttons_any_more(fake, channel):
    await channel.deliver(message())
    cards = SentCards(channel.api)
    said = {"card": "turn1:0", "text": "已同意 · 李经理"}
    assert await cards.perform(Call("cards", "close", "k", said)) == '{"closed":true}'
    assert fake.state.cards["turn1:0"].public == {"title": "待审批", "text": "已同意 · 李经理", "buttons": "[]"}
    assert await cards.perform(Call("cards", "close", "k", {**said, "card": "turn2:0"})) == '{"closed":false}'
    fake.faults.add(Kind.QPS, on="card.update", times=1)
    with pytest.raises(ConnectorTransient):
        await cards.perform(Call("cards", "close", "k", said))
