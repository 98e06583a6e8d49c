"""The ledger: what was sent to a finance system, written down before it is sent, so that a crash or a lost answer leads to reading and not to sending again."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from bot.connectors.contract import Transient

UNSENT = "unsent"
"""The result of a row whose request certainly never left: it may be opened again."""
HELD = timedelta(minutes=5)
"""How long an open row of another key keeps others from writing for the same account; then its writer is taken for dead."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was about to be sent, and when. `subject` is whom only one may write for at a time; `memo` is what the caller wants back with a late answer."""

    subject: str
    operation: str
    role: str
    org: str
    at: datetime
    memo: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A ledger row; an empty `result` means that nobody knows how it ended."""

    key: str
    what: Attempt
    result: str = ""


class Ledger(Protocol):
    """Durable rows, one a key. Every method may raise StoreError; nothing is sent while the ledger does not answer."""

    async def find(self, key: str) -> Row | None:
        """The row of this key."""

    async def open(self, key: str, what: Attempt) -> None:
        """Writes the row, durable when it returns; a row that exists gets this attempt and no result. Raises Transient when another key's row for the same
        subject is open and was written less than HELD before `what.at`."""

    async def close(self, key: str, result: str) -> None:
        """Records how it ended."""


class MemoryLedger:
    """A ledger for one process that may forget: tests and dry runs."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    async def find(self, key: str) -> Row | None:
        """The row of this key."""
        return self.rows.get(key)

    async def open(self, key: str, what: Attempt) -> None:
        """Writes the row, unless somebody else is writing for the subject."""
        refuse_second_writer(self.rows, key, what)
        self.rows[key] = Row(key, what)

    async def close(self, key: str, result: str) -> None:
        """Records how it ended."""
        row = self.rows[key]
        self.rows[key] = Row(key, row.what, result)


class FileLedger(MemoryLedger):
    """A ledger in one file, a JSON object a line, the last line of a key counts. For one process; a torn last line is what a crash leaves and is ignored."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._lock = asyncio.Lock()
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self._read(line)

    def _read(self, line: str) -> None:
        try:
            told = json.loads(line)
        except ValueError:
            return
        what = Attempt(**{**told["what"], "at": datetime.fromisoformat(told["what"]["at"])})
        self.rows[told["key"]] = Row(told["key"], what, told["result"])

    async def open(self, key: str, what: Attempt) -> None:
        """Writes the row to the disk first."""
        async with self._lock:
            refuse_second_writer(self.rows, key, what)
            await self._keep(Row(key, what))

    async def close(self, key: str, result: str) -> None:
        """Records on the disk how it ended."""
        async with self._lock:
            await self._keep(Row(key, self.rows[key].what, result))

    async def _keep(self, row: Row) -> None:
        told = {**asdict(row), "what": {**asdict(row.what), "at": row.what.at.isoformat()}}
        await asyncio.to_thread(_append, self._path, json.dumps(told, ensure_ascii=False))
        self.rows[row.key] = row


def refuse_second_writer(rows: dict[str, Row], key: str, what: Attempt) -> None:
    """Raises Transient when somebody else's row for the subject is open and fresh."""
    for row in rows.values():
        if row.key != key and not row.result and row.what.subject == what.subject and what.at - row.what.at < HELD:
            raise Transient("another write for this account is under way")


def _append(path: Path, line: str) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(fd, f"\n{line}\n".encode())  # the newline before it keeps a torn line of a crash from swallowing this one
        os.fsync(fd)
    finally:
        os.close(fd)
