"""Takes a file of people, invites or applications into the store; a dry run only says what it would do."""

from __future__ import annotations

import secrets

from bot.config import Settings
from bot.engine.clock import SystemClock
from bot.records.record import KINDS
from bot.records.rostering import Roster
from bot.wiring.parts import database_url, key_ring
from storage import SqlStore


def told(found: Roster) -> list[str]:
    """Every fault in a line, or how many records there are."""
    if found.faults:
        lines = [f"row {fault.row}, {fault.column}: {fault.why}" if fault.row else fault.why for fault in found.faults]
        return [*lines, *([f"and {found.more} more"] if found.more else [])]
    return [f"{len(found.records)} {found.kind} records are in order"]


async def take(settings: Settings, found: Roster) -> int:
    """Writes every record durably as an event; the next start, or a replica that runs, works them in. How many were new. Raises StoreError."""
    store = SqlStore(database_url(settings), secrets.token_hex(8), settings.data, key_ring(settings))
    await store.open()
    try:
        return sum([await store.hear(event) for event in found.events(SystemClock().now())])
    finally:
        await store.close()


KIND_NAMES = tuple(KINDS)
"""What can be taken in."""
