"""Takes FAQs from a file into an overlay folder: everything or nothing, and an answer's text is never run as a template."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.core.model import Variant
from bot.core.understanding.reading import language_of, plain
from bot.core.variables import Variables
from bot.core.variants import same
from bot.ports import WordsError
from bot.records import sheets
from bot.records.workbook import FORMULA
from bot.words import variants
from bot.words.loading import LANGUAGES, bundled, labels_of
from bot.words.taught import source

LARGEST = 20 * 2**20
MOST = 20_000
BOUNDS = sheets.Bounds(rows=MOST, parts=200, unpacked=LARGEST, ratio=100)
GROUP = "imported"
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Faq:
    """One FAQ as the file has it."""

    id: str
    question: str
    phrasings: tuple[str, ...]
    answer: str
    language: str = ""
    only: tuple[tuple[str, str], ...] = ()


def bring_faqs(file: Path, overlay: Path, *, replace: bool) -> int:
    """Writes the file's FAQs as intents and templates of the overlay and returns their number; with `replace` they are the only FAQs.
    Raises WordsError with every faulty row; then nothing was written."""
    if file.stat().st_size > LARGEST:
        raise WordsError(f"{file}: larger than {LARGEST // 2**20} MB")
    faults: list[str] = []
    faqs = list(_checked(_rows(file), faults))
    if faults:
        raise WordsError("\n".join(faults))
    if replace:
        for folder in ("intents", "templates"):
            shutil.rmtree(overlay / folder, ignore_errors=True)
        overlay.mkdir(parents=True, exist_ok=True)
        (overlay / "replaces").write_text("The FAQs of this folder are the only ones.\n", encoding="utf-8")
    variables = Variables.of(labels_of([bundled()], {}, []), "zh")
    for faq in sorted(faqs, key=lambda one: bool(one.only)):
        _write(faq, overlay, variables)
    return len(faqs)


def _rows(file: Path) -> list[dict[str, Any]]:
    kind = file.suffix.lower()
    try:
        if kind == ".json":
            return _listed(json.loads(file.read_text(encoding="utf-8")), file)
        if kind in {".yaml", ".yml"}:
            return _listed(YAML(typ="safe", pure=True).load(_decoded(file.read_bytes())), file)
        if kind == ".csv":
            return list(csv.DictReader(io.StringIO(_decoded(file.read_bytes()))))
        if kind == ".xlsx":
            return _from_xlsx(file)
    except (ValueError, csv.Error, YAMLError, sheets.Unreadable) as fault:
        raise WordsError(f"{file}: {fault}") from fault
    raise WordsError(f"{file}: .json, .yaml, .csv or .xlsx is wanted")


def _listed(data: Any, file: Path) -> list[dict[str, Any]]:
    rows = data.get("faqs") if isinstance(data, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise WordsError(f'{file}: {{"faqs": [{{"id", "question", "phrasings", "answer"}}]}} is wanted')
    return rows


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030")


def _from_xlsx(file: Path) -> list[dict[str, Any]]:
    table = sheets.rows(file.read_bytes(), BOUNDS)
    heads = [str(cell).strip().lower() for cell in table[0]] if table else []
    return [dict(zip(heads, row, strict=False)) for row in table[1:]]


def _checked(rows: list[dict[str, Any]], faults: list[str]) -> Iterator[Faq]:
    if not rows or len(rows) > MOST:
        faults.append(f"between 1 and {MOST} FAQs are wanted, found {len(rows)}")
        return
    seen: dict[tuple[object, ...], int] = {}
    bases = {file_name(_text(row.get("id"))) for row in rows if not _text(row.get("only"))}
    for number, row in enumerate(rows, 1):
        try:
            faq = _row(row)
        except ValueError as fault:
            faults.append(f"row {number}: {fault}")
            continue
        place = (file_name(faq.id), faq.language, faq.only)
        if faq.only and place[0] not in bases:
            faults.append(f"row {number}: {faq.id!r} has an answer for some and none for all")
        elif place in seen:
            faults.append(f"row {number}: id {faq.id!r} is also in row {seen[place]}")
        else:
            seen[place] = number
            yield faq


def _row(row: dict[str, Any]) -> Faq:
    """The FAQ of a row. Raises ValueError."""
    name, question, answer = (_text(row.get(key)) for key in ("id", "question", "answer"))
    phrasings = row.get("phrasings") or []
    if isinstance(phrasings, str):
        phrasings = re.split(r"[\n|;；]+", phrasings)
    wrong = [key for key, value in (("id", name), ("question", question), ("answer", answer)) if not value]
    if wrong or not isinstance(phrasings, list) or not all(isinstance(one, str) for one in phrasings):
        raise ValueError(f"{', '.join(wrong) or 'phrasings'} missing or not text")
    lines = tuple(one.strip() for one in phrasings if one.strip())
    return Faq(name, question, lines, answer, _language(row), variants.from_text(_text(row.get("only"))))


def _language(row: dict[str, Any]) -> str:
    """The language that the row names, empty when its text is to tell."""
    told = str(row.get("language") or "").strip().lower()
    return told if told in LANGUAGES else ""


def _text(cell: Any) -> str:
    """A cell as text; the mark with which an export keeps a spreadsheet from calculating is no part of it."""
    text = str(cell or "").strip()
    return text[1:] if text.startswith("'") and text[1:2] in FORMULA else text


def file_name(name: str) -> str:
    """The id as a safe file name."""
    return _UNSAFE.sub("_", name).strip("_")[:80] or "faq"


def _place(faq: Faq) -> tuple[str, str]:
    group, _, rest = faq.id.partition(".")
    known = bool(rest) and file_name(group) == group and file_name(rest) == rest
    return (group, rest) if known else (GROUP, file_name(faq.id))


def _for_some(faq: Faq, overlay: Path, variables: Variables) -> None:
    """For whom it is goes into the intent's file, which is there: the row for all was written before."""
    group, name = _place(faq)
    phrases = next(path for language in LANGUAGES if (path := overlay / "intents" / language / group / f"{name}.yaml").exists())
    yaml = YAML()
    data = yaml.load(phrases.read_text(encoding="utf-8"))
    there = variants.read(data.get("variants"), [], "")
    variant = next((one for one in there if same(one, faq.only)), None)
    if variant is None:
        variant = Variant(variants.named(faq.only, [one.name for one in there]), faq.only)
        data.setdefault("variants", []).append(variants.row_of(variant))
        with phrases.open("w", encoding="utf-8") as out:
            yaml.dump(data, out)
    path = overlay / "templates" / (faq.language or language_of(faq.question, "zh")) / group / f"{name}.{variant.name}.md.j2"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source(faq.answer, variables), encoding="utf-8")


def _write(faq: Faq, overlay: Path, variables: Variables) -> None:
    if faq.only:
        _for_some(faq, overlay, variables)
        return
    group, name = _place(faq)
    lines: dict[str, list[str]] = {}
    seen: set[str] = set()
    for text in (faq.question, *faq.phrasings):
        if plain(text) and plain(text) not in seen:
            seen.add(plain(text))
            lines.setdefault(faq.language or language_of(text, "zh"), []).append(text)
    main = faq.language or language_of(faq.question, "zh")
    yaml = YAML()
    for language, utterances in lines.items():
        question = faq.question if language == main else utterances[0]
        path = overlay / "intents" / language / group / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as out:
            yaml.dump({"question": question, "audience": "all", "scope": "group", "utterances": utterances}, out)
    path = overlay / "templates" / main / group / f"{name}.md.j2"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source(faq.answer, variables), encoding="utf-8")
