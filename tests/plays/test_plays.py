"""Every play is a test; every intent has one at its own path."""

from __future__ import annotations

from pathlib import Path

import pytest
from playing import DIALOGS, Stage, play
from ruamel.yaml import YAML

from bot.words import Words

PLAYS = sorted(DIALOGS.glob("*/*/*.yaml"))


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: str(path.relative_to(DIALOGS).with_suffix("")))
async def test_play(stage: Stage, path: Path) -> None:
    await play(stage, YAML(typ="safe").load(path.read_text(encoding="utf-8")))


def test_every_intent_has_its_play(words: Words) -> None:
    wanted = {name for name, heading in words.headings.items() if "zh" in heading.files and heading.files["zh"].name != "_elsewhere.yaml"}
    there = {f"{path.parent.name}.{path.stem}" for path in PLAYS if path.parent.parent.name == "zh"}
    assert not wanted - there
