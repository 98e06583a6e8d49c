"""Gives things out: FAQs as CSV, YAML or JSON, and everything that is kept as one archive of files that people can read."""

from __future__ import annotations

import csv
import io
import json
import os
import secrets
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from ruamel.yaml import YAML

from bot.config import Settings
from bot.core.facts import Ask, Need
from bot.core.model import ITEMS, Audience, Entry, Lesson, Organisation, Person, kind_of
from bot.core.turn import Here, Say
from bot.ports import StoreError, WordsError
from bot.wiring.parts import database_url, key_ring, organisation, roots
from bot.words.loading import Words, load
from bot.words.taught import Fits, laid
from storage import SqlStore
from storage.backup import backup

MOST = 1_000_000
COLUMNS = ("id", "question", "phrasings", "answer", "language", "owner", "review_by")
KINDS = (".csv", ".yaml", ".yml", ".json")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet would take for a formula (also in its full-width form)."""
_SILENT = {"act", "adm", "shell", "setup", "elsewhere"}


def faqs(words: Words, values: Organisation) -> Iterator[dict[str, str]]:
    """Every answer in every language as people read it, with the organisation's values filled in; such a row can be imported again."""
    for name, heading in sorted(words.headings.items()):
        for language, question in heading.questions.items():
            reply = name.replace(".", "/", 1)
            if name.partition(".")[0] in _SILENT or f"{language}/{reply}" not in words.templates.sources:
                continue
            known = {**words.defaults_in(language), **{key: value for key, value in _set(values) if value}}
            shown = words.templates.render(Say(Here(), reply), language, {"org": Organisation(**known), "asker": {"name": ""}})
            phrasings = "\n".join(heading.utterances.get(language, ()))
            row = (name, question, phrasings, shown.text, language, heading.intent.owner, heading.intent.review_by)
            yield dict(zip(COLUMNS, row, strict=True))


def _set(values: Organisation) -> Iterator[tuple[str, Any]]:
    yield from ((name, getattr(values, name)) for name in Organisation.__dataclass_fields__)


def as_csv(rows: Sequence[Mapping[str, str]]) -> str:
    """A table that spreadsheets open as text: with their mark of UTF-8, and with nothing they would calculate."""
    out = io.StringIO()
    table = csv.DictWriter(out, list(rows[0]) if rows else list(COLUMNS))
    table.writeheader()
    table.writerows({key: harmless(value) for key, value in row.items()} for row in rows)
    return "\ufeff" + out.getvalue()


def harmless(value: str) -> str:
    """The text as a cell that is no formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def write_faqs(settings: Settings, lessons: Sequence[Lesson], file: Path) -> int:
    """Writes .csv, .yaml or .json by the file's ending; how many rows. Raises WordsError."""
    if file.suffix.lower() not in KINDS:
        raise WordsError(f"{file}: {', '.join(KINDS)} is wanted")
    rows = list(faqs(laid(load(roots(settings)), lessons, Fits(roots(settings))), organisation(settings)))
    kind = file.suffix.lower()
    if kind == ".csv":
        text = as_csv(rows)
    elif kind in {".yaml", ".yml"}:
        out = io.StringIO()
        YAML().dump({"faqs": [{**row, "phrasings": row["phrasings"].split("\n")} for row in rows]}, out)
        text = out.getvalue()
    else:
        text = json.dumps({"faqs": [{**row, "phrasings": row["phrasings"].split("\n")} for row in rows]}, ensure_ascii=False, indent=1)
    _written(file, text.encode())
    return len(rows)


async def live_lessons(settings: Settings) -> tuple[Lesson, ...]:
    """What was taught in chat, empty where there is no database yet. Raises StoreError."""
    if not settings.database.url and not (settings.data / "usher.db").exists():
        return ()
    with tempfile.TemporaryDirectory() as folder:
        store = await _opened(settings, Path(folder))
        try:
            found = await store.answer((Ask(Lesson, states=("live",), most=MOST),))
        finally:
            await store.close()
    return tuple(one for one in found.items if isinstance(one, Lesson))


async def _opened(settings: Settings, folder: Path) -> SqlStore:
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
        store = await _opened(settings, Path(folder))
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


def _written(file: Path, body: bytes) -> None:
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(body)
    except OSError as fault:
        raise StoreError(f"{file}: {fault}") from fault
