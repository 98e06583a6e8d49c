"""kill -9 at every step of the write path, in a process of its own, against every stand-in: exactly one grant, and what is said afterwards is true."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from peers import BOTH, READABLE, Peer
from pydantic import SecretStr
from test_conformance import call, perform, until_settled
from test_crashes import STEPS

from bot.core.turn import Call

WRITER = Path(__file__).parent / "dying_writer.py"


def in_clear(peer: Peer) -> str:
    """The settings with their secrets, for another process."""
    told = {name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in peer.settings}
    told["roles"] = {key: row.model_dump() for key, row in peer.settings.roles.items()}
    return json.dumps({"systems": {peer.kind: told}})


@pytest.fixture(scope="module")
def writer() -> Iterator[Popen[str]]:
    """The process whose children die."""
    with Popen([sys.executable, str(WRITER)], stdin=PIPE, stdout=PIPE, text=True) as process:
        yield process


async def killed(writer: Popen[str], peer: Peer, step: str, one: Call) -> None:
    """Performs the call in another process that dies at the step."""
    args = {**one.args, "account": peer.accounts.get(one.args["account"], one.args["account"])}
    orders = {
        "finance": in_clear(peer), "step": step, "at": peer.clock.at.isoformat(), "folder": str(peer.folder), "operation": one.operation, "key": one.key,
        "args": json.dumps(args),
    }  # fmt: skip

    def ask() -> int:
        assert writer.stdin is not None
        assert writer.stdout is not None
        writer.stdin.write(json.dumps(orders) + "\n")
        writer.stdin.flush()
        return int(writer.stdout.readline())

    assert await asyncio.to_thread(ask) == -signal.SIGKILL


@pytest.mark.parametrize("kind", READABLE)
async def test_one_grant_however_often_it_is_killed(peer: Peer, writer: Popen[str]) -> None:
    """The same call dies at every step in turn, and is then brought to its end."""
    for step in STEPS[:3]:
        await killed(writer, peer, step, call("grant"))
        peer.clock.skip(seconds=60)
    peer.restart()
    told = await until_settled(peer, call("grant"))
    assert (told["state"], told["verified_by_readback"]) == ("done", True)
    assert peer.held() >= {("zhangsan", "FIN_CASHIER")}
    if peer.stand is not None:
        assert peer.grants == 1, "at `read` and `opened` nothing was sent, at `sent` it was, and after that it was only read"


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("step", ["seen", "closed"])
async def test_killed_after_the_effect(peer: Peer, writer: Popen[str], step: str) -> None:
    await killed(writer, peer, step, call("grant"))
    peer.restart()
    told = await perform(peer, call("grant"))
    assert (told["state"], told["verified_by_readback"], peer.grants) == ("done", True, 1)


@pytest.mark.parametrize("kind", BOTH)
async def test_granted_then_dropped_then_killed(peer: Peer, writer: Popen[str]) -> None:
    """The answer is lost on the wire, and the process dies right after it had looked."""
    assert peer.stand is not None
    await perform(peer, call("check"))
    peer.stand.faults.add("drop_after", peer.grant_call, times=1)
    await killed(writer, peer, "sent", call("grant"))
    peer.restart()
    told = await perform(peer, call("grant"))
    assert (told["state"], told["verified_by_readback"], peer.grants) == ("done", True, 1)
