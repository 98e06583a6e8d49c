"""Signatures: the documents' vectors, and what is refused."""

import pytest
from dingtalk_peer import HandClock

from bot.dingtalk_api.sign import CallbackCheck, Verdict, sign

NOW = HandClock().now()
STAMP = str(int(NOW.timestamp() * 1000))
CHECK = CallbackCheck("this is a secret")
GOOD = sign(STAMP, "this is a secret")


@pytest.mark.parametrize(
    ("stamp", "secret", "expected"),
    [
        ("1577262236757", "this is a secret", "DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA="),
        ("1577262236757", "SECexample0001", "q40w+0Ad6zw0g00AJ5m0zs7Jm4IdzkwBSRu7ZhETbZU="),
        ("1785000000500", "FinBotClientSecret-0123456789abcdefghijklmnopqrstuv", "yjoHJzOugoM7bx1cOH4mp1TqJqH9Zvfcr+zealZid7w="),
    ],
)
def test_the_documents_vectors(stamp, secret, expected):
    assert sign(stamp, secret) == expected


def moved(seconds):
    return str(int(STAMP) + seconds * 1000)


def test_a_good_pair_passes():
    assert CHECK.verdict([STAMP], [GOOD], NOW) is Verdict.GOOD
    for seconds in (-3600, 3600):
        assert CHECK.verdict([moved(seconds)], [sign(moved(seconds), "this is a secret")], NOW) is Verdict.GOOD


@pytest.mark.parametrize(
    ("stamps", "signs", "expected"),
    [
        ([], [GOOD], Verdict.ABSENT),
        ([STAMP], [], Verdict.ABSENT),
        ([STAMP, STAMP], [GOOD], Verdict.AMBIGUOUS),
        ([STAMP], [GOOD, GOOD], Verdict.AMBIGUOUS),
        ([STAMP], [GOOD, "x"], Verdict.AMBIGUOUS),
        ([STAMP], [""], Verdict.ODD),
        ([STAMP], [GOOD + "\n"], Verdict.ODD),
        ([STAMP], ["é" * 44], Verdict.ODD),
        ([STAMP], [sign(STAMP, "another")], Verdict.FORGED),
        ([STAMP], [("B" if GOOD[0] == "A" else "A") + GOOD[1:]], Verdict.FORGED),
        ([moved(1)], [GOOD], Verdict.FORGED),
        *(([stamp], [sign(stamp, "this is a secret")], Verdict.OUTSIDE_WINDOW) for stamp in (moved(-3660), moved(3660), "0000000000000")),
        *(
            ([stamp], [sign(stamp, "this is a secret")], Verdict.ODD)
            for stamp in ("-1", "9" * 20, "1e12", "1_000_000_000", "١٧٩٠٠٠٠٠٠٠٠٠٠", "", " " + STAMP[1:], STAMP[:10])
        ),
    ],
)
def test_everything_else_is_refused(stamps, signs, expected):
    assert CHECK.verdict(stamps, signs, NOW) is expected


def test_a_narrow_window():
    check = CallbackCheck("this is a secret", window_s=300)
    assert check.verdict([moved(-301)], [sign(moved(-301), "this is a secret")], NOW) is Verdict.OUTSIDE_WINDOW


def test_a_pair_with_a_second_body_is_noticed_and_memory_is_bounded():
    check = CallbackCheck("s")
    assert not check.reused("1", b"a")
    assert not check.reused("1", b"a")
    assert check.reused("1", b"b")
    assert not any(check.reused(str(number), b"a") for number in range(2, 10_000))
    assert not check.reused("1", b"b")
