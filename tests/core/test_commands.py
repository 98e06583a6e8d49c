"""Commands with a code: exactly so they act, and nothing near them does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoken_samples import spoken

from bot.core import codes
from bot.core.understanding.commands import Command, Commands

CODE, OTHER = codes.make(7777), codes.make(4242)
MISTYPED = CODE[:-1] + ("2" if CODE[-1] != "2" else "3")


def read(text: str) -> Command | None:
    """What is commanded; K stands for a code, L for another, M for one with a wrong character."""
    return spoken().commands.read(text.replace("{K}", CODE).replace("{L}", OTHER).replace("{M}", MISTYPED).replace("{k}", CODE.lower()))


@pytest.mark.parametrize(
    ("text", "intent", "reason"),
    [
        ("批准 {K}", "act.approve", ""), ("批准{K}", "act.approve", ""), ("同意 {k}", "act.approve", ""), ("通过：{K}", "act.approve", ""), ("批准 {K}。", "act.approve", ""),
        ("　批准　{K}　", "act.approve", ""), ("通過 {K}", "act.approve", ""), ("批准 {K} 资料齐全", "act.approve", "资料齐全"), ("{K} 批准", "act.approve", ""), ("{K}通过", "act.approve", ""),
        ("驳回 {K} 发票模糊", "act.reject", "发票模糊"), ("驳回 {K}，没有发票。", "act.reject", "没有发票"), ("退回 {K}：不是财务部的", "act.reject", "不是财务部的"), ("{K} 驳回 发票模糊", "act.reject", "发票模糊"),
        ("approve {K}", "act.approve", ""), ("Approve {k}!", "act.approve", ""), ("approve {K} thanks", "act.approve", "thanks"), ("reject {K} blurry", "act.reject", "blurry"),
        ("reject {K}: not from finance", "act.reject", "not from finance"), ("DECLINE {K}", "act.reject", ""), ("撤回 {K}", "act.withdraw", ""), ("催一下 {K}", "act.nudge", ""),
        ("{K}", "act.status_check", ""), ("查 {K}", "act.status_check", ""), ("withdraw {K}", "act.withdraw", ""),
    ],
)  # fmt: skip
def test_exactly_so(text: str, intent: str, reason: str) -> None:
    found = read(text)
    assert found is not None
    assert (found.intent, found.code, found.reason) == (intent, CODE, reason)


@pytest.mark.parametrize(
    "text",
    [
        "不批准 {K}", "先别批 {K}", "别批准 {K}", "批了吗", "批准", "批准吗", "批准 {K} 吗", "批准 {K}？", "批准 {K} 了吗", "批准{K}了", "批准 {K} 了", "帮emp2批准 {K}", "请批准 {K}", "{K} 批准了吗", "{K} 批准了",
        "{K} 不批准", "我已经批准 {K}", "批准 {K} 和 {L}", "批准 {K} {L}", "批准 {K} 还是先等等", "批准 {K} 如果资料齐全", "批准 {K} 不行", "批准 {K} 之前看看", "批准 {K} 的人是谁", "批准不了 {K}", "驳回 {K} 吗", "驳回 {K}？",
        "驳回 {K} 还是 {L}", "驳回了 {K}", "不驳回 {K}", "批准 A102", "批准 12345", "批准 sorry", "批准 13800138000", "同意批准 {K}", "{K} {L}", "{K} 发票", "{M}",
        "approved {K}", "don't approve {K}", "approve {K}?", "approve {K} if complete", "approve {K} not yet", "approve {K} and {L}", "should I approve {K}", "please approve {K}", "disapprove {K}",
        "approve", "approval {K}", "reject {K}, right", "{K} approved", "approve it", "> 批准 {K}", "“批准 {K}”", "",
    ],
)  # fmt: skip
def test_nothing_near_it(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize("text", ["批准 {M}", "reject {M} blurry", "{M} 通过"])
def test_a_mistyped_code_is_told_and_names_nothing(text: str) -> None:
    found = read(text)
    assert found is not None
    assert (found.code, found.typed) == ("", MISTYPED)


def test_the_places() -> None:
    text = f" 驳回：{CODE}，发票 模糊！"
    found = spoken().commands.read(text)
    assert found is not None
    assert text[found.start : found.end] == CODE
    assert text[found.reason_start :].startswith(found.reason)
    assert found.reason == "发票 模糊"


@given(st.text(max_size=60), st.sampled_from(["", "批准 ", "approve ", "驳回"]))
def test_no_text_raises(text: str, before: str) -> None:
    found = spoken().commands.read(before + text)
    assert found is None or found.intent


@given(
    st.sampled_from(["不", "别", "先别", "没", "勿", "don't ", "not ", "谁", "帮他", "我让他"]),
    st.sampled_from(sorted(filter(None, spoken().commands.verbs))),
    st.integers(0, 2**64),
)
def test_a_word_before_the_verb_makes_it_talk(word: str, verb: str, seed: int) -> None:
    assert spoken().commands.read(f"{word}{verb} {codes.make(seed)}") is None


def test_without_words_there_are_no_commands() -> None:
    assert Commands().read(f"批准 {CODE}") is None
