"""Backups that come back, and exports that people and spreadsheets can read."""

from __future__ import annotations

import csv
import io
import json
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.config import Settings
from bot.core.model import Entry, Lesson, Organisation, Ticket
from bot.core.turn import Event, Put
from bot.ports import Commit, Journal, StoreError, WordsError
from bot.records import sheets, workbook
from bot.verbs.archiving import bring_back, save
from bot.verbs.exporting import faqs, live_lessons, write_all, write_faqs
from bot.wiring.parts import key_ring
from bot.words.importing import BOUNDS, bring_faqs
from bot.words.loading import load
from bot.words.table import as_csv
from storage import SqlStore
from storage.shelf import Shelf

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)
LESSON = Lesson(
    "l1", "K7Q2M", "faq", "live", "taught.k7q2m", "zh", "c:a", NOW, question="打印机在哪", utterances=("打印机在哪",), answer="三楼 {{ 7 * 7 }}", live=NOW
)
TICKET = Ticket("t1", "T7Q2M", "c:b", "open", '=HYPERLINK("http://evil","x")', NOW)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    words = tmp_path / "words"
    (words / "intents" / "zh" / "own").mkdir(parents=True)
    (words / "intents" / "zh" / "own" / "a.yaml").write_text("question: 报名\nutterances: [怎么报名, 报名流程]\n", encoding="utf-8")
    (words / "templates" / "zh" / "own").mkdir(parents=True)
    (words / "templates" / "zh" / "own" / "a.md.j2").write_text("先填表，找{{ org.contact or '管理员' }}。\n", encoding="utf-8")
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    return Settings(data=data, words=(words,))


async def filled(settings: Settings) -> None:
    """A database with a lesson, a ticket and a line of the trail."""
    store = SqlStore(f"sqlite:///{settings.data / 'usher.db'}", "test", settings.data, key_ring(settings))
    await store.open()
    stimulus = Event("test", "put", "1", "", {}, NOW)
    await store.hear(stimulus)
    puts = tuple(Put(one) for one in (LESSON, TICKET, Entry("e1", NOW, "c:a", "publish", "lesson:l1")))
    await store.commit(Commit(stimulus, puts, (), (), Journal("j1", "event", "", "", "", "", 0.0, "noted", "{}", NOW)))
    await store.close()


async def test_a_backup_comes_back_whole(settings: Settings, tmp_path: Path) -> None:
    await filled(settings)
    told = save(settings, tmp_path / "b.zip")
    assert any("usher.db" in line for line in told)
    assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600
    other = tmp_path / "other"
    assert any("usher.db" in line for line in bring_back(tmp_path / "b.zip", other))
    assert stat.S_IMODE((other / "usher.db").stat().st_mode) == stat.S_IMODE((other / "keys.json").stat().st_mode) == 0o600
    assert await live_lessons(Settings(data=other)) == (LESSON.__class__(**{**{name: getattr(LESSON, name) for name in LESSON.__slots__}, "version": 1}),)
    assert (other / "words" / "0" / "intents" / "zh" / "own" / "a.yaml").exists()


async def test_files_that_people_sent_come_back_sealed(settings: Settings, tmp_path: Path) -> None:
    await filled(settings)
    digest = await Shelf(settings.data / "files", key_ring(settings)).keep(b"a badge", "v1")
    assert "1 files that people sent" in save(settings, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert all(b"a badge" not in archive.read(one) for one in archive.namelist())
    other = tmp_path / "other"
    bring_back(tmp_path / "b.zip", other)
    assert await Shelf(other / "files", key_ring(Settings(data=other))).open(digest, "v1") == b"a badge"
    assert {stat.S_IMODE(path.stat().st_mode) for path in (other / "files").rglob("*")} == {0o600, 0o700}


async def test_a_database_that_is_there_stays_unless_told(settings: Settings, tmp_path: Path) -> None:
    await filled(settings)
    save(settings, tmp_path / "b.zip")
    before = (settings.data / "usher.db").read_bytes()
    with pytest.raises(StoreError, match="--force"):
        bring_back(tmp_path / "b.zip", settings.data)
    assert (settings.data / "usher.db").read_bytes() == before
    assert "former database" in bring_back(tmp_path / "b.zip", settings.data, force=True)[0]


async def test_nothing_is_restored_under_a_running_program(settings: Settings, tmp_path: Path) -> None:
    await filled(settings)
    save(settings, tmp_path / "b.zip")
    store = SqlStore(f"sqlite:///{settings.data / 'usher.db'}", "test", settings.data, key_ring(settings))
    await store.open()
    try:
        assert save(settings, tmp_path / "again.zip")
        with pytest.raises(StoreError, match="another process"):
            bring_back(tmp_path / "b.zip", settings.data, force=True)
    finally:
        await store.close()


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ({"../usher.db": b"x"}, "does not belong"), ({"usher.db": b"x", "words/../../x": b"x"}, "does not belong"), ({"evil.sh": b"x"}, "does not belong"),
        ({"keys.json": b"{}"}, "holds no database"), ({"usher.db": b"no database"}, "broken"), ({"usher.db": b"\0" * 60_000_000}, "does not belong"),
    ],
)  # fmt: skip
def test_what_is_no_backup_touches_nothing(tmp_path: Path, entries: dict[str, bytes], why: str) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in entries.items():
            archive.writestr(name, body)
    with pytest.raises(StoreError, match=why):
        bring_back(tmp_path / "b.zip", tmp_path / "data")
    assert not [path for path in (tmp_path / "data").iterdir() if not path.name.endswith(".lock")]
    assert not (tmp_path / "x").exists()


def test_a_broken_file_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(StoreError, match="not a readable backup"):
        bring_back(tmp_path / "b.zip", tmp_path / "data")
    with pytest.raises(StoreError, match="no database"):
        save(Settings(data=tmp_path / "nothing"), tmp_path / "c.zip")
    assert not (tmp_path / "c.zip").exists()


@pytest.mark.parametrize("cell", ['=HYPERLINK("http://evil","x")', "@SUM(A1)", "\t=1", "+1", "-2+3", "＝1+1", "＠x"])
def test_a_spreadsheet_calculates_nothing(cell: str) -> None:
    text = as_csv([{"id": "a", "question": cell, "phrasings": "", "answer": "x"}])
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert row["question"] == f"'{cell}"


@pytest.mark.parametrize("kind", ["csv", "yaml", "xlsx"])
async def test_answers_come_back_as_they_were_read(settings: Settings, tmp_path: Path, kind: str) -> None:
    await filled(settings)
    file = tmp_path / f"f.{kind}"
    count = write_faqs(settings, await live_lessons(settings), file)
    assert count > 200
    assert bring_faqs(file, tmp_path / "back", replace=True) == count
    back = load([tmp_path / "back"])
    shown = {row["id"]: row["answer"] for row in faqs(back, Organisation()) if row["language"] == "zh"}
    assert shown["taught.k7q2m"] == "三楼 {{ 7 * 7 }}"
    assert shown["own.a"] == "先填表，找管理员。"


def test_a_sheet_holds_text_alone(tmp_path: Path) -> None:
    """A formula, a long number, a leading zero and a sign that no cell shows are the text that they were; the headings stay in sight."""
    rows = [
        {"id": "007", "text": f"{cell}\n末行"}
        for cell in ('=HYPERLINK("http://evil","x")', "@SUM(A1)", "13800138000123456", "=1+1", "<b>", "https://x.example", "1e5")
    ]
    assert workbook.write(tmp_path / "t.xlsx", ("id", "text"), rows, "t") == len(rows)
    assert sheets.rows((tmp_path / "t.xlsx").read_bytes(), BOUNDS) == [["id", "text"], *(list(row.values()) for row in rows)]
    with zipfile.ZipFile(tmp_path / "t.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert ("<f>" in sheet, "<v>" in sheet, "hyperlink " in sheet, 'state="frozen"' in sheet, "<cols>" in sheet) == (False, False, False, True, True)
    with pytest.raises(workbook.TooMuch, match="row 1, text"):
        workbook.write(tmp_path / "u.xlsx", ("id", "text"), [{"id": "1", "text": "x" * 32_768}], "t")


def test_another_ending_is_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(WordsError, match="is wanted"):
        write_faqs(settings, (), tmp_path / "f.doc")


async def test_everything_in_one_archive(settings: Settings, tmp_path: Path) -> None:
    await filled(settings)
    counts = await write_all(settings, tmp_path / "all.zip")
    assert (counts["lesson.jsonl"], counts["ticket.jsonl"], counts["audit.jsonl"], counts["journal.jsonl"]) == (1, 1, 1, 1)
    assert stat.S_IMODE((tmp_path / "all.zip").stat().st_mode) == 0o600
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        lesson: dict[str, Any] = json.loads(archive.read("lesson.jsonl"))
        assert lesson["answer"] == LESSON.answer
        assert "打印机在哪" in archive.read("faqs.csv").decode("utf-8-sig")


@pytest.mark.parametrize("size", [30 * 2**20])
def test_a_spreadsheet_that_unpacks_to_too_much(tmp_path: Path, size: int) -> None:
    with zipfile.ZipFile(tmp_path / "f.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", b" " * size)
    with pytest.raises(WordsError, match="too much"):
        bring_faqs(tmp_path / "f.xlsx", tmp_path / "o", replace=False)
