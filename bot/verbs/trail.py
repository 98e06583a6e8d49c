"""Looks at the audit trail from outside the running helper: is it whole, what does it say of something, and all of it as a file."""

from __future__ import annotations

import csv
import io
import json
import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from bot.config import Settings
from bot.core.model import Entry
from bot.ports import StoreError
from bot.records import workbook
from bot.records.workbook import harmless
from bot.wiring.parts import database_url, key_ring
from storage import SqlStore
from storage.backup import backup

MOST = 5_000_000
COLUMNS = ("at", "actor", "act", "subject", "reason", "detail", "id")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification came to: how many chained lines there are and their head, the place of the first that does not fit (0: none), and whether an
    anchor that was written down elsewhere is in the chain (None: none was given)."""

    lines: int
    head: str
    broken: int
    anchored: bool | None

    @property
    def sound(self) -> bool:
        """Whether nothing was changed, removed, swapped or cut off."""
        return not self.broken and self.anchored is not False


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[SqlStore]:
    """The store, or of a SQLite database, which the running helper holds, a copy. Raises StoreError."""
    with tempfile.TemporaryDirectory() as folder:
        url = _readable(database_url(settings), Path(folder))
        store = SqlStore(url, secrets.token_hex(8), Path(folder), key_ring(settings))
        await store.open()
        try:
            yield store
        finally:
            await store.close()


def _readable(url: str, folder: Path) -> str:
    """The database itself, or a copy of a SQLite file."""
    if not url.startswith("sqlite:///"):
        return url
    kept = Path(url.removeprefix("sqlite:///"))
    if not kept.exists():
        raise StoreError(f"there is no database at {kept}")
    return f"sqlite:///{backup(kept, folder)}"


async def verify(settings: Settings, anchor: str = "") -> Verdict:
    """Recomputes the chain with the key of the key ring. `anchor` is `<lines>:<head>` as the log had it: then a cut-off end shows as well."""
    link, _, head = anchor.partition(":")
    if anchor and not (link.isdigit() and head):
        raise StoreError("an anchor is <lines>:<head>, as the log line 'audit head' has them")
    async with opened(settings) as store:
        checked = await store.verify_audit(key_ring(settings).derived("audit"))
        found = bool(await store.audit_mac(int(link)) == head) if anchor else None
    return Verdict(checked.lines, checked.head, checked.broken, found)


async def lines(settings: Settings, about: str = "", since: datetime | None = None, most: int = MOST) -> Sequence[Entry]:
    """Lines about a subject (`request:<id>`) or by an actor, or those that contain a word anywhere; newest first."""
    async with opened(settings) as store:
        found = await store.audit_lines(about, most) if about else ()
        found = found or [one for one in await store.audit_lines("", MOST) if about.casefold() in _text(one)]
    return [one for one in found if since is None or one.at >= since][:most]


def _text(entry: Entry) -> str:
    return " ".join((entry.actor, entry.act, entry.subject, entry.reason, entry.detail)).casefold()


def told(entry: Entry) -> str:
    """A line for the terminal."""
    rest = " ".join(part for part in (entry.reason, entry.detail) if part)
    return f"{entry.at:%Y-%m-%d %H:%M:%S}Z  {entry.actor}  {entry.act}  {entry.subject}" + (f"  {rest}" if rest else "")


def write(found: Sequence[Entry], file: Path) -> int:
    """Writes the lines, oldest first, as .xlsx, .csv or .jsonl for their owner's eyes only; how many. Raises StoreError."""
    rows = [{**asdict(one), "at": one.at.isoformat()} for one in reversed(found)]
    if file.suffix.lower() == ".xlsx":
        return _sheet(rows, file)
    if file.suffix.lower() == ".csv":
        out = io.StringIO()
        table = csv.DictWriter(out, COLUMNS, extrasaction="ignore")
        table.writeheader()
        table.writerows({name: harmless(str(row[name])) for name in COLUMNS} for row in rows)
        body = "\ufeff" + out.getvalue()
    elif file.suffix.lower() == ".jsonl":
        body = "".join(json.dumps({name: row[name] for name in COLUMNS}, ensure_ascii=False) + "\n" for row in rows)
    else:
        raise StoreError(f"{file}: .xlsx, .csv or .jsonl is wanted")
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
        target.write(body.encode())
    return len(rows)


def _sheet(rows: Sequence[Mapping[str, object]], file: Path) -> int:
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        return workbook.write(file, COLUMNS, rows, "audit")
    except workbook.TooMuch as fault:
        raise StoreError(f"{file}: {fault}") from fault
