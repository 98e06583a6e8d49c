"""The audit trail is searched as data: by what a line is about, by who did it, or the newest ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.facts import Ask
from bot.core.model import Entry
from bot.core.turn import Event, Put
from bot.ports import Commit, Journal
from storage import SqlStore

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)
LINES = tuple(Entry(f"e{n}", NOW + timedelta(minutes=n), f"c:{n % 2}", "publish", f"lesson:{n % 3}", "", f"detail {n}") for n in range(6))


@pytest.mark.parametrize(
    ("about", "most", "found"), [("", 3, ["e5", "e4", "e3"]), ("lesson:1", 9, ["e4", "e1"]), ("c:0", 2, ["e4", "e2"]), ("lesson:9", 9, [])]
)
async def test_lines_are_found(tmp_path: Path, about: str, most: int, found: list[str]) -> None:
    store = SqlStore(f"sqlite:///{tmp_path / 'a.db'}", "test", tmp_path)
    await store.open()
    try:
        stimulus = Event("test", "put", "1", "", {}, NOW)
        await store.hear(stimulus)
        await store.commit(Commit(stimulus, tuple(map(Put, LINES)), (), (), Journal("j", "event", "", "", "", "", 0.0, "noted", "{}", NOW)))
        answer = await store.answer((Ask(Entry, tag=about, most=most),))
        assert [line.id for line in answer.entries] == found
        assert all(line.detail == f"detail {line.id[1:]}" for line in answer.entries)
        assert (answer.items, answer.people) == ((), ())
    finally:
        await store.close()
