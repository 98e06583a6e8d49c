"""Token, error table, quota and OpenAPI calls against the peer."""

import asyncio
from datetime import UTC, datetime

import pytest
from dingtalk_peer import HandClock, soon

from bot.dingtalk_api.answer import Answer
from bot.dingtalk_api.faults import DingTalkFault, Reaction, body_of
from bot.dingtalk_api.openapi import OpenApi
from bot.dingtalk_api.post import Poster
from bot.dingtalk_api.quota import Limits, Meter, Quota, Used
from bot.dingtalk_api.token import Tokens

TOKEN = "/v1.0/oauth2/accessToken"
CALL = "/v1.0/robot/groupMessages/send"
OLD = "/topapi/v2/user/get"
BAD_TOKEN = (400, {"code": "InvalidAuthentication", "message": "no", "requestid": "r"})


@pytest.fixture
async def api(peer, clock):
    poster = Poster(seconds=0.5)
    tokens = Tokens(poster, clock.now, api_base=peer.base, app_key="k", app_secret="s")
    yield OpenApi(poster, tokens, Quota(clock.now, Limits(10, 10)), clock.now, api_base=peer.base, oapi_base=peer.base + "/")
    await poster.close()


async def test_one_token_serves_many_calls(api, peer):
    await asyncio.gather(*(api.call(CALL, {"n": number}) for number in range(20)))
    assert peer.count(TOKEN) == 1
    assert peer.bodies(TOKEN) == [{"appKey": "k", "appSecret": "s"}]
    assert {call["headers"]["x-acs-dingtalk-access-token"] for call in peer.calls if call["path"] == CALL} == {"token1"}


async def test_the_old_family_takes_it_in_the_query(api, peer):
    await api.topapi(OLD, {"userid": "u"})
    assert [call["query"] for call in peer.calls if call["path"] == OLD] == [{"access_token": "token1"}]


async def test_it_is_refreshed_early_and_a_failure_then_is_none(api, peer, clock):
    await api.call(CALL, {})
    clock.step(7200 - 601)
    await api.call(CALL, {})
    assert peer.tokens == 1
    clock.step(2)
    peer.will(TOKEN, (500, "oops"))
    await api.call(CALL, {})
    await api.call(CALL, {})
    assert (peer.count(TOKEN), peer.tokens) == (2, 1)
    assert api.fault
    clock.step(31)
    await api.call(CALL, {})
    assert peer.tokens == 2
    assert not api.fault


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        (CALL, BAD_TOKEN),
        (OLD, (200, {"errcode": 40014, "errmsg": "no"})),
        (OLD, (200, {"errcode": 42001})),
        (OLD, (200, {"errcode": 40001})),
        (CALL, (401, "x")),
    ],
)
async def test_a_refused_token_is_renewed_once(api, peer, path, refusal):
    peer.will(path, refusal)
    await (api.call if path == CALL else api.topapi)(path, {})
    assert (peer.count(TOKEN), peer.count(path)) == (2, 2)


async def test_many_calls_with_one_refused_token_renew_it_once(api, peer):
    await api.call(CALL, {})
    peer.refused_tokens.add("token1")
    await asyncio.gather(*(api.call(CALL, {}) for _ in range(10)))
    assert peer.tokens == 2


async def test_a_token_that_is_always_refused_is_asked_for_every_half_minute(api, peer, clock):
    peer.will(CALL, *[BAD_TOKEN] * 100)
    with pytest.raises(DingTalkFault) as fault:
        await api.call(CALL, {})
    assert fault.value.reaction is Reaction.RENEW
    for _ in range(9):
        with pytest.raises(DingTalkFault) as fault:
            await api.call(CALL, {})
        assert (fault.value.reaction, fault.value.after) == (Reaction.LATER, 30.0)
    assert peer.tokens == 2
    assert api.fault == "the access token is refused"
    clock.step(30)
    with pytest.raises(DingTalkFault):
        await api.call(CALL, {})
    assert peer.tokens == 3
    peer.answers[CALL].clear()
    await api.call(CALL, {})
    assert not api.fault


@pytest.mark.parametrize(
    "answer",
    [(400, {"code": "invalidClientIdOrSecret", "message": "no"}), (200, "not json"), (200, {"accessToken": 5}), (200, {"accessToken": "a\r\nb"}), (200, "")],
)
async def test_without_a_token_nothing_is_called_and_dingtalk_is_not_hurried(api, peer, clock, answer):
    peer.will(TOKEN, answer)
    for _ in range(3):
        with pytest.raises(DingTalkFault) as fault:
            await api.call(CALL, {})
        assert fault.value.reaction is Reaction.LATER
        assert fault.value.after >= 30
    assert (peer.count(TOKEN), peer.count(CALL)) == (1, 0)
    assert api.fault
    clock.step(31)
    await api.call(CALL, {})


async def test_a_caller_who_gives_up_does_not_stop_the_others(api, peer):
    first = asyncio.create_task(api.call(CALL, {}))
    second = asyncio.create_task(api.call(CALL, {}))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert peer.tokens == 1
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_time_outs_of_the_token_call_are_not_unknown(api, peer):
    peer.hang.add(TOKEN)
    with pytest.raises(DingTalkFault) as fault:
        await api.call(CALL, {})
    assert fault.value.reaction is Reaction.LATER


async def test_calls_are_counted_and_free_ones_are_not(api, clock):
    for _ in range(3):
        await api.call(CALL, {})
    await api.topapi(OLD, {}, free=True)
    assert api._quota.used == Used("2026-09", 3, 0)


async def test_dingtalks_word_that_the_quota_is_gone_is_remembered(api, peer, clock):
    peer.will(CALL, (403, {"code": "Forbidden.AccessDenied.ApiCountLimitForOrg", "message": "x"}))
    with pytest.raises(DingTalkFault) as fault:
        await api.call(CALL, {})
    assert (fault.value.reaction, fault.value.after) == (Reaction.LATER, 3600)
    assert api._quota.empty(Meter.API)
    await api.call(CALL, {})
    assert not api._quota.empty(Meter.API)
    api._quota.exhausted(Meter.API)
    clock.step(20 * 24 * 3600)
    assert not api._quota.empty(Meter.API)


async def test_the_clocks_are_compared(api, peer, clock):
    peer.will(CALL, (200, {}, {"Date": "Mon, 21 Sep 2026 14:12:20 GMT"}), (200, {}, {"Date": "Mon, 21 Sep 2026 14:00:00 GMT"}))
    await api.call(CALL, {})
    await api.call(CALL, {})
    assert api.skew_s == 60


async def test_lone_surrogates_do_not_break_a_call(api, peer):
    await api.call(CALL, {"text": "a\ud800b"})
    assert peer.bodies(CALL) == [{"text": "a?b"}]


def answer(status, body, head=b""):
    return Answer(status, b"HTTP/1.1 200 OK" + head, body if isinstance(body, bytes) else body.encode())


@pytest.mark.parametrize(
    ("given", "reaction", "after"),
    [
        (answer(200, '{"errcode":300001}'), Reaction.ELSEWHERE, 0),
        (answer(200, '{"errcode":310000}'), Reaction.ELSEWHERE, 0),
        (answer(200, '{"errcode":410100}'), Reaction.LATER, 60),
        (answer(200, '{"errcode":"410100"}'), Reaction.LATER, 60),
        (answer(200, '{"errcode":430102}'), Reaction.NEVER, 0),
        (answer(200, '{"errcode":460101}'), Reaction.NEVER, 0),
        (answer(200, '{"errcode":88,"sub_code":"90018"}'), Reaction.LATER, 1),
        (answer(200, '{"errcode":88}'), Reaction.UNKNOWN, 1),
        (answer(200, '{"errcode":15}'), Reaction.UNKNOWN, 1),
        (answer(200, '{"errcode":-1}'), Reaction.LATER, 1),
        (answer(500, '{"errcode":-1}'), Reaction.LATER, 1),
        (answer(200, '{"errcode":123456}'), Reaction.UNKNOWN, 1),
        (answer(200, '{"errcode":true}'), Reaction.UNKNOWN, 1),
        (answer(200, ""), Reaction.UNKNOWN, 1),
        (answer(200, "[]"), Reaction.UNKNOWN, 1),
        (answer(200, b"\xff"), Reaction.UNKNOWN, 1),
        (answer(200, "[" * 30_000), Reaction.UNKNOWN, 1),
        (answer(302, ""), Reaction.ELSEWHERE, 0),
        (answer(400, '{"code":"invalid.openConversationId"}'), Reaction.ELSEWHERE, 0),
        (answer(403, '{"code":"Forbidden.AccessDenied.QpsLimitForApi"}'), Reaction.LATER, 1),
        (answer(403, '{"code":"Forbidden.AccessDenied.QpmLimitForAppkeyAndApi"}'), Reaction.LATER, 60),
        (answer(429, ""), Reaction.LATER, 1),
        (answer(429, '{"code":"TooMany"}', b"\r\nRetry-After: 5"), Reaction.LATER, 5),
        (answer(429, "", b"\r\nRetry-After: 99999999999"), Reaction.LATER, 1),
        (answer(429, "", b"\r\nRetry-After: 999999"), Reaction.LATER, 3600),
        (answer(500, "oops"), Reaction.UNKNOWN, 1),
        (answer(500, '{"code":"system.error"}'), Reaction.UNKNOWN, 1),
        (answer(502, '{"errcode":0}'), Reaction.UNKNOWN, 1),
        (answer(504, ""), Reaction.UNKNOWN, 1),
        (answer(400, '{"code":"contain.unsafe.url"}'), Reaction.NEVER, 0),
    ],
)
def test_what_answers_mean(given, reaction, after):
    with pytest.raises(DingTalkFault) as fault:
        body_of(given, "here")
    assert (fault.value.reaction, fault.value.after) == (reaction, after)
    assert str(fault.value).startswith("here: ")


@pytest.mark.parametrize("given", [answer(200, "{}"), answer(200, '{"errcode":0}'), answer(200, '{"processQueryKey":"x"}'), answer(200, '{"code":"0"}')])
def test_what_is_no_fault(given):
    assert isinstance(body_of(given, "here"), dict)


def test_operators_are_told_what_to_mend_and_nothing_else():
    with pytest.raises(DingTalkFault, match="missing scopes: qyapi_robot_sendmsg"):
        body_of(
            answer(
                403,
                '{"code":"Forbidden.AccessDenied.AccessTokenPermissionDenied","message":"m","accessdenieddetail":{"requiredScopes":["qyapi_robot_sendmsg"]}}',
            ),
            "x",
        )
    with pytest.raises(DingTalkFault, match=r"add 1\.2\.3\.4 to"):
        body_of(answer(403, '{"code":"Forbidden.AccessDenied.IpNotInWhiteList","message":"request ip=1.2.3.4 appKey(k)"}'), "x")
    with pytest.raises(DingTalkFault) as fault:
        body_of(answer(400, '{"code":"x\\ny","message":"13800138000 token=abc"}'), "x")
    assert str(fault.value) == "x: HTTP 400"


def test_the_meter_says_it_once_a_threshold_and_month():
    clock, said = HandClock(), []
    quota = Quota(clock.now, Limits(10, 0), alarm=lambda meter, ratio: said.append((meter, ratio)))
    for _ in range(12):
        quota.count(Meter.API)
        quota.count(Meter.PUSHES)
    quota.exhausted(Meter.PUSHES)
    quota.exhausted(Meter.PUSHES)
    assert said == [(Meter.API, 0.7), (Meter.API, 0.9), (Meter.PUSHES, 1.0)]
    assert (quota.ratio(Meter.API), quota.ratio(Meter.PUSHES)) == (1.2, 0.0)
    clock.step(9 * 24 * 3600 + 2 * 3600)
    quota.count(Meter.API)
    assert quota.used == Used("2026-10", 1, 0)


def test_the_month_is_beijings_and_a_saved_count_goes_on():
    clock = HandClock()
    clock.time = datetime(2026, 9, 30, 15, 59, 59, tzinfo=UTC)
    quota = Quota(clock.now, start=Used("2026-09", 40, 50))
    quota.count(Meter.API)
    assert quota.used == Used("2026-09", 41, 50)
    clock.step(1)
    quota.count(Meter.PUSHES)
    assert quota.used == Used("2026-10", 0, 1)
    assert Quota(clock.now, start=Used("2026-09", 40, 50)).ratio(Meter.API) == 0.008


async def test_closing_waits_for_nothing(peer):
    poster = Poster()
    await poster.close()
    await soon(lambda: True)
