"""The shipped words, read once."""

from __future__ import annotations

import pytest

from bot.words.loading import Words, bundled, load


@pytest.fixture(scope="session")
def words() -> Words:
    """The product's own words."""
    return load([bundled()])
