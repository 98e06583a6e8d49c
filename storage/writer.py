"""The writer thread of a SQLite database: operations that come while a COMMIT runs share the next one."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bot.ports import StoreAway, StoreError
from storage.sql import Operation, Tx

AWAY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN})
"""Faults of the disk or of another client, which may pass."""
MOST = 500
"""Operations that share one COMMIT at most."""


class Work:
    """An operation on its way. `whole` says that it writes more than once and must be undone as a whole; `future` belongs to the loop."""

    __slots__ = ("args", "error", "future", "operation", "result", "whole")

    def __init__(self, operation: Operation, args: tuple[Any, ...], whole: bool, future: asyncio.Future[Any]) -> None:
        self.operation, self.args, self.whole, self.future = operation, args, whole, future
        self.result: Any = None
        self.error: Exception | None = None

    def resolve(self) -> None:
        """Tells whoever asked, unless they have gone."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class Writer:
    """Runs operations in the order in which they came, each undone alone when it raises; their futures end after the COMMIT.

    One batch is in the thread at a time. What is asked for meanwhile, and what those ask for next whom the batch answers, is the next one: nobody
    sleeps to gather it. Everything but `_write` and what it calls happens on the loop.
    """

    def __init__(self, tx: Tx, loop: asyncio.AbstractEventLoop) -> None:
        self._tx, self._loop = tx, loop
        self._driver: sqlite3.Connection = tx.driver
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="storage-writer")
        self._waiting: list[Work] = []
        self._running = False
        self._closed = False

    def submit(self, operation: Operation, args: tuple[Any, ...], whole: bool) -> asyncio.Future[Any]:
        """The operation's result, once it is on the disk. Raises StoreError after `stop`."""
        if self._closed:
            raise StoreError("the store is closed")
        future: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.append(Work(operation, args, whole, future))
        if not self._running:
            self._running = True
            self._loop.call_soon(self._send)
        return future

    async def stop(self) -> None:
        """Returns when all that was asked for is written."""
        last = self.submit(_nothing, (), False)
        self._closed = True
        await last
        await asyncio.to_thread(self._thread.shutdown)

    def _send(self) -> None:
        batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        self._running = bool(batch)
        if batch:
            self._thread.submit(self._write, batch)

    def _sent(self, batch: Sequence[Work]) -> None:
        for work in batch:
            work.resolve()
        self._loop.call_soon(self._send)  # behind those who were just answered

    def _write(self, batch: Sequence[Work]) -> None:
        self._commit(batch)
        self._loop.call_soon_threadsafe(self._sent, batch)

    def _commit(self, batch: Sequence[Work]) -> None:
        try:
            self._driver.execute("BEGIN IMMEDIATE")
            for work in batch:
                self._perform(work)
            self._driver.execute("COMMIT")
        except Exception as error:  # nobody may wait for ever
            if self._driver.in_transaction:
                self._driver.execute("ROLLBACK")
            for work in batch:
                work.error = fault(error)

    def _perform(self, work: Work) -> None:
        if work.whole:
            self._driver.execute("SAVEPOINT operation")
        try:
            work.result = work.operation(self._tx, *work.args)
        except Exception as error:  # whoever asked gets it; the others of the batch go on
            if not self._driver.in_transaction:
                raise  # a full disk and the like: SQLite has undone the whole batch
            work.error = fault(error)
            if work.whole:
                self._driver.execute("ROLLBACK TO operation")
        if work.whole:
            self._driver.execute("RELEASE operation")


def fault(error: Exception) -> Exception:
    """What to raise for it: a driver's fault, or one of text that cannot be stored, becomes a StoreError without the values that caused it, StoreAway where it
    may pass."""
    if not isinstance(error, sqlite3.Error | ValueError):
        return error
    kind = StoreAway if getattr(error, "sqlite_errorcode", 0) & 0xFF in AWAY else StoreError
    found = kind("the database could not do it: " + (str(error) if isinstance(error, sqlite3.Error) else type(error).__name__))
    found.__cause__ = error
    return found


def _nothing(_: Tx) -> None:
    """An operation to wait for."""
