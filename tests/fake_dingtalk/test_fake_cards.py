"""Interactive cards: creation, update, presses over Stream and HTTP, and their answers."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from fake_peer import CARD, Bot, Peer

from bot.fake_dingtalk import FakeDingTalk, Way

CREATE = "/v1.0/card/instances/createAndDeliver"


def card(fake: FakeDingTalk, **change: Any) -> dict[str, Any]:
    """A good body of createAndDeliver for the group."""
    buttons = json.dumps([{"id": "approve", "text": "同意", "params": {"requestId": "42"}}, {"id": "reject", "text": "不同意"}])
    body = {
        "cardTemplateId": "t.schema",
        "outTrackId": "track-1",
        "callbackType": "STREAM",
        "cardData": {"cardParamMap": {"title": "权限申请", "state": "pending", "msgButtons": buttons}},
        "privateData": {"manager6612": {"cardParamMap": {"canPress": "true"}}},
        "openSpaceId": "dtv1.card//IM_GROUP.cidG1==",
        "imGroupOpenSpaceModel": {"supportForward": False},
        "imGroupOpenDeliverModel": {"robotCode": fake.app.robot_code},
    }
    return {**body, **change}


async def test_create_and_deliver(fake: FakeDingTalk, peer: Peer) -> None:
    status, body = await peer.new(CREATE, card(fake))
    (row,) = body["result"]["deliverResults"]
    (sent,) = fake.received
    assert (status, row["success"], row["spaceId"]) == (200, True, "cidG1==")
    assert (sent.way, sent.kind, sent.title, sent.key) == (Way.CARD, "card", "权限申请", "track-1")
    assert [(button.label, button.action) for button in sent.buttons] == [("同意", "approve"), ("不同意", "reject")]
    assert fake.state.cards["track-1"].seen_by("manager6612")["canPress"] == "true"
    assert "canPress" not in fake.state.cards["track-1"].seen_by("0231446618")


async def test_track_id_is_unique_for_ever(fake: FakeDingTalk, peer: Peer) -> None:
    await peer.new(CREATE, card(fake))
    status, body = await peer.new(CREATE, card(fake))
    assert (status, body["code"]) == (400, "param.cardAlreadyExist")
    assert len(fake.received) == 1


async def test_one_to_one_in_lower_case(fake: FakeDingTalk, peer: Peer) -> None:
    body = card(fake, openSpaceId="dtv1.card//im_robot.manager6612", imRobotOpenDeliverModel={"spaceType": "IM_ROBOT", "robotCode": fake.app.robot_code})
    assert (await peer.new(CREATE, body))[0] == 200
    assert fake.received[0].users == ("manager6612",)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"cardTemplateId": ""}, "param.templateNotExist"),
        ({"outTrackId": "x" * 101}, "param.outTrackIdInvalid"),
        ({"callbackType": "stream"}, "param.callbackTypeInvalid"),
        ({"openSpaceId": "IM_GROUP.cidG1=="}, "param.openSpaceIdInvalid"),
        ({"openSpaceId": "dtv1.card//IM_GROUP.none"}, "param.openSpaceIdInvalid"),
        ({"openSpaceId": "dtv1.card//IM_ROBOT.none"}, "param.userIdNotExist"),
        ({"cardData": {"cardParamMap": {"n": 1}}}, "param.cardParamMapInvalid"),
        ({"cardData": {"cardParamMap": {"n": "x" * 100_001}}}, "param.cardDataTooLong"),
        ({"privateData": []}, None),
        ({"privateData": ["x"]}, "param.privateDataInvalid"),
    ],
)
async def test_create_refuses(fake: FakeDingTalk, peer: Peer, change: dict[str, Any], code: str | None) -> None:
    assert (await peer.new(CREATE, card(fake, **change)))[1].get("code") == code


async def test_wrong_robot_is_not_delivered_although_success(fake: FakeDingTalk, peer: Peer) -> None:
    status, body = await peer.new(CREATE, card(fake, imGroupOpenDeliverModel={"robotCode": "other"}))
    assert (status, body["success"], body["result"]["deliverResults"][0]["success"], fake.received) == (200, True, False, [])


async def test_update_replaces_unless_told_to_merge(fake: FakeDingTalk, peer: Peer) -> None:
    await peer.new(CREATE, card(fake))
    values = {"cardParamMap": {"state": "agreed"}}
    merge = {"updateCardDataByKey": True}
    await peer.new("/v1.0/card/instances", {"outTrackId": "track-1", "cardData": values, "cardUpdateOptions": merge}, "PUT")
    assert fake.state.cards["track-1"].public["title"] == "权限申请"
    await peer.new("/v1.0/card/instances", {"outTrackId": "track-1", "cardData": values}, "PUT")
    assert fake.state.cards["track-1"].public == {"state": "agreed"}
    assert [sent.kind for sent in fake.received] == ["card", "cardUpdate", "cardUpdate"]
    assert (await peer.new("/v1.0/card/instances", {"outTrackId": "none", "cardData": values}, "PUT"))[1]["code"] == "param.cardNotExist"


async def test_press_over_the_stream(fake: FakeDingTalk, peer: Peer) -> None:
    await peer.new(CREATE, card(fake))
    line = await peer.connect()
    pressing = asyncio.create_task(fake.press(fake.received[0].button("同意"), "manager6612"))
    values = {"cardData": {"cardParamMap": {"state": "agreed"}}, "userPrivateData": {"cardParamMap": {"canPress": "false"}}}
    body = await line.take({"response": {**values, "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True}}})
    delivery = await pressing
    assert (delivery.acked, delivery.error) == (True, "")
    assert json.loads(body["content"]) == {"cardPrivateData": {"actionIds": ["approve"], "params": {"requestId": "42"}}}
    assert (body["outTrackId"], body["userId"], body["spaceType"]) == ("track-1", "manager6612", "IM_GROUP")
    seen = fake.state.cards["track-1"].seen_by("manager6612")
    assert (seen["state"], seen["canPress"], seen["title"]) == ("agreed", "false", "权限申请")


async def test_late_card_answer_changes_nothing(fake: FakeDingTalk, peer: Peer) -> None:
    await peer.new(CREATE, card(fake))
    line = await peer.connect()
    delivery = await fake.press_card("track-1", "manager6612", ["approve"])
    await line.take({"response": {"cardData": {"cardParamMap": {"state": "agreed"}}}})
    await asyncio.sleep(0.05)
    assert (delivery.acked, delivery.pushes, delivery.error) == (False, 1, "no ACK in time")
    assert fake.state.cards["track-1"].public["state"] == "pending"


@pytest.mark.parametrize(("callback", "why"), [(None, "the card has no callbackType"), ("HTTP", "callbackRouteKey is not registered")])
async def test_callbacks_that_never_arrive(fake: FakeDingTalk, peer: Peer, callback: str | None, why: str) -> None:
    await peer.new(CREATE, card(fake, callbackType=callback))
    await peer.connect()
    assert (await fake.press_card("track-1", "manager6612", ["approve"])).withheld == why


async def test_press_without_subscription(fake: FakeDingTalk, peer: Peer) -> None:
    await peer.new(CREATE, card(fake))
    await peer.connect((("EVENT", "*"),))
    assert (await fake.press_card("track-1", "manager6612", ["approve"])).withheld == "no open connection subscribes to it"
    assert CARD


async def test_press_over_http_is_signed(fake: FakeDingTalk, peer: Peer, bot: Bot) -> None:
    await peer.new("/v1.0/card/callbacks/register", {"callbackRouteKey": "fin1", "callbackUrl": bot.url, "apiSecret": "card-secret"})
    await peer.new(CREATE, card(fake, callbackType="HTTP", callbackRouteKey="fin1"))
    bot.answer = lambda _body: (200, {"cardData": {"cardParamMap": {"state": "agreed"}}})
    delivery = await fake.press_card("track-1", "manager6612", ["approve"], {"a": "b"})
    headers, body = bot.heard[0]
    stamp = headers["x-ddpaas-signature-timestamp"]
    right = base64.b64encode(hmac.new(b"card-secret", stamp.encode(), hashlib.sha256).digest()).decode()
    assert (headers["x-ddpaas-signature"], body["type"], delivery.acked) == (right, "actionCallback", True)
    assert fake.state.cards["track-1"].public == {"state": "agreed"}


async def test_unknown_card_and_person(fake: FakeDingTalk, peer: Peer) -> None:
    with pytest.raises(LookupError):
        await fake.press_card("none", "manager6612", ["approve"])
    await peer.new(CREATE, card(fake))
    with pytest.raises(LookupError):
        await fake.press_card("track-1", "nobody", ["approve"])
