"""Commands that name their item by its code: a verb, the code, perhaps a reason. Nothing near such a command is ever taken for one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.core import codes
from bot.core.understanding.follow_ups import plain

_BLOB = r"[0-9A-Za-z][0-9A-Za-z-]{3,7}[0-9A-Za-z]?(?![0-9A-Za-z-])"
_MOBILE = re.compile(r"(?<!\d)1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")
_NAMED = re.compile(r"[\u3400-\u9fff\u00b7]{2,4}|[a-z]{2,20}(?: [a-z]{1,20}){1,2}")
_BETWEEN = r"[\s:#,]*"
_ANYHOW = "act.nudge"
"""May be asked for in any words, with a code or without: a reminder too many is held back by its own limit."""
_INVITES = "adm.send_invite"
"""Sends the invite that a code behind it names, as `joining.grant` does by its own verbs."""
_ASKS = ("?",)
_HEAD = 40
"""Characters within which a command's code ends: every code has a figure."""


@dataclass(frozen=True, slots=True)
class Command:
    """What was commanded. `code` is the item's code as it was made; it is empty when `typed` has the shape of one but a wrong character; `bare` when
    nothing but the code was said."""

    intent: str
    code: str
    typed: str
    reason: str
    start: int
    end: int
    reason_start: int
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Commands:
    """The verbs of each command; the empty verb is a code alone. `asking` ends a text that is a question, `doubts` inside a text behind the code mean that
    nothing is decided yet; `frank` are the intents whose reason may say no, `free` those behind whose code anything may stand, `onto` those whose code may
    come first and a name right behind the verb. `opens` are verbs before somebody's name or number; `leave` the plain forms that end what was begun."""

    verbs: Mapping[str, str] = field(default_factory=dict)
    asking: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    frank: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()
    opens: Mapping[str, str] = field(default_factory=dict)
    leave: frozenset[str] = frozenset()
    onto: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = field(init=False)

    def __post_init__(self) -> None:
        words = "|".join(rf"{re.escape(verb)}{'(?![a-z])' if verb.isascii() else ''}" for verb in sorted(self.verbs, key=len, reverse=True) if verb)
        onto = "|".join(re.escape(verb) for verb in sorted(self.verbs, key=len, reverse=True) if self.verbs[verb] in self.onto and not verb.isascii())
        given = rf"|\u628a?\s*(?P<given>{_BLOB}){_BETWEEN}(?P<to>{onto})" if onto else ""
        rows = rf"(?P<verb>{words}){_BETWEEN}(?P<code>{_BLOB})|(?P<first>{_BLOB}){_BETWEEN}(?P<last>{words})(?=[\s:,]|$){given}|(?P<bare>{_BLOB})$"
        object.__setattr__(self, "pattern", re.compile(rows, re.IGNORECASE) if words else None)

    @classmethod
    def of(cls, files: Iterable[Mapping[str, object]]) -> Commands:
        """From the words files of the languages. Raises AttributeError or TypeError when one has another shape."""
        verbs: dict[str, str] = {}
        opens: dict[str, str] = {}
        lists: dict[str, list[str]] = {"asking": [], "doubts": [], "frank": [], "free": [], "leave": [], "onto": []}
        for file in files:
            for intent, words in (file.get("verbs") or {}).items():  # type: ignore[attr-defined]
                verbs.update({str(word).lower(): str(intent) for word in words})
            for intent, words in (file.get("opens") or {}).items():  # type: ignore[attr-defined]
                opens.update({str(word).lower(): str(intent) for word in words})
            for name, listed in lists.items():
                listed += [str(word).lower() for word in file.get(name) or ()]  # type: ignore[attr-defined]
        leave = frozenset(map(plain, lists["leave"]))
        return cls(
            verbs, tuple(lists["asking"]), tuple(lists["doubts"]), frozenset(lists["frank"]), frozenset(lists["free"]), opens, leave, frozenset(lists["onto"])
        )

    def slipped(self, text: str, intent: str) -> bool:
        """Whether a code stands behind words that were only taken for a command's: with its own verb it would have been read as one."""
        return intent != _ANYHOW and intent in {*self.verbs.values(), _INVITES} and any(codes.spelled(blob) for blob in re.findall(_BLOB, text))

    def opened(self, text: str) -> str:
        """The intent of a verb that somebody's mobile, or behind a blank their bare name, follows; empty for anything else. Such a name need be in no list."""
        form = unicodedata.normalize("NFKC", text).strip().lower()
        verb = next((one for one in sorted(self.opens, key=len, reverse=True) if form.startswith(one)), "")
        rest = form[len(verb) :]
        fits = verb and (_MOBILE.search(rest) or (rest[:1].isspace() and _NAMED.fullmatch(rest.strip())))
        return self.opens[verb] if fits else ""

    def read(self, text: str) -> Command | None:
        """The command that the whole text is, or None. A text without a figure near its head costs next to nothing."""
        if not any(letter.isdigit() for letter in text[:_HEAD]):
            return None
        form = "".join(_folded(letter) for letter in text)
        lead = len(form) - len(form.lstrip())
        match = self.pattern.match(form, lead) if self.pattern is not None else None
        if match is None:
            return None
        told = match.groupdict()
        group = next(name for name in ("code", "first", "given", "bare") if told.get(name))
        intent = self.verbs.get((told["verb"] or told["last"] or told.get("to") or "").lower(), "")
        code = codes.normal(match[group])
        if not intent or not codes.spelled(match[group]) or (group == "bare" and not code):
            return None
        return self._complete(Command(intent, code, match[group].upper(), "", *match.span(group), match.end(), group == "bare"), form, text, group == "given")

    def _complete(self, command: Command, form: str, text: str, joined: bool) -> Command | None:
        """With its reason, when the text behind the command may be one; `joined` says that it needs no blank before it."""
        tail = form[command.reason_start :]
        said = tail.strip(" \t\r\n,:;.!")
        if not said and not any(sign in tail for sign in _ASKS):
            return command
        if not (joined or re.match(r"[\s,:;.!]", tail)) or self._open(command.intent, tail.strip().lower()):
            return None
        start = command.reason_start + tail.index(said)
        return Command(command.intent, command.code, command.typed, text[start : start + len(said)].strip(), command.start, command.end, start)

    def _open(self, intent: str, tail: str) -> bool:
        """Whether the text behind asks, doubts, or names a further code."""
        if intent in self.free:
            return False
        end = tail.rstrip(" .!,~")
        if any(sign in tail for sign in _ASKS) or any(_ends(end, word) for word in self.asking):
            return True
        if any(codes.spelled(blob) for blob in re.findall(_BLOB, tail)):
            return True
        return intent not in self.frank and any(_holds(tail, word) for word in self.doubts)


def _folded(letter: str) -> str:
    plain = unicodedata.normalize("NFKC", letter)
    plain = plain if len(plain) == 1 else letter
    return _MARKS.get(plain, plain)


_MARKS = {"。": ".", "、": ",", "\u3000": " "}


def _ends(text: str, word: str) -> bool:
    return text.endswith(word) and not (word.isascii() and text[: -len(word)][-1:].isalpha())


def _holds(text: str, word: str) -> bool:
    return bool(re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", text)) if word.isascii() else word in text
