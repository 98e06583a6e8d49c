"""Figures for operators, and the purge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from types import ModuleType
from typing import cast

import pytest
from sqlalchemy import Executable
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.sql import ClauseElement
from storage_samples import NOW, Database, message, remembered, said, turn

from bot.core.model import Invite
from bot.core.turn import Due
from bot.ports import Settled, Settlement
from storage import SqlStore, entities, inbox, items, outbox, people, turns, upkeep
from storage.entities import Kept
from storage.leases import Leases
from storage.sql import Texts

FAR = NOW + timedelta(days=365_000)


async def test_nothing(store: SqlStore) -> None:
    figures = dict(await store.counts())
    assert figures.pop("db_bytes") > 0
    assert figures == {"inbox_depth": 0, "inbox_oldest_s": 0, "outbox_depth": 0, "outbox_oldest_s": 0, "dead": 0, "due_in_vain": 0}


async def test_depths_and_ages(database: Database) -> None:
    store = await database.open()
    for number in range(4):
        await store.hear(message(f"m{number}"))
    (row,) = await store.commit(turn(message("m0"), says=[said("a")]))
    await store.commit(turn(message("m1"), says=[said("b"), said("c")]))
    await store.drop(message("m2"), "incident")
    await store.settle([Settlement(row.key, row.attempt, Settled.DEAD)])
    database.query("UPDATE inbox SET received = received - 5000")
    database.query("UPDATE outbox SET made = made - 9000")
    figures = await store.counts()
    assert (figures["inbox_depth"], figures["outbox_depth"], figures["dead"]) == (1, 2, 2)
    assert 5 <= figures["inbox_oldest_s"] < 9 <= figures["outbox_oldest_s"] < 15


async def test_purge_takes_what_ended_before(database: Database) -> None:
    store = await database.open()
    for ident in ("old", "new", "open", "dead"):
        await store.hear(message(ident, conversation=ident))
    for ident in ("old", "new"):
        (row,) = await store.commit(turn(message(ident, conversation=ident), remembered("t", place=ident), says=[said(ident, ident)]))
        await store.settle([Settlement(row.key, row.attempt, Settled.SENT)])
    await store.commit(turn(Due("nudge", "17", NOW), says=[said("waiting", "old")]))
    await store.drop(message("dead", conversation="dead"), "incident")
    for sql in (
        "UPDATE inbox SET received = 1 WHERE key NOT LIKE '%new'",
        "UPDATE outbox SET made = 1 WHERE key <> 'new'",
        "UPDATE outbox SET settled = 1 WHERE key = 'old'",
        "UPDATE conversation SET touched = 1 WHERE id = 'old'",
        "UPDATE journal SET at = 1 WHERE conversation <> 'new'",
    ):
        database.query(sql)
    assert await store.purge(NOW - timedelta(days=3650)) == 3 + 1 + 2 + 1
    assert [key[-4:].strip("\x1f") for (key,) in database.query("SELECT key FROM inbox ORDER BY seq")] == ["new", "open"]
    assert database.query("SELECT key FROM outbox ORDER BY seq") == [("new",), ("waiting",)]
    assert database.query("SELECT id FROM conversation") == [("new",)]
    assert [entry.conversation for entry in await store.journal("", 9)] == ["new"]
    assert await store.purge(NOW - timedelta(days=3650)) == 0


async def test_purge_of_many_slices_past_one_that_stays(database: Database) -> None:
    store = await database.open()
    await store.hear(message("open"))
    for number in range(1300):
        await store.commit(turn(Due("nudge", str(number), NOW)))
    await store.commit(turn(message("place"), *(remembered("t", place=f"group{number}") for number in range(1100))))
    assert await store.purge(FAR) == 2 * 1301 + 1100
    assert database.query("SELECT state FROM inbox") == [("received",)]
    assert database.query("SELECT count(*) FROM journal") == database.query("SELECT count(*) FROM conversation") == [(0,)]


async def test_purge_of_items_takes_only_what_is_over(database: Database) -> None:
    store = await database.open()
    invite = Invite("i", "used", "13800138000", "张三", "", "", "code", "K7Q2M", NOW)
    for number in range(520):
        await store.keep(replace(invite, id=f"old{number}"))
    await store.keep(replace(invite, id="due", due=NOW))
    await store.keep(replace(invite, id="valid", state="sent"))
    await store.keep(replace(invite, id="fresh", sent=NOW + timedelta(days=1)))
    before = NOW + timedelta(hours=1)
    assert await store.purge_items("invite", "used", before) == 0  # touched just now
    database.query("UPDATE item SET touched = 1")
    await store.keep(replace(invite, id="touched"))
    assert await store.purge_items("invite", "used", before) == 520
    assert await store.purge_items("invite", "used", before) == 0
    assert [one for (one,) in database.query("SELECT id FROM item ORDER BY id")] == ["due", "fresh", "touched", "valid"]
    assert [one for (one,) in database.query("SELECT DISTINCT id FROM item_tag ORDER BY id")] == ["due", "fresh", "touched", "valid"]


def statements(found: object) -> Iterator[ClauseElement]:
    """Every statement in a module, and in what it keeps there."""
    if isinstance(found, Executable):
        yield cast(ClauseElement, found)
    elif isinstance(found, ModuleType):
        yield from statements({name: value for name, value in vars(found).items() if not name.startswith("__") and not isinstance(value, ModuleType)})
    elif isinstance(found, dict):
        yield from statements(list(found.values()))
    elif isinstance(found, list | tuple):
        for each in found:
            yield from statements(each)
    elif isinstance(found, Leases | Kept):
        yield from statements([getattr(found, each.name) for each in fields(found)])


@pytest.mark.parametrize("module", [inbox, outbox, turns, people, upkeep, entities, items], ids=lambda module: module.__name__)
async def test_no_statement_reads_a_whole_table(sqlite_file: Database, module: ModuleType) -> None:
    await sqlite_file.open()
    texts = Texts(sqlite_dialect(), "named")
    growing = re.compile(r"SCAN (inbox|outbox|conversation|person|account|item|item_tag)\b(?! USING INDEX person_admin)")
    seen = 0
    for statement in statements(module):
        text = texts.prepare(statement)[0]
        plan = sqlite_file.query("EXPLAIN QUERY PLAN " + re.sub(r":\w+", "1", text))
        assert not [step for *_, step in plan if growing.match(step)], text
        seen += 1
    assert seen
