"""Files of people: every faulty cell is named, hostile files are refused within bounds, the same file twice counts once."""

from __future__ import annotations

import io
import resource
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.records import rostering
from bot.records.rostering import Fault, read
from bot.verbs import taking
from bot.words.loading import bundled

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
HEADINGS = {"姓名": "name", "手机": "mobile", "成员id": "account", "部门": "department"}
GOOD = "成员ID,姓名,手机,部门\nemp1,李雷,13800138000,财务部\nemp2,韩梅梅,,\n"


def person(text: str | bytes, name: str = "people.csv") -> rostering.Roster:
    return read("person", name, text.encode() if isinstance(text, str) else text, HEADINGS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_good_file_gives_its_records_in_every_encoding(encoding: str) -> None:
    found = person(GOOD.encode(encoding))
    assert found.faults == ()
    told = found.events(NOW)
    assert [(one.kind, one.subject, one.values["name"]) for one in told] == [("person", "emp1", "李雷"), ("person", "emp2", "韩梅梅")]
    assert [one.key for one in told] == [one.key for one in person(GOOD.encode(encoding)).events(NOW)]
    assert len({one.key for one in told}) == 2


def test_every_faulty_cell_is_named_by_row_and_column() -> None:
    found = person("成员ID,姓名,手机\nemp1,,13800138000\nemp 2,韩梅梅,12\nemp3,=HYPERLINK(1),\n")
    assert [(fault.row, fault.column) for fault in found.faults] == [(2, "name"), (3, "account"), (3, "mobile"), (4, "name")]
    assert not any("HYPERLINK" in fault.why or "12" in fault.why for fault in found.faults)


@pytest.mark.parametrize(
    ("raw", "name", "why"),
    [
        (b"", "people.csv", "empty"),
        (GOOD.encode(), "people.pdf", ".csv or .xlsx"),
        ("姓名\n李雷\n".encode(), "people.csv", "columns missing: account"),
        ("姓名,姓名,成员ID\na,b,c\n".encode(), "people.csv", "mean the same"),
        ("成员ID,姓名\n".encode(), "people.csv", "no rows"),
        (b"account,name\n" + b'"a,b\n', "people.csv", "CSV"),
        (b"account,name\n" + b"a,b\n" * 20_001, "people.csv", "20000 rows"),
        (b"account,name" + b",x" * 100 + b"\na,b\n", "people.csv", "60 columns"),
        (b"\xff\xfe\x00", "people.csv", "encoding"),
        (b"PK\x03\x04 not a zip", "people.xlsx", "spreadsheet"),
        (b"account,name\n\x00,b\n", "people.csv", ""),
    ],
)
def test_a_file_that_cannot_be_read_says_why(raw: bytes, name: str, why: str) -> None:
    found = person(raw, name)
    assert found.faults
    assert found.events(NOW) == ()
    assert why in found.faults[0].why


def spreadsheet(rows: str, extra: dict[str, bytes] | None = None) -> bytes:
    """A minimal XLSX with this sheet data."""
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.'
        'openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/'
        'officeDocument/2006/relationships"><sheets><sheet name="s" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type='
        '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
        for name, raw in (extra or {}).items():
            archive.writestr(name, raw)
    return out.getvalue()


def cells(number: int, *values: str) -> str:
    told = "".join(
        f'<c r="{chr(65 + place)}{number}"><v>{value}</v></c>'
        if value.isdigit()
        else f'<c r="{chr(65 + place)}{number}" t="inlineStr"><is><t>{value}</t></is></c>'
        for place, value in enumerate(values)
    )
    return f'<row r="{number}">{told}</row>'


HEAD = cells(1, "成员ID", "姓名", "手机")


def test_a_spreadsheet_keeps_a_telephone_number_whole() -> None:
    found = person(spreadsheet(HEAD + cells(2, "emp1", "李雷", "13800138000")), "people.xlsx")
    assert (found.faults, [one.values["mobile"] for one in found.events(NOW)]) == ((), ["13800138000"])


def test_a_formula_cell_counts_by_its_last_value_and_is_never_run() -> None:
    row = '<row r="2"><c r="A2" t="str"><f>CONCAT("emp","1")</f><v>emp1</v></c><c r="B2"><f>WEBSERVICE("http://evil")</f></c></row>'
    found = person(spreadsheet(HEAD + row), "people.xlsx")
    assert [(fault.row, fault.column) for fault in found.faults] == [(2, "name")]


def test_bombs_and_a_million_rows_are_refused_within_bounds() -> None:
    bomb = spreadsheet(HEAD, {"xl/media/x.bin": b"\0" * (65 * 2**20)})
    many = spreadsheet(HEAD, {f"xl/media/{number}": b"" for number in range(300)})
    long = spreadsheet(HEAD + "".join(f'<row r="{number}"><c r="A{number}"><v>1</v></c></row>' for number in range(2, 1_000_000)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for raw in (bomb, many, long):
        (fault,) = person(raw, "people.xlsx").faults
        assert fault.row == 0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024


def test_headings_of_both_languages_are_known() -> None:
    known = rostering.headings([bundled()])
    assert (known["姓名"], known["phone"], known["手机号"]) == ("name", "mobile", "mobile")


def test_the_verb_checks_first_and_takes_once(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    run = CliRunner()
    file.write_text("成员ID,姓名\nemp1,\n", encoding="utf-8")
    refused = run.invoke(app, ["import", "roster", str(file), "--take", "--data", str(tmp_path / "data")])
    assert refused.exit_code == 1
    assert "row 2, name" in refused.output
    file.write_text(GOOD, encoding="utf-8")
    assert "2 person records are in order" in run.invoke(app, ["import", "roster", str(file)]).output
    for count in ("2", "0"):
        assert f"{count} were new" in run.invoke(app, ["import", "roster", str(file), "--take", "--data", str(tmp_path / "data")]).output


def test_faults_beyond_the_list_are_counted() -> None:
    found = person("成员ID,姓名\n" + "emp1,\n" * 150)
    assert (len(found.faults), found.more) == (100, 50)
    assert taking.told(found)[-1] == "and 50 more"
    assert found.faults[0] == Fault(2, "name", found.faults[0].why)
