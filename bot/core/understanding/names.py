"""Names of things in a text: systems, modules, roles, levels, people - the longest name at each place, each with its kind and id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Named:
    """A name that was found; `start` and `end` are offsets in the text."""

    kind: str
    id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Names:
    """What is called how. `meant` maps a name in lower case to the (kind, id) pairs it can mean."""

    meant: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    pattern: re.Pattern[str] | None = field(init=False)

    def __post_init__(self) -> None:
        words = sorted(self.meant, key=len, reverse=True)
        rows = [rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])" if word.isascii() else re.escape(word) for word in words]
        object.__setattr__(self, "pattern", re.compile("|".join(rows)) if rows else None)

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, str]]) -> Names:
        """From (kind, id, name) rows. Of one kind the first id that has a name keeps it."""
        meant: dict[str, dict[str, str]] = {}
        for kind, identity, name in rows:
            word = name.strip().lower()
            if word:
                meant.setdefault(word, {}).setdefault(kind, identity)
        return cls({word: tuple(kinds.items()) for word, kinds in meant.items()})

    def found(self, form: str) -> Iterator[Named]:
        """The names in a text of lower case, in their order; a name inside a longer one is not found."""
        for match in self.pattern.finditer(form) if self.pattern is not None else ():
            for kind, identity in self.meant[match.group()]:
                yield Named(kind, identity, match.start(), match.end())
