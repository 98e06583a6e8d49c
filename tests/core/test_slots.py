"""Slots: what is read out of a sentence, in its normal form and at its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoken_samples import TUE, spoken

from bot.core import codes
from bot.core.understanding.names import Names
from bot.core.understanding.slots import KNOWN, Said, extract, named

CODE = codes.make(7777)
ALL = sorted(KNOWN)
PERMISSION = ["system", "module", "role", "level", "duration", "person", "reason"]

ROWS: list[tuple[str, list[str], list[tuple[str, str, str]]]] = [
    ("帮我申请金蝶应付模块查看权限到月底", PERMISSION, [("system", "kingdee", "金蝶"), ("module", "payable", "应付"), ("level", "view", "查看权限"), ("duration", "2026-11-24/2026-11-30", "到月底")]),
    ("要用友总账录入权限3个月，因为月底要结账", PERMISSION, [("system", "yonyou", "用友"), ("module", "general_ledger", "总账"), ("level", "entry", "录入权限"), ("duration", "3 month", "3个月"), ("reason", "月底要结账", "月底要结账")]),
    ("申請用友總賬會計權限", PERMISSION, [("system", "yonyou", "用友"), ("role", "accountant", "總賬會計")]),
    ("想当财务审核员", ["role"], [("role", "reviewer", "财务审核员")]),
    ("给我总账录入岗", ["role"], [("role", "总账录入岗", "总账录入岗")]),
    ("U8 的凭证", ["system", "module"], [("system", "yonyou", "U8"), ("module", "voucher", "凭证")]),
    ("Kingdee K/3 payables", ["system", "module"], [("system", "kingdee", "Kingdee"), ("system", "kingdee", "K/3"), ("module", "payable", "payables")]),
    ("entry access to kingdee for 3 months because of closing", ["system", "level", "duration", "reason"], [("level", "entry", "entry access"), ("system", "kingdee", "kingdee"), ("duration", "3 month", "3 months"), ("reason", "closing", "closing")]),
    ("manual entries only", ["level"], []),
    ("催一下 A102", ["request", "person"], [("request", "A102", "A102")]),
    ("催一下a-102和B7", ["request"], [("request", "A102", "a-102")]),
    (f"查 {CODE.lower()} 到哪了", ["request"], [("request", CODE, CODE.lower())]),
    ("用友U8 登不上，U9也不行，NC65呢", ["request"], []),
    ("T+Cloud 3 月", ["request"], []),
    ("我的手机号换成 138 0013 8000", ["phone"], [("phone", "13800138000", "138 0013 8000")]),
    ("+86-13800138000", ["phone"], [("phone", "13800138000", "+86-13800138000")]),
    ("电话１３８００１３８０００", ["phone"], [("phone", "13800138000", "１３８００１３８０００")]),
    ("call +852 6123 4567", ["phone"], [("phone", "+85261234567", "+852 6123 4567")]),
    ("身份证110101199003071234", ["phone"], []),
    ("12800138000 and 138001380001", ["phone"], []),
    ("点了 https://evil.example.com/x?a=1。怎么办", ["link"], [("link", "https://evil.example.com/x?a=1", "https://evil.example.com/x?a=1")]),
    ("www.bad.cn/abc 昨天收到的", ["link", "when"], [("link", "www.bad.cn/abc", "www.bad.cn/abc"), ("when", "2026-11-23/2026-11-23", "昨天")]),
    ("https://x.cn/2026-12-05", ["when", "link"], [("link", "https://x.cn/2026-12-05", "https://x.cn/2026-12-05")]),
    ("明天请假三天", ["when", "duration"], [("when", "2026-11-25/2026-11-25", "明天"), ("duration", "3 day", "三天")]),
    ("两小时后提醒我", ["when", "duration", "request"], [("when", "2026-11-24T16:00:00+08:00", "两小时后")]),
    ("间隔改成2天", ["duration", "when", "level"], [("duration", "2 day", "2天")]),
    ("每天25点", ["when"], [("when", "refused no_such_hour", "每天25点")]),
    ("每天9点", ["duration"], []),
    ("2月30日到期", ["duration"], [("duration", "refused no_such_date", "2月30日")]),
    ("3个工作日", ["when"], [("when", "3 workday", "3个工作日")]),
    ("群发：明天系统维护", ["text"], [("text", "明天系统维护", "明天系统维护")]),
    ("反馈: http://a.cn/b: 打不开", ["text"], [("text", "http://a.cn/b: 打不开", "http://a.cn/b: 打不开")]),
    ("没有冒号", ["text", "reason"], []),
    ("理由：", ["reason"], []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted", "found"), ROWS, ids=[row[0] for row in ROWS])
def test_what_is_read(text: str, wanted: list[str], found: list[tuple[str, str, str]]) -> None:
    assert [(slot.name, slot.value, text[slot.start : slot.end]) for slot in extract(Said(text, TUE, spoken()), wanted)] == found


def test_people() -> None:
    people = {"李四": "p:lisi", "王敏": "p:wm", "Li Si": "p:lisi"}

    def read(text: str, *mentioned: str) -> list[tuple[str, int, int]]:
        return [(slot.value, slot.start, slot.end) for slot in extract(Said(text, TUE, spoken(), mentioned, people), ["person"])]

    assert read("让@李四 代批", "emp3") == [("emp3", 1, 4)]
    assert read("转给李四和王敏") == [("p:lisi", 2, 4), ("p:wm", 5, 7)]
    assert read("ask li si") == [("p:lisi", 4, 9)]
    assert read("@a @b", "m1", "m2") == [("m1", 0, 2), ("m2", 3, 5)]
    assert read("帮帮他", "m1") == [("m1", -1, -1)]
    assert read("谁") == []


def test_names_known_only_later() -> None:
    said = Said("申请「报销经办」", TUE, spoken())
    assert [(slot.name, slot.value, slot.start) for slot in named(said.text, "role", {"报销经办": "r9"}, said)] == [("role", "r9", 3)]


def test_the_longest_name_wins_and_the_first_meaning_stays() -> None:
    names = Names.of([("module", "ar", "应收"), ("role", "clerk", "应收会计"), ("module", "other", "应收"), ("x", "y", " ")])
    assert [(one.kind, one.id, one.start, one.end) for one in names.found("应收会计和应收")] == [("role", "clerk", 0, 4), ("module", "ar", 5, 7)]
    assert list(Names().found("应收")) == []


@given(st.text(max_size=120), st.booleans())
def test_no_text_raises_and_spans_lie_inside(text: str, back: bool) -> None:
    for slot in extract(Said(text, TUE, spoken(), ("m1",), {"李四": "p"}, back), ALL):
        assert slot.value
        assert (slot.start, slot.end) == (-1, -1) or 0 <= slot.start < slot.end <= len(text)


def test_nothing_wanted_nothing_read() -> None:
    assert extract(Said("明天 13800138000", TUE, spoken()), ["unheard_of"]) == ()


def test_a_long_text_is_read_at_its_head_only() -> None:
    assert extract(Said("啊" * 5000 + "13800138000", TUE, spoken()), ALL) == ()
