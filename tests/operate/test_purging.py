"""The nightly purge: begun at the first start, run each night by its due time, deleting what the settings say and nothing younger."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.facts import Ask
from bot.core.keeping import OVER, Keeping, over
from bot.core.lifecycle.joining import INVITES
from bot.core.model import Action, Away, Chore, Invite, Shown, Wish, kind_of
from bot.core.turn import Call, Event, Put
from bot.ports import Commit, ConnectorRefused, Journal
from bot.wiring.purging import Purging
from bot.words.loading import Words, bundled, load

sys.path.append(str(Path(__file__).parents[1] / "plays"))
from playing import Stage

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)
FAR = timedelta(days=365_000)
LINE = Journal("w", "event", "", "", "", "", 0.0, "noted", "{}", NOW)


@pytest.fixture(scope="module")
def words() -> Words:
    return load([bundled()])


@pytest.fixture
async def stage(words: Words, tmp_path: Path) -> AsyncIterator[Stage]:
    async with Stage(words, tmp_path) as made:
        made.connectors["keeping"] = Purging(made.store)
        yield made


def age(folder: Path) -> None:
    """Everything in the database is from long ago."""
    with closing(sqlite3.connect(folder / "play.db")) as database, database:
        for sql in ("inbox SET received = 1", "outbox SET made = 1", "outbox SET settled = 1 WHERE settled IS NOT NULL", "journal SET at = 1"):
            database.execute(f"UPDATE {sql}")
        database.execute("UPDATE conversation SET touched = 1")
        database.execute("UPDATE item SET touched = 1")


async def test_each_night_what_is_over_goes(stage: Stage, tmp_path: Path) -> None:
    await stage.happen({"kind": "started", "values": {"person": "paper:王敏"}})
    await stage.happen({"kind": "started", "values": {"person": "paper:王敏"}})
    await stage.say("张三", "查进度", group=False)
    await stage.store.keep(Shown("old", "张三", (Action("act.help"),), NOW - timedelta(days=91)))
    await stage.store.keep(Shown("new", "张三", (Action("act.help"),), NOW))
    await stage.store.keep(Invite("i", "sent", "", "张三", "", "", "chat", "K7Q2M", NOW - FAR / 500))
    age(tmp_path)
    (chore,) = (await stage.store.answer((Ask(Chore, id="keeping"),))).items
    assert chore.due == datetime(2026, 3, 3, 19, 30, tzinfo=UTC)  # half past three at night in Shanghai
    stage.clock.at += timedelta(days=1)
    assert await stage.tick() == []
    found = (await stage.store.answer((Ask(Shown), Ask(Invite), Ask(Chore, id="keeping")))).items
    assert [one.id for one in found] == ["new", "i", "keeping"]
    assert found[2].due == datetime(2026, 3, 4, 19, 30, tzinfo=UTC)
    kinds = {row.kind for row in await stage.store.journal("", 99)}
    assert "message" not in kinds  # the turns of the night itself are younger
    assert kinds <= {"due", "outcome"}


async def test_without_an_admin_in_the_settings_it_is_done_too(stage: Stage) -> None:
    await stage.happen({"kind": "started", "values": {"person": ""}})
    old, young = NOW - timedelta(days=1096), NOW - timedelta(days=1000)
    for number, end in enumerate((old, young)):
        await stage.store.keep(Away(f"p{number}", f"p{number}", end - timedelta(days=200), end, "paper:李四"))
        commit = Commit(
            Event("test", "wish", f"w{number}", "", {}, NOW), (Put(Wish(f"w{number}", "unanswered", "", "怎么开票", f"p{number}", end)),), (), (), LINE
        )
        await stage.store.commit(replace(commit, journal=replace(LINE, id=f"w{number}")))
    with closing(sqlite3.connect(stage.store._db._path)) as database, database:  # type: ignore[attr-defined] # the play's own file
        database.execute("UPDATE item SET touched = 1 WHERE kind = 'away'")
    stage.clock.at += timedelta(days=1)
    assert await stage.tick() == []
    found = await stage.store.answer((Ask(Away, id="p0"), Ask(Away, id="p1"), *(Ask(Wish, person=f"p{number}") for number in (0, 1))))
    assert [one.id for one in found.items] == ["p1"]
    assert [one.id for one in found.wishes] == ["w1"]


async def test_the_purge_counts_and_may_be_done_again(stage: Stage, tmp_path: Path) -> None:
    await stage.say("张三", "查进度", group=False)
    age(tmp_path)
    call = Call("keeping", "purge", "k", {"text": NOW.isoformat(), "items": json.dumps([["shown", "", NOW.isoformat()]])})
    first, second = [json.loads(await Purging(stage.store).perform(call)) for _ in range(2)]
    assert first["text"] > 2
    assert second == {"text": 0, "items": 0}
    for args in ({}, {"text": "x", "items": "[]"}, {"text": NOW.isoformat(), "items": "[[1]]"}):
        with pytest.raises(ConnectorRefused):
            await Purging(stage.store).perform(Call("keeping", "purge", "k", args))


def test_the_numbers_of_the_settings_count() -> None:
    rows = {(kind, state): (NOW - before).days for kind, state, before in over(Keeping(card_days=31, record_days=400), NOW)}
    assert rows["shown", ""] == 31
    assert rows["request", "rejected"] == rows["sending", "ended"] == 400


def test_nothing_that_is_open_is_over() -> None:
    """What may still move by itself, or which a person still acts on, is not in the table."""
    ends = {kind_of(kind): set(states) for kind, (_, states) in OVER.items()}
    assert not ends["invite"] & {"asked", "sent", "opened"}
    assert ends["invite"] <= {move.target for move in INVITES.values()}
    assert not ends["application"] & {"draft", "verifying", "submitted", "resubmitted", "needs_info", "rejected"}
    assert not ends["request"] & {"draft", "pending", "approved", "granting", "granted", "effective", "not_effective", "failed"}
    assert not ends["grant"] & {"active", "ending", "failed"}
