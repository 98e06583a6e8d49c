"""Payloads in both directions: a callback's JSON in, a Message out; an Outbound in, the JSON that DingTalk takes out."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.dingtalk.payload import BadPayload
from bot.channels.dingtalk.wire.callback import parse_card
from bot.channels.dingtalk.wire.format import MAX_BYTES, MAX_CHARACTERS, api_bodies, line_breaks, session_bodies, split
from bot.channels.dingtalk.wire.parse import Ignored, QuotaGone, Reading, parse
from bot.channels.dingtalk.wire.text import MAX_TEXT, clean, without_mention
from bot.core.model import Action
from bot.core.turn import Message
from bot.dingtalk_api.hosts import ReplyHosts
from bot.ports import Button, Outbound

HERE = Path(__file__).parent
HOSTS = ReplyHosts("https://api.dingtalk.com", "https://oapi.dingtalk.com")
READING = Reading("", "dingsettings0robot", ("小引",), lambda url: HOSTS.reply(url) is not None)


def load(name):
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


def flat(message):
    """The message as the payload files write it."""
    values = {name: getattr(message, name) for name in message.__slots__}
    values |= {name: getattr(message.sender, name) for name in message.sender.__slots__}
    values |= {"at": message.at.isoformat(), "route": message.route.url if message.route else None}
    return {**values, "mentioned": list(message.mentioned), "files": [list(pair) for pair in message.files]}


@pytest.mark.parametrize("name", sorted(path.stem for path in HERE.glob("in_*.json")))
def test_a_callback_is_read(name):
    case = load(name)
    found = parse(case["body"], READING)
    expected = case["reads"]
    if "is" in expected:
        assert {"quota_gone": QuotaGone, "ignored": Ignored}[expected["is"]] is type(found)
        return
    assert isinstance(found, Message)
    read = flat(found)
    assert {key: read[key] for key in expected} == expected
    found.text.encode("utf-8")


def body(**changes):
    return {**load("in_text_group")["body"], **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"msgId": None},
        {"msgId": ""},
        {"msgId": 7},
        {"msgId": "x" * 257},
        {"msgId": "a\x1fb"},
        {"conversationId": ["a"]},
        {"conversationType": "3"},
        {"conversationType": True},
        {"conversationType": None},
        {"createAt": None},
        {"createAt": True},
        {"createAt": "１７９０００００００００００"},
        {"createAt": -1},
        {"createAt": 10**18},
        {"createAt": "1" * 16},
        {"createAt": {}},
        {"senderStaffId": 5},
        {"senderStaffId": "a\nb"},
        {"senderId": None, "senderStaffId": None},
        {"senderCorpId": 1},
        {"text": "words"},
        {"text": {"content": 5}},
        {"text": None, "content": 5},
        {"text": None, "content": {"richText": "x"}},
        {"text": None, "content": {"recognition": ["x"]}},
        {"atUsers": "all"},
        {"msgtype": None},
        {"msgtype": 1},
        {"robotCode": 1},
        {"sessionWebhookExpiredTime": "soon"},
    ],
)
def test_wrong_types_are_refused_with_a_plain_reason(changes):
    with pytest.raises(BadPayload) as fault:
        parse(body(**changes), READING)
    assert str(fault.value)
    assert "李梅" not in str(fault.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"atUsers": None},
        {"atUsers": ["x", 1, None]},
        {"senderNick": 5},
        {"text": {"content": " a", "repliedMsg": "?"}},
        {"sessionWebhook": 5},
        {"isAdmin": "yes"},
    ],
)
def test_oddities_that_do_no_harm_are_read(changes):
    assert isinstance(parse(body(**changes), READING), Message)


def test_the_settings_say_which_organisation_is_ours():
    reading = replace(READING, corp_id="dingreally0ours")
    assert not parse(body(), reading).sender.inside
    assert parse(body(senderCorpId="dingreally0ours"), reading).sender.account == "staff0077"


def test_without_a_corp_nobody_is_inside():
    assert not parse(body(senderCorpId="", chatbotCorpId=""), READING).sender.inside


ANYTHING = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3), max_leaves=4)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted(body())), ANYTHING | st.dictionaries(st.sampled_from(["content", "richText", "text", "repliedMsg"]), ANYTHING), max_size=6
    )
)
def test_whatever_comes_is_read_or_refused(changes):
    try:
        found = parse(body(**changes), READING)
    except BadPayload:
        return
    if isinstance(found, Message):
        found.text.encode("utf-8")
        assert "\x1f" not in found.sender.account + found.sender.alias + found.id + found.conversation


def test_long_texts_are_cut_and_cleaning_is_quick():
    assert len(clean("字" * 300_000)) == MAX_TEXT
    assert clean("a\u3000b") == "a\u3000b"
    assert clean("😀👍🏽") == "😀👍🏽"


@pytest.mark.parametrize(
    ("text", "left"),
    [("@小引 申请", "申请"), ("@小引", ""), ("请 @小引 看", "请   看"), ("@张三 申请", "申请"), ("@张三申请权限", "@张三申请权限"), ("a@b.c", "a@b.c")],
)
def test_the_mention_is_taken_out(text, left):
    assert without_mention(text, ("小引",)) == left


def outbound(**changes):
    values = {
        "key": "k",
        "channel": "dingtalk",
        "robot": "rob",
        "lane": "l",
        "conversation": "cid",
        "private": True,
        "person": "p",
        "title": "t",
        "text": "x",
        **changes,
    }
    values["buttons"] = tuple(Button(one["label"], one["say"], Action("a.b")) for one in values.get("buttons", ()))
    values["mention"] = tuple(values.get("mention", ()))
    return Outbound(**values)


@pytest.mark.parametrize("name", sorted(path.stem for path in HERE.glob("out_*.json")))
def test_an_outbound_is_written(name):
    case = load(name)
    message = outbound(**case["outbound"])
    assert [json.loads(one) for one in session_bodies(message)] == case["session"]
    assert api_bodies(message, "rob") == case["api"]


def test_line_breaks_are_made_once():
    text = "a\nb\n\n- c\n- d\n1. e"
    assert line_breaks(line_breaks(text)) == line_breaks(text)


@pytest.mark.parametrize("unit", ["字", "a", '"', "😀", "字\n", "段落\n\n", "\ud800", "\n", "\\"])
@pytest.mark.parametrize("buttons", [0, 1, 3, 9])
def test_no_part_is_longer_than_dingtalk_takes(unit, buttons):
    message = outbound(text=(unit * 20_000)[:20_000], buttons=[{"label": "按钮" * 40, "say": "说" * 400}] * buttons, mention=["p" * 60] * 3)
    parts = session_bodies(message)
    assert all(len(part) <= 20_000 for part in parts)
    params = [one["msgParam"].encode("utf-8", "replace") for one in api_bodies(message, "rob")]
    assert all(len(param) <= MAX_BYTES for param in params)
    assert len(params) <= 20


def test_cuts_fall_between_paragraphs_and_lose_nothing():
    paragraphs = [f"第{number}段" + "字" * 900 for number in range(9)]
    parts = list(split("\n\n".join(paragraphs)))
    assert all(len(part) <= MAX_CHARACTERS for part in parts)
    assert "\n\n".join(parts).split("\n\n") == paragraphs


@settings(deadline=None)
@given(st.text(max_size=200).map(lambda text: text * 60))
def test_splitting_loses_no_character(text):
    assert "".join("".join(split(text)).split()) == "".join(text.split())


def test_buttons_and_mentions_stand_in_the_last_part_only():
    message = outbound(private=False, text="字" * 5000, buttons=[{"label": "甲", "say": "1"}], mention=["p"])
    first, *_, last = (json.loads(one) for one in session_bodies(message))
    assert "at" not in first
    assert "1. 甲" not in first["markdown"]["text"]
    assert last["at"]["atUserIds"] == ["p"]
    assert last["markdown"]["text"].endswith("1. 甲\n\n@p")


def test_text_never_makes_a_mention_of_all():
    for one in session_bodies(outbound(private=False, text="@所有人 @all", mention=["p"])):
        assert json.loads(one)["at"] == {"atUserIds": ["p"], "isAtAll": False}
    assert "at" not in json.loads(session_bodies(outbound(private=False, text="@所有人 @all"))[0])


def test_a_label_stays_one_line():
    hostile = [{"label": "甲\n# 公告\u202e", "say": "1"}]
    assert json.loads(session_bodies(outbound(buttons=hostile))[0])["actionCard"]["btns"][0]["title"] == "甲 # 公告"
    assert json.loads(session_bodies(outbound(buttons=hostile, private=False))[0])["markdown"]["text"] == "x\n\n1. 甲 # 公告"


def test_a_private_card_lists_only_what_its_buttons_do_not_show():
    many = [{"label": f"项{number}", "say": str(number)} for number in range(1, 8)]
    (sent,) = api_bodies(outbound(buttons=many), "rob")
    assert (sent["msgKey"], json.loads(sent["msgParam"])["text"]) == ("sampleActionCard5", "x\n\n6. 项6  \n7. 项7")
    assert json.loads(session_bodies(outbound(buttons=many))[0])["actionCard"]["text"] == "x"
    assert json.loads(session_bodies(outbound(buttons=many, text=""))[0])["actionCard"]["text"] == "t"


def test_a_private_card_that_is_too_long_is_a_list():
    huge = [{"label": "按钮" * 30, "say": "说" * 300}] * 9
    (sent,) = (json.loads(one) for one in session_bodies(outbound(buttons=huge)))
    assert sent["markdown"]["text"].count("\n") == 10


def test_a_card_press_is_read():
    press = parse_card(json.loads(load("frame_card")["data"]))
    assert (press.card, press.account, press.index, press.private) == ("usher-r1", "boss0001", 2, False)


def test_a_card_whose_buttons_share_an_id_says_which_by_a_parameter():
    content = json.dumps({"cardPrivateData": {"actionIds": ["press"], "params": {"index": "3"}}})
    assert parse_card({**json.loads(load("frame_card")["data"]), "content": content, "spaceType": "im_robot"}).index == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"outTrackId": None},
        {"userId": 5},
        {"content": "{"},
        {"content": '{"cardPrivateData":{"actionIds":"a"}}'},
        {"content": '{"cardPrivateData":{"params":[]}}'},
        {"content": '{"cardPrivateData":{"actionIds":["approve"]}}'},
        {"content": '{"cardPrivateData":{"actionIds":["b0","b100","b１"]}}'},
        {"content": '{"cardPrivateData":{"actionIds":[["b1"]],"params":{"index":[1]}}}'},
        {"spaceType": 5},
    ],
)
def test_an_odd_card_press_is_refused(changes):
    with pytest.raises(BadPayload):
        parse_card({**json.loads(load("frame_card")["data"]), **changes})


def test_times_are_aware_utc():
    assert parse(body(), READING).at == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
