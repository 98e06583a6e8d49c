"""The lock file beside a SQLite database: one process a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bot.ports import StoreError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class Guard:
    """Holds an exclusive lock from `take` to `free`; the system frees it when the process ends, however it ends."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._held = -1

    def take(self) -> None:
        """Raises StoreError when another process holds it."""
        held = os.open(self._database.with_name(self._database.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(held)
        except OSError:
            os.close(held)
            told = f"another process uses {self._database}, and a SQLite database serves one process: stop the other one, or use PostgreSQL for several"
            raise StoreError(told) from None
        self._held = held

    def free(self) -> None:
        """Lets go, if it was taken. The file stays: were it deleted, two processes could lock two files of one name."""
        if self._held >= 0:
            os.close(self._held)
            self._held = -1


def _lock(held: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(held, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
