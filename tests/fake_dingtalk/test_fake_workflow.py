"""Approvals and work notices of the stand-in."""

from __future__ import annotations

import time
from typing import Any

import pytest
from fake_peer import Answer, Peer

from bot.fake_dingtalk import FakeDingTalk, Template, Way

INSTANCES = "/v1.0/workflow/processInstances"
IDS = "/v1.0/workflow/processes/instanceIds/query"


@pytest.fixture(autouse=True)
def processes(fake: FakeDingTalk) -> None:
    """Two forms, and no patience: nobody listens for events here."""
    fake.manners.hold = 0.0
    fake.manners.event_retries = ()
    for one in (Template("PROC-1", ("模块", "编号"), ("manager6612",)), Template("PROC-2")):
        fake.world.processes[one.code] = one


async def filed(peer: Peer, **changes: Any) -> Answer:
    body = {"originatorUserId": "0231446618", "processCode": "PROC-1", "deptId": -1, "formComponentValues": [{"name": "模块", "value": "付款"}], **changes}
    return await peer.new(INSTANCES, body)


async def shown(peer: Peer, instance: str) -> Any:
    return (await peer.call("GET", f"{INSTANCES}?processInstanceId={instance}", headers={"x-acs-dingtalk-access-token": await peer.token()}))[1]


def kinds(fake: FakeDingTalk) -> list[tuple[str, str]]:
    return [(delivery.body["type"], delivery.body["staffId"]) for delivery in fake.deliveries if "processInstanceId" in delivery.body]


async def test_an_approval_is_filed_shown_and_agreed_to(fake: FakeDingTalk, peer: Peer) -> None:
    instance = (await filed(peer))[1]["instanceId"]
    body = await shown(peer, instance)
    assert (body["success"], body["result"]["status"], body["result"]["result"], body["result"]["tasks"][0]["status"]) == ("true", "RUNNING", "", "RUNNING")
    await fake.happening.decide("manager6612", instance, agree=True, remark="好")
    result = (await shown(peer, instance))["result"]
    assert (result["status"], result["result"], result["tasks"][0]["result"], result["operationRecords"][1]["remark"]) == ("COMPLETED", "agree", "AGREE", "好")
    await fake.state.bell.until(lambda: len(kinds(fake)) == 4, 2)
    assert sorted(kinds(fake)) == [("finish", "0231446618"), ("finish", "manager6612"), ("start", "0231446618"), ("start", "manager6612")]
    with pytest.raises(LookupError, match="no running approval"):
        await fake.happening.decide("manager6612", instance, agree=True)


async def test_one_refusal_ends_it(fake: FakeDingTalk, peer: Peer) -> None:
    steps = [{"actionType": "AND", "userIds": ["manager6612", "0231446618"]}, {"actionType": "NONE", "userIds": ["manager6612"]}]
    instance = (await filed(peer, approvers=steps))[1]["instanceId"]
    await fake.happening.decide("manager6612", instance, agree=True)
    assert len(fake.approvals[instance].open()) == 1
    with pytest.raises(LookupError, match="nothing to decide"):
        await fake.happening.decide("manager6612", instance, agree=True)
    await fake.happening.decide("0231446618", instance, agree=False)
    assert ((await shown(peer, instance))["result"]["result"], fake.approvals[instance].open()) == ("refuse", [])


async def test_the_first_of_several_decides_for_the_others(fake: FakeDingTalk, peer: Peer) -> None:
    instance = (await filed(peer, approvers=[{"actionType": "OR", "userIds": ["manager6612", "0231446618"]}]))[1]["instanceId"]
    await fake.happening.decide("0231446618", instance, agree=True)
    assert [task.status for task in fake.approvals[instance].tasks] == ["CANCELED", "COMPLETED"]
    await fake.state.bell.until(lambda: ("cancel", "manager6612") in kinds(fake), 2)


async def test_the_originator_takes_it_back(fake: FakeDingTalk, peer: Peer) -> None:
    instance = (await filed(peer))[1]["instanceId"]
    await fake.happening.terminate(instance)
    assert (await shown(peer, instance))["result"]["status"] == "TERMINATED"
    status, body = await peer.call("POST", "/_fake/decide", {"instance": instance, "terminate": True})
    assert (status, "no running approval" in body["fault"]) == (400, True)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"originatorUserId": "nobody"}, "processInstanceInvalidParameter"),
        ({"processCode": "PROC-9"}, "processCodeError"),
        ({"formComponentValues": [{"name": "别的", "value": "x"}]}, "formConverterError"),
        ({"formComponentValues": [{"name": "模块", "value": 5}]}, "formConverterError"),
        ({"formComponentValues": "x"}, "processInstanceInvalidParameter"),
        ({"approvers": [{"actionType": "NONE", "userIds": ["nobody"]}]}, "targetSelectApproverScopeError"),
        ({"approvers": [{}] * 21}, "processInstanceInvalidParameter"),
    ],
)
async def test_what_cannot_be_filed(peer: Peer, changes: Any, code: str) -> None:
    status, body = await filed(peer, **changes)
    assert (status, body["code"]) == (400, code)


async def test_ids_are_listed_in_pages(fake: FakeDingTalk, peer: Peer) -> None:
    made = [(await filed(peer, processCode="PROC-2", approvers=[{"actionType": "NONE", "userIds": ["manager6612"]}]))[1]["instanceId"] for _ in range(3)]
    start = int(time.time() * 1000) - 60_000
    first = (await peer.new(IDS, {"processCode": "PROC-2", "startTime": start, "nextToken": 0, "maxResults": 2}))[1]["result"]
    assert first == {"list": made[:2], "nextToken": "2"}
    last = (await peer.new(IDS, {"processCode": "PROC-2", "startTime": start, "nextToken": 2, "maxResults": 2, "statuses": ["RUNNING"]}))[1]["result"]
    assert last == {"list": made[2:]}
    nobody = {"processCode": "PROC-2", "startTime": start, "nextToken": 0, "maxResults": 2, "userIds": ["manager6612"]}
    assert (await peer.new(IDS, nobody))[1]["result"] == {"list": []}
    for wrong in ({"maxResults": 21}, {"startTime": start - 130 * 86_400_000}, {"nextToken": "0"}):
        assert (await peer.new(IDS, {"processCode": "PROC-2", "startTime": start, "nextToken": 0, "maxResults": 2, **wrong}))[0] == 400
    assert (await shown(peer, "none"))["code"] == "processInstanceNotExist"


async def test_an_approval_nobody_must_decide_is_agreed_at_once(fake: FakeDingTalk, peer: Peer) -> None:
    instance = (await filed(peer, processCode="PROC-2"))[1]["instanceId"]
    assert fake.approvals[instance].result == "agree"
    status, body = await peer.call("GET", "/_fake/state")
    assert (status, body["approvals"][0]["id"]) == (200, instance)


async def test_the_same_notice_reaches_a_person_once_a_day(fake: FakeDingTalk, peer: Peer) -> None:
    path = "/topapi/message/corpconversation/asyncsend_v2"
    body = {"agent_id": 3, "userid_list": "manager6612,nobody", "msg": {"msgtype": "markdown", "markdown": {"title": "t", "text": "待审批"}}}
    assert [(await peer.old(path, body))[1]["errcode"] for _ in range(2)] == [0, 0]
    (sent,) = fake.received
    assert (sent.way, sent.users, sent.text) == (Way.NOTICE, ("manager6612",), "待审批")
    fake.skip(86_400)
    await peer.old(path, body)
    assert len(fake.received) == 2
    for wrong in ({"agent_id": "3"}, {"userid_list": ""}, {"msg": {"msgtype": "text"}}, {"msg": {"msgtype": "text", "text": {"content": "字" * 900}}}):
        assert (await peer.old(path, {**body, **wrong}))[1]["errcode"] != 0
