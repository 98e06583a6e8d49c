"""Takes in files of people, invites or applications: a dry run first, then each row as an event through the one flow."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.core.turn import Event, Reason
from bot.ports import Conflict, StoreError
from bot.records.record import KINDS
from bot.records.rostering import Roster, headings, read
from bot.web.console.inside import Inside, Visitor

AT_ONCE = 32
"""Events under way at a time, so that people who talk meanwhile do not wait behind a file."""
KEPT = timedelta(minutes=30)
MOST_KEPT = 8
"""Files that were looked at and not taken yet, in all."""
MOST_LISTED = 50
TRIES = 5


@dataclass(slots=True)
class Batch:
    """A file on its way: `roster` is what it holds, `counts` what became of its rows (taken, known, refused, failed), `refused` the numbers of rows that no
    rule would take. `begun` is None until somebody says so."""

    roster: Roster
    name: str
    person: str
    seen: datetime
    begun: datetime | None = None
    counts: Counter[str] = field(default_factory=Counter)
    refused: list[int] = field(default_factory=list)
    running: bool = False

    @property
    def done(self) -> int:
        """Rows that are through."""
        return sum(self.counts.values())

    @property
    def total(self) -> int:
        """Rows of the file."""
        return len(self.roster.records)


class Importing:
    """Files between their dry run and their end. They live in this process: after a restart the same file is looked at again, and no row counts twice."""

    def __init__(self, inside: Inside) -> None:
        self._inside = inside
        self._headings = headings(inside.roots)
        self._batches: OrderedDict[str, Batch] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    async def look(self, visitor: Visitor, kind: str, name: str, raw: bytes) -> Batch:
        """The dry run: every faulty cell, or how many rows there are. `kind` is one of KINDS."""
        roster = await asyncio.to_thread(read, kind, name, raw, self._headings)
        batch = Batch(roster, name[:120], visitor.person.id, self._inside.clock.now())
        if not roster.faults:
            self._keep(batch)
        return batch

    def _keep(self, batch: Batch) -> None:
        now = self._inside.clock.now()
        self._batches = OrderedDict((key, one) for key, one in self._batches.items() if one.running or now - one.seen < KEPT)
        while len(self._batches) >= MOST_KEPT:
            self._batches.popitem(last=False)
        self._batches.setdefault(self.key(batch), batch)

    def key(self, batch: Batch) -> str:
        """Under which the file is known while it is on its way; each admin has their own."""
        return f"{batch.person}/{batch.roster.digest}"

    def batch(self, visitor: Visitor, digest: str) -> Batch | None:
        """A file that this admin looked at."""
        return self._batches.get(f"{visitor.person.id}/{digest}")

    async def take(self, batch: Batch) -> bool:
        """Begins to take the rows in, with an audit line first; False when it was begun before or may not be."""
        if batch.begun is not None:
            return False
        batch.begun = self._inside.clock.now()
        reason = f"{batch.roster.kind} {batch.total} {batch.name}"
        subject = f"import:{batch.roster.digest}"
        line = self._inside.event("console_noted", f"{subject}:{batch.begun.isoformat()}", batch.person, act="imported", subject=subject, reason=reason)
        decision = await self._inside.outcome(line)
        if decision is not None and decision.reason is not Reason.NOTED:
            batch.begun = None
            return False
        batch.running = True
        task = asyncio.create_task(self._run(batch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _run(self, batch: Batch) -> None:
        """Row after row, a few at a time."""
        try:
            rows = list(zip((row for row, _ in batch.roster.records), batch.roster.events(batch.seen), strict=True))
            for place in range(0, len(rows), AT_ONCE):
                await asyncio.gather(*(self._one(batch, row, event) for row, event in rows[place : place + AT_ONCE]))
        finally:
            batch.running = False

    async def _one(self, batch: Batch, row: int, event: Event) -> None:
        for number in range(TRIES):
            try:
                decision = await self._inside.outcome(event)
            except Conflict:
                batch.counts["known"] += 1
                return
            except StoreError:
                await asyncio.sleep(0.2 * 2**number)
                continue
            outcome = "known" if decision is None else "refused" if decision.reason in _REFUSED else "taken"
            batch.counts[outcome] += 1
            if outcome == "refused" and len(batch.refused) < MOST_LISTED:
                batch.refused.append(row)
            return
        batch.counts["failed"] += 1

    def columns(self, kind: str) -> Sequence[tuple[str, bool, tuple[str, ...]]]:
        """The fields of a kind of record: name, whether it must be there, and the headings that mean it."""
        words = self._headings.items()
        return [(name, info.is_required(), tuple(word for word, meant in words if meant == name)) for name, info in KINDS[kind].model_fields.items()]

    async def close(self) -> None:
        """Stops; what was heard is durable and goes on by itself."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


_REFUSED = {Reason.INVALID_VALUE, Reason.DENIED}
