"""The Stream gateway: tickets, frames, ACKs, redelivery, and its ways to go wrong."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest
from fake_peer import CARD, ROBOT, Peer

from bot.fake_dingtalk import FakeDingTalk


async def test_ticket_is_for_one_connection(fake: FakeDingTalk, peer: Peer) -> None:
    _, body = await peer.ticket()
    async with peer.client.ws_connect(body["endpoint"], params={"ticket": body["ticket"]}):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await peer.client.ws_connect(body["endpoint"], params={"ticket": body["ticket"]})
    assert refused.value.status == 401


@pytest.mark.parametrize(("waited", "status"), [(89.0, 200), (91.0, 401)])
async def test_ticket_lives_ninety_seconds(fake: FakeDingTalk, peer: Peer, waited: float, status: int) -> None:
    _, body = await peer.ticket()
    fake.skip(waited)
    try:
        async with peer.client.ws_connect(body["endpoint"], params={"ticket": body["ticket"]}):
            opened = 200
    except aiohttp.WSServerHandshakeError as refused:
        opened = refused.status
    assert opened == status


async def test_open_refuses(fake: FakeDingTalk, peer: Peer) -> None:
    path, good = "/v1.0/gateway/connections/open", {"clientId": fake.app.key, "clientSecret": fake.app.secret}
    status, body = await peer.call("POST", path, {**good, "clientSecret": "wrong", "subscriptions": [{"type": "EVENT", "topic": "*"}]})
    assert (status, body["code"]) == (401, "authFailed")
    status, body = await peer.call("POST", path, {**good, "subscriptions": []})
    assert status == 400


async def test_open_answers_xml_to_who_does_not_accept_json(peer: Peer) -> None:
    status, body = await peer.ticket(headers={"Accept": "text/plain"})
    assert status == 200
    assert body.startswith("<Response><endpoint>ws://")


async def test_frame_and_ack(fake: FakeDingTalk, peer: Peer) -> None:
    line = await peer.connect()
    saying = asyncio.create_task(fake.say("0231446618", "你好", "cidG1=="))
    frame = await line.frame()
    await line.ack(frame)
    delivery = await saying
    data = json.loads(frame["data"])
    assert (frame["specVersion"], frame["type"], frame["headers"]["topic"]) == ("1.0", "CALLBACK", ROBOT)
    assert frame["headers"]["time"].isdigit()
    assert (data["msgId"], data["text"], data["conversationType"], data["isInAtList"]) == (delivery.id, {"content": " 你好"}, "2", True)
    assert (delivery.acked, delivery.code, delivery.answer, delivery.pushes) == (True, 200, {"response": None}, 1)


async def test_without_ack_it_comes_again_with_another_frame_id(fake: FakeDingTalk, peer: Peer) -> None:
    line = await peer.connect()
    saying = asyncio.create_task(fake.say("0231446618", "你好"))
    first = await line.frame()
    delivery = await saying
    assert not delivery.acked
    second = await line.frame()
    await line.ack(second)
    assert await fake.state.bell.until(lambda: delivery.acked, 2)
    assert first["headers"]["messageId"] != second["headers"]["messageId"]
    assert json.loads(first["data"]) == json.loads(second["data"])


async def test_redeliver_although_acknowledged(fake: FakeDingTalk, peer: Peer) -> None:
    line = await peer.connect()
    saying = asyncio.create_task(fake.say("0231446618", "你好", redeliver=2))
    bodies = [await line.take() for _ in range(3)]
    delivery = await saying
    assert {body["msgId"] for body in bodies} == {delivery.id}
    assert await fake.state.bell.until(lambda: delivery.pushes == 3, 2)


async def test_each_push_goes_to_one_connection_at_random(fake: FakeDingTalk, peer: Peer) -> None:
    lines = [await peer.connect() for _ in range(2)]
    counts = [0, 0]

    async def read(number: int) -> None:
        while True:
            await lines[number].take()
            counts[number] += 1

    readers = [asyncio.create_task(read(number)) for number in range(2)]
    for number in range(20):
        assert (await fake.say("0231446618", f"{number}")).pushes == 1
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    assert sum(counts) == 20
    assert min(counts) > 0


async def test_nothing_is_pushed_for_a_topic_nobody_subscribes(fake: FakeDingTalk, peer: Peer) -> None:
    await peer.connect((("CALLBACK", CARD),))
    fake.manners.retries = ()
    delivery = await fake.say("0231446618", "你好")
    assert (delivery.pushes, delivery.withheld) == (0, "no open connection subscribes to it")


async def test_push_waits_for_a_connection(fake: FakeDingTalk, peer: Peer) -> None:
    saying = asyncio.create_task(fake.say("0231446618", "你好", by="stream"))
    await asyncio.sleep(0.1)
    line = await peer.connect()
    await line.take()
    assert (await saying).acked


async def test_event_comes_until_done(fake: FakeDingTalk, peer: Peer) -> None:
    line = await peer.connect()
    task = asyncio.create_task(fake.event("user_add_org", {"userId": ["0412556677"]}))
    frame = await line.frame()
    await line.ack(frame, {"status": "LATER", "message": "busy"})
    delivery = await task
    assert not delivery.acked
    again = await line.frame()
    await line.ack(again, {"status": "SUCCESS", "message": "ok"})
    assert await fake.state.bell.until(lambda: delivery.acked, 2)
    assert (frame["type"], frame["headers"]["topic"], frame["headers"]["eventType"]) == ("EVENT", "*", "user_add_org")
    assert frame["headers"]["eventId"] == again["headers"]["eventId"] == delivery.id


async def test_unknown_topic_is_not_repeated(fake: FakeDingTalk, peer: Peer) -> None:
    line = await peer.connect()
    saying = asyncio.create_task(fake.say("0231446618", "你好"))
    await line.take({}, 404)
    assert (await saying).code == 404
    with pytest.raises(TimeoutError):
        await line.frame(0.3)


async def test_pings_are_counted(fake: FakeDingTalk, peer: Peer) -> None:
    fake.manners.ping_every = 0.05
    line = await peer.connect()
    ping = await line.ws.receive_json(timeout=2)
    await line.ack(ping, json.loads(ping["data"]))
    await line.ws.receive_json(timeout=2)
    assert ping["headers"]["topic"] == "ping"
    assert fake.stream.connections[0].pongs == 1


async def test_disconnect_announces_then_closes(fake: FakeDingTalk, peer: Peer) -> None:
    old = await peer.connect()
    await fake.stream.disconnect()
    assert (await old.frame())["headers"]["topic"] == "disconnect"
    new = await peer.connect()
    saying = asyncio.create_task(fake.say("0231446618", "你好"))
    await new.take()
    assert (await saying).acked
    assert (await old.ws.receive(timeout=2)).type is aiohttp.WSMsgType.CLOSE
    assert fake.stream.most == 2


@pytest.mark.parametrize("how", ["cut", "half"])
async def test_reset(fake: FakeDingTalk, peer: Peer, how: str) -> None:
    line = await peer.connect()
    if how == "cut":
        fake.stream.cut()
    else:
        await fake.stream.cut_in_frame()
    message = await line.ws.receive(timeout=2)
    assert message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSE)
    assert fake.stream.connections == []


async def test_lost_ack_brings_the_message_again_on_the_next_connection(fake: FakeDingTalk, peer: Peer) -> None:
    fake.stream.lose_acks = 1
    line = await peer.connect()
    saying = asyncio.create_task(fake.say("0231446618", "你好"))
    await line.take()
    delivery = await saying
    assert not delivery.acked
    again = await peer.connect()
    assert (await again.take())["msgId"] == delivery.id
    assert await fake.state.bell.until(lambda: delivery.acked, 2)


async def test_silence_keeps_the_socket_open_but_answers_no_ping(fake: FakeDingTalk, peer: Peer) -> None:
    line = await peer.connect()
    fake.stream.silent = True
    await line.ws.ping(b"x")
    delivery = await fake.say("0231446618", "你好")
    with pytest.raises(TimeoutError):
        await line.ws.receive(timeout=0.2)
    assert delivery.pushes == 0
    assert not line.ws.closed


async def test_garbage_comes_as_it_is(fake: FakeDingTalk, peer: Peer) -> None:
    line = await peer.connect()
    await fake.stream.say_raw("{no json")
    await fake.stream.say_raw(b"\x00\x01")
    assert (await line.ws.receive(timeout=2)).data == "{no json"
    assert (await line.ws.receive(timeout=2)).data == b"\x00\x01"


@pytest.mark.parametrize("nonsense", ["no json", "[]", "{}", '{"code":"200","headers":{"messageId":"x"}}', "[" * 100_000])
async def test_nonsense_from_the_bot_is_kept_and_harmless(fake: FakeDingTalk, peer: Peer, nonsense: str) -> None:
    line = await peer.connect()
    await line.ws.send_str(nonsense)
    saying = asyncio.create_task(fake.say("0231446618", "你好"))
    await line.take()
    assert (await saying).acked
    assert fake.stream.odd == [nonsense[:2000]]
