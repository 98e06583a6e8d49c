"""Tokens, permissions, quota, calls a second, contacts, and requests that are nonsense."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from fake_peer import Bot, Peer

from bot.fake_dingtalk import FakeDingTalk, Limits

GROUP = "/v1.0/robot/groupMessages/send"


async def test_token_of_both_families(fake: FakeDingTalk, peer: Peer) -> None:
    first, again = await peer.token(), await peer.token()
    _, old = await peer.call("GET", f"/gettoken?appkey={fake.app.key}&appsecret={fake.app.secret}")
    assert first == again == old["access_token"]
    assert (old["errcode"], old["expires_in"]) == (0, 7200)
    fake.skip(7201)
    assert await peer.token() != first


async def test_wrong_secret(fake: FakeDingTalk, peer: Peer) -> None:
    status, body = await peer.call("POST", "/v1.0/oauth2/accessToken", {"appKey": fake.app.key, "appSecret": "x"})
    assert (status, body["code"]) == (400, "invalidClientIdOrSecret")
    status, body = await peer.call("GET", f"/gettoken?appkey={fake.app.key}&appsecret=x")
    assert (status, body["errcode"]) == (200, 40089)


async def test_expired_and_unknown_tokens(fake: FakeDingTalk, peer: Peer) -> None:
    token = await peer.token()
    fake.skip(7201)
    for value in (token, "guess", ""):
        status, body = await peer.call("POST", GROUP, {}, headers={"x-acs-dingtalk-access-token": value})
        assert (status, body["code"]) == (400, "InvalidAuthentication")
    assert (await peer.call("POST", f"/topapi/v2/user/get?access_token={token}", {"userid": "x"}))[1]["errcode"] == 42001
    assert (await peer.call("POST", "/topapi/v2/user/get", {"userid": "x"}))[1]["errcode"] == 40014


async def test_missing_scope(fake: FakeDingTalk, peer: Peer) -> None:
    fake.state.scopes = {"qyapi_get_member_by_mobile"}
    status, body = await peer.to_group()
    assert (status, body["code"]) == (403, "Forbidden.AccessDenied.AccessTokenPermissionDenied")
    assert body["accessdenieddetail"] == {"requiredScopes": ["qyapi_robot_sendmsg"]}
    _, body = await peer.old("/topapi/v2/user/get", {"userid": "0231446618"})
    assert (body["errcode"], body["sub_code"]) == (88, "60011")
    assert (await peer.old("/topapi/v2/user/getbymobile", {"mobile": "13800000042"}))[1]["errcode"] == 0


async def test_api_quota_counts_sends_but_not_contacts(fake: FakeDingTalk, peer: Peer) -> None:
    fake.meter.limits.api_quota = 2
    assert [(await peer.to_group())[0] for _ in range(3)] == [200, 200, 403]
    assert (await peer.to_group())[1]["code"] == "Forbidden.AccessDenied.ApiCountLimitForOrg"
    assert (await peer.old("/topapi/user/listadmin", {}))[1]["errcode"] == 0
    assert fake.meter.api_used == 2


async def test_push_quota_takes_the_content_away(fake: FakeDingTalk, bot: Bot) -> None:
    fake.meter.limits.push_quota = 1
    await fake.say("0231446618", "一")
    await fake.say("0231446618", "二")
    assert bot.heard[0][1]["text"] == {"content": "一"}
    assert "text" not in bot.heard[1][1]
    assert bot.heard[1][1]["errorCode"] == 20001


async def test_calls_a_second(fake: FakeDingTalk, peer: Peer) -> None:
    fake.meter.limits.qps = 2
    headers = {"x-acs-dingtalk-access-token": await peer.token()}
    answers = [await peer.call("GET", "/v1.0/contact/invites/infos", headers=headers) for _ in range(3)]
    assert [status for status, _ in answers] == [200, 200, 403]
    assert answers[2][1]["code"] == "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"
    fake.skip(1.1)
    assert (await peer.call("GET", "/v1.0/contact/invites/infos", headers=headers))[0] == 200
    for _ in range(5):
        assert (await peer.call("POST", "/robot/sendBySession?session=x", {}))[1]["errcode"] == 300001


def test_free_edition() -> None:
    limits = Limits.free_edition()
    assert (limits.qps, limits.api_quota, limits.push_quota, limits.webhook_per_minute) == (20, 5000, 3000, 20)


async def test_user(fake: FakeDingTalk, peer: Peer) -> None:
    _, body = await peer.old("/topapi/v2/user/get", {"userid": "0231446618", "language": "zh_CN"})
    user = body["result"]
    assert (body["errcode"], user["userid"], user["name"], user["mobile"], user["manager_userid"]) == (0, "0231446618", "林晓雨", "13800000042", "manager6612")
    assert (user["role_list"][0]["name"], user["email"], user["active"]) == ("付款制单", "lin@example.com", True)
    assert (await peer.old("/topapi/user/getbyunionid", {"unionid": user["unionid"]}))[1]["result"]["userid"] == "0231446618"
    fake.state.scopes = {"qyapi_get_member"}
    _, body = await peer.old("/topapi/v2/user/get", {"userid": "0231446618"})
    assert not {"mobile", "email"} & set(body["result"])


@pytest.mark.parametrize(
    ("path", "ask", "code"),
    [
        ("/topapi/v2/user/get", {}, 33012),
        ("/topapi/v2/user/get", {"userid": "hidden1"}, 60121),
        ("/topapi/v2/user/get", {"userid": "out1"}, 60121),
        ("/topapi/v2/user/getbymobile", {"mobile": "13800000044"}, 60121),
        ("/topapi/v2/user/getbymobile", {"mobile": "13800000000"}, 60121),
        ("/topapi/v2/user/getbymobile", {"mobile": "x"}, 40104),
        ("/topapi/user/getbyunionid", {"unionid": "none"}, 60121),
        ("/topapi/user/listsimple", {"dept_id": 7, "cursor": 0, "size": 10}, 60003),
        ("/topapi/user/listsimple", {"dept_id": 1, "cursor": 0, "size": 1000}, 400002),
    ],
)
async def test_contacts_refuse(peer: Peer, path: str, ask: Any, code: int) -> None:
    status, body = await peer.old(path, ask)
    assert (status, body["errcode"]) == (200, code)


async def test_lists(fake: FakeDingTalk, peer: Peer) -> None:
    assert (await peer.old("/topapi/user/listadmin", {}))[1]["result"] == [{"userid": "manager6612", "sys_level": 1}]
    _, body = await peer.old("/topapi/user/listsimple", {"dept_id": 1, "cursor": 0, "size": 1})
    assert body["result"] == {"has_more": True, "next_cursor": 1, "list": [{"userid": "0231446618", "name": "林晓雨"}]}
    assert (await peer.new("/v1.0/contact/users/search", {"queryWord": "主管", "offset": 0, "size": 10}))[1]["list"] == ["manager6612"]
    assert (await peer.new("/v1.0/contact/invites/infos", None, "GET"))[1]["auditType"] == 1


async def test_form_bodies_of_the_old_api(fake: FakeDingTalk, peer: Peer) -> None:
    async with peer.client.post(f"{fake.base_url}/topapi/v2/user/getbymobile?access_token={await peer.token()}", data={"mobile": "13800000042"}) as answer:
        assert (await answer.json())["result"]["userid"] == "0231446618"


NONSENSE = [b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000, b'{"a":NaN}', b'{"a":' + b"9" * 100_000 + b"}"]


@pytest.mark.parametrize("raw", NONSENSE, ids=range(len(NONSENSE)))
@pytest.mark.parametrize("path", [GROUP, "/robot/sendBySession?session=x", "/topapi/v2/user/get", "/_fake/say"])
async def test_nonsense_is_a_clear_400(fake: FakeDingTalk, peer: Peer, path: str, raw: bytes) -> None:
    async with peer.client.post(fake.base_url + path, data=raw, headers={"Content-Type": "application/json"}) as answer:
        assert (answer.status, answer.content_type) == (400, "application/json")


async def test_large_bodies_are_refused(fake: FakeDingTalk, peer: Peer) -> None:
    large = b'{"a":"' + b"x" * 300_000 + b'"}'
    for raw, headers in ((large, {}), (gzip.compress(large), {"Content-Encoding": "gzip"})):
        async with peer.client.post(fake.base_url + GROUP, data=raw, headers={"Content-Type": "application/json", **headers}) as answer:
            assert answer.status == 413


async def test_unknown_paths(peer: Peer) -> None:
    assert (await peer.call("POST", "/v1.0/robot/ding/send", {}))[0] == 404
    assert (await peer.call("GET", "/download/none"))[0] == 404
    assert (await peer.call("GET", GROUP))[0] == 404
