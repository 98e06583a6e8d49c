"""Shared round trips to PostgreSQL: operations that come together run side by side on one connection, so that each statement of theirs goes to the server
with those of the others; those that write share a COMMIT. An operation stays the plain function that it is: it is a greenlet, which rests while its statement
is under way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import greenlet
from sqlalchemy.sql import ClauseElement

from bot.ports import StoreAway, StoreError
from storage.sql import Cursor, Operation, Tx
from storage.writer import Work

MOST = 100
"""Operations that go together at most."""
Asked = tuple[str, Mapping[str, Any]]
"""A statement and its values."""
Perform = Callable[[Operation, tuple[Any, ...], bool], Any]
"""Runs an operation in a transaction of its own, or with False as statements that each commit by themselves."""


class Undone(Exception):
    """One of those that shared a transaction failed, so that the others are to be done again without it."""


class Answer:
    """What a statement brought: a Cursor whose rows are here."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rowcount: int, rows: Sequence[Any]) -> None:
        self.rowcount, self._rows = rowcount, iter(rows)

    def fetchone(self) -> Any:
        """The next row, or None."""
        return next(self._rows, None)

    def fetchall(self) -> Sequence[Any]:
        """All further rows."""
        return list(self._rows)


class Resting(Tx):
    """A transaction in the hands of several operations: whoever has asked something rests until the others have asked, too."""

    __slots__ = ()

    def run(self, statement: ClauseElement, values: Mapping[str, Any]) -> Cursor:
        """Asks it with what the others ask."""
        answer: Answer = greenlet.getcurrent().parent.switch(self.told(statement, values))
        return answer


def side_by_side(tx: Tx, batch: Sequence[Work]) -> None:
    """Runs them all; in one transaction either all take effect or, with Undone, none does. Raises what the driver raises for any of them."""
    shared = Resting(tx.core, tx.texts, tx.owner, tx.sealer)
    asking: dict[Any, Asked] = {}
    for work in batch:
        one = greenlet.greenlet(_perform)
        if (asked := one.switch(shared, work)) is not None:
            asking[one] = asked
    while asking:
        answers = _answers(tx.driver, asking)
        asking = {one: asked for one, answer in answers if (asked := one.switch(answer)) is not None}
    if any(work.whole and work.error for work in batch):
        raise Undone


def _answers(driver: Any, asking: Mapping[Any, Asked]) -> Iterator[tuple[Any, Answer]]:
    """Sends what they ask, the same statement of several with all their values at once, and gives each its answer."""
    alike: dict[str, list[tuple[Any, Mapping[str, Any]]]] = {}
    for one, (text, values) in asking.items():
        alike.setdefault(text, []).append((one, values))
    found: list[tuple[Any, Answer]] = []
    for text, those in alike.items():
        cursor = driver.cursor()
        cursor.executemany(text, [values for _, values in those], returning=True)
        for one, _ in those:
            found.append((one, Answer(cursor.rowcount, cursor.fetchall() if cursor.pgresult.nfields else ())))
            cursor.nextset()
    return iter(found)


def _perform(tx: Tx, work: Work) -> None:
    work.result, work.error = None, None
    try:
        work.result = work.operation(tx, *work.args)
    except StoreError as error:  # its own; what else goes wrong leaves the batch, whose operations are then done one by one
        work.error = error


class Together:
    """What comes while a batch is under way is the next batch: nobody sleeps to gather it. Everything but `_do` happens on the loop."""

    def __init__(self, threads: Executor, perform: Perform, *, whole: bool) -> None:
        self._threads, self._perform, self._whole = threads, perform, whole
        self._waiting: list[tuple[Work, Collection[str]]] = []
        self._running = False

    def submit(self, operation: Operation, args: tuple[Any, ...], apart: Collection[str]) -> asyncio.Future[Any]:
        """The operation's result, durable if it writes. Two that name the same thing in `apart` never share a transaction: within one no lock keeps them
        from each other."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((Work(operation, args, self._whole, future), apart))
        if not self._running:
            self._running = True
            loop.call_soon(self._send)
        return future

    def _send(self) -> None:
        batch = self._batch()
        self._running = bool(batch)
        if not batch:
            return
        loop = asyncio.get_running_loop()
        try:
            loop.run_in_executor(self._threads, self._do, batch).add_done_callback(lambda _: self._sent(batch))
        except RuntimeError as error:  # the threads were told to end
            for work in batch:
                work.error = StoreError("the store is closed")
                work.error.__cause__ = error
            self._sent(batch)

    def _sent(self, batch: Sequence[Work]) -> None:
        for work in batch:
            work.resolve()
        asyncio.get_running_loop().call_soon(self._send)  # behind those who were just answered

    def _batch(self) -> list[Work]:
        batch, later, named = list[Work](), list[tuple[Work, Collection[str]]](), set[str]()
        for work, apart in self._waiting:
            if len(batch) < MOST and named.isdisjoint(apart):
                batch.append(work)
                named.update(apart)
            else:
                later.append((work, apart))
        self._waiting = later
        return batch

    def _do(self, batch: Sequence[Work]) -> None:
        """Together; then one by one, in transactions of their own, those that failed in the company of others."""
        apart: list[Work] = []
        while len(batch) > 1:
            try:
                self._perform(side_by_side, (batch,), self._whole)
                batch = []
            except Undone:
                apart += [work for work in batch if work.error]
                batch = [work for work in batch if not work.error]
            except StoreAway as error:
                _all_failed([*batch, *apart], error)
                return
            except Exception:  # a driver's fault is one operation's, and this does not say whose
                break
        for work in (*batch, *apart):
            self._alone(work)

    def _alone(self, work: Work) -> None:
        work.result, work.error = None, None
        try:
            work.result = self._perform(work.operation, work.args, self._whole)
        except Exception as error:  # whoever asked gets it
            work.error = error


def _all_failed(batch: Sequence[Work], error: Exception) -> None:
    for work in batch:
        work.error = error
