"""`usher keys`: a whole data folder under a new key, also when the first try was broken off."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import config
from bot.cli import app
from bot.core.facts import Ask
from bot.core.model import Evidence
from bot.verbs import rotating
from bot.wiring.parts import database_url, key_ring
from storage import SqlStore
from storage.shelf import Shelf

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)


def usher(data: Path, verb: str) -> tuple[int, str]:
    """Runs a verb on the folder."""
    done = CliRunner().invoke(app, ["keys", verb, "--data", str(data)])
    return done.exit_code, done.output


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """A data folder with two files that people sent."""
    store, shelf = _opened(tmp_path)
    await store.open()
    for number in range(2):
        digest = await shelf.keep(b"%PDF" + bytes([number]), f"v{number}")
        await store.keep(Evidence(f"v{number}", "p", "request:r", "kept", NOW, sha256=digest))
    await store.close()
    return tmp_path


def _opened(folder: Path) -> tuple[SqlStore, Shelf]:
    settings = config.read(data=folder)
    ring = key_ring(settings)
    return SqlStore(database_url(settings), "test", folder, ring), Shelf(folder / "files", ring)


def under(folder: Path) -> set[int]:
    """The numbers of the keys of all rows and files."""
    with sqlite3.connect(folder / "usher.db") as database:
        rows = {bytes(body)[0] for (body,) in database.execute("SELECT body FROM item")}
    return rows | {path.read_bytes()[0] for path in (folder / "files").rglob("*") if path.is_file()}


async def readable(folder: Path) -> bool:
    """Whether all of it opens."""
    store, shelf = _opened(folder)
    await store.open()
    kept = (await store.answer([Ask(Evidence, most=9)])).items
    found = [await shelf.open(one.sha256, one.id) for one in kept if isinstance(one, Evidence)]
    await store.close()
    return len(found) == 2


def test_rows_and_files_are_under_the_new_key(data: Path) -> None:
    assert under(data) == {1}
    code, told = usher(data, "rotate")
    assert (code, under(data)) == (0, {2})
    assert "item: 2 sealed anew" in told
    assert "files: 2 sealed anew" in told
    assert (data / "keys.json").stat().st_mode & 0o777 == 0o600
    assert set(json.loads((data / "keys.json").read_text())["keys"]) == {"1", "2"}


async def test_what_was_broken_off_goes_on(data: Path) -> None:
    settings = config.read(data=data)
    assert rotating.added(settings) == ""
    (first, *_), ring = sorted((data / "files").rglob("*-*")), key_ring(settings)
    store, shelf = _opened(data)
    await store.open()
    owner = "v0" if first.name.startswith(hashlib.sha256(b"%PDF\x00").hexdigest()) else "v1"
    assert await shelf.reseal(first.name[:64], owner)
    await store.close()
    assert (under(data), ring.current) == ({1, 2}, 2)
    assert await readable(data)
    assert set((await rotating.resealed(settings)).values()) == {0, 1, 2}
    assert under(data) == {2}
    assert await readable(data)


def test_keys_of_the_settings_are_given_back(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USHER_DATABASE__KEYS", (data / "keys.json").read_text())
    code, told = usher(data, "rotate")
    assert code == 1
    assert '"current": 2' in told
    assert under(data) == {1}


def test_without_a_ring_there_is_nothing_to_rotate(tmp_path: Path) -> None:
    code, told = usher(tmp_path, "rotate")
    assert (code, list(tmp_path.iterdir())) == (1, [])
    assert "no ring of keys" in told
