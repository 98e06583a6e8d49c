"""The schema comes with the store, changes after a backup, and is never older than its data."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlmodel import SQLModel
from storage_samples import Database, message

from bot.ports import StoreError
from storage import SqlStore, backup, schema, sqlite
from storage.migrations.upgrade import config


async def test_migrated_as_the_tables_say(database: Database) -> None:
    await database.open()
    engine = create_engine(database.url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), SQLModel.metadata) == []
    engine.dispose()


async def test_made_by_the_tables_as_migrated(sqlite_file: Database, tmp_path: Path) -> None:
    """Alembic does not compare what SQLite keeps of partial indexes and tables without rowid: the statements themselves do."""
    await sqlite_file.open()
    await sqlite_file.close()
    fresh = Database(f"sqlite:///{tmp_path / 'fresh.db'}")
    engine = create_engine(fresh.url)
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    told = "SELECT name, replace(replace(replace(sql, char(10), ''), char(9), ''), ' ', '') FROM sqlite_master WHERE name <> 'alembic_version' ORDER BY name"
    assert [row for row in sqlite_file.query(told) if "alembic" not in row[0]] == fresh.query(told)


def test_head_is_the_newest_revision() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        assert ScriptDirectory.from_config(config(connection)).get_heads() == [schema.HEAD]
    engine.dispose()


async def test_a_newer_schema_is_refused(database: Database) -> None:
    await database.open()
    await database.close()
    database.query("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer version of Usher"):
        await database.open()
    database.query(f"UPDATE alembic_version SET version_num = '{schema.HEAD}'")
    await database.open()


async def _older(store: Database) -> None:
    """A database of the first revision with a message in it."""
    opened = await store.open()
    await opened.hear(message())
    await store.close()
    engine = create_engine(store.url)
    with engine.begin() as connection:
        command.downgrade(config(connection), "0001")
    engine.dispose()


async def test_backup_before_an_upgrade(sqlite_file: Database) -> None:
    await _older(sqlite_file)
    assert not sqlite_file.path.with_name("backups").exists(), "a new database needs none"
    await sqlite_file.open()
    await sqlite_file.close()
    (copy,) = sqlite_file.path.with_name("backups").iterdir()
    assert (stat.S_IMODE(copy.stat().st_mode), stat.S_IMODE(copy.parent.stat().st_mode)) == (0o600, 0o700)
    assert Database(f"sqlite:///{copy}").query("SELECT count(*) FROM inbox") == [(1,)]


async def test_a_failed_upgrade_changes_nothing(sqlite_file: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await _older(sqlite_file)

    def half(connection: sqlite.Connection, *_: object) -> None:
        connection.exec_driver_sql("DROP TABLE inbox")
        connection.exec_driver_sql("SELECT * FROM nowhere")

    with monkeypatch.context() as patch:
        patch.setattr("storage.migrations.upgrade.upgrade", half)
        with pytest.raises(StoreError, match="nowhere"):
            await sqlite_file.open()
    assert sqlite_file.query("SELECT count(*) FROM inbox") == [(1,)]
    await sqlite_file.open()
    await sqlite_file.close()


async def test_five_copies_are_kept_while_the_store_is_open(sqlite_file: Database, tmp_path: Path) -> None:
    store = await sqlite_file.open()
    await store.hear(message())
    copies = [backup(sqlite_file.path, tmp_path / "copies") for _ in range(7)]
    assert sorted((tmp_path / "copies").iterdir()) == copies[-5:]
    assert Database(f"sqlite:///{copies[-1]}").query("SELECT count(*) FROM inbox") == [(1,)]
    await sqlite_file.close()
    restored = await Database(f"sqlite:///{copies[-1]}", sqlite_file.stores).open()
    assert await restored.unfinished() == [message()]


def test_no_half_copy(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"not a database at all" * 100)
    with pytest.raises(sqlite3.Error):
        backup(broken, tmp_path / "copies")
    assert list((tmp_path / "copies").iterdir()) == []


async def test_for_its_owners_eyes_only(sqlite_file: Database) -> None:
    store = await sqlite_file.open()
    await store.hear(message())
    folder = sqlite_file.path.parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {
        f"usher.db{suffix}": 0o600 for suffix in ("", "-wal", "-shm", ".lock")
    }


async def test_settings_of_every_connection(sqlite_file: Database) -> None:
    store = await sqlite_file.open()
    values = []
    for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys"):
        values += [await store._db.read(lambda tx, name: tx.driver.execute(f"PRAGMA {name}").fetchone()[0], name)]
        values += [await store._db.write(lambda tx, name: tx.driver.execute(f"PRAGMA {name}").fetchone()[0], name)]
    assert values == ["wal", "wal", 2, 2, 5000, 5000, 1, 1]


@pytest.mark.parametrize("wrong", ["folder", "text"])
async def test_what_cannot_be_opened_is_said_plainly(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "usher.db"
    path.mkdir() if wrong == "folder" else path.write_bytes(b"text" * 1000)
    with pytest.raises(StoreError, match=r"cannot be opened: (Is a directory|file is not a database)"):
        await SqlStore(f"sqlite:///{path}", "me").open()


async def test_a_path_is_no_url(tmp_path: Path) -> None:
    odd = Database(f"sqlite:///{tmp_path}/财务 100%?mode=ro#x.db")
    await odd.open()
    await odd.close()
    assert odd.path.exists()


@pytest.mark.parametrize("url", ["mysql://x", "usher.db", ""])
def test_other_databases(url: str) -> None:
    with pytest.raises(StoreError, match="sqlite:///"):
        SqlStore(url, "me")


def test_without_the_extra() -> None:
    told = "import sys; sys.modules['psycopg'] = None\nfrom storage import SqlStore\nSqlStore('postgresql://x/y', 'me')"
    run = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False)
    assert run.stderr.strip().endswith("PostgreSQL needs its driver: pip install 'usher-bot[postgres]'")


def test_a_start_with_nothing_to_upgrade_needs_no_alembic(tmp_path: Path) -> None:
    told = f"""
import asyncio, sys
from storage import SqlStore
async def start():
    store = SqlStore("sqlite:///{tmp_path}/usher.db", "me"); await store.open(); await store.close()
asyncio.run(start())
print("alembic" in sys.modules, "psycopg" in sys.modules)
"""
    runs = [subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout.split() for _ in range(2)]
    assert runs == [["True", "False"], ["False", "False"]]
