"""An open store, a platform and a clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from engine_samples import Hands, Platform

from storage import SqlStore


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    """An open store on a file of its own."""
    made = SqlStore(f"sqlite:///{tmp_path / 'engine.db'}", "first", tmp_path)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def platform() -> Platform:
    """Where people are."""
    return Platform()


@pytest.fixture
def clock() -> Hands:
    """Business time."""
    return Hands()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of milliseconds where the product waits seconds; the numbers are settings of the module, the code is as it is."""
    monkeypatch.setattr("bot.engine.outbox.FIRST_WAIT", 0.005)
    monkeypatch.setattr("bot.engine.sending.FIRST_WAIT", 0.005)
    monkeypatch.setattr("bot.engine.sending.UNKNOWN_WAIT", 0.01)
