"""The Store over SQLite or PostgreSQL: every method is one operation, done whole or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from bot.core.facts import Ask, Need, Tally
from bot.core.model import Delivery, Entry, Item, Person
from bot.core.turn import About, Due, Heard, Stimulus
from bot.deadline import steady
from bot.ports import Commit, Gathered, Journal, Queued, Recall, Settlement, StoreError
from storage import audit, inbox, items, leases, outbox, overview, people, resealing, turns, upkeep
from storage.sealing import Plain, Sealer
from storage.sql import Operation, Tx, to_ms
from storage.sqlite import Sqlite

ORDER_S = (0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.6)
"""Waits for another replica's turn with the same person, in seconds; then theirs goes on."""


class Database(Protocol):
    """How operations are run; `alone` says that no other process can use it, `size` asks for its bytes."""

    alone: bool
    size: str

    async def open(self) -> None:
        """Connects and brings the schema up to date."""

    async def close(self) -> None:
        """Ends what was asked for and disconnects."""

    def write(self, operation: Operation, *args: Any, whole: bool = True, apart: Collection[str] | None = None) -> Awaitable[Any]:
        """Durable when it returns; undone as a whole when it raises, which with `whole` False is one statement. With `apart` (what it must not find changed
        by another) it may share a transaction with operations that name none of the same; it then uses nothing of the transaction but `run`."""

    def read(self, operation: Operation, *args: Any, shared: bool = False) -> Awaitable[Any]:
        """Sees everything that was durable when it was asked; `shared` it uses nothing of the transaction but `run`."""


def database(url: str, owner: str, data: Path | None, sealer: Sealer) -> Database:
    """The database a URL names: `sqlite:///path`, `sqlite://` (in memory) or `postgresql://...`."""
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        path = Path(rest[1:]) if rest[1:] else None
        return Sqlite(path, owner, sealer, (data or (path or Path()).parent) / "backups")
    if scheme != "postgresql":
        raise StoreError("the store's URL begins with sqlite:/// or postgresql://")
    try:
        from storage.postgres import Postgres  # noqa: PLC0415 # its driver is an extra
    except ImportError:
        raise StoreError("PostgreSQL needs its driver: pip install 'usher-bot[postgres]'") from None
    return Postgres(url, owner, sealer)


class SqlStore:
    """ports.Store. `owner` names this process among its replicas and must be new with every start; a copy of a SQLite database goes into `data`/backups
    (else beside it) before its schema is changed. Bodies are sealed by `sealer`; without one they are kept as they are."""

    def __init__(self, url: str, owner: str, data: Path | None = None, sealer: Sealer | None = None) -> None:
        self.owner = owner
        self._db = database(url, owner, data, sealer or Plain())
        self._busy, self._held = set[str](), set[str]()
        self._open = False

    async def open(self) -> None:
        """Connects, refuses a second process on a SQLite file, backs up and migrates."""
        await self._db.open()
        try:
            await self._db.write(_forsake, self._db.alone)
        except BaseException:
            await self._db.close()
            raise
        self._open = True

    async def close(self) -> None:
        """Flushes and lets go; what is asked for afterwards raises StoreError. A store that is not open has nothing to close."""
        if self._open:
            self._open = False
            await self._db.close()

    async def hear(self, stimulus: Stimulus) -> bool:
        """Writes the stimulus durably; True when it is new, False when its key is known. Raises Conflict for the same key with another body."""
        new: bool = await self._db.write(inbox.hear, stimulus, whole=False, apart=())
        if new:
            self._busy.add(stimulus.key)
        return new

    async def unfinished(self) -> Sequence[Stimulus]:
        """Stimuli heard that nobody works on (of dead processes, or lost on the way to the caller of `hear`), oldest first; they now belong to this
        process. Asked every few seconds, it also renews this process's leases."""
        found: Sequence[Stimulus] = await self._db.write(inbox.unfinished, self._busy)
        self._busy.update(stimulus.key for stimulus in found)
        return found

    async def recall(self, stimulus: Heard) -> Recall:
        """The speaker and their conversations, in one query. A person never stored has the id `recall.conversation.person`. Where another replica works on
        what they said before, it gets the time to end, so that the answers keep the order of the questions."""
        if not self._db.alone:
            for wait in ORDER_S:
                if not await self._db.read(inbox.ahead, stimulus, shared=True):
                    break
                await asyncio.sleep(wait)
        found: Recall = await self._db.read(people.recall, stimulus, shared=True)
        return found

    async def recall_person(self, person: str) -> Recall:
        """The same for a person that something fell due for: both conversations are the private one."""
        found: Recall = await self._db.read(people.recall_person, person, shared=True)
        return found

    async def gather(self, viewer: Person, needs: frozenset[Need]) -> Gathered:
        """What the needs name, as far as this viewer may see it."""
        found: Gathered = await self._db.read(people.gather, viewer, needs, shared=needs == {Need.ADMINS}) if needs else Gathered()
        return found

    async def answer(self, asks: Sequence[Ask | Tally]) -> Gathered:
        """What a skill's questions find, in one go."""
        found: Gathered = (
            await self._db.read(people.answers, asks, shared=not any(isinstance(ask, Tally) or ask.kind is Delivery for ask in asks)) if asks else Gathered()
        )
        return found

    async def due(self, now: datetime, limit: int) -> Sequence[Due]:
        """Leases at most `limit` items that are due at that business time and gives their questions, oldest first. Replicas never get the same."""
        found: Sequence[Due] = await self._db.write(items.due, now, limit)
        return found

    async def next_due(self) -> datetime | None:
        """When the next item that nobody is being asked about falls due in business time."""
        at: datetime | None = await self._db.read(items.next_due)
        return at

    async def holders(self) -> Sequence[str]:
        """Everybody who holds an item or deputises."""
        people_who: Sequence[str] = await self._db.read(items.holders)
        return people_who

    async def still(self, about: About) -> bool:
        """Whether a message about that item is still worth sending."""
        fits: bool = await self._db.read(items.still, about, shared=True)
        return fits

    async def audit_lines(self, about: str, most: int) -> Sequence[Entry]:
        """The newest audit lines about a subject or by an actor (all when empty), newest first."""
        lines: Sequence[Entry] = await self._db.read(audit.entries, about, most)
        return lines

    async def chain_audit(self, key: bytes) -> int:
        """Chains the next audit lines under the key; how many."""
        done: int = await self._db.write(audit.chain, key)
        return done

    async def audit_head(self) -> tuple[int, str]:
        """How many lines the chain of the audit trail has, and its head."""
        found: tuple[int, str] = await self._db.read(audit.head)
        return found

    async def audit_mac(self, link: int) -> str:
        """What the head of the chain was when it had that many lines, empty when it never had."""
        found: str = await self._db.read(audit.mac_at, link)
        return found

    async def verify_audit(self, key: bytes) -> audit.Checked:
        """Recomputes the chain of the whole audit trail."""
        checked: audit.Checked = await self._db.read(audit.verify, key)
        return checked

    async def commit(self, commit: Commit) -> tuple[Queued, ...]:
        """Applies the turn and marks its stimulus done, its body blanked. Returns the new outbox rows that this process may deliver now; others of the
        lane come by `claim`. Nothing happens for a stimulus that has ended. Raises Stale."""
        held = await self._taken(turns.commit, commit, apart=_apart(commit))
        self._busy.discard(commit.stimulus.key)
        return held

    async def keep(self, item: Item) -> None:
        """Stores an item's new state outside of a turn: what the rooms keep for themselves, such as a ledger. Raises Stale."""
        await self._db.write(items.put, item)

    async def drop(self, stimulus: Stimulus, note: str) -> None:
        """Marks a stimulus as dead after its turn failed for good. Where even that cannot be written, it is given out by `unfinished` again."""
        self._busy.discard(stimulus.key)
        await self._db.write(inbox.drop, stimulus, note, whole=False)

    async def claim(self, limit: int) -> Sequence[Queued]:
        """Takes outbox rows that are due and that nobody holds, oldest first, at most one lane's head each. Asked every few seconds, it also renews this
        process's leases."""
        return list(await self._taken(outbox.claim, limit, self._held))

    async def _taken(self, operation: Operation, *args: object, apart: Collection[str] | None = None) -> tuple[Queued, ...]:
        """The rows with the end of their leases: counted from before they were asked for, so that no delay on the way makes it look longer."""
        asked = steady()
        held: Sequence[Queued] = await self._db.write(operation, *args, apart=apart)
        self._held.update(row.key for row in held)
        return tuple(replace(row, until=asked + outbox.LEASE_S) for row in held)

    async def behind(self, key: str, most: int) -> Sequence[Queued]:
        """Takes at most so many rows that are due right behind a row of this process in its lane, in order."""
        return list(await self._taken(outbox.behind, key, most))

    async def hold(self, key: str, attempt: int) -> float:
        """Renews the lease of an outbox row; until when it is surely ours, 0 when it is not this process's any more."""
        asked = steady()
        return asked + outbox.LEASE_S if await self._db.write(outbox.hold, key, attempt, whole=False, apart=()) else 0.0

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        """Records how deliveries ended; bodies of ended rows are blanked."""
        await self._db.write(outbox.settle, settlements)
        self._held.difference_update(done.key for done in settlements)

    async def counts(self) -> Mapping[str, float]:
        """Figures for health and metrics: inbox and outbox depth and age in seconds, dead rows, due items asked about in vain, database bytes."""
        figures: Mapping[str, float] = await self._db.read(upkeep.counts, self._db.size)
        return figures

    async def journal(self, conversation: str, limit: int) -> Sequence[Journal]:
        """The newest turns of a conversation (all conversations when empty), newest first. Times are cut to milliseconds."""
        entries: Sequence[Journal] = await self._db.read(turns.journal, conversation, limit)
        return entries

    async def reseal(self) -> Mapping[str, int]:
        """Seals anew what an older key sealed, all but the trail: how many rows, by table."""
        done = dict.fromkeys(resealing.SEALED, 0)
        for name in done:
            after: resealing.Place | None = ()
            while after is not None:
                count, after = await self._db.write(resealing.reseal, name, after)
                done[name] += count
        return done

    async def page(
        self, kind: type[Item], states: Sequence[str], after: overview.Place | None = None, most: int = 25, *, oldest: bool = False
    ) -> tuple[tuple[Item, ...], overview.Place | None]:
        """A page of items of these states after a place, in the order of their times, and the place where it ends (None: nothing follows)."""
        found: tuple[tuple[Item, ...], overview.Place | None] = await self._db.read(overview.page, kind, states, after, most, oldest)
        return found

    async def ages(self, kind: type[Item], states: Sequence[str], edges: Sequence[datetime]) -> tuple[int, ...]:
        """How many items of these states lie between each two neighbours of ascending `edges`."""
        found: tuple[int, ...] = await self._db.read(overview.ages, kind, states, edges)
        return found

    async def daily(self, kind: type[Item], states: Sequence[str], since: datetime, offset: timedelta) -> Mapping[int, int]:
        """How many items of these states lie on each day (days since 1970 of a wall clock `offset` ahead of UTC)."""
        found: Mapping[int, int] = await self._db.read(overview.daily, kind, states, since, offset)
        return found

    async def worked(self, reasons: Sequence[str], since: datetime, offset: timedelta) -> Mapping[tuple[int, str], int]:
        """How many turns with people ended for these reasons, by day and reason."""
        found: Mapping[tuple[int, str], int] = await self._db.read(overview.turns, reasons, since, offset)
        return found

    async def trail(self, about: str, before: int = 0, most: int = 50) -> tuple[tuple[tuple[int, Entry], ...], int]:
        """A page of the audit trail about a subject or by an actor, newest first, each line with its number, and where to go on (0: nothing follows)."""
        found: tuple[tuple[tuple[int, Entry], ...], int] = await self._db.read(overview.trail, about, before, most)
        return found

    async def purge(self, before: datetime) -> int:
        """Deletes ended work, journal rows and idle conversations older than `before`, a slice at a time; how many rows went."""
        gone = 0
        for walk in upkeep.WALKS:
            after: int | None = 0
            while after is not None:
                went, after = await self._db.write(upkeep.purge, walk, to_ms(before), after)
                gone += went
        while went := await self._db.write(upkeep.purge_idle, to_ms(before), whole=False):
            gone += went
        return gone

    async def purge_wishes(self, before: datetime) -> int:
        """Deletes unanswered questions and reports of wrong answers older than `before`; how many went."""
        gone: int = await self._db.write(upkeep.purge_wishes, before)
        return gone

    async def purge_items(self, kind: str, state: str, before: datetime) -> int:
        """Deletes items of that kind and state that nobody touched since and that are not due, a slice at a time; how many went."""
        gone = 0
        while went := await self._db.write(upkeep.purge_items, kind, state, to_ms(before)):
            gone += went
        return gone


def _apart(commit: Commit) -> Collection[str]:
    """Of two askings of one due item only one may have effects (turns.commit looks whether it is still open); everything else is fenced by versions."""
    asked = commit.stimulus
    return (asked.key, f"{asked.kind} {asked.entity}") if isinstance(asked, Due) else (asked.key,)


def _forsake(tx: Tx, everybody: bool) -> None:
    leases.forsake(tx, inbox.LEASES, everybody)
    outbox.forsake(tx, everybody)
