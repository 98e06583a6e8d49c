"""Every test of the store's contract runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from storage_samples import Database

from storage import SqlStore

POSTGRES = os.environ.get("USHER_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
TABLES = "inbox, outbox, journal, conversation, account, person, org_value, wish, item, item_tag, audit"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a database of our own on the server of USHER_TEST_POSTGRES_URL."""
    psycopg = pytest.importorskip("psycopg")
    try:
        server = psycopg.connect(POSTGRES, connect_timeout=3, autocommit=True)
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL answers (set USHER_TEST_POSTGRES_URL): {error}")
    name = f"usher_test_{secrets.token_hex(6)}"
    server.execute(f"CREATE DATABASE {name}")
    yield POSTGRES.rpartition("/")[0] + f"/{name}"
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    server.close()


@pytest.fixture
async def sqlite_file(tmp_path: Path) -> AsyncIterator[Database]:
    """A SQLite file that is not there yet."""
    made = Database(f"sqlite:///{tmp_path / 'data' / 'usher.db'}")
    yield made
    await made.close()


@pytest.fixture
async def shared(postgres: str) -> AsyncIterator[Database]:
    """An empty database that serves many processes."""
    made = Database(postgres)
    yield made
    await made.close()
    made.query(f"TRUNCATE {TABLES}")


@pytest.fixture(params=["sqlite_file", "shared"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database of either kind."""
    made: Database = request.getfixturevalue(request.param)
    return made


@pytest.fixture
async def store(database: Database) -> SqlStore:
    """An open store on it."""
    return await database.open()
