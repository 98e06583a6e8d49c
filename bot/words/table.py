"""The answers as rows of a table, which people read, change and bring back: a row each, also for answers that are for some only."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from ruamel.yaml import YAML

from bot.core.model import Organisation
from bot.core.turn import Here, Say
from bot.ports import WordsError
from bot.records import workbook
from bot.records.workbook import harmless
from bot.words.loading import Heading, Words
from bot.words.rendering import RAW
from bot.words.taught import plain
from bot.words.variants import as_text

COLUMNS = ("id", "question", "phrasings", "answer", "language", "owner", "review_by", "only")
KINDS = (".xlsx", ".csv", ".yaml", ".yml", ".json")
SILENT = {"act", "adm", "shell", "setup", "elsewhere"}


def faqs(words: Words, values: Organisation) -> Iterator[dict[str, str]]:
    """Every answer in every language as people read it, with the organisation's values filled in, but for the variables of taught answers, which stay; such
    a row can be imported again."""
    for name, heading in sorted(words.headings.items()):
        for language, question in heading.questions.items():
            if name.partition(".")[0] not in SILENT:
                yield from _rows(words, values, name, heading, language, question)


def _rows(words: Words, values: Organisation, name: str, heading: Heading, language: str, question: str) -> Iterator[dict[str, str]]:
    reply = name.replace(".", "/", 1)
    phrasings = "\n".join(heading.utterances.get(language, ()))
    for ending, only, lines in [("", "", phrasings), *((f".{one.name}", as_text(one), "") for one in heading.intent.variants)]:
        if f"{language}/{reply}{ending}" in words.templates.sources:
            told = _told(words, values, f"{reply}{ending}", language)
            row = (name, question, lines, told, language, heading.intent.owner, heading.intent.review_by, only)
            yield dict(zip(COLUMNS, row, strict=True))


def _told(words: Words, values: Organisation, reply: str, language: str) -> str:
    source = words.templates.sources[f"{language}/{reply}"]
    if source.startswith(RAW):
        return plain(source)
    known = {**words.defaults_in(language), **{key: value for key, value in asdict(values).items() if value}}
    organisation = Organisation(**{**known, "admins": values.admins})
    return words.templates.render(Say(Here(), reply), language, {"org": organisation, "asker": {"name": ""}}).text


def as_csv(rows: Sequence[Mapping[str, str]]) -> str:
    """A table that spreadsheets open as text: with their mark of UTF-8, and with nothing they would calculate."""
    out = io.StringIO()
    table = csv.DictWriter(out, list(rows[0]) if rows else list(COLUMNS))
    table.writeheader()
    table.writerows({key: harmless(value) for key, value in row.items()} for row in rows)
    return "\ufeff" + out.getvalue()


def as_file(kind: str, rows: Sequence[Mapping[str, str]]) -> bytes:
    """The rows as a file of that ending (KINDS). Raises WordsError when it cannot hold them."""
    return _as_xlsx(rows) if kind == ".xlsx" else _as_text(kind, rows).encode()


def _as_xlsx(rows: Sequence[Mapping[str, str]]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "faqs.xlsx"
        try:
            workbook.write(file, COLUMNS, rows, "faqs")
        except workbook.TooMuch as fault:
            raise WordsError(str(fault)) from fault
        return file.read_bytes()


def _as_text(kind: str, rows: Sequence[Mapping[str, str]]) -> str:
    if kind == ".csv":
        return as_csv(rows)
    listed = {"faqs": [{**row, "phrasings": row["phrasings"].split("\n") if row["phrasings"] else []} for row in rows]}
    if kind == ".json":
        return json.dumps(listed, ensure_ascii=False, indent=1)
    out = io.StringIO()
    YAML().dump(listed, out)
    return out.getvalue()
