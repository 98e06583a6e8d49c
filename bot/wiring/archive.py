"""Everything that is kept as one archive of files that people can read, also while the program runs."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from bot.config import Settings
from bot.core.facts import Ask, Need
from bot.core.model import ITEMS, Audience, Entry, Lesson, Person, kind_of
from bot.wiring.parts import database_url, key_ring, organisation, roots
from bot.words.loading import load
from bot.words.table import as_csv, faqs
from bot.words.taught import Fits, laid
from storage import SqlStore
from storage.backup import backup

MOST = 1_000_000


async def opened(settings: Settings, folder: Path) -> SqlStore:
    """The store itself, or of a SQLite database, which one process may use, a copy. Raises StoreError."""
    url = database_url(settings)
    if url.startswith("sqlite:///"):
        copy = backup(Path(url.removeprefix("sqlite:///")), folder)
        url = f"sqlite:///{copy}"
    store = SqlStore(url, secrets.token_hex(8), folder, key_ring(settings))
    await store.open()
    return store


async def write_all(settings: Settings, file: Path) -> dict[str, int]:
    """Writes one archive with a file a kind, one JSON object a line; how many lines each has. It holds personal data, so only its owner may read it."""
    with tempfile.TemporaryDirectory() as folder:
        store = await opened(settings, Path(folder))
        try:
            files = await _files(store)
        finally:
            await store.close()
    lessons = [TypeAdapter(Lesson).validate_python(row) for row in files["lesson.jsonl"] if row["state"] == "live"]
    words = laid(load(roots(settings)), lessons, Fits(roots(settings)))
    table = as_csv(list(faqs(words, organisation(settings))))
    half = file.with_name(f"{file.name}.part")
    half.unlink(missing_ok=True)
    os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("faqs.csv", table)
        for name, rows in files.items():
            archive.writestr(name, "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows))
    half.replace(file)
    return {name: len(rows) for name, rows in files.items()}


async def _files(store: SqlStore) -> dict[str, list[dict[str, Any]]]:
    found = await store.answer(tuple(Ask(kind, most=MOST) for kind in ITEMS))
    known = await store.gather(Person("export", audiences=frozenset({Audience.ADMIN})), frozenset(Need))
    told: dict[str, list[dict[str, Any]]] = {f"{kind_of(kind)}.jsonl": _plain([one for one in found.items if type(one) is kind]) for kind in ITEMS}
    told["audit.jsonl"] = _plain(await store.audit_lines("", MOST), Entry)
    told["journal.jsonl"] = _plain(await store.journal("", MOST))
    told["wish.jsonl"], told["value.jsonl"], told["admin.jsonl"] = _plain(known.wishes), _plain(known.org_values), _plain(known.admins)
    return told


def _plain(rows: Sequence[Any], kind: type[Any] | None = None) -> list[dict[str, Any]]:
    """Values as JSON holds them."""
    return [TypeAdapter(kind or type(row)).dump_python(row, mode="json") for row in rows]
