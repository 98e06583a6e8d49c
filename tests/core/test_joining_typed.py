"""What people type into the form and the commands of joining."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.core.masking import masked, secret_in
from bot.core.skills.joining.checking import alike, host_of, link_in, within
from bot.core.skills.joining.filing import understood
from bot.core.skills.joining.typed import FIELDS, code_in, fault_of, fields_in, invitees, masked_mobile, mobile_in
from bot.words.loading import bundled

YAML_ = YAML(typ="safe")
WORDS = {name: YAML_.load((bundled() / "templates" / name / "labels.yaml").read_text(encoding="utf-8")) for name in ("zh", "en")}
LISTS = [key for words in WORDS.values() for key in words if str(key).endswith(("_words", "_before", "_behind"))]
LABELS = {key: f"{WORDS['zh'].get(key, '')} {WORDS['en'].get(key, '')}" for key in LISTS}


@pytest.mark.parametrize(
    ("text", "mobile"),
    [
        ("13800138000", "13800138000"),
        ("138 0013 8000", "13800138000"),
        ("+86 138-0013-8000", "13800138000"),
        ("我的号码是１３８００１３８０００。", "13800138000"),
        ("+4915112345678", "+4915112345678"),
        ("2380013800", ""),
        ("138001380001", ""),
        ("", ""),
    ],
)
def test_mobile(text: str, mobile: str) -> None:
    assert mobile_in(text) == mobile


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "姓名：张三 手机 13800138000 部门：财务部 岗位：出纳 工号 A1001",
            {"name": "张三", "mobile": "13800138000", "department": "财务部", "post": "出纳", "employee": "A1001"},
        ),
        ("我叫张三，电话138 0013 8000，部门是财务部", {"name": "张三", "mobile": "13800138000", "department": "财务部"}),
        ("手机改成13900001111", {"mobile": "13900001111"}),
        ("我换部门了帮我登记", {}),
        ("mobile 13900001111, department Finance", {"mobile": "13900001111", "department": "Finance"}),
        ("邮箱 a.b@c.com", {"email": "a.b@c.com"}),
        ("查进度", {}),
    ],
)
def test_labelled_fields(text: str, found: dict[str, str]) -> None:
    assert fields_in(text, LABELS, FIELDS) == found


@pytest.mark.parametrize(
    ("text", "asked", "found"),
    [
        ("张三 13800138000 财务部", "name", {"name": "张三", "mobile": "13800138000", "department": "财务部"}),
        ("张三", "name", {"name": "张三"}),
        ("13800138000", "mobile", {"mobile": "13800138000"}),
        ("财务部 出纳", "department", {"department": "财务部 出纳"}),
        ("部门 审计部", "name", {"department": "审计部"}),
        ("随便说说", "", {}),
    ],
)
def test_the_form_understands_one_field_or_all(text: str, asked: str, found: dict[str, str]) -> None:
    assert understood(text, asked, ["name", "mobile", "department"], LABELS, FIELDS) == found


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("邀请 张三 13800138000", [("张三", "13800138000")]),
        ("邀请张三", [("张三", "")]),
        ("重发李四的邀请", [("李四", "")]),
        ("邀请张三 李四 王五", [("张三", ""), ("李四", ""), ("王五", "")]),
        ("张三 13800138000\n李四，13900001111 出纳", [("张三", "13800138000"), ("李四", "13900001111")]),
        ("邀请 张三13800138000李四13900001111", [("张三", "13800138000"), ("李四", "13900001111")]),
        ("send Wang Wu an invite", [("Wang Wu", "")]),
        ("批量邀请财务部", []),
        ("查询王五状态", [("王五", "")]),
        ("张三加入了没", [("张三", "")]),
        ("", []),
    ],
)
def test_invitees(text: str, rows: list[tuple[str, str]]) -> None:
    assert [(one.name, one.mobile) for one in invitees(text, LABELS)] == rows


@given(st.text(max_size=300))
def test_nothing_typed_breaks_the_readers(text: str) -> None:
    for one in invitees(text, LABELS):
        assert len(one.name) <= 60
    assert all(len(value) <= 80 for value in fields_in(text, LABELS, FIELDS).values())
    assert isinstance(understood(text, "name", ["name", "mobile"], LABELS, FIELDS), dict)
    assert (secret_in(text), code_in(text), host_of(link_in(text)), masked(text)) is not None
    for name in (*FIELDS, "other"):
        assert isinstance(fault_of(name, text, bound="13800138000", known="张三", nick_marks=("小",)), str)


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("name", "张三", ""),
        ("name", "小王", "name_shape"),
        ("name", "小甜甜123", "name_shape"),
        ("name", "李四", "name_other"),
        ("mobile", "13800138000", ""),
        ("mobile", "13900001111", "mobile_other"),
        ("mobile", "12345", "mobile_shape"),
        ("employee", "A-1001", ""),
        ("employee", "没有", "employee_shape"),
        ("email", "a@b", "email_shape"),
        ("department", "。", "too_short"),
        ("department", "财务部", ""),
    ],
)
def test_faults(name: str, value: str, fault: str) -> None:
    assert fault_of(name, value, bound="13800138000", known="张三", nick_marks=("小", "老")) == fault


@pytest.mark.parametrize(
    ("link", "ours"),
    [
        ("https://join.example.com/i/K7Q2M", True),
        ("https://example.com.evil.test/K7Q2M", False),
        ("https://example.com@evil.test/K7Q2M", False),
        ("https://evilexample.com/", False),
        ("http://[::1", False),
    ],
)
def test_a_host_is_ours_only_as_a_whole(link: str, ours: bool) -> None:
    assert within(host_of(link), ("example.com",)) is ours


@pytest.mark.parametrize(
    ("text", "kind"),
    [("密码是abc123", "password"), ("验证码382716", "password"), ("110101199003074514", "number"), ("密码忘了怎么办", ""), ("13800138000", "")],
)
def test_secrets(text: str, kind: str) -> None:
    assert secret_in(text) == kind
    assert not kind or not any(secret in masked(text) for secret in ("abc123", "382716", "110101199003074514"))


def test_masks_and_names() -> None:
    assert masked_mobile("13800138000") == "138••••8000"
    assert alike("张三", "张三（财务）")
    assert not alike("张三", "李四")
