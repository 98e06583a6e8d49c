"""What is kept holds no telephone, identity card, e-mail address or link."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.masking import masked

LETTERS = st.text(alphabet="0123456789 -xX年邀请:@.", max_size=60)


def runs(text: str) -> list[str]:
    """Runs of seven and more digits."""
    return re.findall(r"\d{7,}", text)


@given(before=LETTERS, number=st.integers(7, 30).flatmap(lambda size: st.text(alphabet="0123456789", min_size=size, max_size=size)), after=LETTERS)
def test_no_number_of_seven_digits_survives(before: str, number: str, after: str) -> None:
    assert (
        not runs(masked(f"{before}，{number}，{after}"[:500]).replace("\n", " ")) or len(max(re.findall(r"[\d -]+", before + after), key=len, default="")) > 30
    )


@pytest.mark.parametrize("text", ["1" * 33, "1" * 200, "12345678901234567890123456789012345 6"])
def test_long_runs(text: str) -> None:
    assert not runs(masked(text))


@pytest.mark.parametrize(
    "text",
    [
        "我的手机是13800138000", "138 0013 8000", "138-0013-8000", "１３８００１３８０００", "0571-88886666", "身份证 11010519491231002X", "11010519491231002x的",
        "工号12345678", "zhang.san+1@example.com.cn", "写信给li@b.co吧", "http://a.b/c?token=abc", "HTTPS://A.B", "www.a.com/x", "两个13800138000和13900139000",
    ],
)  # fmt: skip
def test_personal_things_are_gone(text: str) -> None:
    told = masked(text)
    assert not re.search(r"\d{4}|@|://|www\.|example|token", told, re.IGNORECASE)
    assert re.search("[＊✉🔗]", told)


@pytest.mark.parametrize("text", ["没收到邀请", "A102 这单", "2026 年", "审核要 3 天", "用友 U8+ 16.5", "123456"])
def test_ordinary_words_stay(text: str) -> None:
    assert masked(text) == text


@given(st.text(max_size=2000))
def test_it_is_short_and_masking_twice_changes_nothing(text: str) -> None:
    told = masked(text)
    assert len(told) <= 512 + 10
    assert masked(told) == told[:512]


@pytest.mark.parametrize("text", ["a@" * 5000, "1 " * 5000, "http://" * 2000, "a." * 5000 + "@b.c", "-" * 20000])
@pytest.mark.timeout(5)
def test_hostile_lengths_take_no_time(text: str) -> None:
    assert len(masked(text)) <= 522
