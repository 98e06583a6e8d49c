"""Each fault does what it says."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import pytest
from fake_peer import Bot, Peer

from bot.fake_dingtalk import FakeDingTalk, Kind

TEXT = {"msgtype": "text", "text": {"content": "x"}}


@pytest.fixture
async def url(fake: FakeDingTalk, bot: Bot) -> str:
    """A living sessionWebhook."""
    await fake.say("0231446618", "你好", "cidG1==")
    return str(bot.heard[-1][1]["sessionWebhook"])


@pytest.mark.parametrize(
    ("kind", "settings", "status", "code"),
    [
        ("error", {}, 500, "system.busy"),
        ("error", {"status": 503}, 503, "system.busy"),
        ("throttle", {"seconds": 5}, 429, "TooManyRequests"),
        ("token", {}, 400, "InvalidAuthentication"),
        ("qps", {}, 403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"),
        ("quota", {}, 403, "Forbidden.AccessDenied.ApiCountLimitForOrg"),
        ("scope", {}, 403, "Forbidden.AccessDenied.AccessTokenPermissionDenied"),
        ("ip", {}, 403, "Forbidden.AccessDenied.IpNotInWhiteList"),
    ],
)
async def test_answers_of_the_new_api(fake: FakeDingTalk, peer: Peer, kind: str, settings: dict[str, Any], status: int, code: str) -> None:
    fault = fake.faults.add(kind, on="send", times=1, **settings)
    got, body = await peer.to_group()
    assert (got, body["code"], fault.hits, fault.times) == (status, code, 1, 0)
    assert fake.received == []
    assert (await peer.to_group())[0] == 200


@pytest.mark.parametrize(
    ("kind", "code"),
    [("error", -1), ("token", 40014), ("qps", 90018), ("scope", 88), ("ip", 60020)],
)
async def test_answers_of_the_old_api(fake: FakeDingTalk, peer: Peer, kind: str, code: int) -> None:
    fake.faults.add(kind, on="contact", times=1)
    assert (await peer.old("/topapi/user/listadmin", {}))[1]["errcode"] == code
    assert (await peer.old("/topapi/user/listadmin", {}))[1]["errcode"] == 0


async def test_throttle_says_when_to_come_again(fake: FakeDingTalk, url: str, peer: Peer) -> None:
    fake.faults.add("throttle", on="send.session", seconds=5)
    async with peer.client.post(url, json=TEXT) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "5")


async def test_expired_session(fake: FakeDingTalk, url: str, peer: Peer) -> None:
    fake.faults.add("expired", times=1)
    assert (await peer.call("POST", url, TEXT))[1]["errcode"] == 300001
    assert (await peer.call("POST", url, TEXT))[1]["errcode"] == 0


async def test_refused_token_is_forgotten(fake: FakeDingTalk, peer: Peer) -> None:
    token = await peer.token()
    fake.faults.add("token", on="send", times=1)
    for _ in range(2):
        assert (await peer.call("POST", "/v1.0/robot/groupMessages/send", {}, headers={"x-acs-dingtalk-access-token": token}))[0] == 400
    assert await peer.token() != token
    assert (await peer.to_group())[0] == 200


async def test_token_refused_always(fake: FakeDingTalk, peer: Peer) -> None:
    fake.faults.add(Kind.TOKEN)
    assert [(await peer.to_group())[1]["code"] for _ in range(3)] == ["InvalidAuthentication"] * 3
    fake.faults.clear(Kind.TOKEN)
    assert (await peer.to_group())[0] == 200


@pytest.mark.parametrize(("settings", "arrives"), [({}, 1), ({"effect": False}, 0)])
async def test_hang_never_answers(fake: FakeDingTalk, url: str, peer: Peer, settings: dict[str, Any], arrives: int) -> None:
    fake.faults.add("hang", on="send.session", times=1, **settings)
    with pytest.raises(TimeoutError):
        await peer.call("POST", url, TEXT, timeout=aiohttp.ClientTimeout(total=0.3))
    assert len(fake.received) == arrives


@pytest.mark.parametrize(("kind", "arrives"), [("cut_before", 0), ("cut_after", 1)])
async def test_cut(fake: FakeDingTalk, url: str, peer: Peer, kind: str, arrives: int) -> None:
    fake.faults.add(kind, on="send.session", times=1)
    with pytest.raises((aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)):
        await peer.call("POST", url, TEXT)
    assert len(fake.received) == arrives
    assert (await peer.call("POST", url, TEXT))[0] == 200


async def test_error_after_the_effect(fake: FakeDingTalk, url: str, peer: Peer) -> None:
    fake.faults.add("error", on="send.session", times=1, effect=True)
    assert (await peer.call("POST", url, TEXT))[0] == 500
    assert len(fake.received) == 1


@pytest.mark.parametrize(("kind", "body"), [("garbage", "<html>gateway</html>"), ("empty", "")])
async def test_wrong_bodies(fake: FakeDingTalk, url: str, peer: Peer, kind: str, body: str) -> None:
    fake.faults.add(kind, on="send.session")
    assert await peer.call("POST", url, TEXT) == (200, body)
    assert fake.received == []


async def test_redirect(fake: FakeDingTalk, url: str, peer: Peer) -> None:
    fake.faults.add("redirect", on="send", location="http://127.0.0.1:9/trap")
    async with peer.client.post(url, json=TEXT, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "http://127.0.0.1:9/trap")


async def test_latency(fake: FakeDingTalk, url: str, peer: Peer) -> None:
    fake.faults.add("latency", seconds=0.2)
    before = time.monotonic()
    assert (await peer.call("POST", url, TEXT))[0] == 200
    assert time.monotonic() - before >= 0.2


async def test_share(fake: FakeDingTalk, url: str, peer: Peer) -> None:
    fake.faults.add("error", on="send", share=0.5)
    codes = [(await peer.call("POST", url, TEXT))[0] for _ in range(60)]
    assert 15 <= codes.count(500) <= 45
    assert codes.count(200) == len(fake.received)


async def test_redeliver(fake: FakeDingTalk, bot: Bot) -> None:
    fake.faults.add("redeliver", on="push", times=1, copies=2)
    await fake.say("0231446618", "一")
    await fake.say("0231446618", "二")
    assert await fake.state.bell.until(lambda: fake.deliveries[0].pushes == 3, 2)
    await asyncio.sleep(0.1)
    assert [delivery.pushes for delivery in fake.deliveries] == [3, 1]


async def test_quota_used_up_takes_the_content(fake: FakeDingTalk, bot: Bot) -> None:
    fake.faults.add("quota", on="push", times=1)
    await fake.say("0231446618", "一")
    assert bot.heard[0][1]["errorCode"] == 20001
    assert "text" not in bot.heard[0][1]


@pytest.mark.parametrize(
    ("on", "name", "struck"),
    [
        ("*", "send.group", True),
        ("send", "send.group", True),
        ("send", "sender.x", False),
        ("send.group", "send.groups", False),
        ("*", "push.robot", False),
        ("push", "push.robot", True),
    ],
)
def test_whom_a_fault_concerns(fake: FakeDingTalk, on: str, name: str, struck: bool) -> None:
    fake.faults.add("error", on=on)
    assert bool(fake.faults.pick(name)) is struck


def test_exempt_calls_are_spared(fake: FakeDingTalk) -> None:
    fake.faults.add("quota")
    fake.faults.add("token")
    assert fake.faults.pick("token.new", token=False, counted=False) == []
    assert [fault.kind for fault in fake.faults.pick("contact.user", counted=False)] == [Kind.TOKEN]


@pytest.mark.parametrize("settings", [{"share": 2}, {"status": 99}, {"seconds": -1}, {"copies": 1000}, {"kind": "smell"}, {"colour": 1}])
def test_nonsense_is_refused(fake: FakeDingTalk, settings: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        fake.faults.add(settings.pop("kind", "error"), **settings)


async def test_stop_frees_what_hangs(bot: Bot) -> None:
    fake = await FakeDingTalk().start()
    fake.faults.add("hang", on="token")
    async with aiohttp.ClientSession() as client:
        hanging = asyncio.create_task(client.post(f"{fake.base_url}/v1.0/oauth2/accessToken", json={}))
        assert await fake.state.bell.until(lambda: False, 0.1) is False
        before = time.monotonic()
        await fake.stop()
        assert time.monotonic() - before < 2
        with pytest.raises(aiohttp.ClientError):
            await hanging
