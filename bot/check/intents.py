"""What an intent must have: an answer, words of its own, enough of them."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.decide import SKILLS
from bot.core.understanding.reading import plain
from bot.words.loading import SHELL, Words

LEAST = {"zh": 20, "en": 8}
"""Utterances below which an intent is guessed rather than known."""
LONGEST_LABEL = {"zh": 18, "en": 60}
IMPORTED = "imported"
"""The group of FAQs taken from a file: what they lack is theirs to know, so it is advice."""
ACTING = frozenset({"act", "adm", "setup", SHELL})
ELSEWHERE = "elsewhere"


def twice(words: Words, language: str) -> Iterator[str]:
    """Utterances that belong to two intents, compared without punctuation and case."""
    seen: dict[str, str] = {}
    for name, heading in sorted(words.headings.items()):
        for line in heading.utterances.get(language, ()):
            other = seen.setdefault(plain(line) or line, name)
            if other != name:
                yield f"{line!r} belongs to {other} and to {name} ({language})"


def unanswered(words: Words, language: str) -> Iterator[str]:
    """Intents that nothing answers: a FAQ without its template, an action without a row in SKILLS."""
    for name in sorted(words.headings):
        group = name.partition(".")[0]
        reply = name.replace(".", "/", 1)
        if group == ELSEWHERE or f"{language}/{reply}" in words.templates.sources:
            continue
        if group in ACTING:
            if name not in SKILLS and group not in SKILLS:
                yield f"{name}: nothing answers it, neither a row in SKILLS nor templates/{language}/{reply}.md.j2"
        else:
            yield f"{'note: ' if group == IMPORTED else ''}templates/{language}/{reply}.md.j2 is missing"


def thin(words: Words, language: str) -> Iterator[str]:
    """Intents with no or few words, and labels too long for a button."""
    for name, heading in sorted(words.headings.items()):
        group = name.partition(".")[0]
        count = len(heading.utterances.get(language, ()))
        if group == IMPORTED:
            continue
        if language not in heading.files:
            yield f"note: {name} has no {language} words"
        elif count < LEAST[language] and group != SHELL:
            yield f"note: {name} has only {count} {language} utterances, {LEAST[language]} are wanted"
        label = heading.questions.get(language, "")
        if len(label) > LONGEST_LABEL[language]:
            yield f"note: {name}: the {language} question has {len(label)} characters, a button shows {LONGEST_LABEL[language]}"
