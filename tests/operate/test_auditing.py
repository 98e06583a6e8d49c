"""The audit trail from outside: whole or not, searched, exported - with the helper's own key, on a copy, while it may run."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import config
from bot.cli import app
from bot.core.model import Entry
from bot.core.turn import Event, Put
from bot.ports import Commit, Journal
from bot.wiring.parts import database_url, key_ring
from storage import SqlStore

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)
ACTS = ("request.file", "request.approve", "grant.done", "request.file", "request.reject")


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """A data folder with five chained lines."""
    settings = config.read(data=tmp_path)
    store = SqlStore(database_url(settings), "test", tmp_path, key_ring(settings))
    await store.open()
    stimulus = Event("test", "put", "1", "", {}, NOW)
    await store.hear(stimulus)
    entries = [Entry(f"e{n}", NOW + timedelta(hours=n), f"c:{n % 2}", act, f"request:r{n // 3}", "=1+1", "\u51fa\u7eb3") for n, act in enumerate(ACTS)]
    await store.commit(Commit(stimulus, tuple(map(Put, entries)), (), (), Journal("j", "event", "", "", "", "", 0.0, "noted", "{}", NOW)))
    assert await store.chain_audit(key_ring(settings).derived("audit")) == len(ACTS)
    await store.close()
    return tmp_path


def usher(*words: str) -> tuple[int, str]:
    """Runs a verb."""
    done = CliRunner().invoke(app, ["audit", *words])
    return done.exit_code, done.output


def damage(folder: Path, statement: str) -> None:
    """Somebody with the file at hand."""
    with sqlite3.connect(folder / "usher.db") as database:
        database.execute(statement)
    database.close()


def test_a_whole_trail_and_its_anchor(data: Path) -> None:
    code, said = usher("verify", "--data", str(data))
    assert code == 0, said
    anchor = re.search(r"anchor (\S+)", said)[1]
    assert usher("verify", "--data", str(data), "--anchor", anchor)[0] == 0
    damage(data, "DELETE FROM audit WHERE id = 'e4'")
    assert usher("verify", "--data", str(data))[0] == 0, "what is left fits together"
    code, said = usher("verify", "--data", str(data), "--anchor", anchor)
    assert code == 1
    assert "cut off" in said


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET actor = 'c:9' WHERE id = 'e2'", "DELETE FROM audit WHERE id = 'e2'", "UPDATE audit SET mac = 'x' WHERE id = 'e2'"]
)
def test_what_was_changed_shows(data: Path, statement: str) -> None:
    damage(data, statement)
    code, said = usher("verify", "--data", str(data))
    assert (code, "line 3" in said or "line 4" in said) == (1, True), said


@pytest.mark.parametrize(("about", "found"), [("request:r1", 2), ("c:0", 3), ("approve", 1), ("\u51fa\u7eb3", 5), ("", 5), ("nobody", 0)])
def test_lines_are_searched(data: Path, about: str, found: int) -> None:
    code, said = usher("search", about, "--data", str(data))
    assert code == 0
    assert said.count("request:") == found
    assert found or "Nothing was found" in said


def test_not_before_a_day(data: Path) -> None:
    assert usher("search", "", "--data", str(data), "--since", "2026-03-04")[1].startswith("Nothing")


def test_everything_as_a_file(data: Path, tmp_path: Path) -> None:
    for name in ("trail.csv", "trail.jsonl", "trail.xlsx"):
        code, said = usher("export", str(tmp_path / name), "--data", str(data))
        assert (code, said.startswith("5 lines")) == (0, True), said
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    rows = [json.loads(line) for line in (tmp_path / "trail.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["e0", "e1", "e2", "e3", "e4"]
    assert ",'=1+1," in (tmp_path / "trail.csv").read_text(encoding="utf-8"), "no cell is a formula"


@pytest.mark.parametrize("words", [("export", "trail.txt"), ("verify", "--anchor", "nonsense"), ("verify", "--data", "/nonexistent/usher")])
def test_faults_are_plain_sentences(data: Path, words: tuple[str, ...]) -> None:
    code, said = usher(*words, *(() if "--data" in words else ("--data", str(data))))
    assert code == 1
    assert "Traceback" not in said
