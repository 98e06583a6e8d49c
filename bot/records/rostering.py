"""Reads people, invites or applications from a CSV or XLSX file: every faulty cell is listed, and nothing is taken while there is one."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML

from bot.core.turn import Event
from bot.records import sheets
from bot.records.record import KINDS, Record, event, faults

LARGEST = 20 * 2**20
"""Bytes of a file."""
MOST_ROWS = 20_000
BOUNDS = sheets.Bounds(rows=MOST_ROWS, parts=200, unpacked=64 * 2**20)
MOST_COLUMNS = 60
MOST_FAULTS = 100
"""Faults that are listed; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that cannot be taken: the row as the file numbers it (1 is the header; 0 is the file itself), the column's heading, and why."""

    row: int
    column: str
    why: str


@dataclass(frozen=True, slots=True)
class Roster:
    """What a file holds. `records` are complete only when there are no `faults`; `more` faults were found beyond those listed."""

    kind: str
    digest: str
    records: tuple[tuple[int, Record], ...] = ()
    faults: tuple[Fault, ...] = ()
    more: int = 0

    def events(self, now: datetime) -> tuple[Event, ...]:
        """One event a record; the same file read again gives the same events, so that an import that broke off goes on."""
        return tuple(event("import", self.kind, f"{self.digest}.{row}", record, now) for row, record in self.records)


@dataclass(slots=True)
class _Sheet:
    heads: list[str] = field(default_factory=list)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)


class _Unreadable(Exception):
    """The file as a whole cannot be read."""


def read(kind: str, name: str, raw: bytes, headings: Mapping[str, str]) -> Roster:
    """Reads a file of that name. `headings` gives the field for each heading people write (lower case); a field's own name always works."""
    digest = hashlib.sha256(kind.encode() + b"\0" + raw).hexdigest()[:24]
    try:
        sheet = _sheet(name, raw)
        columns = _columns(kind, sheet.heads, headings)
    except _Unreadable as fault:
        return Roster(kind, digest, faults=(Fault(0, "", str(fault)),))
    records: list[tuple[int, Record]] = []
    found: list[Fault] = []
    for number, cells in sheet.rows:
        try:
            records.append((number, _record(kind, columns, cells)))
        except ValidationError as fault:
            found += [Fault(number, where.split(".")[0], why) for where, why in faults(fault)]
    return Roster(kind, digest, tuple(records), tuple(found[:MOST_FAULTS]), max(0, len(found) - MOST_FAULTS))


def headings(roots: Sequence[Path]) -> Mapping[str, str]:
    """The field for each heading that the words' files `intents/<language>/_columns.yaml` name, in lower case."""
    found: dict[str, str] = {}
    for path in (path for root in roots for path in sorted(root.glob("intents/*/_columns.yaml"))):
        for name, words in YAML(typ="safe").load(path.read_text(encoding="utf-8")).items():
            found |= {str(word).strip().lower(): str(name) for word in words}
    return found


def _record(kind: str, columns: list[str], cells: list[str]) -> Record:
    values: dict[str, Any] = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name and cell.strip()}
    if "roles" in values:
        values["roles"] = tuple(values["roles"].split())
    return KINDS[kind].model_validate(values)


def _columns(kind: str, heads: list[str], headings: Mapping[str, str]) -> list[str]:
    """The field of each column, empty for one that is not used."""
    known = KINDS[kind].model_fields
    columns = [headings.get(head, head if head in known else "") for head in (head.strip().lower() for head in heads)]
    columns = [name if name in known else "" for name in columns]
    used = [name for name in columns if name]
    missing = [name for name, info in known.items() if info.is_required() and name not in used]
    if missing:
        raise _Unreadable(f"columns missing: {', '.join(missing)}")
    if len(used) != len(set(used)):
        raise _Unreadable("two columns mean the same field")
    return columns


def _sheet(name: str, raw: bytes) -> _Sheet:
    if not raw or len(raw) > LARGEST:
        raise _Unreadable(f"the file is empty or larger than {LARGEST // 2**20} MB")
    kind = name.lower().rpartition(".")[2]
    if kind not in ("csv", "xlsx"):
        raise _Unreadable("a .csv or .xlsx file is wanted")
    sheet = _filled(_csv(raw) if kind == "csv" else _xlsx(raw))
    if not sheet.rows:
        raise _Unreadable("the file has no rows below its headings")
    return sheet


def _filled(rows: Iterator[list[str]]) -> _Sheet:
    sheet = _Sheet()
    for number, cells in enumerate(rows, 1):
        if len(cells) > MOST_COLUMNS:
            raise _Unreadable(f"row {number} has more than {MOST_COLUMNS} columns")
        if number == 1:
            sheet.heads = cells
        elif any(cell.strip() for cell in cells):
            sheet.rows.append((number, cells))
        if len(sheet.rows) > MOST_ROWS:
            raise _Unreadable(f"more than {MOST_ROWS} rows; split the file")
    return sheet


def _csv(raw: bytes) -> Iterator[list[str]]:
    """UTF-8 (with or without BOM), UTF-16 with BOM, or GB18030, which Chinese Excel writes."""
    encodings = ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise _Unreadable("the file's encoding is not UTF-8, UTF-16 or GB18030")
    try:
        yield from csv.reader(io.StringIO(text, newline=""), strict=True)
    except csv.Error as fault:
        raise _Unreadable(f"not a readable CSV file ({fault})") from fault


def _xlsx(raw: bytes) -> Iterator[list[str]]:
    try:
        table = sheets.rows(raw, BOUNDS)
    except sheets.Unreadable as fault:
        raise _Unreadable(str(fault)) from fault
    yield from ([_cell(cell) for cell in row] for row in table)


def _cell(value: Any) -> str:
    """A cell as text: a whole number without its `.0` (a telephone number), a time in ISO form, and no formula, of which only its last value is kept."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
