"""The reader in a conversation: commands, awaited values, follow-ups and slots, with a small catalogue and the shipped words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoken_samples import TUE, spoken

from bot.core import codes
from bot.core.model import Action, Awaiting, Catalogue, Conversation, Intent, Sender
from bot.core.turn import Candidate, Message, Understanding, Verdict
from bot.core.understanding import Matcher
from bot.core.understanding.follow_ups import ACTING, RECORDS, best, related
from bot.core.understanding.reading import DECISIVE, Reader, plain

CODE = codes.make(7777)
PHRASES: Mapping[str, tuple[str, ...]] = {
    "invite.lost": ("没收到邀请怎么办", "邀请没来", "一直收不到邀请", "邀请通知没有"),
    "invite.where": ("在哪里看邀请", "邀请在哪找", "哪里能看到邀请", "邀请入口在哪"),
    "invite.life": ("邀请多久过期", "邀请链接有效期多久", "邀请几天有效"),
    "review.duration": ("审核要多久", "审批一般几天", "多久能审完"),
    "review.who": ("谁来审核", "审核找谁", "审批人是哪位"),
    "act.permission_request": ("我要申请权限", "申请用友总账录入权限", "帮我申请金蝶的查看权限3个月", "开通报销权限"),
    "act.snooze": ("明天再提醒我", "下午三点提醒", "晚点提醒"),
    "act.approve": ("批准张三的申请", "同意李四的申请", "批准", "全部同意"),
    "act.reject": ("不批准", "驳回张三", "拒绝"),
    "act.status_check": ("批了吗", "查进度", "我的申请到哪了"),
    "adm.stats": ("看看本周的统计", "上周邀请了多少人", "周五的统计"),
    "elsewhere.general": ("今天天气怎么样", "食堂在哪里", "中午吃什么"),
}
SLOTS = {
    "act.permission_request": ("system", "module", "level", "duration", "reason"),
    "act.snooze": ("when", "duration", "request"),
    "act.approve": ("request", "level", "duration", "reason"),
    "act.reject": ("request", "reason"),
    "adm.stats": ("when",),
}
INTENTS = {name: Intent(name, slots=SLOTS.get(name, ()), desk="general" if name.startswith("elsewhere") else "") for name in PHRASES}
INTENTS["shell.more"], INTENTS["setup.value"] = Intent("shell.more"), Intent("setup.value")
LABELS = {"zh": {name: lines[0] for name, lines in PHRASES.items()}}


def reader(**other: Any) -> Reader:
    """A reader over the small catalogue, with a real matcher."""
    matcher = Matcher()
    rows = [{"id": name, "name": "", "examples": lines} for name, lines in PHRASES.items()]
    matcher.fit(rows, "zh", fence=frozenset({"elsewhere.general"}))
    given = {"matchers": {"zh": matcher}, "exact": {plain("还有"): "shell.more"}, "choices": {"1": 1, plain("第二个"): 2}, "spoken": spoken(), **other}
    return Reader(Catalogue("v", INTENTS, LABELS), **given)


READER = reader()


def heard(text: str, *mentioned: str) -> Message:
    """Something said in private."""
    return Message("c", "robot", "m1", "chat", True, Sender("a"), text, TUE, mentioned=mentioned)


def read(text: str, *mentioned: str, by: Reader = READER, **there: Any) -> Understanding:
    """How a text is understood in a conversation."""
    return by.read(heard(text, *mentioned), Conversation("chat", "a", **there), TUE, "zh")[0]


def slots(understood: Understanding) -> list[tuple[str, str]]:
    """Names and values."""
    return [(slot.name, slot.value) for slot in understood.slots]


def test_a_command_with_a_code() -> None:
    understood = read(f"驳回 {CODE} 发票模糊")
    assert (understood.intent, understood.rule, slots(understood)) == ("act.reject", "code", [("code", CODE), ("reason", "发票模糊")])
    assert slots(read(f"批准 {CODE}")) == [("code", CODE)]
    assert slots(read(f"批准 {CODE} 到月底 只读")) == [("code", CODE), ("reason", "到月底 只读"), ("duration", "2026-11-24/2026-11-30"), ("level", "view")]
    assert read(f"approve {CODE}").intent == "act.approve"


@pytest.mark.parametrize(
    "text", ["不批准", "先别批", "批了吗", "帮emp2批准 {K}", "不批准 {K}", "批准 {K} 吗", "批准", "{K} 批准了", "同意李四的申请", "全部同意", "approve it"]
)
def test_nothing_near_a_command_decides(text: str) -> None:
    understood = read(text.replace("{K}", CODE), topic="invite.lost")
    assert understood.rule not in DECISIVE
    assert understood.slot("code") == ""


@given(
    st.sampled_from(["", "不", "先别", "帮他", "谁", "请", "已经", "我想"]),
    st.sampled_from(["批准", "同意", "驳回", "approve "]),
    st.integers(0, 2**40),
    st.sampled_from(["吗", "?", "了", " 了吗", "", "？"]),
)
def test_only_the_exact_command_is_decisive(before: str, verb: str, seed: int, after: str) -> None:
    understood = read(f"{before}{verb}{codes.make(seed)}{after}")
    assert (understood.rule == "code") == (not before and not after)


def test_a_mistyped_code_names_nothing() -> None:
    wrong = CODE[:-1] + ("2" if CODE[-1] != "2" else "3")
    understood = read(f"批准 {wrong}")
    assert (understood.intent, understood.rule, slots(understood)) == ("act.approve", "mistyped", [("mistyped", wrong)])


def test_a_code_alone_asks_how_it_stands_unless_a_value_is_awaited() -> None:
    assert (read(CODE).intent, read(CODE).slot("code")) == ("act.status_check", CODE)
    assert read(CODE, awaiting=Awaiting("setup.value", "value")).rule == "awaited"
    assert read(f"批准 {CODE}", awaiting=Awaiting("setup.value", "value")).rule == "code"


def test_slots_of_the_understood_intent() -> None:
    understood = read("申请用友总账录入权限，3个月，因为要结账")
    assert understood.intent == "act.permission_request"
    assert slots(understood) == [("system", "yonyou"), ("module", "general_ledger"), ("level", "entry"), ("duration", "3 month"), ("reason", "要结账")]
    assert slots(read("周五的统计")) == [("when", "2026-11-20/2026-11-20")]
    assert read("没收到邀请怎么办").slots == ()


def test_a_plain_question_is_never_searched_for_slots() -> None:
    """Words that would fail when used: a question without slots must not touch them."""
    broken = replace(READER, spoken=replace(spoken(), times=None, names=None))  # type: ignore[arg-type]
    assert read("没收到邀请怎么办", by=broken).intent == "invite.lost"


def test_an_awaited_value_is_the_whole_text_and_what_was_read_in_it() -> None:
    waiting = Awaiting("act.snooze", "when", (("request", "A1"),), TUE + timedelta(hours=1))
    understood = read("嗯 后天下午3点吧", awaiting=waiting)
    assert slots(understood) == [("request", "A1"), ("when", "嗯 后天下午3点吧"), ("when.read", "2026-11-26T15:00:00+08:00")]
    assert slots(read("某某", awaiting=Awaiting("setup.value", "value"))) == [("value", "某某")]
    assert slots(read("因为结账", awaiting=Awaiting("act.reject", "reason"))) == [("reason", "因为结账")]
    assert read("某某", awaiting=replace(waiting, until=TUE - timedelta(hours=1))).rule != "awaited"


def test_a_choice_stays_a_choice() -> None:
    options = (Action("invite.lost"), Action("act.approve", (("code", CODE),)))
    assert read("第二个", options=options).slot("code") == CODE
    assert read("1", options=options, awaiting=Awaiting("setup.value", "value")).intent == "invite.lost"


@pytest.mark.parametrize(
    ("text", "topic", "intent"),
    [
        ("再说一遍", "invite.lost", "invite.lost"), ("上一个", "review.who", "review.who"),
        ("怎么弄", "invite.lost", "shell.more"), ("那怎么弄呢", "invite.lost", "shell.more"), ("说详细点", "review.who", "shell.more"), ("还有呢", "invite.lost", "shell.more"),
    ],
)  # fmt: skip
def test_a_follow_up_is_read_with_its_topic(text: str, topic: str, intent: str) -> None:
    understood = read(text, topic=topic)
    assert (understood.verdict, understood.intent, understood.rule) == (Verdict.ANSWER, intent, "follow_up")
    assert understood.slot("reply") == (topic if intent == "shell.more" else "")


@pytest.mark.parametrize(
    ("text", "there"), [("怎么弄", {}), ("怎么弄", {"topic": "gone.away"}), ("今天天气", {"topic": "invite.lost"}), ("阿巴阿巴", {"topic": "invite.lost"})]
)
def test_what_is_no_follow_up_stays_what_it_was(text: str, there: dict[str, str]) -> None:
    assert read(text, **there).rule != "follow_up"


@pytest.mark.parametrize("text", ["再说一遍", "还有呢", "怎么弄", "为什么", "下一步呢"])
def test_what_acts_is_never_repeated_nor_reached(text: str) -> None:
    for topic in INTENTS:
        understood = read(text, topic=topic)
        if understood.rule == "follow_up":
            assert topic in RECORDS or not topic.startswith(ACTING)
            assert understood.intent == "shell.more" or understood.intent in RECORDS or not understood.intent.startswith(ACTING)


def test_what_is_related_to_a_topic() -> None:
    intents = {
        **INTENTS,
        "review.who": Intent("review.who", see_also=("invite.lost",)),
        "invite.lost": Intent("invite.lost", follow_up=("act.approve", "gone.away")),
    }
    assert related("invite.lost", Catalogue("v", intents, LABELS)) == {"invite.where", "invite.life", "review.who"}


ALONE = (Candidate("act.approve", 0.5), Candidate("review.duration", 0.3), Candidate("invite.life", 0.1), Candidate("invite.where", 0.1))
BESIDE = (Candidate("invite.lost", 0.9), Candidate("act.approve", 0.06), Candidate("invite.life", 0.04))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"invite.life", "invite.where"}, "invite.life"),
        ({"invite.where"}, "invite.where"),
        ({"review.duration", "invite.life"}, "review.duration"),
        ({"review.who"}, ""),
        (set(), ""),
    ],
)
def test_the_best_of_what_is_related(wanted: set[str], found: str) -> None:
    """Asked alone the review is nearest; beside an invite its own life is meant."""
    candidate = best("invite.lost", ALONE, BESIDE, frozenset(wanted))
    assert (candidate.intent if candidate else "") == found
    assert best("invite.lost", (), BESIDE, frozenset(wanted)) is None


def test_a_follow_up_with_no_relation_gives_the_whole_answer() -> None:
    understood = read("下一步呢", topic="invite.lost")
    assert (understood.intent, understood.slot("reply")) == ("shell.more", "invite.lost")


@given(st.text(max_size=40), st.sampled_from(["", "invite.lost", "gone.away"]))
def test_no_text_raises(text: str, topic: str) -> None:
    understood = read(text, topic=topic)
    assert understood.rule not in DECISIVE or understood.slot("code") or understood.rule == "choice"
