"""Every row of the tables of joining is played: what the plays of joining do to invites, applications and memberships is written down and compared."""

from __future__ import annotations

from pathlib import Path
from types import MethodType

import pytest
from playing import DIALOGS, Stage, play, read

from bot.core.facts import Ask
from bot.core.lifecycle.joining import APPLICATIONS, INVITES, MEMBERS
from bot.core.model import Application, Invite, Item, Member, kind_of
from bot.ports import Commit, Queued
from bot.words.loading import Words
from storage import SqlStore

TABLES = {Invite: INVITES, Application: APPLICATIONS, Member: MEMBERS}
PLAYS = sorted(DIALOGS.glob("zh/joining/*.yaml"))
Step = tuple[str, str, str]


def watched(stage: Stage, seen: set[Step]) -> None:
    """Writes down each (kind, state before, state after) that is stored."""

    async def commit(self: SqlStore, one: Commit) -> tuple[Queued, ...]:
        for put in one.puts:
            kind = type(put.entity)
            if kind in TABLES and not isinstance(put.entity, str):
                item: Item = put.entity  # type: ignore[assignment] # of the three kinds
                old = (await self.answer([Ask(kind, id=item.id)])).items
                seen.add((kind_of(kind), old[0].index.state if old else "", item.index.state))
        return await SqlStore.commit(self, one)

    stage.store.commit = MethodType(commit, stage.store)  # type: ignore[method-assign] # the store itself does the work


@pytest.mark.timeout(120)
async def test_every_row_is_played(words: Words, tmp_path: Path) -> None:
    seen: set[Step] = set()
    for number, path in enumerate(PLAYS):
        folder = tmp_path / str(number)
        folder.mkdir()
        async with Stage(words, folder) as stage:
            watched(stage, seen)
            await play(stage, read(path))
    missing = [
        (kind_of(kind), move.name)
        for kind, table in TABLES.items()
        for move in table.values()
        if not any((kind_of(kind), source, move.target) in seen for source in move.sources)
    ]
    assert missing == []
    legal = {(kind_of(kind), source, move.target) for kind, table in TABLES.items() for move in table.values() for source in move.sources}
    assert {step for step in seen if step[1] and step[1] != step[2]} <= legal


@pytest.mark.parametrize("number", range(1, 7))
def test_every_should_not_is_played(number: int) -> None:
    assert read(DIALOGS / "zh" / "joining" / f"should_not_s{number}.yaml")
