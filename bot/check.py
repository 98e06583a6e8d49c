"""Lints the words: what does not load, what has no answer, what belongs to two intents, what nobody could answer from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.core.model import Organisation
from bot.core.turn import Here, Say
from bot.core.understanding.reading import plain
from bot.ports import WordsError
from bot.words import LANGUAGES, SHELL, Heading, Words, bundled, load

LEAST = {"zh": 20, "en": 8}
_ACTING = {"act", "adm", "setup", SHELL, "elsewhere"}
_INVENTED = re.compile(r"\d+ ?(?:\u5929|\u5c0f\u65f6|\u4e2a?\u5de5\u4f5c\u65e5|days|hours)")


def faults_of(overlays: list[Path], language: str = "") -> list[str]:
    """One line a fault; a line that begins with `note:` is advice."""
    try:
        words = load([bundled(), *overlays])
    except WordsError as fault:
        return str(fault).splitlines()
    wanted = (language,) if language else LANGUAGES
    return [line for name in wanted for line in (*_twice(words, name), *_intents(words, name))]


def _intents(words: Words, language: str) -> Iterator[str]:
    empty = words.defaults.get(language) or words.defaults.get("zh", {})
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in empty.items()}
    organisation = Organisation(**values)
    for name, heading in sorted(words.headings.items()):
        yield from _counted(name, heading, language)
        if name.partition(".")[0] not in _ACTING:
            yield from _answered(words, name, language, organisation)


def _counted(name: str, heading: Heading, language: str) -> Iterator[str]:
    group = name.partition(".")[0]
    count = len(heading.utterances.get(language, ()))
    if language not in heading.files and group != "imported":
        yield f"note: {name} has no {language} words"
    elif count < LEAST[language] and group not in {SHELL, "imported"}:
        yield f"note: {name} has only {count} {language} utterances"


def _answered(words: Words, name: str, language: str, organisation: Organisation) -> Iterator[str]:
    reply = name.replace(".", "/", 1)
    if f"{language}/{reply}" not in words.templates.sources:
        yield f"{'note: ' if name.startswith('imported.') else ''}templates/{language}/{reply}.md.j2 is missing"
        return
    try:
        text = words.templates.render(Say(Here(), reply), language, {"org": organisation, "asker": {"name": "?"}}).text
    except WordsError as fault:
        yield str(fault)
        return
    if not name.startswith("imported.") and _INVENTED.search(text):
        yield f"templates/{language}/{reply}.md.j2: says {_INVENTED.findall(text)[0]!r} though nobody has set it"


def _twice(words: Words, language: str) -> Iterator[str]:
    seen: dict[str, str] = {}
    for name, heading in sorted(words.headings.items()):
        for line in heading.utterances.get(language, ()):
            other = seen.setdefault(plain(line) or line, name)
            if other != name:
                yield f"{line!r} belongs to {other} and to {name}"
