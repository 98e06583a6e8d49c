"""What must not be answered at once: a command that somebody says not to do, asks about or only supposes, and a question about something strange."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.core.understanding.lexicon import Lexicon

GAP = 4
"""Characters (in English: words) that may stand between a negation and the verb it turns round."""


@dataclass(frozen=True, slots=True)
class Guards:
    """Patterns by intent, over normal forms. `strange` finds the things of other worlds; `freely` may speak of them."""

    patterns: Mapping[str, re.Pattern[str]]
    strange: re.Pattern[str] | None = None
    freely: frozenset[str] = frozenset()

    @classmethod
    def of(cls, lexicon: Lexicon, lang: str) -> Guards:
        """From the lexicon's negations, doubts and the verbs of each guarded intent."""
        gap = rf"[^,]{{0,{GAP}}}?" if lang == "zh" else rf"(?: [a-z]+){{0,{GAP}}}? "
        negation, doubt = _any(lexicon.negations, lang), _any(lexicon.doubts, lang)
        found = {}
        for intent in {*lexicon.negated, *lexicon.doubted}:
            verbs = lexicon.negated.get(intent, ())
            parts = [rf"{negation}{gap}{_any(verbs, lang)}"] if verbs and lexicon.negations else []
            parts += [doubt] if intent in lexicon.doubted and lexicon.doubts else []
            if parts:
                found[intent] = re.compile("|".join(parts))
        return cls(found, re.compile(_any(lexicon.strange, lang)) if lexicon.strange else None, lexicon.freely)

    def forbid(self, intent: str, form: str) -> bool:
        """Whether the message speaks of the command without giving it."""
        pattern = self.patterns.get(intent)
        return pattern is not None and pattern.search(form) is not None

    def stranger(self, intent: str, form: str, own: Sequence[str]) -> bool:
        """Whether the message names a thing of another world that no phrase of the intent, `own`, ever names: somebody's bank card may be locked, too."""
        if self.strange is None or intent in self.freely:
            return False
        return any(not any(thing in phrase for phrase in own) for thing in self.strange.findall(form))


def _any(words: Iterable[str], lang: str) -> str:
    listed = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return f"(?:{listed})" if lang == "zh" else rf"\b(?:{listed})\b"
