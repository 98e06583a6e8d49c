"""The Stream client against the peer's gateway: acknowledgements, garbage, cards, events, the stop."""

import asyncio
import json

import pytest
from dingtalk_peer import SECRET, frame, robot, soon

from bot.core.model import Action
from bot.core.turn import Press
from bot.ports import Conflict, Stale

OPEN = "/v1.0/gateway/connections/open"


async def test_two_connections_are_opened_with_a_ticket_each(stream, peer):
    first = peer.bodies(OPEN)[0]
    assert (first["clientId"], first["clientSecret"]) == ("dingkey", SECRET)
    assert {one["topic"] for one in first["subscriptions"]} == {"*", "/v1.0/im/bot/messages/get", "/v1.0/card/instances/callback"}
    assert peer.calls[0]["headers"]["Accept"] == "application/json"
    assert (peer.opens, stream.health()["ok"]) == (2, True)


async def test_a_ping_is_echoed(stream, peer):
    await peer.sockets[0].send_str(frame("ping"))
    said = await peer.ack("ping_1")
    assert (said["code"], said["message"], said["data"]) == (200, "OK", '{"opaque":"77-aa"}')


async def test_a_message_is_acknowledged_once_it_is_durable(stream, peer, listener):
    listener.wait = 0.1
    await peer.sockets[0].send_str(frame("robot"))
    await asyncio.sleep(0.05)
    assert not peer.acks
    said = await peer.ack("cb_1")
    assert said == {"code": 200, "headers": {"messageId": "cb_1", "contentType": "application/json"}, "message": "OK", "data": '{"response":null}'}
    assert listener.heard[0].text == "邀请链接打不开了"
    assert stream.quota.used.pushes == 1


async def test_a_redelivery_has_another_frame_id_and_is_acknowledged_too(stream, peer, listener):
    await peer.sockets[0].send_str(robot(1, "same"))
    await peer.sockets[1].send_str(robot(2, "same"))
    await peer.ack("cb_1")
    await peer.ack("cb_2")
    assert len({one.key for one in listener.heard}) == 1
    assert stream.health()["heard"] == {"heard": 1, "repeated": 1}


async def test_without_the_store_there_is_no_acknowledgement(stream, peer, listener):
    listener.fault = Stale("x")
    await peer.sockets[0].send_str(robot(1))
    await soon(lambda: stream.health()["heard"].get("store_down") == 1)
    listener.fault = None
    await peer.sockets[0].send_str(robot(2, "msg1"))
    await peer.ack("cb_2")
    assert "cb_1" not in peer.acks


async def test_a_conflict_is_acknowledged_and_counted(stream, peer, listener):
    listener.fault = Conflict("x")
    await peer.sockets[0].send_str(robot(1))
    await peer.ack("cb_1")
    assert stream.health()["heard"]["conflict"] == 1


async def test_messages_are_made_durable_side_by_side_and_in_order(stream, peer, listener):
    listener.wait = 0.1
    started = asyncio.get_running_loop().time()
    for number in range(50):
        await peer.sockets[0].send_str(robot(number))
    for number in range(50):
        await peer.ack(f"cb_{number}")
    assert asyncio.get_running_loop().time() - started < 2
    assert [one.id for one in listener.heard] == [f"msg{number}" for number in range(50)]


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "not json",
        "[]",
        "null",
        "{}",
        '{"type":"SYSTEM"}',
        '{"type":5,"headers":{"topic":"ping"}}',
        '{"type":"SYSTEM","headers":[]}',
        '{"type":"SYSTEM","headers":{"topic":5}}',
        '{"type":"CALLBACK","headers":{"topic":"ping","topic":"x"}}',
        "[" * 100_000,
        '{"a":' + "9" * 100_000 + "}",
        '{"type":"x","headers":{"topic":"' + "x" * 1_100_000 + '"}}',
        b"\x00\xff binary",
    ],
)
async def test_garbage_does_no_harm(stream, peer, listener, garbage):
    socket = peer.sockets[0]
    await (socket.send_bytes(garbage) if isinstance(garbage, bytes) else socket.send_str(garbage))
    await socket.send_str(robot(1))
    await peer.ack("cb_1")
    assert stream.health()["heard"]["garbage_frame"] == 1
    assert peer.opens == 2


@pytest.mark.parametrize("data", ["", "not json", "[]", '{"msgId":5}', '{"a":' * 40 + "1" + "}" * 40, None, 5])
async def test_a_message_that_cannot_be_read_is_acknowledged_so_that_it_does_not_come_for_ever(stream, peer, listener, data):
    found = json.loads(frame("robot"))
    found["data"] = data
    await peer.sockets[0].send_str(json.dumps(found))
    await peer.ack("cb_1")
    assert listener.heard == []
    assert stream.health()["heard"]["bad_payload"] == 1


async def test_data_that_is_an_object_is_read_too(stream, peer, listener):
    found = json.loads(frame("robot"))
    found["data"] = json.loads(found["data"])
    found["header"] = found.pop("headers")
    await peer.sockets[0].send_str(json.dumps(found))
    await peer.ack("cb_1")
    assert len(listener.heard) == 1


async def test_unknown_topics_are_answered_404(stream, peer):
    await peer.sockets[0].send_str(frame("unknown_topic"))
    assert (await peer.ack("odd_1"))["code"] == 404


async def test_a_press_is_acknowledged_once_it_is_durable(stream, peer, listener):
    listener.wait = 0.1
    await peer.sockets[0].send_str(frame("card"))
    await asyncio.sleep(0.05)
    assert not peer.acks
    assert (await peer.ack("card_1"))["data"] == '{"response":{}}'
    (press,) = listener.heard
    assert isinstance(press, Press)
    assert (press.card, press.sender.account, press.private, press.conversation) == ("usher-r1", "boss0001", False, "cidFinanceRoom==")
    assert press.action == Action("card.press", (("index", "2"),))
    assert stream.quota.used.pushes == 1


async def test_a_slow_press_is_answered_in_time_and_goes_on(stream, peer, listener):
    listener.wait = 1.8
    started = asyncio.get_running_loop().time()
    await peer.sockets[0].send_str(frame("card"))
    assert (await peer.ack("card_1"))["data"] == '{"response":{}}'
    assert asyncio.get_running_loop().time() - started < 1.7
    await soon(lambda: listener.heard)


async def test_presses_that_fail_and_presses_of_no_button(stream, peer, listener):
    listener.fault = Stale("x")
    await peer.sockets[0].send_str(frame("card"))
    assert (await peer.ack("card_1"))["code"] == 500
    bad = json.loads(frame("card", messageId="card_3"))
    bad["data"] = "{}"
    await peer.sockets[0].send_str(json.dumps(bad))
    assert (await peer.ack("card_3"))["data"] == '{"response":{}}'
    assert listener.heard == []


async def test_a_late_press_that_fails_is_no_silent_failure(stream, peer, listener, caplog):
    async def fail(_stimulus):
        await asyncio.sleep(1.7)
        raise Stale("x")

    stream._hearing.hear = fail
    await peer.sockets[0].send_str(frame("card"))
    await peer.ack("card_1")
    await soon(lambda: "a late card press failed" in caplog.text)


async def test_events_are_handed_on_and_asked_for_again(stream, peer, listener):
    listener.fault = Stale("x")
    await peer.sockets[0].send_str(frame("event"))
    assert json.loads((await peer.ack("ev_1"))["data"])["status"] == "LATER"
    listener.fault = None
    await peer.sockets[0].send_str(frame("event", messageId="ev_again"))
    assert json.loads((await peer.ack("ev_again"))["data"]) == {"status": "SUCCESS", "message": "ok"}
    await peer.sockets[0].send_str(frame("event_envelope"))
    await peer.ack("ev_2")
    assert [(event.kind, event.subject) for event in listener.heard] == [("user_leave_org", "staff0077"), ("bpms_task_change", "instance0001")]
    assert stream.quota.used.pushes == 1  # contact events are free


async def test_stopping_acknowledges_what_was_read(stream, peer, listener):
    listener.wait = 0.2
    await peer.sockets[0].send_str(robot(1))
    await asyncio.sleep(0.05)
    await stream.stop()
    await peer.ack("cb_1")
    await soon(lambda: all(socket.closed for socket in peer.sockets))
    assert not [task for task in asyncio.all_tasks() if "bot/channels" in repr(task)]


async def test_stopping_while_connecting_and_stopping_twice(make_channel, peer, listener):
    channel = make_channel("stream")
    peer.hang.add(OPEN)
    await channel.start(listener.hear)
    await asyncio.sleep(0.05)
    await channel.stop()
    await channel.stop()


async def test_it_starts_again_after_a_stop(stream, peer, listener):
    await stream.stop()
    await stream.start(listener.hear)
    await peer.connected(4)
    await peer.sockets[3].send_str(robot(1))
    await peer.ack("cb_1")


async def test_no_ticket_is_logged(stream, peer, caplog, listener, make_channel):
    peer.will(OPEN, (200, {"endpoint": "ws://127.0.0.1:1/connect", "ticket": "ticket-secret"}))
    await make_channel("stream", connections=1).start(listener.hear)
    await peer.connected(3)
    assert "ticket-" not in caplog.text
