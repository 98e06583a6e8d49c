"""The robot callback over HTTP: what is answered, what is heard, what is refused without a word."""

import asyncio
import gzip
import json
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from dingtalk_peer import SECRET, soon

from bot.core.turn import Message
from bot.dingtalk_api.sign import sign
from bot.ports import Conflict, Stale

BODY = json.loads((Path(__file__).parent / "in_text_group.json").read_text(encoding="utf-8"))["body"]
QUOTA_GONE = json.loads((Path(__file__).parent / "in_quota_gone.json").read_text(encoding="utf-8"))["body"]


class House:
    """A web server with the channel's routes and a client."""

    def __init__(self, channel, clock):
        self.channel = channel
        self.clock = clock

    async def __aenter__(self):
        application = web.Application()
        application.add_routes(self.channel.routes())
        self.runner = web.AppRunner(application, access_log=None)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.port = self.runner.addresses[0][1]
        self.client = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_):
        await self.client.close()
        await self.runner.cleanup()

    def headers(self, secret=SECRET):
        stamp = str(int(self.clock.now().timestamp() * 1000))
        return {"timestamp": stamp, "sign": sign(stamp, secret), "Content-Type": "application/json; charset=utf-8"}

    async def post(self, body, headers=None):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.client.post(f"http://127.0.0.1:{self.port}/dingtalk/robot", data=raw, headers=headers or self.headers()) as answer:
            return answer.status, await answer.text()

    def heard(self, reason):
        return self.channel.health()["heard"].get(reason, 0)

    async def raw(self, wire, seconds=6):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(wire)
        try:
            async with asyncio.timeout(seconds):
                return await reader.read(4096)
        finally:
            writer.close()


@pytest.fixture
async def house(make_channel, clock, listener):
    channel = make_channel("http")
    await channel.start(listener.hear)
    async with House(channel, clock) as made:
        yield made


SILENCE = (200, "{}")


async def test_a_good_callback_is_heard_and_answered_with_silence(house, listener):
    assert await house.post(BODY) == SILENCE
    assert await house.post(BODY) == SILENCE
    assert isinstance(listener.heard[0], Message)
    assert listener.heard[0].text == "邀请链接打不开了"
    assert (house.heard("heard"), house.heard("repeated"), house.heard("signature_reused")) == (1, 1, 0)
    assert house.channel.quota.used.pushes == 2


async def test_the_answer_waits_for_durability(house, listener):
    listener.wait = 0.2
    task = asyncio.create_task(house.post(BODY))
    await asyncio.sleep(0.1)
    assert not task.done()
    assert await task == SILENCE


@pytest.mark.parametrize("fault", [Stale("x"), Conflict("x")])
async def test_store_faults(house, listener, fault):
    listener.fault = fault
    assert await house.post(BODY) == (SILENCE if isinstance(fault, Conflict) else (503, ""))
    assert house.heard("conflict" if isinstance(fault, Conflict) else "store_down") == 1


async def test_a_refusal_says_when_to_come_again(house, listener):
    listener.fault = Stale("x")
    async with house.client.post(f"http://127.0.0.1:{house.port}/dingtalk/robot", json=BODY, headers=house.headers()) as answer:
        assert answer.headers["Retry-After"] == "5"


async def test_before_the_start_and_after_the_stop_nothing_is_acknowledged(make_channel, clock, listener):
    channel = make_channel("http")
    async with House(channel, clock) as house:
        assert await house.post(BODY) == (503, "")
        await channel.start(listener.hear)
        assert await house.post(BODY) == SILENCE
        await channel.stop()
        assert await house.post(BODY) == (503, "")


async def test_unsigned_callbacks_are_refused_and_counted(house, listener):
    good = house.headers()
    for headers, reason in (
        ({key: value for key, value in good.items() if key != "sign"}, "absent"),
        ({key: value for key, value in good.items() if key != "timestamp"}, "absent"),
        ({**good, "sign": "x"}, "odd"),
        ({**good, "timestamp": "1e12"}, "odd"),
        (house.headers("another secret"), "forged"),
    ):
        before = house.heard(f"unsigned_{reason}")
        assert await house.post(BODY, headers) == (401, "")
        assert house.heard(f"unsigned_{reason}") == before + 1
    house.clock.step(3700)
    assert await house.post(BODY, good) == (401, "")
    assert house.heard("unsigned_outside_window") == 1
    assert listener.heard == []


@pytest.mark.parametrize("twin", ["sign", "Sign", "TIMESTAMP"])
async def test_headers_that_come_twice_are_ambiguous(house, listener, twin):
    good = house.headers()
    raw, extra = json.dumps(BODY), {"SIGN": good["sign"], "TIMESTAMP": good["timestamp"]}[twin.upper()]
    headers = "".join(f"{name}: {value}\r\n" for name, value in [*good.items(), (twin, extra)])
    said = await house.raw(f"POST /dingtalk/robot HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}Content-Length: {len(raw)}\r\n\r\n{raw}".encode())
    assert said.startswith(b"HTTP/1.1 401")
    assert (house.heard("unsigned_ambiguous"), listener.heard) == (1, [])


async def test_header_names_are_case_insensitive(house):
    good = house.headers()
    assert await house.post(BODY, {"TimeStamp": good["timestamp"], "SIGN": good["sign"]}) == SILENCE


async def test_a_signature_with_a_second_body_is_heard_but_flagged(house, listener):
    assert await house.post(BODY) == SILENCE
    assert await house.post({**BODY, "msgId": "another"}) == SILENCE
    assert len(listener.heard) == 2
    assert house.heard("signature_reused") == 1


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'"a"', b"{", b'{"a":NaN}', b"\xff", b'{"a":' + b"[" * 100_000, b'{"a":' + b"9" * 200_000 + b"}", b'{"a":1,"a":1}', b"{}"]
)
async def test_bad_bodies_are_refused(house, listener, body):
    assert await house.post(body) == (400, "")
    assert listener.heard == []
    assert house.heard("bad_payload") == 1


async def test_long_bodies_are_refused_whether_announced_or_not(house):
    assert await house.post(b"x" * (256 * 1024 + 1)) == (413, "")

    async def endless():
        while True:
            yield b"x" * 16_384
            await asyncio.sleep(0)

    try:
        async with house.client.post(f"http://127.0.0.1:{house.port}/dingtalk/robot", data=endless(), headers=house.headers()) as answer:
            assert answer.status == 413
    except aiohttp.ClientError:
        pass  # it hung up on us while we still talked
    assert house.heard("too_long") == 2


async def test_a_body_in_pieces_is_heard(house, listener):
    async def pieces():
        for byte in json.dumps(BODY).encode().split(b","):
            yield byte + b","
            await asyncio.sleep(0.001)

    raw = json.dumps(BODY).encode()

    async def halves():
        yield raw[:100]
        await asyncio.sleep(0.05)
        yield raw[100:]

    async with house.client.post(f"http://127.0.0.1:{house.port}/dingtalk/robot", data=halves(), headers=house.headers()) as answer:
        assert answer.status == 200
    async with house.client.post(f"http://127.0.0.1:{house.port}/dingtalk/robot", data=pieces(), headers=house.headers()) as answer:
        assert answer.status == 400
    assert len(listener.heard) == 1


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "x"])
async def test_encoded_bodies_are_refused(house, encoding):
    assert (await house.post(gzip.compress(b"x" * 1_000_000), {**house.headers(), "Content-Encoding": encoding}))[0] == 400


async def test_a_slow_body_is_cut_after_three_seconds(house):
    headers = "".join(f"{name}: {value}\r\n" for name, value in house.headers().items())
    started = asyncio.get_running_loop().time()
    said = await house.raw(f"POST /dingtalk/robot HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: 100\r\n\r\n{{".encode())
    assert said.startswith(b"HTTP/1.1 408")
    assert 2.5 < asyncio.get_running_loop().time() - started < 4.5
    assert house.heard("slow_body") == 1


async def test_a_wrong_length_is_no_500(house):
    headers = "".join(f"{name}: {value}\r\n" for name, value in house.headers().items())
    for length in ("-1", "x", "1, 2"):
        said = await house.raw(f"POST /dingtalk/robot HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: {length}\r\n\r\n{{}}".encode())
        assert said.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))


async def test_a_client_that_leaves_in_mid_body_does_no_harm(house, listener):
    headers = "".join(f"{name}: {value}\r\n" for name, value in house.headers().items())
    _, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(f"POST /dingtalk/robot HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: 100\r\n\r\n{{".encode())
    await asyncio.sleep(0.05)
    writer.transport.abort()
    await asyncio.sleep(0.05)
    assert await house.post(BODY) == SILENCE


async def test_an_empty_quota_is_an_alarm_and_no_message(house, listener):
    assert house.channel.health()["ok"]
    assert await house.post(QUOTA_GONE) == SILENCE
    assert listener.heard == []
    assert house.heard("quota_gone") == 1
    assert not house.channel.health()["ok"]
    assert await house.post(BODY) == SILENCE
    assert house.channel.health()["ok"]


async def test_other_methods_and_modes(house, make_channel):
    async with house.client.get(f"http://127.0.0.1:{house.port}/dingtalk/robot") as answer:
        assert answer.status == 405
    assert make_channel("stream").routes() == ()
    assert make_channel("off").routes() == ()
    assert len(make_channel("both").routes()) == 1


async def test_no_secret_is_shown(house, caplog):
    await house.post(BODY, house.headers("another secret"))
    await house.post(b"{}")
    shown = repr(house.channel.health()) + repr(house.channel._settings) + caplog.text
    assert SECRET not in shown
    assert "5e55101" not in shown
    await soon(lambda: True)


async def test_only_the_groups_of_the_settings_are_heard(make_channel, clock, listener, caplog):
    channel = make_channel("http", groups=("cidOther",))
    async with House(channel, clock) as house:
        await channel.start(listener.hear)
        assert await house.post(BODY) == SILENCE
        assert (listener.heard, house.heard("other_group")) == ([], 1)
        assert BODY["conversationId"] in caplog.text
        assert await house.post({**BODY, "conversationId": "cidOther"}) == SILENCE
        assert await house.post({**BODY, "msgId": "m2", "conversationType": "1"}) == SILENCE
        assert len(listener.heard) == 2
