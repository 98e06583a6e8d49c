"""Orders to the process whose children die: where it is, and how it is asked."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

PROCESS = Path(__file__).parent / "dying_house.py"


def started() -> Popen[str]:
    """The process; it ends when its input does."""
    return Popen([sys.executable, str(PROCESS)], stdin=PIPE, stdout=PIPE, text=True)


async def carried_out(process: Popen[str], order: Mapping[str, Any]) -> dict[str, Any]:
    """An order carried out in a child of its own: what it told, or only the signal that ended it."""

    def ask() -> dict[str, Any]:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        return dict(json.loads(process.stdout.readline()))

    return await asyncio.to_thread(ask)
