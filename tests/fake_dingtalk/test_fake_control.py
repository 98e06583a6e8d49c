"""The control API and the page, as a person with curl or a browser uses them."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fake_peer import Answer, Bot, Peer

from bot.fake_dingtalk import FakeDingTalk, World, serve

CARD = {
    "title": "<b>t</b>",
    "text": "<script>alert(1)</script>",
    "singleTitle": "是",
    "singleURL": "dtmd://dingtalkclient/sendMessage?content=" + quote("是的"),
}


async def control(peer: Peer, deed: str, **body: Any) -> Answer:
    """One call of the control API."""
    return await peer.call("POST", f"/_fake/{deed}", body)


@pytest.fixture
async def shown(fake: FakeDingTalk, bot: Bot, peer: Peer) -> FakeDingTalk:
    """A group where a member spoke and the bot answered with a button."""
    await control(peer, "say", user="0231446618", text="你好 <i>", conversation="cidG1==")
    await peer.call("POST", bot.heard[0][1]["sessionWebhook"], {"msgtype": "actionCard", "actionCard": CARD})
    return fake


async def test_say_received_press(shown: FakeDingTalk, bot: Bot, peer: Peer) -> None:
    _, body = await control(peer, "received", since=0, count=1)
    (sent,) = body["received"]
    assert (body["count"], sent["way"], sent["conversation"], sent["buttons"][0]["say"]) == (1, "session", "cidG1==", "是的")
    status, body = await control(peer, "press", message=sent["number"], button="是", user="manager6612")
    assert (status, body["delivery"]["acked"], bot.heard[-1][1]["text"]["content"]) == (200, True, " 是的")


async def test_say_with_everything(fake: FakeDingTalk, bot: Bot, peer: Peer) -> None:
    how = {"kind": "text", "mentions": ["manager6612"], "msg_id": "m1", "redeliver": 1, "webhook_life": 60, "extra": {"senderNick": "adm1"}}
    status, body = await control(peer, "say", user="0231446618", text="你好", conversation="cidG1==", **how)
    assert (status, body["delivery"]["id"], bot.heard[0][1]["senderNick"]) == (200, "m1", "adm1")


async def test_faults(fake: FakeDingTalk, peer: Peer) -> None:
    _, body = await control(peer, "faults", kind="error", on="send", times=1)
    assert body["faults"][0]["kind"] == "error"
    assert (await peer.to_group())[0] == 500
    assert (await control(peer, "faults", clear=True))[1] == {"faults": []}


async def test_settings(fake: FakeDingTalk, peer: Peer) -> None:
    world = {"members": [{"user_id": "new", "name": "新人"}], "groups": [{"conversation_id": "cidNew==", "title": "新群"}]}
    changes = {
        "scopes": ["x"],
        "limits": {"qps": 5},
        "manners": {"retries": [1, 2], "ack_wait": 1},
        "flow_controlled": ["new"],
        "skip": 100,
        "callback_url": "http://127.0.0.1:9/",
    }
    status, body = await control(peer, "settings", world=world, **changes)
    assert status == 200
    assert (body["scopes"], body["limits"]["qps"], body["manners"]["retries"], body["callback_url"]) == (["x"], 5, [1, 2], "http://127.0.0.1:9/")
    assert fake.world.people(fake.world.group("cidNew=="))[-1].name == "新人"
    assert "app_secret" not in str(body)
    assert fake.app.secret not in str(body)


async def test_stream_and_event(fake: FakeDingTalk, peer: Peer) -> None:
    line = await peer.connect()
    assert (await control(peer, "stream", do="wait", count=1))[1]["opened"] == 1
    await control(peer, "stream", do="garbage", text="{x")
    assert (await line.ws.receive(timeout=2)).data == "{x"
    task = asyncio.create_task(control(peer, "event", type="user_add_org", data={"userId": ["u"]}))
    assert await line.take({"status": "SUCCESS"}) == {"userId": ["u"]}
    assert (await task)[1]["delivery"]["acked"]
    assert (await control(peer, "stream", do="silent"))[1]["silent"] is True
    assert (await control(peer, "stream", do="speak"))[1]["silent"] is False
    assert (await control(peer, "stream", do="cut"))[1]["connections"] == []


async def test_raw(fake: FakeDingTalk, bot: Bot, peer: Peer) -> None:
    _, body = await control(peer, "raw", body="[", headers={"sign": None})
    assert (body["delivery"]["code"], bot.heard[0][1], "sign" in bot.heard[0][0]) == (200, "[", False)


@pytest.mark.parametrize(
    ("deed", "body"),
    [
        ("say", {}),
        ("say", {"user": "nobody"}),
        ("say", {"user": "0231446618", "smell": 1}),
        ("say", {"user": "0231446618", "extra": []}),
        ("press", {"message": 99, "button": "x"}),
        ("press", {"card": "none", "user": "0231446618", "actions": []}),
        ("faults", {"kind": "smell"}),
        ("faults", {"kind": "error", "share": "x"}),
        ("stream", {"do": "smell"}),
        ("settings", {"limits": {"smell": 1}}),
        ("settings", {"world": {"members": [{"smell": 1}]}}),
        ("settings", {"world": {"members": [{"user_id": "x"}]}}),
        ("received", {"since": "x"}),
        ("event", {"type": "x"}),
        ("raw", {"body": "x"}),
    ],
)
async def test_nonsense_is_a_clear_400(fake: FakeDingTalk, peer: Peer, deed: str, body: dict[str, Any]) -> None:
    status, answer = await control(peer, deed, **body)
    assert (status, list(answer)) == (400, ["fault"])


async def test_control_wants_json(fake: FakeDingTalk, peer: Peer) -> None:
    async with peer.client.post(f"{fake.base_url}/_fake/faults", data='{"kind":"error"}', headers={"Content-Type": "text/plain"}) as answer:
        assert answer.status == 415
    assert fake.faults.active == []


async def test_page_shows_what_was_said_and_nothing_acts(shown: FakeDingTalk, peer: Peer) -> None:
    async with peer.client.get(f"{shown.base_url}/?in={quote('cidG1==')}") as answer:
        page = await answer.text()
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "你好 &lt;i&gt;" in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert re.search(r"<button>\s*是</button>", page)


async def test_page_says_and_presses(shown: FakeDingTalk, bot: Bot, peer: Peer) -> None:
    form = {"in": "cidG1==", "user": "manager6612", "text": "从网页说", "at_bot": "on"}
    async with peer.client.post(f"{shown.base_url}/say", data=form) as answer:
        assert (answer.status, "从网页说" in await answer.text()) == (200, True)
    async with peer.client.post(f"{shown.base_url}/press", data={"in": "cidG1==", "user": "manager6612", "message": "1", "button": "0"}) as answer:
        assert answer.status == 200
    assert [body["text"]["content"] for _, body in bot.heard[1:]] == [" 从网页说", " 是的"]


async def test_page_tells_why_nothing_was_pushed(fake: FakeDingTalk, bot: Bot, peer: Peer) -> None:
    for form in ({"user": "manager6612", "text": "x"}, {"user": "nobody", "text": "x"}):
        async with peer.client.post(f"{fake.base_url}/say", data={"in": "cidG1==", **form}) as answer:
            assert 'role="status"' in await answer.text()
    assert bot.heard == []


async def test_page_takes_no_forms_from_elsewhere(fake: FakeDingTalk, bot: Bot, peer: Peer) -> None:
    form = {"in": "cidG1==", "user": "manager6612", "text": "x", "at_bot": "on"}
    async with peer.client.post(f"{fake.base_url}/say", data=form, headers={"Origin": "http://evil.test"}) as answer:
        assert answer.status == 403
    assert bot.heard == []


async def test_serve_runs_until_cancelled(tmp_path: Path) -> None:
    ready: asyncio.Future[FakeDingTalk] = asyncio.get_running_loop().create_future()
    world = tmp_path / "world.toml"
    world.write_text('[[members]]\nuser_id = "u"\nname = "甲"\n', encoding="utf-8")
    serving = asyncio.create_task(serve(port=0, ready=ready.set_result, world=world, app_key="k"))
    fake = await asyncio.wait_for(ready, 5)
    assert (list(fake.world.members), fake.app.robot_code, fake.base_url.startswith("http://127.0.0.1:")) == (["u"], "k", True)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving


def test_sample_world_is_whole() -> None:
    world = World.sample()
    assert len(world.members) == 5
    assert all(user in world.members for group in world.groups.values() for user in group.members)


async def test_same_dice_same_ids() -> None:
    seen = []
    for _ in range(2):
        async with FakeDingTalk() as fake:
            seen.append((fake.state.ids.message(), fake.state.token(), fake.state.ids.query_key()))
    assert seen[0] == seen[1]


async def test_waiting_says_what_came_instead(shown: FakeDingTalk) -> None:
    with pytest.raises(TimeoutError, match=r"0 of 1 messages .* received: \[\('session'"):
        await shown.wait_for(1, seconds=0.05, where=lambda sent: sent.kind == "smell")
    assert await shown.quiet(0.05) == 1
