"""Deliveries against the peer: which way they go, and what every failure becomes."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from dingtalk_peer import SECRET

from bot.channels.dingtalk import GroupWebhook
from bot.core.model import Action
from bot.core.turn import Route
from bot.dingtalk_api.post import Poster
from bot.dingtalk_api.sign import sign
from bot.ports import Button, ChannelRefused, ChannelTransient, Outbound

SESSION = "/robot/sendBySession"
WEBHOOK = "/robot/send"
GROUP = "/v1.0/robot/groupMessages/send"
OTO = "/v1.0/robot/oToMessages/batchSend"
TOKEN = "/v1.0/oauth2/accessToken"


@pytest.fixture
def group(peer, clock):
    route = Route(f"{peer.base}{SESSION}?session=5e55101", clock.now() + timedelta(minutes=90))
    return Outbound("k1", "dingtalk", "rob", "cid", "cid", False, "staff", "标题", "正文", route=route)


@pytest.fixture
def private(group):
    return replace(group, private=True, conversation="cidp", key="k2")


async def test_an_answer_goes_to_the_session(make_channel, peer, group):
    receipt = await make_channel().deliver(group)
    assert (receipt.way, peer.count(SESSION), peer.tokens) == ("session", 1, 0)
    assert peer.calls[0]["query"] == {"session": "5e55101"}
    assert peer.bodies(SESSION) == [{"msgtype": "markdown", "markdown": {"title": "标题", "text": "正文"}}]


@pytest.mark.parametrize("minutes", [4.9, 0, -60])
async def test_a_session_about_to_expire_is_not_used(make_channel, peer, clock, group, private, minutes):
    channel = make_channel()
    for message, path in ((group, GROUP), (private, OTO)):
        receipt = await channel.deliver(replace(message, route=replace(message.route, expires=clock.now() + timedelta(minutes=minutes))))
        assert (receipt.way, receipt.id, peer.count(path)) == ("api", "pqk1", 1)
    assert peer.count(SESSION) == 0
    assert peer.bodies(GROUP)[0]["openConversationId"] == "cid"
    assert peer.bodies(OTO)[0]["userIds"] == ["staff"]
    assert peer.tokens == 1


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"errcode": 300001, "errmsg": "x"}),
        (200, {"errcode": 310000}),
        (404, "x"),
        (403, {"code": "no"}),
        (401, "x"),
        (302, "", {"Location": "http://127.0.0.1:1/"}),
    ],
)
async def test_a_closed_session_falls_through(make_channel, peer, group, answer):
    peer.will(SESSION, answer)
    assert (await make_channel().deliver(group)).way == "api"
    assert (peer.count(SESSION), peer.count(GROUP)) == (1, 1)


@pytest.mark.parametrize(
    ("answer", "unknown", "after"),
    [
        ((500, "oops"), False, 1),
        ((504, ""), True, 1),
        ((200, "garbage"), True, 1),
        ((200, ""), True, 1),
        ((500, {"errcode": -1}), False, 1),
        ((200, {"errcode": -1}), False, 1),
        ((429, "", {"Retry-After": "5"}), False, 5),
        ((200, {"errcode": 410100}), False, 60),
    ],
)
async def test_a_passing_failure_is_no_reason_to_go_elsewhere(make_channel, peer, group, answer, unknown, after):
    peer.will(SESSION, answer)
    with pytest.raises(ChannelTransient) as fault:
        await make_channel().deliver(group)
    assert (fault.value.unknown, fault.value.after) == (unknown, after)
    assert peer.count(GROUP) == 0
    assert "5e55101" not in str(fault.value)


@pytest.mark.parametrize("code", [430102, 460101])
async def test_refused_content_is_refused_everywhere(make_channel, peer, group, code):
    peer.will(SESSION, (200, {"errcode": code}))
    with pytest.raises(ChannelRefused) as fault:
        await make_channel().deliver(group)
    assert fault.value.code == str(code)
    assert peer.count(GROUP) == 0


async def test_a_silent_peer_is_unknown_and_nobody_is_known_unsent(make_channel, peer, group):
    poster = Poster(seconds=0.2)
    channel = make_channel()
    channel._speaking._poster = poster
    peer.hang.add(SESSION)
    with pytest.raises(ChannelTransient) as fault:
        await channel.deliver(group)
    assert fault.value.unknown
    dead = make_channel(oapi_base="http://127.0.0.1:1")
    with pytest.raises(ChannelTransient) as fault:
        await dead.deliver(replace(group, route=replace(group.route, url="http://127.0.0.1:1/robot/sendBySession?session=a")))
    assert not fault.value.unknown
    await poster.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:2/robot/sendBySession?session=a", "https://evil.test/robot/sendBySession?session=a"])
async def test_a_route_that_leads_elsewhere_is_not_used(make_channel, peer, group, url):
    assert (await make_channel().deliver(replace(group, route=Route(url, group.route.expires)))).way == "api"


@pytest.mark.parametrize(
    ("answer", "error", "after"),
    [
        ((400, {"code": "invalid.openConversationId"}), ChannelRefused, None),
        ((400, {"code": "group.disbanded"}), ChannelRefused, None),
        ((403, {"code": "Forbidden.AccessDenied.AccessTokenPermissionDenied"}), ChannelRefused, None),
        ((403, {"code": "Forbidden.AccessDenied.QpsLimitForApi"}), ChannelTransient, 1),
        ((500, {"code": "system.error"}), ChannelTransient, 1),
        ((503, {"code": "ServiceUnavailable"}), ChannelTransient, 1),
    ],
)
async def test_the_last_ways_failures(make_channel, peer, group, answer, error, after):
    peer.will(GROUP, answer)
    with pytest.raises(error) as fault:
        await make_channel().deliver(replace(group, route=None))
    assert after is None or fault.value.after == after


async def test_http_200_does_not_mean_that_the_person_got_it(make_channel, peer, private):
    channel, message = make_channel(), replace(private, route=None)
    peer.will(OTO, (200, {"processQueryKey": "x", "flowControlledStaffIdList": ["staff"]}), (200, {"processQueryKey": "x", "invalidStaffIdList": ["staff"]}))
    with pytest.raises(ChannelTransient) as fault:
        await channel.deliver(message)
    assert (fault.value.after, fault.value.unknown) == (60, False)
    with pytest.raises(ChannelRefused):
        await channel.deliver(message)


async def test_nobody_to_send_to(make_channel, group, private):
    for message in (replace(group, route=None, conversation=""), replace(private, route=None, person="")):
        with pytest.raises(ChannelRefused):
            await make_channel().deliver(message)


async def test_a_throttled_host_is_left_alone_for_as_long_as_it_asked(make_channel, peer, clock, group):
    channel = make_channel()
    peer.will(SESSION, (429, {"code": "TooMany"}, {"Retry-After": "5"}))
    with pytest.raises(ChannelTransient):
        await channel.deliver(group)
    clock.step(2)
    with pytest.raises(ChannelTransient) as fault:
        await channel.deliver(replace(group, conversation="another", key="k9"))
    assert fault.value.after == 3
    assert peer.count(SESSION) == 1
    clock.step(3)
    await channel.deliver(group)


async def test_a_conversation_that_was_too_fast_is_held_and_then_limited(make_channel, peer, clock, group):
    channel = make_channel()
    for _ in range(40):
        await channel.deliver(group)
    peer.will(SESSION, (200, {"errcode": 410100}))
    with pytest.raises(ChannelTransient):
        await channel.deliver(group)
    with pytest.raises(ChannelTransient):
        await channel.deliver(group)
    assert (await channel.deliver(replace(group, conversation="another"))).way == "session"
    clock.step(60)
    for _ in range(18):
        await channel.deliver(group)
    with pytest.raises(ChannelTransient) as fault:
        await channel.deliver(group)
    assert 0 < fault.value.after <= 60
    clock.step(fault.value.after)
    await channel.deliver(group)


async def test_a_group_webhook_mentions_and_is_paced(make_channel, peer, clock, group):
    hook = GroupWebhook("cid", f"{peer.base}/robot/send?access_token=hook77", "SEChook")
    channel = make_channel(webhooks=(hook,))
    message = replace(group, route=None, mention=("staff",))
    receipt = await channel.deliver(message)
    stamp = str(int(clock.now().timestamp() * 1000))
    assert receipt.way == "webhook"
    assert peer.calls[0]["query"] == {"access_token": "hook77", "timestamp": stamp, "sign": sign(stamp, "SEChook")}
    assert peer.bodies(WEBHOOK)[0]["at"]["atUserIds"] == ["staff"]
    for _ in range(17):
        await channel.deliver(message)
    with pytest.raises(ChannelTransient) as fault:
        await channel.deliver(message)
    assert fault.value.after == 60
    assert (peer.count(WEBHOOK), peer.count(GROUP)) == (18, 0)
    assert "hook77" not in repr(hook)
    clock.step(60)
    peer.will(WEBHOOK, (200, {"errcode": 410100}), (200, {"errcode": 400102}))
    with pytest.raises(ChannelTransient):
        await channel.deliver(message)
    clock.step(599)
    with pytest.raises(ChannelTransient):
        await channel.deliver(message)
    clock.step(2)
    assert (await channel.deliver(message)).way == "api"


async def test_a_retry_goes_on_with_the_part_that_failed(make_channel, peer, group):
    channel, message = make_channel(), replace(group, text="\n\n".join(f"{number}" + "字" * 3000 for number in range(3)))
    peer.will(SESSION, (200, {"errcode": 0}), (500, {"errcode": -1}))
    with pytest.raises(ChannelTransient):
        await channel.deliver(message)
    await channel.deliver(message)
    assert [body["markdown"]["text"][0] for body in peer.bodies(SESSION)] == ["0", "1", "1", "2"]
    await channel.deliver(message)
    assert peer.count(SESSION) == 7


async def test_a_part_left_by_the_session_is_not_sent_again_by_the_api(make_channel, peer, group):
    message = replace(group, text="\n\n".join(f"{number}" + "字" * 3000 for number in range(3)))
    peer.will(SESSION, (200, {"errcode": 0}), (200, {"errcode": 300001}))
    await make_channel().deliver(message)
    assert (peer.count(SESSION), peer.count(GROUP)) == (2, 2)


async def test_the_token_is_renewed_once_and_the_reply_is_single(make_channel, peer, private):
    peer.will(OTO, (400, {"code": "InvalidAuthentication"}))
    await make_channel().deliver(replace(private, route=None))
    assert (peer.tokens, peer.count(OTO)) == (2, 2)


async def test_a_token_that_is_never_good_turns_health_red_and_is_not_hurried(make_channel, peer, clock, private):
    channel, message = make_channel(), replace(private, route=None)
    peer.will(OTO, *[(400, {"code": "InvalidAuthentication"})] * 50)
    for _ in range(6):
        with pytest.raises(ChannelTransient) as fault:
            await channel.deliver(message)
        assert (fault.value.after, fault.value.unknown) == (30, False)
    assert (peer.tokens, peer.count(OTO)) == (2, 2)
    assert not channel.health()["ok"]
    peer.answers[OTO].clear()
    clock.step(30)
    await channel.deliver(message)
    assert channel.health()["ok"]


async def test_buttons_become_a_card_in_private_and_a_list_in_groups(make_channel, peer, group, private):
    channel, buttons = make_channel(), (Button("甲", "1", Action("a.b")), Button("乙", "2", Action("a.c")))
    await channel.deliver(replace(private, buttons=buttons))
    await channel.deliver(replace(group, buttons=buttons))
    await channel.deliver(replace(private, buttons=buttons, route=None))
    first, second = peer.bodies(SESSION)
    assert first["actionCard"]["btns"][1] == {"title": "乙", "actionURL": "dtmd://dingtalkclient/sendMessage?content=2"}
    assert second["markdown"]["text"].endswith("1. 甲  \n2. 乙")
    assert peer.bodies(OTO)[0]["msgKey"] == "sampleActionCard2"


async def test_many_at_once(make_channel, peer, group):
    channel = make_channel()
    await asyncio.gather(*(channel.deliver(replace(group, key=str(number))) for number in range(300)))
    assert peer.count(SESSION) == 300
    assert channel.health()["spoken"]["sent_session"] == 300


async def test_nothing_secret_is_logged(make_channel, peer, group, caplog):
    channel = make_channel()
    peer.will(SESSION, (200, {"errcode": 300001, "errmsg": "session=5e55101"}))
    peer.will(GROUP, (400, {"code": "InvalidAuthentication", "message": "token1"}), (400, {"code": "InvalidAuthentication"}))
    with pytest.raises(ChannelTransient) as fault:
        await channel.deliver(group)
    shown = caplog.text + str(fault.value) + repr(channel.health())
    assert not any(secret in shown for secret in ("5e55101", "token1", "token2", SECRET))


async def test_a_fifth_of_the_quota_is_kept_for_what_cannot_wait(make_channel, peer, private):
    """A broadcast waits near the end of the month's calls; answers and reminders go on, and so does what costs no call."""
    channel = make_channel(api_quota=10)
    broadcast = replace(private, route=None, buttons=(), priority=0)
    for used in range(8):
        assert channel.quota.used.api == used
        await channel.deliver(broadcast)
    with pytest.raises(ChannelTransient) as fault:
        await channel.deliver(broadcast)
    assert (fault.value.unknown, fault.value.after, channel.quota.used.api) == (False, 3600, 8)
    assert (await channel.deliver(replace(broadcast, priority=1))).way == "api"
    assert (await channel.deliver(replace(broadcast, priority=2))).way == "api"
    assert (await channel.deliver(replace(private, buttons=(), priority=0))).way == "session"
