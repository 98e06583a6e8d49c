"""The simulated month of `bench/nudging.py`: what its table claims of Usher, on a small company."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

BENCH = Path(__file__).parents[2] / "bench" / "nudging.py"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """The bench as a module."""
    made = importlib.util.spec_from_file_location("nudging_bench", BENCH)
    assert made is not None
    assert made.loader is not None
    module = importlib.util.module_from_spec(made)
    sys.modules[made.name] = module
    made.loader.exec_module(module)
    return module


def test_a_month_keeps_the_rules_and_ends_with_every_request_decided(bench: ModuleType) -> None:
    company = bench.world(300, 1)
    month = bench.POLICIES["Usher's defaults"](company, np.random.default_rng(2))
    assert month.decided.keys() == {item.item for item in company.items}
    assert all(bench.is_working_time(bench.CALENDAR, now) for _, now, _ in month.mail)
    assert not any(bench.away(person, company.absences, now) for person, now, _ in month.mail)
    assert max(Counter((person, now.date()) for person, now, _ in month.mail).values()) <= 2


def test_a_month_is_the_same_with_the_same_dice(bench: ModuleType) -> None:
    months = [bench.POLICIES["Usher's defaults"](bench.world(100, 3), np.random.default_rng(4)) for _ in range(2)]
    assert months[0].mail == months[1].mail
    assert months[0].decided == months[1].decided


def test_the_table_is_printed(bench: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    bench.main(60, 1)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(bench.POLICIES)
    assert len({line.count("|") for line in lines}) == 1
