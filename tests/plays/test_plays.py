"""Every play is a test; every intent has one at its own path."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from near import Near
from playing import DIALOGS, Stage, play, read

from bot.words.loading import Words

PLAYS = sorted(DIALOGS.glob("*/*/*.yaml"))
TRIED: Counter[str] = Counter()
"""Commands of which near misses were made."""


@pytest.mark.parametrize("path", PLAYS, ids=lambda path: str(path.relative_to(DIALOGS).with_suffix("")))
async def test_play(stage: Stage, path: Path) -> None:
    """With near misses of its commands before they are given; USHER_TEST_NEAR=20 makes more of them."""
    steps = read(path)
    assert steps, "a play says something"
    stage.before = Near(stage, TRIED).before
    await play(stage, steps)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_intent_has_its_play(words: Words, language: str) -> None:
    shell = () if language == "zh" else ("shell", "elsewhere")  # commands and desks are proved once
    wanted = {name for name, heading in words.headings.items() if language in heading.files and name.split(".")[0] not in shell}
    there = {f"{path.parent.name}.{path.stem}" for path in PLAYS if path.parent.parent.name == language}
    assert not wanted - there
