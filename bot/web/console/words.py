"""The words of the console's pages: templates/web/words/<language>.yaml, read once and checked against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.ports import WordsError

LANGUAGES = ("zh", "en")
Words = Mapping[str, Any]
"""Texts by name, or groups of them."""


class Phrases:
    """All languages of the pages. Raises WordsError when a file is missing or the languages do not have the same names."""

    def __init__(self, templates: Path) -> None:
        self._all = {language: _read(templates / "web" / "words" / f"{language}.yaml") for language in LANGUAGES}
        names = {language: set(_names(words, "")) for language, words in self._all.items()}
        differing = sorted(names["zh"] ^ names["en"])
        if differing:
            raise WordsError("\n".join(f"templates/web/words: {name} is missing in one language" for name in differing))

    def of(self, language: str) -> Words:
        """The words of a language, Chinese for one that there is not."""
        return self._all.get(language, self._all["zh"])


def preferred(accepted: str) -> str:
    """The first language of an Accept-Language header that the pages have."""
    asked = (part.split(";")[0].strip()[:2].lower() for part in accepted.split(","))
    return next((language for language in asked if language in LANGUAGES), LANGUAGES[0])


def _read(path: Path) -> Words:
    try:
        found = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, YAMLError, UnicodeDecodeError) as fault:
        raise WordsError(f"{path}: {fault}") from fault
    if not isinstance(found, dict):
        raise WordsError(f"{path}: a mapping of texts is wanted")
    return found


def _names(words: Words, above: str) -> Iterator[str]:
    for name, value in words.items():
        if isinstance(value, dict):
            yield from _names(value, f"{above}{name}.")
        else:
            yield f"{above}{name}"
