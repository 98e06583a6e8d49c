"""Reads the first sheet of an XLSX file that somebody sent: measured before anything is unpacked, so that a bomb costs nothing."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a spreadsheet may hold: rows below its headings, files inside, bytes of everything in it, and how many times it may grow when it is unpacked
    (reliability T22; 0: any)."""

    rows: int
    parts: int
    unpacked: int
    ratio: int = 0


class Unreadable(Exception):
    """Not a spreadsheet, or more of one than the bounds allow; the text says which."""


def rows(raw: bytes, bounds: Bounds) -> list[list[Any]]:
    """The cells of the first sheet row by row, a formula by its last value. Raises Unreadable."""
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - only for spreadsheets

    _measured(raw, bounds)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(raw)) as book:
            sheet = book.get_sheet_by_index(0)
            if sheet.total_height > bounds.rows + 1:
                raise Unreadable(f"more than {bounds.rows} rows; split the file")
            found: list[list[Any]] = sheet.to_python(nrows=bounds.rows + 2)
    except (CalamineError, ValueError, OSError) as fault:
        raise Unreadable(f"not a readable spreadsheet ({fault})") from fault
    return found


def _measured(raw: bytes, bounds: Bounds) -> None:
    """Looks at the archive's directory alone."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError) as fault:
        raise Unreadable(f"not a readable spreadsheet ({fault})") from fault
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if len(parts) > bounds.parts or unpacked > bounds.unpacked or (bounds.ratio and unpacked > bounds.ratio * max(1, packed)):
        raise Unreadable(
            f"the spreadsheet unpacks to too much: more than {bounds.unpacked // 2**20} MB, {bounds.parts} parts or {bounds.ratio or 'any'} times its size"
        )
