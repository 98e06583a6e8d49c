"""Somebody's own details in one message are known from everything else with a number in it."""

from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from bot.core.understanding.details import Details
from bot.words.loading import bundled

DETAILS = Details.of([YAML(typ="safe").load((bundled() / "intents" / name / "_commands.yaml").read_text(encoding="utf-8")) for name in ("zh", "en")])


@pytest.mark.parametrize(
    "text",
    [
        "李小雨 13800000002 财务部 出纳",
        "李小雨，13800000002，财务部，出纳",
        "李小雨 138 0000 0002 财务部",
        "13800000002 李小雨 财务部 出纳",
        "李小雨13800000002财务部出纳",
        "欧阳娜娜 13800000002 审计部",
        "姓名：李小雨 手机：13800000002 部门：财务部 岗位：出纳",
        "我叫李小雨，电话13800000002，财务部出纳",
        "姓名李小雨\n手机１３８０００００００２\n部门财务部",
        "Li Xiaoyu 13800000002 finance cashier",
        "My name is Li Xiaoyu, mobile 13800000002, department Finance",
    ],
)
def test_details(text: str) -> None:
    assert DETAILS.told(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "李小雨",
        "李小雨 13800000002",
        "邀请 李小雨 13800000002 财务部",
        "查 李小雨 13800000002 财务部",
        "我手机号换成13900001111了，部门没变",
        "姓名 李小雨 手机改成 13900001111",
        "李小雨 13800000002 财务部 加入了吗",
        "催一下 13800000002 财务部",
        "李四 13800000002\n王五 13900001111 财务部",
        "帮新同事刘洋 13812345678 要个邀请",
        "财务部 出纳",
        "look up Li Xiaoyu 13800000002 finance",
        "13800000002是谁的号",
        "Your mobile is 13800000002 right?",
    ],
)
def test_other_things(text: str) -> None:
    assert not DETAILS.told(text)
