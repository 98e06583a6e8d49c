"""Gives the answers out as XLSX, CSV, YAML or JSON, and what was taught in chat."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bot.config import Settings
from bot.core.facts import Ask
from bot.core.model import Lesson
from bot.ports import StoreError, WordsError
from bot.wiring.archive import MOST, opened, write_all
from bot.wiring.parts import organisation, roots
from bot.words.loading import load
from bot.words.table import KINDS, as_file, faqs
from bot.words.taught import Fits, laid

__all__ = ["live_lessons", "write_all", "write_faqs"]


def write_faqs(settings: Settings, lessons: Sequence[Lesson], file: Path) -> int:
    """Writes .xlsx, .csv, .yaml or .json by the file's ending; how many rows. Raises WordsError."""
    if file.suffix.lower() not in KINDS:
        raise WordsError(f"{file}: {', '.join(KINDS)} is wanted")
    rows = list(faqs(laid(load(roots(settings)), lessons, Fits(roots(settings))), organisation(settings)))
    _written(file, as_file(file.suffix.lower(), rows))
    return len(rows)


async def live_lessons(settings: Settings) -> tuple[Lesson, ...]:
    """What was taught in chat, empty where there is no database yet. Raises StoreError."""
    if not settings.database.url and not (settings.data / "usher.db").exists():
        return ()
    with tempfile.TemporaryDirectory() as folder:
        store = await opened(settings, Path(folder))
        try:
            found = await store.answer((Ask(Lesson, states=("live",), most=MOST),))
        finally:
            await store.close()
    return tuple(one for one in found.items if isinstance(one, Lesson))


def _written(file: Path, body: bytes) -> None:
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(body)
    except OSError as fault:
        raise StoreError(f"{file}: {fault}") from fault
