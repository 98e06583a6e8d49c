"""PostgreSQL as a database of the store: a small pool of threads, each operation a transaction of its own. Needs the extra `postgres`."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import psycopg
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError

from bot.ports import Stale, StoreAway, StoreError
from storage.schema import bring_up
from storage.sealing import Sealer
from storage.sql import Operation, Texts, Tx
from storage.together import Together

THREADS = 8
LOCK = 0x7573686572
"""The advisory lock of an upgrade: one replica does it, the others wait."""

COLLISIONS = ("40001", "40P01")
"""SQLSTATEs of two transactions that cannot both go on; PostgreSQL has undone this one."""


class Postgres:
    """A database that many processes may share."""

    alone = False
    size = "SELECT pg_database_size(current_database())"

    def __init__(self, url: str, owner: str, sealer: Sealer) -> None:
        self._owner, self._sealer = owner, sealer
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="storage")
        self._engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), pool_size=THREADS, max_overflow=0, hide_parameters=True)
        self._single = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._texts = Texts(self._engine.dialect, "pyformat")
        self._reading, self._writing = Together(self._threads, self._perform, whole=False), Together(self._threads, self._perform, whole=True)

    async def open(self) -> None:
        """Connects and brings the schema up to date, while other replicas wait. Raises StoreError, and then holds nothing."""
        try:
            await self._soon(_bring_up, (), True)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Ends what was asked for and disconnects."""
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()

    async def write(self, operation: Operation, *args: Any, whole: bool = True, apart: Collection[str] | None = None) -> Any:
        """The operation's result once it is committed; with `whole` False it is one statement, which commits by itself. With `apart` it may share its
        transaction with others that name nothing of it."""
        if apart is not None:
            return await self._writing.submit(operation, args, apart)
        return await self._soon(operation, args, whole)

    async def read(self, operation: Operation, *args: Any, shared: bool = False) -> Any:
        """The operation's result; `shared` it takes its round trips with others."""
        return await (self._reading.submit(operation, args, ()) if shared else self._soon(operation, args, False))

    async def _soon(self, operation: Operation, args: tuple[Any, ...], whole: bool) -> Any:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._perform, operation, args, whole)
        except RuntimeError as error:  # the threads were told to end
            raise StoreError("the store is closed") from error

    def _perform(self, operation: Operation, args: tuple[Any, ...], whole: bool) -> Any:
        for _ in range(THREADS + 1):  # a server that went away broke every connection of the pool, and each tells so only when it is used
            try:
                return self._once(operation, args, whole)
            except _Lost:
                continue
            except (psycopg.Error, DBAPIError, ValueError) as error:
                raise fault(error) from error
        raise StoreAway("the database breaks every connection")

    def _once(self, operation: Operation, args: tuple[Any, ...], whole: bool) -> Any:
        begin: AbstractContextManager[Connection] = self._engine.begin() if whole else self._single.connect()
        with begin as core:
            tx = Tx(core, self._texts, self._owner, self._sealer)
            try:
                return operation(tx, *args)
            except psycopg.OperationalError as error:
                if not tx.driver.closed:
                    raise
                core.invalidate(error)
                raise _Lost from error


class _Lost(Exception):
    """The connection broke during an operation and before its COMMIT, so that it may be done again."""


def _bring_up(tx: Tx) -> None:
    tx.core.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
    bring_up(tx.core, lambda: None)  # its copies are its operator's: pg_dump


def fault(error: Exception) -> StoreError:
    """A driver's fault without the values that caused it, which may be personal; Stale when two transactions collided, StoreAway when the server or the
    way to it is to blame."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    if getattr(origin, "sqlstate", None) in COLLISIONS:
        return Stale("two turns met in the database")
    said = getattr(getattr(origin, "diag", None), "message_primary", None) or type(origin).__name__
    kind = StoreAway if isinstance(origin, psycopg.OperationalError | psycopg.InterfaceError) else StoreError
    return kind(f"the database could not do it: {said}")
