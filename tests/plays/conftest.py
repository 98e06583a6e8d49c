"""Collects plays: every tests/dialogs/<lang>/<group>/<intent>.yaml is a test of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from playing import Stage

from bot.words.loading import Words, bundled, load


@pytest.fixture(scope="session")
def words() -> Words:
    """The shipped words, read once."""
    return load([bundled()])


@pytest.fixture
async def stage(words: Words, tmp_path: Path):
    """A real house without a platform."""
    async with Stage(words, tmp_path) as opened:
        yield opened
