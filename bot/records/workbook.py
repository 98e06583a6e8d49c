"""Writes a table as an XLSX file: every cell is text, so nothing is calculated and no number loses a digit, and only one row is in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet would take for a formula (also in its full-width form)."""
LONGEST, MOST = 32_767, 1_048_575
"""Signs in a cell and rows below the headings that Excel can hold."""
NARROW, WIDE = 8, 60
"""Widths of columns in signs of Latin."""
LOOKED_AT = 200
"""Rows by which the widths of columns are found."""


class TooMuch(ValueError):
    """More than an XLSX file can hold; the text says what."""


def harmless(text: str) -> str:
    """The text as a cell of a CSV file that is no formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def write(file: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]], title: str) -> int:
    """Writes the rows under a frozen line of headings; how many. A cell that looks like a formula is marked as text, too, so that it stays one when somebody
    edits it. Raises TooMuch."""
    from xlsxwriter import Workbook  # noqa: PLC0415 - only for spreadsheets

    todo = ([str(row[name]) for name in columns] for row in rows)
    first = list(islice(todo, LOOKED_AT))
    count = 0
    with Workbook(str(file), {"constant_memory": True}) as book:
        sheet = book.add_worksheet(title)
        look = {"num_format": "@", "text_wrap": True, "valign": "top"}
        head, plain, marked = (book.add_format({**look, **more}) for more in ({"bold": True}, {}, {"quote_prefix": True}))
        sheet.freeze_panes(1, 0)
        for place, name in enumerate(columns):
            sheet.set_column(place, place, _width([name, *(cells[place] for cells in first)]))
            sheet.write_string(0, place, name, head)
        for cells in _fitting(chain(first, todo), columns):
            count += 1
            for place, text in enumerate(cells):
                sheet.write_string(count, place, text, marked if text.startswith(FORMULA) else plain)
    return count


def _fitting(rows: Iterable[list[str]], columns: Sequence[str]) -> Iterator[list[str]]:
    for number, cells in enumerate(rows, 1):
        if number > MOST:
            raise TooMuch(f"more than {MOST} rows")
        for name, text in zip(columns, cells, strict=True):
            if len(text) > LONGEST:
                raise TooMuch(f"row {number}, {name}: more than {LONGEST} signs; take another format")
        yield cells


def _width(texts: Iterable[str]) -> int:
    """Wide enough for the longest line, a Chinese sign counting twice, within bounds."""
    longest = max((sum(1 if sign < "\u2e80" else 2 for sign in line[:WIDE]) for text in texts for line in text.split("\n")), default=0)
    return min(WIDE, max(NARROW, longest + 2))
