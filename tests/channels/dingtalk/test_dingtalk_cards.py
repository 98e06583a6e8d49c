"""Interactive cards: what is sent, that it is sent once, and how presses come back over HTTP."""

import json
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web

from bot.channels.dingtalk import GroupWebhook
from bot.core.model import Action
from bot.core.turn import Route
from bot.dingtalk_api.crypto import card_sign
from bot.ports import Button, ChannelTransient, Outbound, Stale

CREATE = "/v1.0/card/instances/createAndDeliver"
REGISTER = "/v1.0/card/callbacks/register"
SESSION = "/robot/sendBySession"
OTO = "/v1.0/robot/oToMessages/batchSend"
SECRET = "card secret of the tests"
DELIVERED = {"success": True, "result": {"outTrackId": "k:0", "deliverResults": [{"spaceType": "IM_ROBOT", "success": True, "carrierId": "c"}]}}
BUTTONS = (Button("同意", "同意 K7Q2M", Action("a.b")), Button("不同意", "2", Action("a.c")))


def message(**changes):
    values = {"conversation": "", "private": True, "person": "boss0001", "title": "待审批", "text": "李梅\n- 付款制单", "buttons": BUTTONS, **changes}
    return Outbound("k:0", "dingtalk", "rob", "boss0001", **values)


@pytest.fixture
def channel(make_channel, peer):
    peer.will(CREATE, (200, DELIVERED))
    return make_channel("stream", card_template="tpl.schema")


async def test_a_private_message_with_buttons_is_a_card(channel, peer):
    receipt = await channel.deliver(message())
    assert (receipt.way, receipt.id) == ("card", "k:0")
    assert peer.bodies(CREATE) == [
        {
            "cardTemplateId": "tpl.schema",
            "outTrackId": "k:0",
            "callbackType": "STREAM",
            "userIdType": 1,
            "cardData": {
                "cardParamMap": {
                    "title": "待审批",
                    "text": "李梅\n\n- 付款制单",
                    "buttons": '[{"id":"b1","text":"同意","params":{"index":"1"}},{"id":"b2","text":"不同意","params":{"index":"2"}}]',
                }
            },
            "openSpaceId": "dtv1.card//IM_ROBOT.boss0001",
            "imRobotOpenSpaceModel": {
                "supportForward": False,
                "lastMessageI18n": {"ZH_CN": "待审批"},
                "notification": {"alertContent": "待审批", "notificationOff": False},
            },
            "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": "rob"},
        }
    ]
    assert channel.quota.used.api == 1


async def test_a_group_message_with_buttons_is_a_card_in_the_group(channel, peer):
    await channel.deliver(message(private=False, conversation="cidRoom=="))
    (sent,) = peer.bodies(CREATE)
    assert (sent["openSpaceId"], sent["imGroupOpenDeliverModel"]) == ("dtv1.card//IM_GROUP.cidRoom==", {"robotCode": "rob"})


@pytest.mark.parametrize("changes", [{"buttons": ()}, {"mention": ("boss0001",)}, {"text": "字" * 5000}, {"buttons": BUTTONS * 26}])
async def test_what_a_card_cannot_carry_goes_the_other_ways(channel, peer, changes):
    await channel.deliver(message(**changes))
    assert peer.count(CREATE) == 0
    assert peer.count(OTO) >= 1


@pytest.mark.parametrize(("code", "way"), [("", "session"), ("K7Q2M", "card")])
async def test_what_can_be_said_for_nothing_is_a_card_only_where_it_decides(channel, peer, clock, code, way):
    route = Route(f"{peer.base}{SESSION}?session=5e55101", clock.now() + timedelta(minutes=90))
    buttons = (Button("同意", "1", Action("a.b", code=code)),)
    assert (await channel.deliver(message(route=route, buttons=buttons))).way == way


async def test_a_groups_webhook_says_it_for_nothing_too(make_channel, peer):
    hook = GroupWebhook("cidRoom==", f"{peer.base}/robot/send?access_token=abc")
    channel = make_channel("stream", card_template="tpl.schema", webhooks=(hook,))
    assert (await channel.deliver(message(private=False, conversation="cidRoom=="))).way == "webhook"


async def test_without_a_template_nothing_is_a_card(make_channel, peer):
    await make_channel("stream").deliver(message())
    assert peer.count(CREATE) == 0


async def test_without_a_way_back_for_presses_nothing_is_a_card(make_channel, peer):
    await make_channel("http", card_template="tpl.schema", card_secret=SECRET).deliver(message())
    assert peer.count(CREATE) == 0


async def test_a_card_sent_again_is_the_same_card(make_channel, peer):
    peer.will(CREATE, (504, "<html>"), (400, {"code": "param.cardAlreadyExist", "message": "x"}))
    channel = make_channel("stream", card_template="tpl.schema")
    with pytest.raises(ChannelTransient) as fault:
        await channel.deliver(message())
    assert not fault.value.unknown
    assert (await channel.deliver(message())).way == "card"
    assert [body["outTrackId"] for body in peer.bodies(CREATE)] == ["k:0", "k:0"]
    assert peer.count(OTO) == 0


@pytest.mark.parametrize(
    "answer",
    [
        (400, {"code": "param.templateNotExist", "message": "x"}),
        (403, {"code": "Forbidden.AccessDenied.AccessTokenPermissionDenied", "message": "x"}),
        (403, {"code": "Forbidden.AccessDenied.ApiCountLimitForOrg", "message": "x"}),
        (200, {"success": True, "result": {"deliverResults": [{"success": False, "errorMsg": "x"}]}}),
        (200, {"success": True}),
    ],
)
async def test_a_card_that_is_refused_goes_another_way_and_stays_there(make_channel, peer, answer):
    peer.will(CREATE, answer)
    peer.will(OTO, (403, {"code": "Forbidden.AccessDenied.QpsLimitForApi", "message": "x"}))
    channel = make_channel("stream", card_template="tpl.schema")
    with pytest.raises(ChannelTransient):
        await channel.deliver(message())
    channel._speaking._pace._until.clear()
    assert (await channel.deliver(message())).way == "api"
    assert peer.count(CREATE) == 1


async def test_cards_wait_when_there_are_too_many(make_channel, peer):
    peer.will(CREATE, (403, {"code": "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "message": "x"}))
    with pytest.raises(ChannelTransient) as fault:
        await make_channel("stream", card_template="tpl.schema").deliver(message())
    assert fault.value.after >= 1


async def test_near_the_end_of_the_quota_answers_cost_nothing_again(make_channel, peer):
    channel = make_channel("stream", card_template="tpl.schema", api_quota=10)
    for _ in range(9):
        channel.quota.count("api")
    await channel.deliver(message())
    assert peer.count(CREATE) == 0


async def test_over_http_the_way_back_is_registered_once(make_channel, peer):
    peer.will(CREATE, (200, DELIVERED), (200, DELIVERED))
    peer.will(REGISTER, (200, {"success": True, "result": {}}))
    channel = make_channel("http", card_template="tpl.schema", card_secret=SECRET, card_url="https://bot.example/dingtalk/card")
    await channel.deliver(message())
    await channel.deliver(message())
    assert peer.bodies(REGISTER) == [
        {"callbackRouteKey": "usher", "callbackUrl": "https://bot.example/dingtalk/card", "apiSecret": SECRET, "forceUpdate": True}
    ]
    assert {(body["callbackType"], body["callbackRouteKey"]) for body in peer.bodies(CREATE)} == {("HTTP", "usher")}


PRESS = {
    "type": "actionCallback",
    "outTrackId": "k:0",
    "corpId": "ding5c20aa71corp0001",
    "userId": "boss0001",
    "spaceId": "boss0001",
    "spaceType": "IM_ROBOT",
    "content": json.dumps({"cardPrivateData": {"actionIds": ["b1"], "params": {"index": "1", "intent": "access.approve"}}}),
}


class Presser:
    """DingTalk's side of the endpoint."""

    def __init__(self, url, clock):
        self.url, self.clock = url, clock

    async def press(self, body=PRESS, secret=SECRET, **headers):
        stamp = str(int(self.clock.now().timestamp() * 1000))
        whole = {"x-ddpaas-signature-timestamp": stamp, "x-ddpaas-signature": card_sign(stamp, secret), **headers}
        whole = {name: value for name, value in whole.items() if value is not None}
        async with aiohttp.ClientSession() as client, client.post(self.url, data=json.dumps(body).encode(), headers=whole) as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def presser(make_channel, clock, listener):
    channel = make_channel("http", card_secret=SECRET, card_url="https://bot.example/dingtalk/card", corp_id="ding5c20aa71corp0001")
    await channel.start(listener.hear)
    application = web.Application()
    application.add_routes(channel.routes())
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield Presser(f"http://127.0.0.1:{runner.addresses[0][1]}/dingtalk/card", clock)
    await runner.cleanup()


async def test_a_press_over_http_is_heard_and_means_what_was_stored(presser, listener):
    assert await presser.press() == (200, "{}")
    (press,) = listener.heard
    assert (press.card, press.action, press.sender.account, press.private) == ("k:0", Action("card.press", (("index", "1"),)), "boss0001", True)


async def test_a_pair_of_headers_is_good_for_one_press(presser, listener, clock):
    assert await presser.press() == (200, "{}")
    assert await presser.press({**PRESS, "userId": "thief"}) == (401, "")
    clock.step(1)
    assert await presser.press() == (200, "{}")
    assert len({press.key for press in listener.heard}) == 2


async def test_a_press_the_store_did_not_take_may_come_again(presser, listener):
    listener.fault = Stale("x")
    assert (await presser.press())[0] == 503
    listener.fault = None
    assert await presser.press() == (200, "{}")


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"secret": "other"}, 401),
        ({"x-ddpaas-signature": None}, 401),
        ({"x-ddpaas-signature-timestamp": None}, 401),
        ({"x-ddpaas-signature": "x" * 200}, 401),
        ({"x-ddpaas-signature-timestamp": "1790000000001"}, 401),
        ({"body": {}}, 400),
        ({"body": {**PRESS, "content": "{}"}}, 400),
        ({"body": {"a": "x" * 300_000}}, 413),
    ],
)
async def test_what_is_no_press_is_refused_without_a_word(presser, listener, how, status):
    assert await presser.press(**how) == (status, "")
    assert listener.heard == []


async def test_an_old_signature_is_refused(presser, clock):
    stamp = str(int(clock.now().timestamp() * 1000))
    clock.step(301)
    assert (await presser.press(**{"x-ddpaas-signature-timestamp": stamp, "x-ddpaas-signature": card_sign(stamp, SECRET)}))[0] == 401


async def test_another_organisations_press_is_left_out(presser, listener):
    assert await presser.press({**PRESS, "corpId": "dingother"}) == (200, "{}")
    assert listener.heard == []
