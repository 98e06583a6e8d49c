"""Codes: made the same from the same bits, read however they are typed, and every likely slip is noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.codes import ALPHABET, LONGEST, SHORTEST, make, normal, spelled

SEEDS = st.integers(0, 2**128 - 1)
LENGTHS = st.integers(SHORTEST, LONGEST)


@given(SEEDS, LENGTHS)
def test_a_code_is_read_back(seed: int, length: int) -> None:
    code = make(seed, length)
    assert make(seed, length) == code == normal(code) == normal(normal(code))
    assert len(code) == length
    assert set(code) <= set(ALPHABET)


@given(SEEDS, LENGTHS, st.data())
def test_one_wrong_character_is_noticed(seed: int, length: int, data: st.DataObject) -> None:
    code = make(seed, length)
    at = data.draw(st.integers(0, length - 1))
    other = data.draw(st.sampled_from([letter for letter in ALPHABET if letter != code[at]]))
    assert normal(code[:at] + other + code[at + 1 :]) == ""


@given(SEEDS, LENGTHS, st.data())
def test_two_that_changed_places_are_noticed(seed: int, length: int, data: st.DataObject) -> None:
    code = make(seed, length)
    one, two = sorted(data.draw(st.lists(st.integers(0, length - 1), min_size=2, max_size=2, unique=True)))
    swapped = code[:one] + code[two] + code[one + 1 : two] + code[one] + code[two + 1 :]
    assert normal(swapped) == (code if swapped == code else "")


@given(SEEDS, st.data())
def test_it_is_read_however_it_is_typed(seed: int, data: st.DataObject) -> None:
    code = make(seed)
    looks = {"0": "0Oo", "1": "1IiLl"}
    typed = "".join(data.draw(st.sampled_from(looks.get(letter, letter + letter.lower()))) for letter in code)
    assert normal(typed) == code
    assert normal(f" {typed[:2]}-{typed[2:]} ") == code


@given(SEEDS)
def test_no_number_and_no_word_is_a_code(seed: int) -> None:
    code = make(seed)
    assert not code.isdigit()
    assert any(letter in "23456789" for letter in code)
    assert any(letter.isalpha() for letter in code)


@pytest.mark.parametrize("text", ["", "12345", "sorry", "hello", "A102", "K7", "K7Q2M9X", "13800138000", "K7 2M", "K7Q2U", "批准", "K7Q2é"])
def test_what_has_not_the_shape_is_none(text: str) -> None:
    assert spelled(text) == normal(text) == ""


@given(st.text(max_size=12))
def test_no_text_raises(text: str) -> None:
    assert normal(text) in ("", spelled(text))


@pytest.mark.parametrize("length", [SHORTEST - 1, LONGEST + 1])
def test_other_lengths_are_refused(length: int) -> None:
    with pytest.raises(ValueError, match="characters"):
        make(1, length)


def test_codes_are_spread() -> None:
    assert len({make(seed) for seed in range(0, 30**4, 41)}) > 0.8 * (30**4 / 41)
