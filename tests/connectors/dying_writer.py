"""A process whose children grant and kill themselves (SIGKILL) at the step they are told: one order a line in, one exit status a line out."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from file_ledger import FileLedger

from bot.connectors.building import Surroundings, connector, open_session
from bot.connectors.settings import Finance
from bot.connectors.writing import Patience
from bot.core.turn import Call


class Fixed:
    """The tests' time, standing still."""

    def __init__(self, at: str) -> None:
        self.at = datetime.fromisoformat(at)

    def now(self) -> datetime:
        return self.at


async def main(orders: dict[str, str]) -> None:
    """Does the call and dies at the step."""
    finance = Finance.model_validate_json(orders["finance"])
    (name, settings), *_ = finance.systems.items()

    async def point(step: str) -> None:
        if step == orders["step"]:
            os.kill(os.getpid(), signal.SIGKILL)

    async with open_session() as session:
        clock = Fixed(orders["at"])
        around = Surroundings(session, clock, data=Path(orders["folder"]))
        performing = connector(name, settings, around, FileLedger(Path(orders["folder"]) / "ledger.jsonl"), Patience((0.0, 0.01), 45))
        performing.writing.point = point
        await performing.perform(Call(name, orders["operation"], orders["key"], json.loads(orders["args"])))


def child(orders: dict[str, str]) -> int:
    """A child of its own for an order; gives back its exit code, negative for a signal."""
    born = os.fork()
    if born == 0:
        try:
            asyncio.run(main(orders))
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(born, 0)[1])


for line in sys.stdin:
    sys.stdout.write(f"{child(json.loads(line))}\n")
    sys.stdout.flush()
