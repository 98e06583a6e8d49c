"""The connector under test with its other side; parametrise `kind` to choose."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from subprocess import Popen

import pytest
from killing import started
from peers import Peer, peer_of


@pytest.fixture
async def peer(kind: str, tmp_path: Path) -> AsyncIterator[Peer]:
    """One connector and its other side."""
    async with peer_of(kind, tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def process() -> Iterator[Popen[str]]:
    """The process whose children die."""
    with started() as running:
        yield running
