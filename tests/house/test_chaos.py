"""A small chaos: two replicas of the real program on PostgreSQL, killed, stopped and cut off while reminders fall due, and counted by the stand-in."""

from __future__ import annotations

import importlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

POSTGRES = os.environ.get("USHER_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The bench as a module."""
    pytest.importorskip("psycopg")
    monkeypatch.syspath_prepend(str(BENCH))
    return importlib.import_module("chaos")


@pytest.fixture
def url(bench: ModuleType) -> Iterator[str]:
    """A database of our own on the server of USHER_TEST_POSTGRES_URL."""
    name = f"usher_chaos_{secrets.token_hex(6)}"
    try:
        bench.query(POSTGRES, f"CREATE DATABASE {name}")
    except Exception as error:
        pytest.skip(f"no PostgreSQL answers (set USHER_TEST_POSTGRES_URL): {error}")
    yield POSTGRES.rpartition("/")[0] + f"/{name}"
    bench.query(POSTGRES, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.timeout(180)
async def test_nothing_is_lost_and_only_what_was_being_sent_comes_twice(bench: ModuleType, url: str, tmp_path: Path) -> None:
    async def deeds(chaos: Any) -> None:
        await chaos.everything(kills=1, pauses=1, steps=1, restarts=1, gap=0.3)

    told = await bench.trial(bench.Shared(url), tmp_path, bench.Told(60), 5, deeds, cards=False, hurry=True, replicas=2)
    print(f"\n{told.line(bench.Shared.name)}")  # noqa: T201 - the figures are what this test is for
    assert set(told.arrived) == {f"{kind}{number}" for number in range(30) for kind in ("form", "boss")}, "nothing is lost"
    assert told.early == 0
    assert not {cause for cause, _ in told.causes} & {bench.OUTSIDE, bench.TWICE}, (
        "only what was being sent when a replica or the database was hurt comes twice"
    )
