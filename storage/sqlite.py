"""SQLite as a database of the store: a writer thread, reads on a connection of their own, one process a file."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Collection
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine
from sqlalchemy.exc import SQLAlchemyError

from bot.ports import StoreError
from storage.backup import backup
from storage.guard import Guard
from storage.schema import bring_up
from storage.sealing import Sealer
from storage.sql import Operation, Texts, Tx
from storage.writer import Writer, fault

PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 5000", "foreign_keys = ON")


class Sqlite:
    """A file, or with `path` None a database in memory that ends with the process."""

    alone = True
    size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"

    def __init__(self, path: Path | None, owner: str, sealer: Sealer, backups: Path) -> None:
        self._path, self._owner, self._sealer, self._backups = path, owner, sealer, backups
        self._guard = Guard(path) if path else None
        self._connections: list[Connection] = []
        self._writer: Writer
        self._reader: Tx

    async def open(self) -> None:
        """Takes the file for this process alone and brings its schema up to date. Raises StoreError, and then holds nothing."""
        try:
            writing, self._reader = await asyncio.to_thread(self._connect)
        except (OSError, SQLAlchemyError, sqlite3.Error) as error:
            self._disconnect()
            cause = getattr(error, "orig", None) or error
            raise StoreError(f"the database {self._path} cannot be opened: {getattr(cause, 'strerror', None) or cause}") from error
        except BaseException:
            self._disconnect()
            raise
        self._writer = Writer(writing, asyncio.get_running_loop())

    async def close(self) -> None:
        """Writes what was asked for and lets go of the file."""
        await self._writer.stop()
        self._disconnect()

    def write(self, operation: Operation, *args: Any, whole: bool = True, apart: Collection[str] | None = None) -> Awaitable[Any]:  # noqa: ARG002 # all share
        """The operation's result once it is on the disk; with `whole` False it is one statement and needs no savepoint."""
        return self._writer.submit(operation, args, whole)

    async def read(self, operation: Operation, *args: Any, shared: bool = False) -> Any:  # noqa: ARG002 # there are no round trips
        """The result at once, on the caller's thread: an indexed look-up of 10 us is over before a thread would have heard of it, and in WAL no writer
        makes it wait. A database in memory has but one connection, so its reads queue with its writes."""
        if self._path is None:
            return await self._writer.submit(operation, args, False)
        try:
            return operation(self._reader, *args)
        except (sqlite3.Error, ValueError) as error:
            raise fault(error) from error

    def _connect(self) -> tuple[Tx, Tx]:
        if self._path and self._guard:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._guard.take()
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        options = {"check_same_thread": False}
        url = URL.create("sqlite", database=str(self._path) if self._path else None)
        engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool, connect_args=options, hide_parameters=True)
        texts = Texts(engine.dialect, "named")
        writing = self._connection(engine)
        self._bring_up(writing)
        reading = self._connection(engine) if self._path else writing
        return Tx(writing, texts, self._owner, self._sealer), Tx(reading, texts, self._owner, self._sealer)

    def _connection(self, engine: Engine) -> Connection:
        connection = engine.connect()
        self._connections.append(connection)
        for pragma in PRAGMAS:
            connection.exec_driver_sql(f"PRAGMA {pragma}").close()
        return connection

    def _bring_up(self, connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        bring_up(connection, self._save)
        connection.exec_driver_sql("COMMIT")

    def _save(self) -> None:
        if self._path:
            backup(self._path, self._backups)

    def _disconnect(self) -> None:
        while self._connections:
            self._connections.pop().close()
        if self._guard:
            self._guard.free()
