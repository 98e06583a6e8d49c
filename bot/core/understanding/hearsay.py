"""Tells a sentence that only speaks of a command - denies it, asks about it, supposes it, quotes it, passes it on - from one that gives it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_QUOTE = re.compile(r"^\s*[>》|\"“”「『'‘《【\[]")
_STOP = re.compile(r"[,;.!\n。，；！、]+")
_BLANK = re.compile(r"\s+")
LISTS = ("reported", "polite", "inquiries", "supposed", "afterthoughts", "denials", "endings")
"""The word lists of `hearsay` in the words files: how somebody passes on what others say (at the head), asks politely for something to be done, asks about
it, supposes it (at the head), takes it back, says no, and what is an end to which one can say no. English ones count as whole words."""
AGAINST = frozenset({"act.mute", "act.snooze", "act.withdraw", "act.away", "adm.pause_nudges"})
"""Intents that say no by themselves: they are only denied when their own ending is."""


@dataclass(frozen=True, slots=True)
class Hearsay:
    """One version of the lists, both languages at once. `surnames` are those by which a line may begin, as they are written and as they sound."""

    lists: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    surnames: frozenset[str] = frozenset()

    @classmethod
    def of(cls, files: Iterable[Mapping[str, object]]) -> Hearsay:
        """From the words files of the languages. Raises AttributeError, KeyError or TypeError when one has another shape."""
        words: dict[str, list[str]] = {name: [] for name in LISTS}
        surnames: set[str] = set()
        for file in files:
            told = dict(file.get("hearsay") or {})  # type: ignore[call-overload]
            surnames |= {*map(str, told.pop("surnames", ())), *str(file.get("surnames") or "")}
            for name, listed in told.items():
                words[name] += map(str, listed)
        return cls({name: _any(listed) for name, listed in words.items() if listed}, frozenset(surnames))

    def signed(self, text: str) -> bool:
        """Whether its signs alone say so: it is quoted, passed on, put into somebody's mouth, or asked."""
        form = unicodedata.normalize("NFKC", text)
        return bool(_QUOTE.match(form)) or self._found("reported", form, head=True) or self._spoken(form) or _asked(form)

    def told(self, text: str, intent: str, *, known: bool) -> bool:
        """Whether the text only speaks of the intent that it was taken for; `known` says that it is one of its phrases, word for word."""
        form = unicodedata.normalize("NFKC", text).strip()
        if _QUOTE.match(form) or self._found("reported", form, head=True) or self._spoken(form):
            return True
        inquiry = self._found("inquiries", form)
        if known:
            return _asked(form) and not inquiry and not self._found("polite", form)
        if self._found("supposed", form, head=True) or self._found("afterthoughts", form):
            return True
        if self._denied(form, intent):
            return True
        whole = not _STOP.search(form.rstrip("?.!。！ "))
        if self._found("inquiries", form, head=True) and whole:
            return True
        return not self._found("polite", form) and (_asked(form) or (inquiry and whole))

    def _denied(self, form: str, intent: str) -> bool:
        found = self.lists["denials"].search(form) if "denials" in self.lists else None
        return found is not None and (intent not in AGAINST or self._found("endings", form[found.end() :]))

    def _spoken(self, form: str) -> bool:
        """`Li Si: ...`: a line of somebody else, as it is copied out of a chat."""
        name, colon, rest = form.partition(":")
        name = name.strip()
        if not colon or not rest.strip() or not name or len(name) > 16:
            return False
        if name.isascii():
            return any(word in self.surnames for word in _BLANK.split(name.lower())) and all(word.isalpha() for word in _BLANK.split(name))
        return 2 <= len(name) <= 4 and name[0] in self.surnames and not self._found("polite", name)

    def _found(self, name: str, form: str, *, head: bool = False) -> bool:
        pattern = self.lists.get(name)
        return pattern is not None and bool(pattern.match(form.lstrip()) if head else pattern.search(form))


def _asked(form: str) -> bool:
    return form.rstrip("\"'”’」』】》)!. \u200b").endswith("?")


def _any(words: Iterable[str]) -> re.Pattern[str]:
    listed = sorted({word.strip().lower() for word in words}, key=len, reverse=True)
    return re.compile("|".join(rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word.isascii() else re.escape(word) for word in listed), re.IGNORECASE)
