"""The signatures against vectors computed elsewhere."""

from __future__ import annotations

import pytest

from bot.fake_dingtalk.signing import card_sign, fits, robot_sign


@pytest.mark.parametrize(
    ("timestamp", "secret", "sign"),
    [
        ("1577262236757", "this is a secret", "DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA="),
        ("1785000000500", "FinBotClientSecret-0123456789abcdefghijklmnopqrstuv", "yjoHJzOugoM7bx1cOH4mp1TqJqH9Zvfcr+zealZid7w="),
        ("1785000000000", "SECexample0001fin", "CfFk5RCNcpkzqdaFkPDSunF5bsXJxcoyzyupt5juGpY="),
        ("1577262236757", "SECexample0001", "q40w+0Ad6zw0g00AJ5m0zs7Jm4IdzkwBSRu7ZhETbZU="),
    ],
)
def test_robot_sign(timestamp: str, secret: str, sign: str) -> None:
    assert robot_sign(secret, timestamp) == sign


def test_card_sign() -> None:
    assert card_sign("card-secret-fin", "1785000000000") == "xdNUW1g8NbBmdd+7hKxFKAq7sHwg2rT/UEPOTEslJJA="


@pytest.mark.parametrize(
    ("timestamp", "now", "good"),
    [
        ("1577262236757", 1577262236.0, True),
        ("1577262236757", 1577262236.757 + 3600, True),
        ("1577262236757", 1577262236.757 + 3601, False),
        ("1577262236757", 1577262236.757 - 3601, False),
        ("-1577262236757", 1577262236.0, False),
        ("1577262236757\n", 1577262236.0, False),
        ("\u0661577262236757", 1577262236.0, False),
        ("", 1577262236.0, False),
    ],
)
def test_window(timestamp: str, now: float, good: bool) -> None:
    assert fits("s", timestamp, robot_sign("s", timestamp), now) is good


def test_other_secret_does_not_fit() -> None:
    assert not fits("s", "1577262236757", robot_sign("t", "1577262236757"), 1577262236.0)
