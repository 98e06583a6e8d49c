"""Short codes that people type to name one item: easy to read out, with a character that finds typing mistakes."""

from __future__ import annotations

from typing import Final

ALPHABET: Final = "0123456789BCDFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32 without vowels and U: no code can spell a word."""
SHORTEST: Final = 5
LONGEST: Final = 6
_PRIME = 31
"""Weighted sums modulo a prime above the alphabet's size find every single wrong character and every two that changed places."""
_WEIGHTS = (1, 2, 3, 4, 5, 6)
_READ_ALIKE = str.maketrans("OIL", "011")
_TELLING = frozenset("23456789")
_LETTERS = frozenset("BCDFGHJKMNPQRSTVWXYZ")


def make(seed: int, length: int = SHORTEST) -> str:
    """The code of some random bits, `length` characters with the check character last. The same bits give the same code.

    A code has at least one letter and one digit from 2 to 9, so that neither a number nor a word is ever taken for one.
    """
    if not SHORTEST <= length <= LONGEST:
        raise ValueError(f"a code has {SHORTEST} to {LONGEST} characters")
    size = len(ALPHABET) ** (length - 1)
    while True:
        body = _spelled(seed % size, length - 1)
        check = _check(body)
        if check < len(ALPHABET) and _shaped(body):
            return body + ALPHABET[check]
        seed += 1


def normal(text: str) -> str:
    """The code as it was made - capitals, O read as 0, I and L as 1 - when the text is a right one, else an empty string."""
    code = spelled(text)
    return code if code and _check(code[:-1]) == ALPHABET.index(code[-1]) else ""


def spelled(text: str) -> str:
    """The text in capitals when it has the shape of a code, right or mistyped, else an empty string. Hyphens inside do not count."""
    code = text.strip().replace("-", "").upper().translate(_READ_ALIKE)
    fits = SHORTEST <= len(code) <= LONGEST and all(letter in ALPHABET for letter in code)
    return code if fits and _shaped(code) else ""


def _shaped(code: str) -> bool:
    return not _TELLING.isdisjoint(code) and not _LETTERS.isdisjoint(code)


def _spelled(number: int, length: int) -> str:
    letters = []
    for _ in range(length):
        number, rest = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[rest])
    return "".join(reversed(letters))


def _check(body: str) -> int:
    """What the last character must be worth so that the weighted sum of the whole code is 0; 30 has no character and such bodies are never made."""
    total = sum(weight * ALPHABET.index(letter) for weight, letter in zip(_WEIGHTS[1:], reversed(body), strict=False))
    return -total % _PRIME
