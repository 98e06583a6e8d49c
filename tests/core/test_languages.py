"""Answers are in the language of the speaker's own words, whatever names, quotations and links stand among them."""

from __future__ import annotations

import pytest
from spoken_samples import TUE, spoken

from bot.core.model import Awaiting, Conversation, Sender
from bot.core.turn import Message
from bot.core.understanding.languages import language_of
from bot.words.loading import Words, bundled, load


@pytest.fixture(scope="module")
def words() -> Words:
    return load([bundled()])


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("invite 李娜 13800000022", "en"), ("look up 欧阳娜娜", "en"), ("has 张三 joined", "en"), ("audit 李娜", "en"), ("why can't 王敏 and 李强 log in to 用友", "en"), ("invite @李娜", "en"),
        ("what does 「审核要多久」 mean", "en"), ("erase 张三", "en"), ("transfer it to 李四", "en"),
        ("邀请 Tom Smith", "zh"), ("VPN 连不上", "zh"), ("申请 ERP 权限", "zh"), ("ERP 高级", "zh"), ("把 the report 发给我", "zh"), ("reset 一下密码", "zh"), ("导出 excel", "zh"), ("我要 invite 李四 到财务组织里来", "zh"),
        ("OK 了", "zh"), ("「stats」是什么", "zh"), ("https://a.example/join 打不开", "zh"), ("「统计」", "zh"), ("12345", "de"), ("👍", "de"), ("stats", "en"),
    ],
)  # fmt: skip
def test_the_language_of_a_text(text: str, language: str) -> None:
    assert spoken().languages.told(text, "de") == language


def test_letters_alone_tell_where_there_are_no_words() -> None:
    assert [language_of(text, "zh") for text in ("确认", "confirm", "?")] == ["zh", "en", "zh"]


@pytest.mark.parametrize(
    ("text", "before", "language"),
    [
        ("quiet hours", "zh", "en"), ("免打扰时间", "en", "zh"), ("reload", "zh", "zh"), ("reload", "en", "en"), ("why", "en", "en"), ("why", "zh", "zh"), ("confirm K7Q2M", "zh", "en"),
        ("确认 K7Q2M", "en", "zh"), ("asdfgh", "zh", "zh"), ("asdfgh", "en", "en"), ("asdfgh", "", "zh"), ("wo yao shen qing", "en", "zh"), ("confrim H993C", "zh", "en"), ("stats", "zh", "en"),
    ],
)  # fmt: skip
def test_the_language_of_the_answer(words: Words, text: str, before: str, language: str) -> None:
    """`before` is the language of the conversation; a command that is one in both languages keeps it."""
    heard = Message("c", "robot", "m", "p", True, Sender("a"), text, TUE)
    assert words.reader.read(heard, Conversation("p", "a", language=before), TUE, "zh")[1] == language


def test_a_value_is_in_no_language(words: Words) -> None:
    heard = Message("c", "robot", "m", "p", True, Sender("a"), "李娜", TUE)
    waiting = Conversation("p", "a", language="en", awaiting=Awaiting("shell.rights", "person", (("change", "make_admin"),)))
    assert words.reader.read(heard, waiting, TUE, "zh")[1] == "en"
