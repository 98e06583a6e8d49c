"""A ledger in a file, so that the connectors can be killed and started again without a store."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from bot.connectors.ledger import Attempt, MemoryLedger, Row, refuse_second_writer


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


def _append(path: Path, line: str) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(fd, f"\n{line}\n".encode())  # the newline before it keeps a torn line of a crash from swallowing this one
        os.fsync(fd)
    finally:
        os.close(fd)
