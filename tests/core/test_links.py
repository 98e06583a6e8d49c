"""Short links: only what we signed is ours, and it ends with the sending it was made for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.links import Links, Standing, Ticket, standing
from bot.core.model import Invite

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)
LINKS = Links("https://usher.example", b"k" * 32)
INVITE = Invite("i1", "sent", "13800138000", "张三", "", "p:w", "code", "K7Q2M", NOW, NOW + timedelta(days=7))


def test_a_token_is_read_back_and_says_nothing_of_the_person() -> None:
    token = LINKS.token(INVITE)
    assert LINKS.read(token) == Ticket("K7Q2M", INVITE.expires)
    assert len(token) < 30
    assert LINKS.token(INVITE) == LINKS.token(replace(INVITE, mobile="13900139000", name="李四"))


@given(st.integers(0, 60), st.characters(codec="ascii"))
def test_a_changed_token_is_none_of_ours(place: int, sign: str) -> None:
    token = LINKS.token(INVITE)
    place %= len(token)
    changed = token[:place] + sign + token[place + 1 :]
    assert (LINKS.read(changed) is None) == (changed != token)


@pytest.mark.parametrize(
    "token", ["", "K7Q2M", "K7Q2M-0-", "K7Q2M-1tq-bbbbbbbbbbbb", "../../etc", "K7Q2M-" + "z" * 9 + "-bbbbbbbbbbbb", "k" * 5000, "Ｋ7Q2M-1-bbbbbbbbbbbb"]
)
def test_other_texts_are_none_of_ours(token: str) -> None:
    assert LINKS.read(token) is None


def test_another_key_signs_other_links_and_none_signs_none() -> None:
    assert Links("https://usher.example", b"x" * 32).read(LINKS.token(INVITE)) is None
    for links in (Links("", b"k" * 32), Links("https://usher.example"), Links()):
        assert links.token(INVITE) == ""
        assert links.read(LINKS.token(INVITE)) is None or links.key


@pytest.mark.parametrize("change", [{"state": "expired"}, {"state": "used"}, {"state": "asked"}, {"expires": None}])
def test_what_cannot_be_opened_has_no_link(change: dict[str, object]) -> None:
    assert LINKS.token(replace(INVITE, **change)) == ""


def test_a_link_is_worth_what_its_invite_is_now() -> None:
    ticket = LINKS.read(LINKS.token(INVITE))
    assert ticket is not None
    late = INVITE.expires
    assert late is not None
    again = replace(INVITE, sent=late, expires=late + timedelta(days=7))
    assert standing(ticket, (INVITE,), NOW) == (Standing.VALID, INVITE)
    assert standing(ticket, (replace(INVITE, state="opened"),), NOW)[0] is Standing.VALID
    assert standing(ticket, (INVITE,), late)[0] is Standing.OVER
    assert standing(ticket, (again,), NOW)[0] is Standing.OVER
    assert standing(ticket, (), NOW)[0] is Standing.OVER
    assert standing(ticket, (replace(INVITE, state="used"),), NOW)[0] is Standing.USED
    for state in ("expired", "reported", "withdrawn"):
        assert standing(ticket, (replace(INVITE, state=state),), NOW)[0] is Standing.OVER


@pytest.mark.parametrize(
    ("link", "token"),
    [
        ("https://usher.example/j/abc", "abc"), ("https://usher.example/j/abc?to=https://evil.example#x", "abc"), ("https://usher.example/admin", None),
        ("https://usher.example.evil.example/j/abc", None), ("https://evil.example/j/abc", None), ("https://usher.example@evil.example/j/abc", None),
    ],
)  # fmt: skip
def test_an_address_of_ours_is_told_from_others(link: str, token: str | None) -> None:
    assert LINKS.in_link(link) == token
