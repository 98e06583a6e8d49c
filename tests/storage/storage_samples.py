"""Stimuli, turns and places that the tests of the store speak of."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.core.model import Conversation, Entity, Sender
from bot.core.turn import Call, Message, Put, Stimulus
from bot.ports import Commit, Journal, Outbound
from storage import SqlStore
from storage.sealing import Sealer

NOW = datetime(2026, 3, 3, 1, 30, tzinfo=UTC)
ZHANG = Sender("zhang", "$:alias:zhang", "小张")


def message(ident: str = "m1", text: str = "怎么申请权限", conversation: str = "group", sender: Sender = ZHANG, **other: Any) -> Message:
    """Something Zhang says in the group."""
    return Message("dingtalk", "robot", ident, conversation, False, sender, text, NOW, **other)


def said(key: str, lane: str = "group", text: str = "好的", person: str = "zhang") -> Outbound:
    """A reply to Zhang in the group."""
    return Outbound(key, "dingtalk", "robot", lane, lane, False, person, "title", text, made=NOW)


def turn(stimulus: Stimulus, *puts: Entity, says: Sequence[Outbound] = (), calls: Sequence[Call] = ()) -> Commit:
    """A turn that a stimulus led to."""
    place = stimulus.conversation if isinstance(stimulus, Message) else ""
    entry = Journal(f"turn of {stimulus.key}", "message", "dingtalk", place, "dingtalk:zhang", "access.request", 0.75, "answered", '{"rule": "rank"}', NOW)
    return Commit(stimulus, tuple(map(Put, puts)), tuple(says), tuple(calls), entry)


def remembered(topic: str, version: int = 0, place: str = "group") -> Conversation:
    """What is remembered of Zhang in the group."""
    return Conversation(place, "dingtalk:zhang", topic, at=NOW, version=version)


@dataclass
class Database:
    """A database of one test: opens stores on it and looks behind them."""

    url: str
    stores: list[SqlStore] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """The file of a SQLite database."""
        return Path(self.url.removeprefix("sqlite:///"))

    @property
    def alone(self) -> bool:
        """Whether it serves one process only."""
        return self.url.startswith("sqlite")

    async def open(self, owner: str = "first", sealer: Sealer | None = None) -> SqlStore:
        """A store that is closed when the test ends, if not before."""
        store = SqlStore(self.url, owner, sealer=sealer)
        await store.open()
        self.stores.append(store)
        return store

    async def close(self) -> None:
        """Ends all its stores."""
        while self.stores:
            await self.stores.pop().close()

    async def after_a_crash(self, owner: str = "second") -> SqlStore:
        """A store that another process opens when this one has died just now: on a copy of the file, or once the leases have run out."""
        if self.alone:
            other = self.path.with_name("after-a-crash.db")
            for suffix in ("", "-wal"):
                shutil.copy(f"{self.path}{suffix}", f"{other}{suffix}")
            return await self.__class__(f"sqlite:///{other}", self.stores).open(owner)
        self.run_out()
        return await self.open(owner)

    def run_out(self, of: str = "inbox outbox") -> None:
        """Lets every lease run out."""
        for table in of.split():
            self.query(f"UPDATE {table} SET lease_until = 1")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """What another client of the database sees, or does."""
        if self.alone:
            with closing(sqlite3.connect(self.path)) as connection, connection:
                return connection.execute(sql).fetchall()
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []
