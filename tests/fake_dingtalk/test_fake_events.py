"""Events of the stand-in: encrypted HTTP pushes with their faults, members who come and go, approvals that are decided."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from fake_peer import Peer

from bot.fake_dingtalk import FakeDingTalk, Kind, Member
from bot.fake_dingtalk.crypto import Subscription

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFE"


class Listening:
    """An address for events: keeps what it could open, and answers `word`, encrypted unless `plain`."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.refused = 0
        self.word, self.plain, self.pushes = "success", False, 0

    async def start(self, owner: str) -> str:
        self.mine = Subscription("", "token1", KEY, owner)
        application = web.Application()
        application.router.add_post("/events", self.hear)
        self.runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self.runner.addresses[0][1]}/events"

    async def hear(self, request: web.Request) -> web.Response:
        self.pushes += 1
        query, body = request.query, await request.json()
        try:
            came = {"msg_signature": query["msg_signature"], "timeStamp": query["timestamp"], "nonce": query["nonce"], **body}
            self.heard.append(json.loads(self.mine.opened(came)))
        except ValueError:
            self.refused += 1
            return web.Response(status=401)
        encrypted = self.mine.sealed(self.word, b"0123456789abcdef")
        answer = {"msg_signature": self.mine.signature("1", "n", encrypted), "timeStamp": "1", "nonce": "n", "encrypt": encrypted}
        return web.json_response({"success": True} if self.plain else answer)


@pytest.fixture
async def listening(fake: FakeDingTalk) -> AsyncIterator[Listening]:
    """The stand-in pushes its events there."""
    made = Listening()
    fake.subscribe(await made.start(fake.app.key), "token1", KEY)
    yield made
    await made.runner.cleanup()


async def test_an_event_is_pushed_flat_and_acknowledged(fake: FakeDingTalk, listening: Listening) -> None:
    delivery = await fake.event("user_add_org", {"userId": ["x"]}, "ev1")
    (body,) = listening.heard
    assert (delivery.acked, delivery.way, delivery.answer) == (True, "http", "success")
    assert (body["EventType"], body["eventId"], body["CorpId"], body["userId"]) == ("user_add_org", "ev1", fake.app.corp_id, ["x"])
    assert isinstance(body["EventTime"], int)


async def test_the_address_is_checked(fake: FakeDingTalk, listening: Listening) -> None:
    await fake.event("check_url", {})
    assert listening.heard == [{"EventType": "check_url"}]


@pytest.mark.parametrize(("word", "plain"), [("later", False), ("success", True)])
async def test_anything_but_the_encrypted_word_is_tried_again(fake: FakeDingTalk, listening: Listening, word: str, plain: bool) -> None:
    listening.word, listening.plain = word, plain
    delivery = await fake.event("user_add_org", {"userId": ["x"]})
    await fake.state.bell.until(lambda: listening.pushes == 3, 2)
    assert (delivery.acked, len({body["eventId"] for body in listening.heard})) == (False, 1)


@pytest.mark.parametrize("kind", [Kind.FORGED, Kind.WRONG_KEY])
async def test_pushes_that_are_not_authentic(fake: FakeDingTalk, listening: Listening, kind: Kind) -> None:
    fake.faults.add(kind, on="push.event", times=1)
    delivery = await fake.event("user_add_org", {"userId": ["x"]})
    await fake.state.bell.until(lambda: delivery.acked, 2)
    assert (listening.refused, len(listening.heard)) == (1, 1)


async def test_a_replay_is_the_very_same_request(fake: FakeDingTalk, listening: Listening) -> None:
    fake.faults.add(Kind.REPLAY, on="push.event", times=1)
    delivery = await fake.event("user_add_org", {"userId": ["x"]})
    assert (delivery.acked, delivery.pushes, listening.heard[0] == listening.heard[1]) == (True, 2, True)


async def test_without_an_address_events_go_over_the_stream(fake: FakeDingTalk, listening: Listening, peer: Peer) -> None:
    fake.subscribe("", "", "")
    line = await peer.connect()
    pushed = asyncio.create_task(fake.event("user_add_org", {"userId": ["x"]}))
    assert await line.take({"status": "SUCCESS"}) == {"userId": ["x"]}
    assert (await pushed).acked
    with pytest.raises(ValueError, match="no address"):
        await fake.event("user_add_org", {}, by="http")


async def test_a_member_comes_and_goes(fake: FakeDingTalk, listening: Listening, peer: Peer) -> None:
    happening = fake.happening
    mobile = "13800000077"
    assert (await peer.old("/topapi/v2/user/getbymobile", {"mobile": mobile}))[1]["errcode"] == 60121
    await happening.join(Member("new1", "新人", mobile, active=False), Member("new2", "新人二"))
    assert (await peer.old("/topapi/v2/user/getbymobile", {"mobile": mobile}))[1]["result"]["userid"] == "new1"
    await happening.activate("new1")
    await happening.change("new1", name="新名", title="会计", departments=(1, 7))
    await happening.give_role("new1", "出纳")
    await happening.appoint("new1", 2)
    assert [row["name"] for row in (await peer.old("/topapi/v2/user/get", {"userid": "new1"}))[1]["result"]["role_list"]] == ["出纳"]
    assert {"userid": "new1", "sys_level": 2} in (await peer.old("/topapi/user/listadmin", {}))[1]["result"]
    assert [row["dept_id"] for row in (await peer.old("/topapi/v2/department/listsub", {"dept_id": 1}))[1]["result"]] == [7]
    await happening.give_role("new1", "出纳", given=False)
    await happening.appoint("new1", 0)
    await happening.leave("new1")
    assert (await peer.old("/topapi/v2/user/get", {"userid": "new1"}))[1]["errcode"] == 60121
    kinds = [body["EventType"] for body in listening.heard]
    assert kinds == [
        "user_add_org", "user_active_org", "user_modify_org", "label_user_change", "org_admin_add", "label_user_change", "org_admin_remove", "user_leave_org",
    ]  # fmt: skip
    assert listening.heard[0]["userId"] == ["new1", "new2"]
    assert listening.heard[2]["diffInfo"] == {"prev": {"name": "新人", "title": ""}, "curr": {"name": "新名", "title": "会计"}, "userid": "new1"}
    assert [body["action"] for body in listening.heard if "action" in body] == ["add", "remove"]


async def test_nonsense_about_members_is_refused(fake: FakeDingTalk, listening: Listening) -> None:
    with pytest.raises(LookupError, match="no member"):
        await fake.happening.leave("nobody")
    with pytest.raises(TypeError, match="a member has"):
        await fake.happening.change("manager6612", shoe=42)


async def test_the_control_api_makes_things_happen(fake: FakeDingTalk, listening: Listening, peer: Peer) -> None:
    async def control(deed: str, **body: Any) -> Any:
        return await peer.call("POST", f"/_fake/{deed}", body)

    assert (await control("member", do="join", user="new1", name="新人"))[1]["delivery"]["acked"] is True
    for deed in (
        {"do": "activate"},
        {"do": "change", "departments": [2]},
        {"do": "appoint", "level": 1},
        {"do": "give_role", "role": "r"},
        {"do": "take_role", "role": "r"},
        {"do": "leave"},
    ):
        assert (await control("member", user="new1", **deed))[0] == 200, deed
    assert len(listening.heard) == 7
    assert (await control("member", do="fly", user="new1"))[0] == 400
    assert (await control("event", type="user_add_org", data={"userId": ["x"]}, by="http"))[1]["delivery"]["acked"] is True
    assert (await control("settings", events=None))[0] == 200
    assert fake.state.subscription is None
    assert (await control("settings", events={"url": "http://x/", "token": "t", "aes_key": "short"}))[0] == 400
    assert (await control("settings", events={"url": "http://x/", "token": "t", "aes_key": KEY}))[0] == 200
    assert (await control("decide", instance="none", user="x", agree=True))[0] == 400
