"""Typed pieces of an utterance: each value in its normal form, with the place of its words in the text.

| slot | value |
|---|---|
| request | the code as it was made, or letters and digits in capitals |
| person | the id of who was mentioned or named |
| system, module, role, level | the id of the term, or the organisation's own name of it |
| when, duration | a time value as `times.values.written` has it; a phrase that makes no sense is `refused` with its reason |
| number | whole numbers and clock times (`22:00`) as they stand, also those inside a time |
| phone | `+` and digits with the country, or 11 digits of a Chinese mobile number |
| link | the address as typed |
| reason, text | the words themselves |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.core import codes
from bot.core.turn import Slot
from bot.core.understanding.names import Names
from bot.core.understanding.spoken import Spoken
from bot.core.understanding.times.values import Ahead, Length, Period, Phrase, Refused, Repeat, written
from bot.core.understanding.times.whenever import read as read_times
from bot.core.understanding.times.words import runs

LONGEST = 512
"""Characters that are looked at for anything but free text."""
LINK = re.compile(r"(?:https?://|www\.)[^\s\u3000-\u303f\u3400-\u9fff\uff00-\uffef<>\"']+", re.IGNORECASE)
"""An address as people paste it, up to what cannot be part of one in Chinese text."""
_MOBILE = re.compile(r"(?<![\d+])(?:(?:\+|00)?86[- ]?)?(1[3-9]\d[- ]?\d{4}[- ]?\d{4})(?!\d)")
_ABROAD = re.compile(r"(?<![\d+])\+(?!86)\d{1,3}(?:[- ]?\d){6,12}(?!\d)")
_NUMBERED = re.compile(r"(?<![A-Za-z0-9])(?:[A-Za-z]{1,4}-?\d{2,8}|[0-9A-Za-z][0-9A-Za-z-]{3,6}[0-9A-Za-z])(?![A-Za-z0-9])")
_ITEM = re.compile(r"[A-Za-z]{1,4}-?\d{2,8}")
_MENTION = re.compile(r"[@＠]([^\s@＠,，:：。]{1,24})")
COLON = re.compile(r"[:：](?!(?<=\d.)\d\d(?!\d))\s*(?!//)")
"""Not that of a clock time."""


@dataclass(frozen=True, slots=True)
class Said:
    """An utterance with what its slots are read by. `now` is in the zone of the people; `mentioned` are member ids; `people` maps a name to a person's id;
    `back` says that days which are not told in full lie behind."""

    text: str
    now: datetime
    spoken: Spoken
    mentioned: tuple[str, ...] = ()
    people: Mapping[str, str] = field(default_factory=dict)
    back: bool = False

    @property
    def form(self) -> str:
        """The text in lower case and one spelling, every character at its place."""
        return self.spoken.times.folded(self.text[:LONGEST])


Extractor = Callable[[Said, frozenset[str]], Iterator[Slot]]


def extract(said: Said, wanted: Sequence[str]) -> tuple[Slot, ...]:
    """The slots of an utterance that are wanted, in the order of their places in it; a time inside a reason is no wish. Never raises for a text."""
    asked = frozenset(wanted)
    found = [slot for names, extractor in _EXTRACTORS if asked & names for slot in extractor(said, asked)]
    reason = min((slot.start for slot in found if slot.name == "reason"), default=len(said.text))
    kept = [slot for slot in found if slot.start < reason or slot.name not in ("when", "duration")]
    return tuple(sorted(kept, key=lambda slot: (slot.start, slot.end)))


def named(text: str, kind: str, words: Mapping[str, str], said: Said) -> tuple[Slot, ...]:
    """The things of one kind that a text names, by a table of names to ids: what is known only when facts are gathered."""
    names = Names.of((kind, identity, said.spoken.times.folded(name)) for name, identity in words.items())
    form = said.spoken.times.folded(text[:LONGEST])
    return tuple(Slot(one.kind, one.id, one.start, one.end) for one in names.found(form))


def _terms(said: Said, asked: frozenset[str]) -> Iterator[Slot]:
    for one in said.spoken.names.found(said.form):
        if one.kind in asked:
            yield Slot(one.kind, one.id, one.start, one.end)


def _links(said: Said, asked: frozenset[str]) -> Iterator[Slot]:  # noqa: ARG001 - every extractor has this shape
    for match in LINK.finditer(said.text[: 4 * LONGEST]):
        address = match.group().rstrip(".,;:!?)]}")
        yield Slot("link", address, match.start(), match.start() + len(address))


def _phones(said: Said, asked: frozenset[str]) -> Iterator[Slot]:  # noqa: ARG001
    form = said.form
    for match in _MOBILE.finditer(form):
        yield Slot("phone", _digits(match.group(1)), match.start(), match.end())
    for match in _ABROAD.finditer(form):
        yield Slot("phone", "+" + _digits(match.group()), match.start(), match.end())


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def _requests(said: Said, asked: frozenset[str]) -> Iterator[Slot]:  # noqa: ARG001
    text = said.spoken.times.folded(said.text[:LONGEST])
    taken = [(one.start, one.end) for one in said.spoken.names.found(text)] + [match.span() for match in LINK.finditer(said.text[:LONGEST])]
    for match in _NUMBERED.finditer(text):
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        value = codes.normal(match.group()) or (match.group().upper().replace("-", "") if _ITEM.fullmatch(match.group()) else "")
        if value:
            yield Slot("request", value, match.start(), match.end())


def _people(said: Said, asked: frozenset[str]) -> Iterator[Slot]:
    """Mentions in their order, each with the member id the platform gave; then people called by a known name."""
    marks = list(_MENTION.finditer(said.text[:LONGEST]))
    paired = len(marks) == len(said.mentioned)
    for place, member in enumerate(said.mentioned):
        yield Slot("person", member, *(marks[place].span() if paired else (-1, -1)))
    if "person" in asked and said.people:
        spans = [mark.span() for mark in marks] if paired else []
        for slot in named(said.text, "person", said.people, said):
            if not any(start < slot.end and slot.start < end for start, end in spans):
                yield slot


def _times(said: Said, asked: frozenset[str]) -> Iterator[Slot]:
    zone = said.now.tzinfo
    if zone is None:
        return
    form = LINK.sub(lambda link: "\n" * len(link.group()), said.text[:LONGEST])
    for phrase in read_times(form, said.now, zone, said.spoken.times, back=said.back):
        name = _slot_of(phrase, asked)
        if name:
            yield Slot(name, written(phrase.value), phrase.start, phrase.end)


def _slot_of(phrase: Phrase, asked: frozenset[str]) -> str:
    """A length is a duration and all else is a when, where both are wanted; where only one is, what can be meant by it."""
    if {"when", "duration"} <= asked:
        return "duration" if isinstance(phrase.value, Length) else "when"
    if "when" in asked:
        return "when"
    return "duration" if isinstance(phrase.value, Length | Ahead | Period | Refused) and not isinstance(phrase.value, Repeat) else ""


def _numbers(said: Said, asked: frozenset[str]) -> Iterator[Slot]:  # noqa: ARG001
    for run in runs(said.text[:LONGEST], said.spoken.times):
        for token in run:
            if token.kind in ("number", "clock", "once"):
                yield Slot("number", ":".join(f"{value:02}" for value in token.values) if token.kind == "clock" else str(token.value), token.start, token.end)


def _reasons(said: Said, asked: frozenset[str]) -> Iterator[Slot]:  # noqa: ARG001
    """What follows a word like because, up to the end; else the last half sentence when it says what for."""
    match = said.spoken.because.search(said.form) if said.spoken.because is not None else None
    if match is not None:
        yield from _free("reason", said.text, match.end())
        return
    ending = said.spoken.purpose.search(said.text) if said.spoken.purpose is not None else None
    if ending is not None:
        yield Slot("reason", ending["said"], *ending.span("said"))


def _texts(said: Said, asked: frozenset[str]) -> Iterator[Slot]:  # noqa: ARG001
    """What follows the first colon, up to the end."""
    match = COLON.search(LINK.sub(lambda link: "x" * len(link.group()), said.text))
    if match is not None:
        yield from _free("text", said.text, match.end())


def _free(name: str, text: str, start: int) -> Iterator[Slot]:
    words = text[start:].strip(" \t\r\n:：,，")
    if words:
        begin = text.index(words, start)
        yield Slot(name, words, begin, begin + len(words))


_EXTRACTORS: Sequence[tuple[frozenset[str], Extractor]] = (
    (frozenset({"system", "module", "role", "level"}), _terms),
    (frozenset({"request"}), _requests),
    (frozenset({"person"}), _people),
    (frozenset({"when", "duration"}), _times),
    (frozenset({"number"}), _numbers),
    (frozenset({"phone"}), _phones),
    (frozenset({"link"}), _links),
    (frozenset({"reason"}), _reasons),
    (frozenset({"text"}), _texts),
)
KNOWN = frozenset(name for names, _ in _EXTRACTORS for name in names)
"""Every slot that can be read out of a sentence."""
