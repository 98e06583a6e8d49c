"""The domain's own words, as the callers read them from the lexicon files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words that mean the same (`concepts`), and things people name (`terms`: kind -> key -> words). Of commands: the verbs that a negation turns
    round (`negated`: intent -> verbs), and those (`doubted`) that a word of doubt or question turns into something else. `strange` are things of other
    worlds (a bank card, a visa), and `freely` the intents whose sentences may be about anything; `asides` are the
    intents of small talk that people say beside what they want."""

    concepts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    terms: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    negations: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    negated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    doubted: frozenset[str] = frozenset()
    strange: tuple[str, ...] = ()
    freely: frozenset[str] = frozenset()
    asides: frozenset[str] = frozenset()
