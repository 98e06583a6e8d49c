"""Writes what was taught in chat into the files of an overlay folder: each file keeps its comments, and gains what the lesson said."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot.core.model import Lesson
from bot.core.variables import Variables
from bot.words import variants
from bot.words.loading import LANGUAGES, Words
from bot.words.taught import source, variant_of


def set_down(lessons: Iterable[Lesson], words: Words, overlay: Path) -> list[str]:
    """Writes live lessons, the oldest first, into `overlay`; `words` are those of the files. One line each; a retired answer has no file form and is said so.
    Doing it again changes nothing."""
    return [_set_down(lesson, words, overlay) for lesson in sorted(lessons, key=lambda one: (one.live or one.made, one.id))]


def _set_down(lesson: Lesson, words: Words, overlay: Path) -> str:
    group, _, name = lesson.intent.partition(".")
    phrases = overlay / "intents" / lesson.language / group / f"{name}.yaml"
    reply = overlay / "templates" / lesson.language / group / f"{name}.md.j2"
    if lesson.kind == "retire":
        return f"{lesson.code}: {lesson.intent} is retired; files cannot say that, so the lesson must stay"
    answer = source(lesson.answer, Variables.of(words.catalogue.labels, lesson.language))
    if lesson.only:
        return _for_some(lesson, words, overlay, answer)
    if lesson.kind in {"faq", "answer"}:
        _write(reply, answer)
    if lesson.kind == "answer":
        return f"{lesson.code}: {reply}"
    if lesson.kind == "alias" and not _copied(lesson.intent, lesson.language, words, phrases):
        return f"{lesson.code}: {lesson.intent} is not there any more"
    phrases.parent.mkdir(parents=True, exist_ok=True)
    _add(lesson, phrases)
    return f"{lesson.code}: {phrases}"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _copied(intent: str, language: str, words: Words, file: Path) -> bool:
    """Whether the overlay has the intent's file now; it is copied from where it counts."""
    known = words.headings.get(intent)
    if file.exists():
        return True
    if known is None or language not in known.files:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(known.files[language], file)
    return True


def _for_some(lesson: Lesson, words: Words, overlay: Path, answer: str) -> str:
    """For whom it is stands in the file of the intent's first language, its words beside the intent's."""
    group, _, name = lesson.intent.partition(".")
    known = words.headings.get(lesson.intent)
    first = next((language for language in LANGUAGES if known and language in known.files), lesson.language)
    phrases = overlay / "intents" / first / group / f"{name}.yaml"
    if not _copied(lesson.intent, first, words, phrases):
        return f"{lesson.code}: {lesson.intent} is not there any more"
    data = _yaml().load(phrases.read_text(encoding="utf-8"))
    there = variants.read(data.get("variants"), [], "")
    variant = variant_of(lesson, there)
    if all(one.name != variant.name for one in there):
        data.setdefault("variants", []).append(variants.row_of(variant))
        with phrases.open("w", encoding="utf-8") as out:
            _yaml().dump(data, out)
    reply = overlay / "templates" / lesson.language / group / f"{name}.{variant.name}.md.j2"
    _write(reply, answer)
    return f"{lesson.code}: {reply}"


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = 4096
    return yaml


def _add(lesson: Lesson, file: Path) -> None:
    """Adds the phrases that are not there yet."""
    yaml = _yaml()
    data: Any = (
        yaml.load(file.read_text(encoding="utf-8")) if file.exists() else {"question": lesson.question, "audience": "all", "scope": "group", "utterances": []}
    )
    if lesson.kind == "faq" and lesson.owner:
        data["owner"] = lesson.owner
    lines = data.setdefault("utterances", [])
    lines.extend(line for line in lesson.utterances if line not in lines)
    with file.open("w", encoding="utf-8") as out:
        yaml.dump(data, out)
