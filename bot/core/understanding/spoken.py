"""How people say times, commands, reasons, names and follow-ups: the words files beside the phrases, as one frozen value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.understanding.commands import Commands
from bot.core.understanding.details import Details
from bot.core.understanding.dictating import Dictations
from bot.core.understanding.follow_ups import FollowUps
from bot.core.understanding.hearsay import Hearsay
from bot.core.understanding.languages import Languages
from bot.core.understanding.lexicon import Lexicon
from bot.core.understanding.names import Names
from bot.core.understanding.times.words import TimeWords

FILES = ("times", "commands", "follow_ups")
"""The words files of a language that are read into this, without their underscore."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One version of these words, of every language at once. `because` finds what comes before a reason, `purpose`
    ends the half sentence that is one."""

    times: TimeWords = field(default_factory=TimeWords)
    commands: Commands = field(default_factory=Commands)
    follow_ups: FollowUps = field(default_factory=FollowUps)
    names: Names = field(default_factory=Names)
    because: re.Pattern[str] | None = None
    purpose: re.Pattern[str] | None = None
    details: Details = field(default_factory=Details)
    languages: Languages = field(default_factory=Languages)
    dictations: Dictations = field(default_factory=Dictations)
    hearsay: Hearsay = field(default_factory=Hearsay)

    @classmethod
    def of(cls, files: Mapping[str, Sequence[Mapping[str, object]]], lexicons: Iterable[Lexicon], own: Iterable[tuple[str, str]]) -> Spoken:
        """From the files as they were read, the lexicons' terms, and the organisation's own (kind, name) pairs. Raises ValueError, TypeError or
        AttributeError when a file has another shape."""
        times = TimeWords.of(files.get("times", ()))  # type: ignore[arg-type]
        commands = files.get("commands", ())
        rows = [
            (kind, identity, times.folded(word))
            for lexicon in lexicons
            for kind, terms in lexicon.terms.items()
            for identity, words in terms.items()
            for word in (identity, *words)
        ]
        rows += [(kind, name, times.folded(name)) for kind, name in own]
        purpose = [str(word).lower() for file in commands for word in file.get("purpose") or ()]  # type: ignore[attr-defined]
        because = [str(word).lower() for file in commands for word in file.get("because") or ()]  # type: ignore[attr-defined]
        follow_ups, names = FollowUps.of(files.get("follow_ups", ())), [word for _, _, word in rows]
        details, languages, dictations = Details.of(commands), Languages.of(commands, names), Dictations.of(commands)
        return cls(
            times, Commands.of(commands), follow_ups, Names.of(rows), _any_of(because), _ending(purpose), details, languages, dictations, Hearsay.of(commands)
        )


def _ending(words: Sequence[str]) -> re.Pattern[str] | None:
    """A last half sentence of a few letters that ends so."""
    rows = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<=[\s,，;；。])(?P<said>[^\s,，;；。]{{2,20}}(?:{rows}))[\s.。!！~]*$") if rows else None


def _any_of(words: Sequence[str]) -> re.Pattern[str] | None:
    rows = [rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word.isascii() else re.escape(word) for word in sorted(words, key=len, reverse=True)]
    return re.compile("|".join(rows)) if rows else None
