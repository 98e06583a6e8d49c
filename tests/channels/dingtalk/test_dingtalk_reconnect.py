"""The Stream client when connections end: no gap, no hurry, no silence."""

import asyncio

import pytest
from dingtalk_peer import SECRET, frame, robot, soon

from bot.channels.dingtalk.stream import Timing

OPEN = "/v1.0/gateway/connections/open"


async def test_on_disconnect_the_successor_is_open_before_the_old_one_closes(stream, peer, listener):
    await peer.sockets[0].send_str(frame("disconnect"))
    await peer.connected(3)
    assert not peer.sockets[0].closed
    await peer.sockets[0].send_str(robot(1))
    await peer.sockets[2].send_str(robot(2))
    await peer.ack("cb_1")
    await peer.ack("cb_2")
    await soon(lambda: peer.sockets[0].closed)
    assert (stream.health()["stream"]["connected"], peer.opens) == (2, 3)


async def test_there_is_never_a_gap_while_both_are_told_to_go(stream, peer, listener):
    stop = asyncio.Event()

    async def talk():
        number = 0
        while not stop.is_set():
            live = [socket for socket in peer.sockets if not socket.closed and socket not in told]
            assert live
            await live[number % len(live)].send_str(robot(number))
            number += 1
            await asyncio.sleep(0.002)
        return number

    told = []
    talking = asyncio.create_task(talk())
    for number in (0, 1, 2, 3):
        await asyncio.sleep(0.08)
        told.append(peer.sockets[number])
        await peer.sockets[number].send_str(frame("disconnect"))
        await peer.connected(number + 3)
    stop.set()
    sent = await talking
    for number in range(sent):
        await peer.ack(f"cb_{number}")


async def test_a_gateway_that_says_goodbye_at_once_is_not_hurried(make_channel, peer, listener):
    channel = make_channel("stream", Timing(backoff=0.1, longest_backoff=5, steady=1.0), connections=1)
    await channel.start(listener.hear)
    for number in range(4):
        await peer.connected(number + 1)
        await peer.sockets[number].send_str(frame("disconnect"))
    await asyncio.sleep(0.05)
    assert peer.opens <= 6


async def test_a_cut_socket_is_replaced(stream, peer, listener):
    peer.sockets[0]._writer.transport.abort()
    peer.sockets[1]._writer.transport.abort()
    await peer.connected(4)
    await peer.sockets[3].send_str(robot(1))
    await peer.ack("cb_1")


async def test_a_cut_in_the_middle_of_a_frame_is_survived(stream, peer, listener):
    transport = peer.sockets[0]._writer.transport
    transport.write(b"\x81\x7e\x02\x00half a frame")
    await asyncio.sleep(0.02)
    transport.abort()
    await peer.connected(3)
    await peer.sockets[2].send_str(robot(1))
    await peer.ack("cb_1")


async def test_an_acknowledgement_that_cannot_be_sent_is_counted(stream, peer, listener):
    listener.wait = 0.1
    await peer.sockets[0].send_str(robot(1))
    await asyncio.sleep(0.03)
    peer.sockets[0]._writer.transport.abort()
    await listener.until(1)
    await peer.connected(3)
    await soon(lambda: stream.health()["heard"].get("ack_lost") == 1)
    await peer.sockets[2].send_str(robot(2, "msg1"))
    await peer.ack("cb_2")
    assert stream.health()["heard"]["repeated"] == 1


async def test_a_silent_peer_is_replaced(make_channel, peer, listener):
    channel = make_channel("stream", Timing(idle=0.2, farewell=0.1, steady=0.05, backoff=0.01), connections=1)
    await channel.start(listener.hear)
    await peer.connected(1)
    await peer.connected(2)
    await soon(lambda: peer.sockets[0].closed)


async def test_pings_keep_a_connection_that_users_leave_alone(make_channel, peer, listener):
    channel = make_channel("stream", Timing(idle=0.3), connections=1)
    await channel.start(listener.hear)
    await peer.connected(1)
    for _ in range(10):
        await asyncio.sleep(0.1)
        await peer.sockets[0].send_str(frame("ping"))
    assert peer.opens == 1


async def test_health_turns_red_and_green_again(make_channel, peer, listener):
    channel = make_channel("stream")
    assert not channel.health()["ok"]
    await channel.start(listener.hear)
    await soon(lambda: channel.health()["stream"]["connected"] == 2)
    peer.will(OPEN, *[(500, "x")] * 40)
    for socket in peer.sockets:
        await socket.close()
    await soon(lambda: not channel.health()["ok"])
    assert channel.health()["stream"]["fault"]
    peer.answers[OPEN].clear()
    await soon(lambda: channel.health()["ok"])


async def test_a_gateway_that_does_not_know_us_is_asked_slowly_and_said_plainly(make_channel, peer, listener, caplog):
    peer.will(OPEN, *[(401, {"code": "authFailed", "message": "x"})] * 100)
    channel = make_channel("stream", Timing(refused=0.5), connections=1)
    await channel.start(listener.hear)
    await asyncio.sleep(0.6)
    assert 1 <= peer.count(OPEN) <= 3
    shown = caplog.text
    assert shown.count("check app_key and app_secret") == 1
    assert "check app_key" in channel.health()["stream"]["fault"]
    assert SECRET not in shown


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}),
        (200, "x"),
        (200, {"endpoint": "wss://evil.test/connect", "ticket": "t"}),
        (200, {"endpoint": 5, "ticket": "t"}),
        (503, "x"),
        (400, {"code": "x"}),
        (200, {"endpoint": "ws://127.0.0.1:1/connect", "ticket": "t"}),
    ],
)
async def test_an_odd_gateway_is_asked_again(make_channel, peer, listener, answer):
    peer.will(OPEN, answer)
    await make_channel("stream", connections=1).start(listener.hear)
    await peer.connected(1)
