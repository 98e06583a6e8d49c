"""What the bot sends: sessions, group webhooks, OpenAPI sends, recall and files; and what people see of it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from fake_peer import Bot, Peer

from bot.fake_dingtalk import FakeDingTalk, Way
from bot.fake_dingtalk.signing import robot_sign

DTMD = "dtmd://dingtalkclient/sendMessage?content="


async def session(fake: FakeDingTalk, bot: Bot, conversation: str | None = "cidG1==", **how: Any) -> str:
    """The sessionWebhook of a message just said."""
    await fake.say("0231446618", "你好", conversation, **how)
    return str(bot.heard[-1][1]["sessionWebhook"])


def markdown(text: str, *at: str) -> dict[str, Any]:
    """A markdown body."""
    return {"msgtype": "markdown", "markdown": {"title": "标题", "text": text}, "at": {"atUserIds": list(at)}}


async def test_session_reply(fake: FakeDingTalk, bot: Bot, peer: Peer) -> None:
    url = await session(fake, bot)
    assert await peer.call("POST", url, markdown("@0231446618 **好**", "0231446618")) == (200, {"errcode": 0, "errmsg": "ok"})
    (sent,) = await fake.wait_for(1)
    assert (sent.way, sent.conversation, sent.title, sent.shown, sent.answers) == (Way.SESSION, "cidG1==", "标题", "@林晓雨 **好**", fake.deliveries[0].id)
    assert fake.answers(fake.deliveries[0]) == [sent]


@pytest.mark.parametrize(
    ("body", "mentioned", "shown"),
    [
        (markdown("好 @0231446618", "0231446618"), ("0231446618",), "好 @林晓雨"),
        (markdown("好", "0231446618"), (), "好"),
        (markdown("好 @0231446618"), (), "好 @0231446618"),
        (markdown("好 @02314466189", "0231446618"), (), "好 @02314466189"),
        (markdown("好 @stranger", "stranger"), (), "好 @stranger"),
        ({"msgtype": "text", "text": {"content": "好"}, "at": {"atUserIds": ["0231446618"]}}, ("0231446618",), "好 @林晓雨"),
        ({"msgtype": "link", "link": {"title": "t", "text": "@0231446618", "messageUrl": "u"}, "at": {"atUserIds": ["0231446618"]}}, (), "@0231446618"),
    ],
)
async def test_who_is_really_mentioned(fake: FakeDingTalk, bot: Bot, peer: Peer, body: Any, mentioned: tuple[str, ...], shown: str) -> None:
    await peer.call("POST", await session(fake, bot), body)
    assert (fake.received[0].mentioned, fake.received[0].shown) == (mentioned, shown)


async def test_session_expires(fake: FakeDingTalk, bot: Bot, peer: Peer) -> None:
    url = await session(fake, bot)
    fake.skip(5401)
    assert (await peer.call("POST", url, markdown("x")))[1]["errcode"] == 300001
    dead = await session(fake, bot, webhook_life=-60)
    assert bot.heard[-1][1]["sessionWebhookExpiredTime"] < bot.heard[-1][1]["createAt"]
    assert (await peer.call("POST", dead, markdown("x")))[1]["errcode"] == 300001
    assert (await peer.call("POST", "/robot/sendBySession?session=guess", markdown("x")))[1]["errcode"] == 300001
    assert fake.received == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 400105),
        ({"msgtype": "smell"}, 400105),
        ({"msgtype": ["text"]}, 400105),
        ({"msgtype": "text", "text": "x"}, 40035),
        ({"msgtype": "text", "text": {"content": ""}}, 40035),
        ({"msgtype": "markdown", "markdown": {"text": "no title"}}, 40035),
        ({"msgtype": "actionCard", "actionCard": {"title": "t", "text": "x", "btns": []}}, 40035),
        ({"msgtype": "actionCard", "actionCard": {"title": "t", "text": "x", "btns": [{"title": "a"}]}}, 40035),
        ({"msgtype": "feedCard", "feedCard": {"links": {}}}, 40035),
        ({"msgtype": "text", "text": {"content": "x"}, "at": {"atUserIds": "0231446618"}}, 40035),
        ({"msgtype": "text", "text": {"content": "x"}, "at": []}, 0),
        ({"msgtype": "text", "text": {"content": "长" * 6700}}, 460101),
    ],
)
async def test_webhook_bodies_are_checked(fake: FakeDingTalk, bot: Bot, peer: Peer, body: Any, code: int) -> None:
    assert (await peer.call("POST", await session(fake, bot), body))[1]["errcode"] == code


async def test_content_type_is_wanted(fake: FakeDingTalk, bot: Bot, peer: Peer) -> None:
    url = await session(fake, bot)
    async with peer.client.post(url, data=json.dumps(markdown("x")), headers={"Content-Type": "text/plain"}) as answer:
        assert (await answer.json())["errcode"] == 43004


async def test_dtmd_button_says_its_text(fake: FakeDingTalk, bot: Bot, peer: Peer) -> None:
    rows = [{"title": "同意", "actionURL": DTMD + quote("同意 42")}, {"title": "看", "actionURL": "https://example.com"}]
    card = {"msgtype": "actionCard", "actionCard": {"title": "t", "text": "x", "btnOrientation": "1", "btns": rows}}
    await peer.call("POST", await session(fake, bot, None), card)
    (sent,) = fake.received
    assert [(button.label, button.say) for button in sent.buttons] == [("同意", "同意 42"), ("看", "")]
    await fake.press(sent.button("同意"))
    body = bot.heard[-1][1]
    assert (body["text"]["content"], body["senderStaffId"], body["conversationType"]) == ("同意 42", "0231446618", "1")
    with pytest.raises(ValueError, match="opens"):
        await fake.press(sent.button("看"))
    with pytest.raises(KeyError):
        sent.button("不同意")


async def test_dtmd_in_a_group_may_not_count_as_a_mention(fake: FakeDingTalk, bot: Bot, peer: Peer) -> None:
    card = {"msgtype": "actionCard", "actionCard": {"title": "t", "text": "x", "singleTitle": "是", "singleURL": DTMD + quote("是")}}
    await peer.call("POST", await session(fake, bot), card)
    button = fake.received[0].button("是")
    with pytest.raises(ValueError, match="who"):
        await fake.press(button)
    assert (await fake.press(button, "manager6612")).acked
    fake.manners.dtmd_mentions = False
    assert (await fake.press(button, "manager6612")).withheld == "the bot was not mentioned"


async def test_group_webhook_security(fake: FakeDingTalk, peer: Peer) -> None:
    stamp = str(int(fake.state.now() * 1000))
    signed = f"&timestamp={stamp}&sign={quote(robot_sign('SECexample0001', stamp), safe='')}"
    assert (await peer.call("POST", "/robot/send?access_token=none", markdown("x")))[1]["errcode"] == 400101
    assert (await peer.call("POST", "/robot/send?access_token=tokenG2", markdown("x")))[1]["errmsg"] == "sign not match"
    assert (await peer.call("POST", "/robot/send?access_token=tokenG2" + signed, markdown("x")))[1]["errcode"] == 0
    assert (await peer.call("POST", "/robot/send?access_token=tokenG3", markdown("x")))[1]["errmsg"] == "keywords not in content"
    assert (await peer.call("POST", "/robot/send?access_token=tokenG3", markdown("入驻")))[1]["errcode"] == 0
    assert [(sent.way, sent.conversation) for sent in fake.received] == [(Way.WEBHOOK, "cidG2=="), (Way.WEBHOOK, "cidG3==")]


async def test_group_webhook_is_idempotent_by_uuid(fake: FakeDingTalk, peer: Peer) -> None:
    for _ in range(2):
        assert (await peer.call("POST", "/robot/send?access_token=tokenG1", {**markdown("x"), "msgUuid": "u1"}))[1]["errcode"] == 0
    assert [sent.key for sent in fake.received] == ["u1"]


async def test_twenty_a_minute_then_ten_minutes_of_silence(fake: FakeDingTalk, peer: Peer) -> None:
    async def send() -> int:
        return int((await peer.call("POST", "/robot/send?access_token=tokenG1", markdown("x")))[1]["errcode"])

    assert [await send() for _ in range(21)] == [0] * 20 + [410100]
    fake.skip(61)
    assert await send() == 410100
    fake.skip(600)
    assert await send() == 0


async def test_group_send(fake: FakeDingTalk, peer: Peer) -> None:
    status, body = await peer.to_group("@0231446618 好")
    (sent,) = fake.received
    assert (status, body) == (200, {"processQueryKey": sent.key})
    assert (sent.way, sent.kind, sent.mentioned, sent.shown) == (Way.GROUP, "sampleMarkdown", (), "@0231446618 好")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"robotCode": "other"}, "invalidParameter.robotCode.notExsit"),
        ({"openConversationId": "cidg1=="}, "invalid.openConversationId"),
        ({"openConversationId": ["cidG1=="]}, "invalid.openConversationId"),
        ({"msgKey": "sampleSmell"}, "invalidParameter.msgKey"),
        ({"msgParam": {"content": "x"}}, "invalidParameter.msgParam"),
        ({"msgParam": "{"}, "invalidParameter.msgParam"),
        ({"msgParam": '{"content":""}'}, "invalidParameter.msgParam"),
        ({"msgParam": json.dumps({"content": "长" * 5000}, ensure_ascii=False)}, "invalidParameter.msgParam.tooLong"),
    ],
)
async def test_group_send_refuses(fake: FakeDingTalk, peer: Peer, change: dict[str, Any], code: str) -> None:
    good = {"robotCode": fake.app.robot_code, "openConversationId": "cidG1==", "msgKey": "sampleText", "msgParam": '{"content":"x"}'}
    status, body = await peer.new("/v1.0/robot/groupMessages/send", {**good, **change})
    assert (status, body["code"]) == (400, code)
    assert set(body) == {"code", "message", "requestid"}


async def test_disbanded_group(fake: FakeDingTalk, peer: Peer) -> None:
    fake.world.groups["cidG1=="].disbanded = True
    assert (await peer.to_group())[1]["code"] == "group.disbanded"
    assert (await peer.call("POST", "/robot/send?access_token=tokenG1", markdown("x")))[1]["errcode"] == 400013


async def test_one_to_one_says_who_did_not_get_it(fake: FakeDingTalk, peer: Peer) -> None:
    fake.state.flow_controlled = {"manager6612"}
    param = json.dumps(
        {"title": "t", "text": "x", "actionTitle1": "是", "actionURL1": DTMD + quote("是"), "actionTitle2": "否", "actionURL2": DTMD + quote("否")}
    )
    users = ["0231446618", "manager6612", "hidden1", "out1", "nobody"]
    body = {"robotCode": fake.app.robot_code, "userIds": users, "msgKey": "sampleActionCard2", "msgParam": param}
    status, answer = await peer.new("/v1.0/robot/oToMessages/batchSend", body)
    (sent,) = fake.received
    assert status == 200
    assert (answer["invalidStaffIdList"], answer["flowControlledStaffIdList"]) == (["hidden1", "out1", "nobody"], ["manager6612"])
    assert (sent.way, sent.users, [button.say for button in sent.buttons], sent.buttons[0].user) == (Way.OTO, ("0231446618",), ["是", "否"], "0231446618")


@pytest.mark.parametrize(
    ("users", "code"), [([], "invalidParameter.userIds"), ("u", "invalidParameter.userIds"), ([str(n) for n in range(21)], "too.many.people")]
)
async def test_one_to_one_refuses(fake: FakeDingTalk, peer: Peer, users: Any, code: str) -> None:
    body = {"robotCode": fake.app.robot_code, "userIds": users, "msgKey": "sampleText", "msgParam": '{"content":"x"}'}
    assert (await peer.new("/v1.0/robot/oToMessages/batchSend", body))[1]["code"] == code


async def test_recall(fake: FakeDingTalk, peer: Peer) -> None:
    key = (await peer.to_group())[1]["processQueryKey"]
    body = {"robotCode": fake.app.robot_code, "openConversationId": "cidG1==", "processQueryKeys": [key, "pqkNone"]}
    assert await peer.new("/v1.0/robot/groupMessages/recall", body) == (200, {"successResult": [key], "failedResult": {"pqkNone": "not found"}})
    assert fake.state.recalled == {key}


async def test_file(fake: FakeDingTalk, bot: Bot, peer: Peer) -> None:
    await fake.say("0231446618", kind="file", file=b"a,b", file_name="登记表.csv")
    content = bot.heard[0][1]["content"]
    ask = {"downloadCode": content["downloadCode"], "robotCode": fake.app.robot_code}
    status, body = await peer.new("/v1.0/robot/messageFiles/download", ask)
    async with peer.client.get(body["downloadUrl"]) as answer:
        assert (status, content["fileName"], await answer.read()) == (200, "登记表.csv", b"a,b")
    assert (await peer.new("/v1.0/robot/messageFiles/download", {**ask, "robotCode": "other"}))[1]["code"] == "invalidParameter.robotCode.auth"
    assert (await peer.new("/v1.0/robot/messageFiles/download", {**ask, "downloadCode": "x"}))[1]["code"] == "invalidParameter.robotCode.downloadCode"
