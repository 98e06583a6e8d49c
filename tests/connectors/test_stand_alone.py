"""The stand-ins as programs: started by hand, they say how they are reached and are."""

from __future__ import annotations

import asyncio
import signal
import sys
import tomllib
from zoneinfo import ZoneInfo

import pytest
from test_conformance import call

from bot.connectors.building import Surroundings, connector, open_session
from bot.connectors.ledger import MemoryLedger
from bot.connectors.settings import Finance
from bot.engine.clock import SystemClock
from bot.fake_finance.__main__ import STANDS, main


@pytest.mark.parametrize("name", STANDS)
async def test_a_stand_in_runs_by_itself(name: str) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot.fake_finance", name, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        shown = [(await process.stdout.readline()).decode() for _ in range(len(STANDS[name][1]) + 1)]
        more = {"webhook": {"path": "/hook"}, "cosmic": {"user_path": "/kapi/v2/bos/bos_user/query"}}.get(name, {})
        finance = Finance.model_validate({"systems": {"erp": {"type": name, **tomllib.loads("".join(shown)), **more}}})
        async with open_session() as session:
            clock = SystemClock()
            made = connector("erp", finance.systems["erp"], Surroundings(session, clock, zone=ZoneInfo("Asia/Shanghai")), MemoryLedger())
            told = await made.perform(call("health"))
        assert '"ok": true' in told
        assert '"skew_s": 0' in told or '"skew_s": -1' in told
    finally:
        process.send_signal(signal.SIGINT)
        await process.wait()


@pytest.mark.parametrize("words", [[], ["fax"], ["yonbip", "x"]])
def test_odd_words_are_told(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "webhook,yonbip,k3cloud,cosmic" in capsys.readouterr().err
