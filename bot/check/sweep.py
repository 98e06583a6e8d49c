"""All lints in one go, in the order in which one would mend what they find."""

from __future__ import annotations

from pathlib import Path

from bot.check import age, intents, nearness, replies, variants
from bot.ports import WordsError
from bot.words.loading import LANGUAGES, bundled, load


def faults_of(overlays: list[Path], language: str = "") -> list[str]:
    """One line a fault; a line that begins with `note:` is advice. An empty `language` means all."""
    wanted = (language,) if language else LANGUAGES
    if unknown := set(wanted) - set(LANGUAGES):
        return [f"there is no language {unknown.pop()!r}; there are {', '.join(LANGUAGES)}"]
    try:
        words = load([bundled(), *overlays])
    except WordsError as fault:
        return str(fault).splitlines()
    replied = (replies.unsound, replies.loose, variants.never_said, variants.for_nobody, variants.unnamed)
    lints = (intents.twice, intents.unanswered, intents.thin, *replied, nearness.near)
    found = [line for name in wanted for lint in lints for line in lint(words, name)]
    found += age.overdue(words)
    return sorted(found, key=lambda line: line.startswith("note:"))
