"""The words of the time grammar, read into tokens that keep their place in the text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Window = tuple[int, int, int, int]
"""Of a part of the day: the hours it can hold (24 and above are the next day's), and the hours it means when said alone."""

_DATE = r"(?<![a-z0-9_.-])(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?!\d)"
_SHORT = r"(?<![a-z0-9_./])(?P<m>\d{1,2})/(?P<d>\d{1,2})(?![\d/])"
_CLOCK = r"(?<![a-z0-9_.:])(?P<h>\d{1,2}):(?P<min>\d{2})(?::\d{2})?(?![\d:])"
_ORDINAL = r"(?<![a-z0-9_.])(?P<nth>\d{1,2})(?:st|nd|rd|th)(?![a-z])"
_NUMBER = r"(?<![a-z0-9_.])(?P<number>\d{1,6})(?P<half>\.5)?(?![\d.%])"
_DASH = r"(?P<dash>[-~–—]+)"


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the grammar. `kind` is a name from the words file, or date, clock, number, half_number, ordinal, about, part, or part_short for
    one character that only counts before an hour; `values` are what it says."""

    kind: str
    values: tuple[int, ...]
    text: str
    start: int
    end: int

    @property
    def value(self) -> int:
        """The first value."""
        return self.values[0]


@dataclass(frozen=True, slots=True)
class TimeWords:
    """The words of every language at once, since people mix them. `words` maps a spelling to its kind and value, `parts` a part of the day to its hours,
    `short` a spelling to the spellings it stands for, `same` a character to the one it is read as, `digits` and `tens` numerals to their worth."""

    words: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    parts: Mapping[str, Window] = field(default_factory=dict)
    short: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)
    digits: Mapping[str, int] = field(default_factory=dict)
    tens: Mapping[str, int] = field(default_factory=dict)
    pattern: re.Pattern[str] = field(init=False)
    weekdays: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        spellings = sorted((*self.words, *self.parts, *self.short), key=len, reverse=True)
        latin = "|".join(re.escape(word).replace(r"\ ", " +") for word in spellings if word.isascii())
        other = "|".join(re.escape(word) for word in spellings if not word.isascii() and self.words.get(word, ("",))[0] != "weekday_short")
        numerals = "".join((*self.digits, *self.tens))
        rules = [_DATE, _SHORT, _CLOCK, _ORDINAL]
        rules += [rf"(?P<word>{other})(?!(?<=\d)\d)"] if other else []
        rules += [rf"(?<![a-z])(?P<latin>{latin})(?![a-z])"] if latin else []
        rules += [_NUMBER]
        rules += [rf"(?P<numeral>[{re.escape(numerals)}]+)"] if numerals else []
        object.__setattr__(self, "pattern", re.compile("|".join((*rules, _DASH))))
        object.__setattr__(self, "weekdays", {word: value for word, (kind, value) in self.words.items() if kind == "weekday_short"})

    @classmethod
    def of(cls, files: Sequence[Mapping[str, Mapping[str, object]]]) -> TimeWords:
        """From the words files of the languages, as they were read. Raises ValueError, TypeError or AttributeError when one has another shape."""
        words, parts, short = {}, {}, {}
        tables: dict[str, dict[str, object]] = {"same": {}, "digits": {}, "tens": {}}
        for file in files:
            for kind, listed in (file.get("words") or {}).items():
                words.update({str(word): (kind, int(value)) for word, value in listed.items()})  # type: ignore[attr-defined]
            parts.update({str(word): _window(hours) for word, hours in (file.get("parts") or {}).items()})
            short.update({str(row[0]): tuple(map(str, row[1:])) for row in file.get("spoken_short") or ()})
            for name, table in tables.items():
                table.update(file.get(name) or {})
        numerals = [{str(sign): int(worth) for sign, worth in tables[name].items()} for name in ("digits", "tens")]  # type: ignore[call-overload]
        return cls(words, parts, short, {str(old): str(new) for old, new in tables["same"].items()}, *numerals)

    def folded(self, text: str) -> str:
        """The text in one spelling, character by character, so that every place stays the same."""
        return "".join(self._letter(letter) for letter in text)

    def _letter(self, letter: str) -> str:
        plain = unicodedata.normalize("NFKC", letter).lower()
        plain = plain if len(plain) == 1 else letter
        return " " if plain.isspace() and plain != "\n" else self.same.get(plain, plain)

    def numeral(self, text: str) -> int:
        """What a row of numerals is worth: with tens by rank, without digit by digit."""
        if not any(sign in self.tens for sign in text):
            return int("".join(str(self.digits[sign]) for sign in text)[:6])
        total, digit = 0, 0
        for sign in text:
            if sign in self.tens:
                total, digit = total + (digit or 1) * self.tens[sign], 0
            else:
                digit = self.digits[sign]
        return total + digit

    def vague(self, text: str) -> bool:
        """Two or three days: two digits that follow each other are no number."""
        return len(text) == 2 and all(sign in self.digits for sign in text) and self.digits[text[1]] == self.digits[text[0]] + 1


def _window(hours: object) -> Window:
    low, high, first, last = map(int, hours)  # type: ignore[call-overload]
    return low, high, first, last


def runs(text: str, words: TimeWords) -> list[list[Token]]:
    """The tokens of a text, in runs with nothing but blanks and empty words between them."""
    form = words.folded(text)
    found: list[list[Token]] = [[]]
    at = 0
    for match in words.pattern.finditer(form):
        if form[at : match.start()].strip(" ") and not _comma_of_a_year(form[at : match.start()], match, found[-1]):
            found.append([])
        at = match.end()
        ranked = bool(found[-1]) and found[-1][-1].kind == "rank"
        tokens = _tokens(match, words)
        if ranked or any(token.kind == "noise" for token in tokens) or _letters_follow(form, match):
            found.append([])
        else:
            found[-1] += [token for token in tokens if token.kind != "filler"]
    return [run for run in found if run]


def _comma_of_a_year(gap: str, match: re.Match[str], run: list[Token]) -> bool:
    """English writes one between the day and the year."""
    return gap.strip(" ") == "," and bool(run) and run[-1].kind in ("number", "ordinal") and bool(re.fullmatch(r"\d{4}", match.group()))


def _letters_follow(form: str, match: re.Match[str]) -> bool:
    """Whether a number goes on as a word that is no word of ours: a code, a version."""
    if match.lastgroup not in ("number", "half") or not form[match.end() : match.end() + 1].isascii():
        return False
    return bool(re.match(r"[a-z_]", form[match.end() : match.end() + 1])) and not _WORDLIKE.match(form, match.end())


_WORDLIKE = re.compile(r"(?:am|pm|a\.m|p\.m|h|hrs?|hours?|days?|mins?|minutes?|weeks?|wks?|months?|years?)(?![a-z0-9])")


def _tokens(match: re.Match[str], words: TimeWords) -> list[Token]:
    group, start, end = match.lastgroup or "", match.start(), match.end()
    said = match.group()
    if group in ("word", "latin"):
        return _spelled(" ".join(said.split()), start, end, words)
    if group == "numeral":
        return [Token("about" if words.vague(said) else "number", (words.numeral(said),), said, start, end)]
    if group in ("number", "half"):
        return [Token("half_number" if match["half"] else "number", (int(match["number"]),), said, start, end)]
    names = {"day": ("year", "month", "day"), "d": ("m", "d"), "min": ("h", "min"), "nth": ("nth",), "dash": ()}[group]
    kind = {"day": "date", "d": "date", "min": "clock", "nth": "ordinal", "dash": "to"}[group]
    return [Token(kind, tuple(int(match[name]) for name in names) or (1,), said, start, end)]


def _spelled(said: str, start: int, end: int, words: TimeWords) -> list[Token]:
    if said in words.short:
        return [token for word in words.short[said] for token in _spelled(word, start, end, words)]
    if said in words.parts:
        return [Token("part" if len(said) > 1 else "part_short", words.parts[said], said, start, end)]
    kind, value = words.words[said]
    return [Token(kind, (value,), said, start, end)]
