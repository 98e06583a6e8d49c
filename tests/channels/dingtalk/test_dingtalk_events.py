"""Events: what each kind says, and the encrypted endpoint that takes them over HTTP."""

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from dingtalk_peer import HandClock
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.dingtalk.payload import BadPayload
from bot.channels.dingtalk.wire.event import OrgEvent, parse_event, parse_pushed, stimuli
from bot.dingtalk_api.crypto import Envelope, EventCrypto
from bot.ports import Stale

HERE = Path(__file__).parent
CASES = json.loads((HERE / "event_cases.json").read_text(encoding="utf-8"))
CORP = "ding5c20aa71corp0001"
NOW = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFE"


def seen(event):
    return [{"id": one.id, "subject": one.subject, "values": dict(one.values)} for one in stimuli(event, NOW)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["kind"])
def test_an_event_says_who_and_what_over_both_ways(case):
    headers = {"eventType": case["kind"], "eventId": "ev1", "eventCorpId": CORP, "eventBornTime": "1790000000000"}
    flat = {"EventType": case["kind"], "EventTime": 1790000000000, "CorpId": CORP, "BizId": "7", "eventId": "ev1", **case["data"]}
    for event in (parse_event(headers, case["data"]), parse_pushed(flat)):
        assert seen(event) == case["reads"]
        assert {(one.source, one.kind, one.at) for one in stimuli(event, NOW)} <= {("dingtalk", case["kind"], NOW)}
        assert len({one.key for one in stimuli(event, NOW)}) == len(case["reads"])


@pytest.mark.parametrize(("name", "kind", "event"), [("frame_event", "user_leave_org", "event0001"), ("frame_event_envelope", "bpms_task_change", "event0002")])
def test_an_event_is_read_in_both_forms(name, kind, event):
    frame = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    found = parse_event(frame["headers"], json.loads(frame["data"]))
    assert (found.kind, found.id, found.corp) == (kind, event, CORP)
    assert len(stimuli(found, NOW)) == 1


def test_an_event_without_a_time_happened_now():
    assert stimuli(OrgEvent("e", "user_add_org", CORP, None, {"userId": "a"}), NOW)[0].at == NOW


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"EventType": 5},
        {"EventType": "user_add_org", "userId": ["a"]},
        {"EventType": "user_add_org", "eventId": "e", "userId": [{}]},
        {"EventType": "user_add_org", "eventId": "e", "userId": ["a\x1fb"]},
        {"EventType": "user_add_org", "eventId": "e", "userId": ["x" * 257]},
        {"EventType": "user_add_org", "eventId": "e", "userId": [""]},
        {"EventType": "user_add_org", "eventId": "e", "userId": [True]},
        {"EventType": "bpms_instance_change", "eventId": "e"},
        {"EventType": "bpms_instance_change", "eventId": "e", "processInstanceId": 5},
        {"EventType": "user_add_org", "eventId": "e" * 300, "userId": ["a"]},
    ],
)
def test_what_is_no_event_is_refused(body):
    with pytest.raises(BadPayload):
        stimuli(parse_pushed(body), NOW)


ANYTHING = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3), max_leaves=4)
FIELDS = [
    "userId",
    "UserId",
    "userIdList",
    "labelIdList",
    "postLabelList",
    "diffInfo",
    "action",
    "processInstanceId",
    "title",
    "url",
    "taskId",
    "EventTime",
    "CorpId",
]


@settings(deadline=None)
@given(
    st.sampled_from([case["kind"] for case in CASES]),
    st.dictionaries(st.sampled_from(FIELDS), ANYTHING | st.dictionaries(st.sampled_from(["prev", "curr"]), ANYTHING)),
)
def test_whatever_comes_is_read_or_refused(kind, body):
    try:
        found = stimuli(parse_pushed({**body, "EventType": kind, "eventId": "e"}), NOW)
    except BadPayload:
        return
    assert all(isinstance(value, str) and len(value) < 1100 for one in found for value in one.values.values())


class Pushing:
    """DingTalk's side of the endpoint."""

    def __init__(self, url, clock):
        self.url, self.clock = url, clock
        self.crypto = EventCrypto("token1", KEY, ("dingkey",))

    async def push(self, event, *, owner=b"dingkey", key=KEY, name="msg_signature", raw=None, again=None, **query):
        made = EventCrypto("token1", key, ("dingkey",))
        encrypt = made.seal(raw if raw is not None else json.dumps(event).encode(), owner, os.urandom(16))
        stamp, nonce = str(int(self.clock.now().timestamp() * 1000)), os.urandom(8).hex()
        values = again or {name: made.signature(stamp, nonce, encrypt), "timestamp": stamp, "nonce": nonce, "body": {"encrypt": encrypt}}
        self.last = values
        values = {**values, **query}
        body = values.pop("body")
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        query = {key: value for key, value in values.items() if value is not None}
        async with aiohttp.ClientSession() as client, client.post(self.url, params=query, data=data) as answer:
            text = await answer.text()
            return answer.status, self.opened(json.loads(text)) if answer.status == 200 else text

    def opened(self, said):
        content, owner = self.crypto.open(Envelope(said["msg_signature"], said["timeStamp"], said["nonce"], said["encrypt"]))
        assert owner == b"dingkey"
        return content.decode()


JOINED = {"EventType": "user_add_org", "EventTime": 1790000000000, "CorpId": CORP, "eventId": "ev1", "userId": ["staff0101", "staff0102"]}
SUCCESS = (200, "success")


@pytest.fixture
async def pushing(make_channel, clock, listener):
    channel = make_channel("stream", event_token="token1", event_aes_key=KEY, corp_id=CORP)
    channel._hearing.hear = listener.hear
    application = web.Application()
    application.add_routes(channel.routes())
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made = Pushing(f"http://127.0.0.1:{runner.addresses[0][1]}/dingtalk/events", clock)
    made.channel = channel
    yield made
    await runner.cleanup()


async def test_a_push_is_heard_and_answered_with_the_encrypted_word(pushing, listener):
    assert await pushing.push(JOINED) == SUCCESS
    assert await pushing.push({**JOINED, "eventId": "ev2"}, name="signature") == SUCCESS
    assert [(one.id, one.subject) for one in listener.heard][:2] == [("ev1/staff0101", "staff0101"), ("ev1/staff0102", "staff0102")]
    assert pushing.channel.health()["heard"] == {"event": 4}
    assert pushing.channel.quota.used.pushes == 0


async def test_saving_the_address_is_answered(pushing, listener):
    assert await pushing.push({"EventType": "check_url"}) == SUCCESS
    assert await pushing.push({"EventType": "check_create_suite_url", "Random": "LPIdSnlF"}) == (200, "LPIdSnlF")
    assert listener.heard == []


async def test_a_redelivered_event_is_known_and_a_replayed_push_is_refused(pushing, listener):
    assert await pushing.push(JOINED) == SUCCESS
    assert await pushing.push(JOINED, again=pushing.last) == (401, "")
    assert await pushing.push(JOINED) == SUCCESS
    assert pushing.channel.health()["heard"] == {"event": 2, "event_replayed": 1, "repeated": 2}


async def test_what_the_store_did_not_take_may_come_again(pushing, listener):
    listener.fault = Stale("x")
    assert await pushing.push(JOINED) == (503, "")
    listener.fault = None
    assert await pushing.push(JOINED, again=pushing.last) == SUCCESS
    assert len(listener.heard) == 2


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"key": "A" + KEY[1:]}, 401),
        ({"owner": b"dingother"}, 401),
        ({"msg_signature": "0" * 40}, 401),
        ({"msg_signature": None}, 401),
        ({"timestamp": None}, 401),
        ({"nonce": "other"}, 401),
        ({"nonce": "x" * 200}, 401),
        ({"body": {"encrypt": 5}}, 400),
        ({"body": b"not json"}, 400),
        ({"body": b"x" * 300_000}, 413),
    ],
)
async def test_what_is_not_dingtalks_is_refused_without_a_word(pushing, listener, how, status):
    assert await pushing.push(JOINED, **how) == (status, "")
    assert listener.heard == []


async def test_many_people_in_one_event_are_heard_side_by_side(pushing, listener):
    listener.wait = 0.05
    started = asyncio.get_running_loop().time()
    assert await pushing.push({**JOINED, "userId": [f"staff{number}" for number in range(200)]}) == SUCCESS
    assert asyncio.get_running_loop().time() - started < 2
    assert len({one.key for one in listener.heard}) == 200


async def test_an_old_push_is_refused(pushing, clock, listener):
    await pushing.push({"EventType": "check_url"})
    made = pushing.last
    clock.step(3601)
    assert await pushing.push(JOINED, again=made) == (401, "")


@pytest.mark.parametrize("raw", [b"not json", b"[]", b'{"EventType":"user_add_org"}', b'{"EventType":"user_add_org","eventId":"e","userId":[{}]}', b"\xff"])
async def test_an_authentic_event_that_cannot_be_read_does_not_come_for_ever(pushing, listener, raw):
    assert await pushing.push({}, raw=raw) == SUCCESS
    assert pushing.channel.health()["heard"].get("bad_payload", 0) + pushing.channel.health()["heard"].get("event_unused", 0) == 1


async def test_another_organisations_event_is_left_out(pushing, listener):
    assert await pushing.push({**JOINED, "CorpId": "dingother"}) == SUCCESS
    assert listener.heard == []


def test_the_endpoint_is_there_only_with_its_keys(make_channel):
    assert [route.path for route in make_channel("http", event_token="t").routes()] == ["/dingtalk/robot"]
    assert make_channel("off", event_token="t", event_aes_key=KEY).routes() == ()
    assert isinstance(HandClock().now(), datetime)
