"""The connector under test with its other side; parametrise `kind` to choose."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from peers import Peer, peer_of


@pytest.fixture
async def peer(kind: str, tmp_path: Path) -> AsyncIterator[Peer]:
    """One connector and its other side."""
    async with peer_of(kind, tmp_path) as made:
        yield made
