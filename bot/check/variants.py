"""Answers for some: one that is never said because another always comes first, or because it has no words; words that are for nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.core import variants
from bot.core.variables import Variables
from bot.words.loading import LANGUAGES, Words
from bot.words.rendering import RAW
from bot.words.taught import literal

_OWN = re.compile(r"(?P<reply>[^/]+/[^/.]+)\.(?P<name>[^/]+)")


def never_said(words: Words, language: str) -> Iterator[str]:
    """One line for each, told once, for the first language."""
    if language != LANGUAGES[0]:
        return
    for name, heading in sorted(words.headings.items()):
        for hidden, first in variants.unreachable(heading.intent.variants):
            yield f"{name}: the answer {hidden.name!r} is never said: {first.name!r} comes before it for everybody it is for"
        for one in heading.intent.variants:
            if f"{name.replace('.', '/', 1)}.{one.name}" not in words.templates.names:
                yield f"{name}: the answer {one.name!r} has no words: templates/{language}/{name.replace('.', '/', 1)}.{one.name}.md.j2 is missing"


def for_nobody(words: Words, language: str) -> Iterator[str]:
    """Replies named like an answer for some, of an intent that has none of that name."""
    for place in sorted(words.templates.sources):
        found = _OWN.fullmatch(place.partition("/")[2])
        if found is None or not place.startswith(f"{language}/"):
            continue
        heading = words.headings.get(found["reply"].replace("/", ".", 1))
        if heading is None or all(one.name != found["name"] for one in heading.intent.variants):
            yield f"templates/{place}.md.j2 is for nobody: {found['reply'].replace('/', '.', 1)} has no variant {found['name']!r}"


def unnamed(words: Words, language: str) -> Iterator[str]:
    """Answers that are text, with a name in double braces that is no variable: it stays as it stands."""
    known = Variables.of(words.catalogue.labels, language)
    for place, text in sorted(words.templates.sources.items()):
        odd = known.unknown(literal(text)) if text.startswith(RAW) and place.startswith(f"{language}/") else ()
        if odd:
            yield f"note: templates/{place}.md.j2: {', '.join(odd)} in double braces is no variable; there are {', '.join(known.titles.values())}"
