"""One suite over both ledgers: memory, and the one in the store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from peers import START, Steps

from bot.connectors.contract import Grant, State, Transient
from bot.connectors.ledger import HELD, UNSENT, Attempt, Ledger, MemoryLedger, Row
from bot.connectors.sandbox import Sandbox
from bot.connectors.settings import Writes
from bot.connectors.writing import Operation, Patience, Writing
from bot.wiring.ledger import StoredLedger
from storage import SqlStore


def attempt(subject: str = "erp:zhangsan", at: datetime = START, memo: str = "") -> Attempt:
    return Attempt(subject, "grant", "R", "100", at, memo)


@pytest.fixture(params=["memory", "store"])
async def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ledger]:
    """Each ledger, empty."""
    if request.param == "memory":
        yield MemoryLedger()
    else:
        store = SqlStore(f"sqlite:///{tmp_path / 'usher.db'}", owner="one", data=tmp_path)
        await store.open()
        yield StoredLedger(store)
        await store.close()


async def test_a_row_is_what_was_written(ledger: Ledger) -> None:
    assert await ledger.find("a") is None
    await ledger.open("a", attempt(memo='{"request_id": "R1"}'))
    assert await ledger.find("a") == Row("a", attempt(memo='{"request_id": "R1"}'))
    await ledger.close("a", "done")
    await ledger.close("a", "seen")
    assert await ledger.find("a") == Row("a", attempt(memo='{"request_id": "R1"}'), "seen")


async def test_a_row_may_be_opened_again(ledger: Ledger) -> None:
    await ledger.open("a", attempt())
    await ledger.close("a", UNSENT)
    await ledger.open("a", attempt(at=START + HELD))
    assert await ledger.find("a") == Row("a", attempt(at=START + HELD))
    await ledger.open("a", attempt(at=START + HELD * 2))


async def test_one_writer_a_subject(ledger: Ledger) -> None:
    await ledger.open("a", attempt())
    with pytest.raises(Transient):
        await ledger.open("b", attempt())
    await ledger.open("c", attempt("erp:lisi"))
    await ledger.close("a", "done")
    await ledger.open("b", attempt())
    await ledger.open("d", attempt(at=START + HELD))
    assert (await ledger.find("b")) == Row("b", attempt())


async def test_the_write_path_over_it(ledger: Ledger) -> None:
    clock = Steps()
    writing = Writing(Sandbox("erp", clock), ledger, clock, patience=Patience((0.0,), 45))
    first = await writing.write(Operation.GRANT, Grant("r", "zhangsan", "R"), "k")
    assert [first.state, (await writing.write(Operation.GRANT, Grant("r", "zhangsan", "R"), "k")).state] == [State.DONE] * 2
    assert await writing.switch(Writes.OFF) is Writes.OFF
    again = Writing(Sandbox("erp", clock), ledger, clock, patience=Patience((0.0,), 45))
    assert (await again.write(Operation.GRANT, Grant("r", "lisi", "R"), "l")).note == "switched_off"
