"""The ledger of writes to finance systems, kept in the store, so that every replica sees what was sent."""

from __future__ import annotations

from dataclasses import replace

from bot.connectors.contract import Transient
from bot.connectors.ledger import HELD, UNSENT, Attempt, Row
from bot.core.facts import Ask
from bot.core.model import Sending
from storage import SqlStore

OPEN = ("open",)


class StoredLedger:
    """Implements the connectors' Ledger."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    async def find(self, key: str) -> Row | None:
        """The row of this key."""
        found = await self._sending(key)
        return Row(key, _what(found), found.result) if found else None

    async def open(self, key: str, what: Attempt) -> None:
        """Writes the row, durable when it returns, unless another write for the subject is open and fresh."""
        if await self._taken(key, what):
            raise Transient("another write for this account is under way")
        before = await self._sending(key)
        row = Sending(key, what.subject, what.operation, what.role, what.org, what.at, what.memo, version=before.version if before else 0)
        await self._store.keep(row)
        if await self._taken(key, what):  # two replicas wrote at once: both see it, both step back, the outbox tries again after waits that differ
            await self.close(key, UNSENT)
            raise Transient("another write for this account is under way")

    async def close(self, key: str, result: str) -> None:
        """Records how it ended."""
        found = await self._sending(key)
        if found is not None:
            await self._store.keep(replace(found, result=result))

    async def _taken(self, key: str, what: Attempt) -> bool:
        """Whether another write for the subject is open and fresh."""
        others = await self._store.answer([Ask(Sending, tag=f"subject={what.subject}", states=OPEN)])
        return any(isinstance(row, Sending) and row.id != key and what.at - row.at < HELD for row in others.items)

    async def _sending(self, key: str) -> Sending | None:
        found = (await self._store.answer([Ask(Sending, id=key)])).items
        return found[0] if found and isinstance(found[0], Sending) else None


def _what(row: Sending) -> Attempt:
    return Attempt(row.subject, row.operation, row.role, row.org, row.at, row.memo)
