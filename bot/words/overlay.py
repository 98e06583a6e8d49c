"""Writes what was taught in chat into the files of an overlay folder: each file keeps its comments, and gains what the lesson said."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot.core.model import Lesson
from bot.words.loading import Words
from bot.words.taught import source


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
    if lesson.kind in {"faq", "answer"}:
        reply.parent.mkdir(parents=True, exist_ok=True)
        reply.write_text(source(lesson.answer), encoding="utf-8")
    if lesson.kind == "answer":
        return f"{lesson.code}: {reply}"
    phrases.parent.mkdir(parents=True, exist_ok=True)
    if lesson.kind == "alias" and not phrases.exists():
        known = words.headings.get(lesson.intent)
        if known is None or lesson.language not in known.files:
            return f"{lesson.code}: {lesson.intent} is not there any more"
        shutil.copyfile(known.files[lesson.language], phrases)
    _add(lesson, phrases)
    return f"{lesson.code}: {phrases}"


def _add(lesson: Lesson, file: Path) -> None:
    """Adds the phrases that are not there yet."""
    yaml = YAML()
    yaml.width = 4096
    data: Any = (
        yaml.load(file.read_text(encoding="utf-8")) if file.exists() else {"question": lesson.question, "audience": "all", "scope": "group", "utterances": []}
    )
    if lesson.kind == "faq" and lesson.owner:
        data["owner"] = lesson.owner
    lines = data.setdefault("utterances", [])
    lines.extend(line for line in lesson.utterances if line not in lines)
    with file.open("w", encoding="utf-8") as out:
        yaml.dump(data, out)
