"""The route of late answers: only of systems that make callbacks, only signed, and never lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.config import Settings
from bot.connectors.building import open_session
from bot.connectors.contract import Transient
from bot.connectors.ledger import Attempt
from bot.connectors.settings import Finance
from bot.core.turn import Call, Outcome, Stimulus
from bot.ports import StoreError
from bot.web.finance import routes
from bot.wiring.ledger import StoredLedger
from bot.wiring.outside import late_answer, systems
from storage import SqlStore


class Hands:
    def now(self) -> datetime:
        return datetime(2026, 3, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(("system", "status"), [("erp", 401), ("sandbox", 404), ("nobody", 404)])
async def test_who_is_refused(tmp_path, system: str, status: int) -> None:
    told = Finance.model_validate(
        {"systems": {"erp": {"type": "webhook", "base_url": "http://127.0.0.1:9", "secret": "s" * 32}, "sandbox": {"type": "sandbox"}}}
    )
    store = SqlStore(f"sqlite:///{tmp_path / 'f.db'}", "me", tmp_path)
    await store.open()
    async with open_session() as session:
        connectors = systems(told, Settings(data=tmp_path), session, Hands(), store)

        async def hear(_: Stimulus) -> bool:
            raise AssertionError("nothing was signed")

        application = web.Application()
        application.add_routes(routes(lambda *given: late_answer(connectors, *given), hear))
        async with TestClient(TestServer(application)) as client:
            answer = await client.post(f"/finance/{system}", data=json.dumps({"key": "grant:1:1", "state": "done"}))
            assert answer.status == status
    await store.close()


async def test_what_is_not_durable_must_come_again() -> None:
    async def heard(*_: object) -> Stimulus | None:
        return Outcome(Call("erp", "grant", "grant:1:1:late"), True, "{}", Hands().now())

    async def hear(_: Stimulus) -> bool:
        raise StoreError("full")

    application = web.Application()
    application.add_routes(routes(heard, hear))
    async with TestClient(TestServer(application)) as client:
        assert (await client.post("/finance/erp")).status == 503


async def test_two_writers_for_one_account_step_back(tmp_path) -> None:
    store = SqlStore(f"sqlite:///{tmp_path / 'f.db'}", "me", tmp_path)
    await store.open()
    ledger = StoredLedger(store)
    what = Attempt("erp emp1", "grant", "R", "", Hands().now(), "{}")
    await ledger.open("k1", what)
    with pytest.raises(Transient):
        await ledger.open("k2", what)
    await ledger.open("k1", what)
    await ledger.close("k1", "done")
    await ledger.open("k2", what)
    row = await ledger.find("k1")
    assert row is not None
    assert (row.result, row.what, await ledger.find("k3")) == ("done", what, None)
    await store.close()
