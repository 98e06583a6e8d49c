"""Robot messages over HTTP: headers, bodies, replies in the answer, retries, and what the platform withholds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fake_peer import Bot

from bot.fake_dingtalk import FakeDingTalk, Way
from bot.fake_dingtalk.signing import fits


async def test_signed_and_acknowledged(fake: FakeDingTalk, bot: Bot) -> None:
    delivery = await fake.say("0231446618", "你好", "cidG1==", mentions=("manager6612", "out1"))
    headers, body = bot.heard[0]
    assert fits(fake.app.secret, headers["timestamp"], headers["sign"], fake.state.now())
    assert (delivery.way, delivery.acked, delivery.code, delivery.pushes) == ("http", True, 200, 1)
    assert body["senderStaffId"] == "0231446618"
    assert body["sessionWebhookExpiredTime"] - body["createAt"] == 5_400_000
    bot_at, boss, outsider = body["atUsers"]
    assert (bot_at["dingtalkId"], boss["staffId"], "staffId" in outsider) == (body["chatbotUserId"], "manager6612", False)
    assert fake.received == []


async def test_outsider_has_no_user_id(fake: FakeDingTalk, bot: Bot) -> None:
    await fake.say("out1", "怎么加入组织？", "cidG1==")
    body = bot.heard[0][1]
    assert not {"senderStaffId", "senderCorpId"} & set(body)
    assert body["senderUnionId"]


async def test_one_to_one(fake: FakeDingTalk, bot: Bot) -> None:
    await fake.say("manager6612", "查进度")
    body = bot.heard[0][1]
    assert (body["conversationType"], body["text"], body["isAdmin"]) == ("1", {"content": "查进度"}, True)
    assert not {"conversationTitle", "atUsers", "isInAtList"} & set(body)


@pytest.mark.parametrize(
    ("kind", "msgtype", "keys"),
    [
        ("picture", "picture", {"downloadCode", "pictureDownloadCode"}),
        ("richText", "richText", {"richText"}),
        ("audio", "audio", {"duration", "downloadCode", "recognition"}),
        ("video", "video", {"duration", "downloadCode", "videoType"}),
        ("file", "file", {"spaceId", "fileName", "downloadCode", "fileId"}),
        ("unknown", "unknownMsgType", {"unknownMsgType"}),
    ],
)
async def test_kinds(fake: FakeDingTalk, bot: Bot, kind: str, msgtype: str, keys: set[str]) -> None:
    await fake.say("0231446618", "你好", kind=kind)
    body = bot.heard[0][1]
    assert (body["msgtype"], set(body["content"])) == (msgtype, keys)


async def test_quote(fake: FakeDingTalk, bot: Bot) -> None:
    await fake.say("0231446618", "什么意思", quote="请等待审批")
    body = bot.heard[0][1]
    assert body["text"]["repliedMsg"]["content"] == {"text": "请等待审批"}
    assert body["text"]["repliedMsg"]["msgId"] == body["originalMsgId"]


async def test_fields_can_be_forged_and_left_out(fake: FakeDingTalk, bot: Bot) -> None:
    await fake.say("0231446618", "你好", msg_id="m1", senderNick="adm1", senderCorpId="other", isAdmin=True, senderStaffId=None)
    body = bot.heard[0][1]
    assert (body["msgId"], body["senderNick"], body["senderCorpId"], body["isAdmin"], "senderStaffId" in body) == ("m1", "adm1", "other", True, False)


@pytest.mark.parametrize(
    ("user", "place", "how", "why"),
    [
        ("0231446618", "cidG1==", {"at_bot": False}, "the bot was not mentioned"),
        ("0231446618", "cidG1==", {"kind": "file"}, "file is not forwarded from groups"),
        ("manager6612", "cidG2==", {}, "the sender is not in the group"),
        ("out1", None, {}, "an outsider cannot talk to an internal robot one-to-one"),
    ],
)
async def test_withheld(fake: FakeDingTalk, bot: Bot, user: str, place: str | None, how: dict[str, Any], why: str) -> None:
    delivery = await fake.say(user, "x", place, **how)
    assert (delivery.withheld, delivery.pushes, bot.heard) == (why, 0, [])


async def test_nonsense_is_refused(fake: FakeDingTalk) -> None:
    with pytest.raises(LookupError, match="no member"):
        await fake.say("nobody", "x")
    with pytest.raises(LookupError, match="no group"):
        await fake.say("0231446618", "x", "cidNone")
    with pytest.raises(ValueError, match="no callback URL"):
        await fake.say("0231446618", "x", by="http")
    with pytest.raises(ValueError, match="kind"):
        await fake.say("0231446618", "x", kind="smell")


async def test_the_answer_may_be_the_reply(fake: FakeDingTalk, bot: Bot) -> None:
    bot.answer = lambda _body: (200, {"msgtype": "text", "text": {"content": "好的"}, "at": {"atUserIds": ["0231446618"]}})
    delivery = await fake.say("0231446618", "你好", "cidG1==")
    (sent,) = fake.received
    assert (sent.way, sent.shown, sent.answers, sent.mentioned) == (Way.HTTP_REPLY, "好的 @林晓雨", delivery.id, ("0231446618",))


async def test_late_answer_counts_as_none(fake: FakeDingTalk, bot: Bot) -> None:
    bot.delay = 3.0
    delivery = await fake.say("0231446618", "你好")
    assert (delivery.acked, delivery.error) == (False, "no answer in time")


async def test_refused_connection(fake: FakeDingTalk) -> None:
    fake.callback_url = "http://127.0.0.1:9/robot"
    delivery = await fake.say("0231446618", "你好")
    assert not delivery.acked
    assert delivery.error.startswith("ClientConnectorError")


async def test_retries_when_the_platform_is_set_to(fake: FakeDingTalk, bot: Bot) -> None:
    fake.manners.http_retries = (0.05,)
    bot.answer = lambda _body: (503 if len(bot.heard) == 1 else 200, {})
    delivery = await fake.say("0231446618", "你好")
    assert await fake.state.bell.until(lambda: delivery.acked, 2)
    assert [body["msgId"] for _, body in bot.heard] == [delivery.id] * 2


async def test_redeliver(fake: FakeDingTalk, bot: Bot) -> None:
    delivery = await fake.say("0231446618", "你好", redeliver=2)
    assert await fake.state.bell.until(lambda: delivery.pushes == 3, 2)
    await fake.quiet(0.2)
    assert [body for _, body in bot.heard] == [bot.heard[0][1]] * 3


@pytest.mark.parametrize("headers", [{"sign": None}, {"sign": "AAAA"}, {"timestamp": "1"}])
async def test_raw_bytes_with_wrong_headers(fake: FakeDingTalk, bot: Bot, headers: dict[str, Any]) -> None:
    await fake.push_raw(json.dumps({"a": 1}).encode(), headers)
    heard, body = bot.heard[0]
    assert body == {"a": 1}
    assert not fits(fake.app.secret, heard.get("timestamp", ""), heard.get("sign", ""), fake.state.now())
