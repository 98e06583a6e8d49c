"""The ledger: what was sent to a finance system, written down before it is sent, so that a crash or a lost answer leads to reading and not to sending again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
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


def refuse_second_writer(rows: dict[str, Row], key: str, what: Attempt) -> None:
    """Raises Transient when somebody else's row for the subject is open and fresh."""
    for row in rows.values():
        if row.key != key and not row.result and row.what.subject == what.subject and what.at - row.what.at < HELD:
            raise Transient("another write for this account is under way")
