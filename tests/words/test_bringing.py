"""FAQs from a file: everything or nothing, and an answer's text is never run as a template."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from bot.core.model import Organisation
from bot.core.turn import Here, Say
from bot.ports import WordsError
from bot.words.importing import MOST, bring_faqs, file_name
from bot.words.loading import load

ROWS = [("one", "怎么报名", "报名流程;怎样报名", "先填表。"), ("two", "How to sign in", "where do I sign in", "At the desk.")]
HEADS = ("id", "question", "phrasings", "answer")
SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'
BOOK = '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>'
LINK = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}"/></Relationships>'


def as_json(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text(json.dumps({"faqs": rows}, ensure_ascii=False), encoding="utf-8")
    return path


def as_xlsx(path: Path, table: list[tuple[str, ...]]) -> Path:
    """The least spreadsheet there is."""
    cells = "".join(
        f'<row r="{y}">' + "".join(f'<c r="{"ABCD"[x]}{y}" t="inlineStr"><is><t>{escape(text)}</t></is></c>' for x, text in enumerate(row)) + "</row>"
        for y, row in enumerate(table, 1)
    )
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
        book.writestr("_rels/.rels", LINK.format(kind="officeDocument", target="xl/workbook.xml"))
        book.writestr("xl/workbook.xml", BOOK)
        book.writestr("xl/_rels/workbook.xml.rels", LINK.format(kind="worksheet", target="worksheets/sheet1.xml"))
        book.writestr("xl/worksheets/sheet1.xml", SHEET.format(rows=cells))
    return path


def as_csv(path: Path, encoding: str) -> Path:
    path.write_text("\r\n".join([",".join(HEADS), *(",".join(f'"{cell}"' for cell in row) for row in ROWS)]), encoding=encoding)
    return path


def answer(overlay: Path, name: str) -> str:
    words = load([overlay])
    reply = name.replace(".", "/", 1)
    return words.templates.render(Say(Here(), reply), "zh", {"org": Organisation()}).text


@pytest.mark.parametrize("kind", ["json", "csv", "csv with a mark", "csv of a Chinese Excel", "xlsx"])
def test_each_kind_of_file(tmp_path: Path, kind: str) -> None:
    file = {
        "json": lambda: as_json(tmp_path / "f.json", [dict(zip(HEADS, row, strict=True)) for row in ROWS]),
        "csv": lambda: as_csv(tmp_path / "f.csv", "utf-8"),
        "csv with a mark": lambda: as_csv(tmp_path / "f.csv", "utf-8-sig"),
        "csv of a Chinese Excel": lambda: as_csv(tmp_path / "f.CSV", "gb18030"),
        "xlsx": lambda: as_xlsx(tmp_path / "f.xlsx", [HEADS, *ROWS]),
    }[kind]()
    assert bring_faqs(file, tmp_path / "o", replace=False) == 2
    words = load([tmp_path / "o"])
    assert words.headings["imported.one"].utterances["zh"] == ("怎么报名", "报名流程", "怎样报名")
    assert words.headings["imported.two"].utterances["en"] == ("How to sign in", "where do I sign in")
    assert answer(tmp_path / "o", "imported.one") == "先填表。"


@pytest.mark.parametrize(
    "text",
    ["{{ 7*7 }}", "{% endraw %}{{ 7*7 }}", "{# x #}", "{% include 'x' %}", "{% raw %}"],
)
def test_an_answer_is_never_run(tmp_path: Path, text: str) -> None:
    _never_run(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "{% end{% endraw %}raw %}{{ 7*7 }}",
        "{%- endraw -%}{{ 7*7 }}{% raw %}",
        "{%endraw%}{{ 7*7 }}{% raw %}",
        "{% endraw\n%}{{ 7*7 }}{% raw %}",
        "{%+ endraw %}{{ 7*7 }}{% raw %}",
    ],
)
def test_no_spelling_of_the_end_lets_it_run(tmp_path: Path, text: str) -> None:
    _never_run(tmp_path, text)


def _never_run(tmp_path: Path, text: str) -> None:
    bring_faqs(as_json(tmp_path / "f.json", [{"id": "x", "question": "报名", "answer": f"头 {text} 尾"}]), tmp_path / "o", replace=False)
    told = answer(tmp_path / "o", "imported.x")
    assert "49" not in told
    assert told.startswith("头")
    assert told.endswith("尾")


@pytest.mark.parametrize("name", ["../../x", "/etc/passwd", "..", "a/b", "C:\\x", "x" * 500, "名字", "a.b.c", "..a", "a..", ".", "a\x00b", "CON", "-rf"])
def test_an_id_never_leaves_the_folder(tmp_path: Path, name: str) -> None:
    before = set(tmp_path.rglob("*"))
    bring_faqs(as_json(tmp_path / "f.json", [{"id": name, "question": "报名", "answer": "好"}]), tmp_path / "o" / "p", replace=False)
    made = {path for path in tmp_path.rglob("*.*") if path.is_file()} - before - {tmp_path / "f.json"}
    assert made
    assert all(path.is_relative_to(tmp_path / "o" / "p") for path in made)
    assert "\x00" not in file_name(name)


FAULTY: list[tuple[str, str | bytes]] = [
    ("a.json", "{"), ("a.json", "[]"), ("a.json", '{"faqs": []}'), ("a.json", '{"faqs": [1]}'), ("a.json", '{"faqs": [{"id": "a"}]}'),
    ("a.json", '{"faqs": [{"id": "a", "question": "b", "answer": "c", "phrasings": [1]}]}'), ("a.json", '{"faqs": [{"id": "a", "question": "b", "answer": "c", "phrasings": {"x": 1}}]}'),
    ("a.json", '{"faqs": [{"id": "a", "question": "b", "answer": "c"}, {"id": "a", "question": "b", "answer": "c"}]}'),
    ("a.json", '{"faqs": [{"id": "a b", "question": "b", "answer": "c"}, {"id": "a_b", "question": "b", "answer": "c"}]}'),
    ("a.json", b"\xff\xfe\x00"), ("a.csv", "id,question,answer\n1,,\n"), ("a.csv", ""), ("a.csv", b"\xff\xff\xff\xff"), ("a.xlsx", "no"), ("a.xlsx", b"PK\x03\x04"),
    ("a.txt", ""), ("a", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), FAULTY)
def test_a_faulty_file_changes_nothing(tmp_path: Path, name: str, text: str | bytes) -> None:
    good = [{"id": "old", "question": "旧", "answer": "旧"}]
    bring_faqs(as_json(tmp_path / "good.json", good), tmp_path / "o", replace=True)
    before = {path: path.read_bytes() for path in (tmp_path / "o").rglob("*") if path.is_file()}
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(WordsError):
        bring_faqs(tmp_path / name, tmp_path / "o", replace=True)
    assert {path: path.read_bytes() for path in (tmp_path / "o").rglob("*") if path.is_file()} == before


def test_every_faulty_row_is_named(tmp_path: Path) -> None:
    rows = [{"id": "", "question": "b", "answer": "c"}, {"id": "a", "question": "b", "answer": "c"}, {"id": "x", "question": "", "answer": ""}]
    with pytest.raises(WordsError) as fault:
        bring_faqs(as_json(tmp_path / "f.json", rows), tmp_path / "o", replace=False)
    assert str(fault.value).splitlines() == ["row 1: id missing or not text", "row 3: question, answer missing or not text"]


def test_too_many(tmp_path: Path) -> None:
    rows = [{"id": str(number), "question": "b", "answer": "c"} for number in range(MOST + 1)]
    with pytest.raises(WordsError, match="between 1 and"):
        bring_faqs(as_json(tmp_path / "f.json", rows), tmp_path / "o", replace=False)


def test_replace_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    for name in ("one", "two"):
        bring_faqs(as_json(tmp_path / "f.json", [{"id": name, "question": "报名", "answer": "好"}]), tmp_path / "o", replace=True)
    assert [*load([tmp_path / "o"]).headings] == ["imported.two"]


def test_an_id_with_a_group_replaces_the_shipped_intent(tmp_path: Path) -> None:
    bring_faqs(as_json(tmp_path / "f.json", [{"id": "invite.not_received", "question": "没收到", "answer": "好"}]), tmp_path / "o", replace=False)
    assert (tmp_path / "o/intents/zh/invite/not_received.yaml").is_file()
    assert answer(tmp_path / "o", "invite.not_received") == "好"
