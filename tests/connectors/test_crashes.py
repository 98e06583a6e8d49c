"""The process dies between any two steps of the write path: after the restart there is exactly one grant, and what is said is true."""

from __future__ import annotations

import pytest
from peers import BOTH, READABLE, Peer
from test_conformance import call, perform, until_settled

STEPS = ("read", "opened", "sent", "seen", "closed")


class Killed(BaseException):
    """What a kill looks like from the inside: nothing of ours runs after it."""


def kill_at(peer: Peer, step: str) -> None:
    async def point(reached: str) -> None:
        if reached == step:
            raise Killed

    peer.performing.writing.point = point


@pytest.mark.parametrize("kind", READABLE)
@pytest.mark.parametrize("step", STEPS)
async def test_a_grant_survives_a_kill(peer: Peer, step: str) -> None:
    kill_at(peer, step)
    with pytest.raises(Killed):
        await perform(peer, call("grant"))
    peer.restart()
    told = await until_settled(peer, call("grant"))
    assert (told["state"], told["verified_by_readback"]) == ("done", True)
    assert ("zhangsan", "FIN_CASHIER") in peer.held()
    assert peer.grants == (0 if peer.stand is None else 1)


@pytest.mark.parametrize("kind", READABLE)
@pytest.mark.parametrize("step", STEPS)
async def test_a_revocation_survives_a_kill(peer: Peer, step: str) -> None:
    await perform(peer, call("grant"))
    kill_at(peer, step)
    with pytest.raises(Killed):
        await perform(peer, call("revoke", key="revoke:R1:1"))
    peer.restart()
    told = await until_settled(peer, call("revoke", key="revoke:R1:1"))
    assert (told["state"], told["verified_by_readback"]) == ("done", True)
    assert ("zhangsan", "FIN_CASHIER") not in peer.held()


@pytest.mark.parametrize("kind", BOTH)
async def test_granted_then_the_connection_dropped_then_killed(peer: Peer) -> None:
    """The worst case: it was done, the answer was lost, the look-up failed too, and the process died."""
    assert peer.stand is not None
    await perform(peer, call("check"))
    peer.stand.faults.add("drop_after", peer.grant_call, times=1)

    async def point(reached: str) -> None:
        if reached == "opened":
            peer.stand.faults.add("error", peer.read_call, status=503)

    peer.performing.writing.point = point
    with pytest.raises(Exception, match=r"no answer|HTTP 503"):
        await perform(peer, call("grant"))
    peer.stand.faults.clear()
    peer.restart()
    told = await until_settled(peer, call("grant"))
    assert (told["state"], peer.grants) == ("done", 1)


@pytest.mark.parametrize("kind", READABLE)
async def test_another_key_waits_while_a_write_is_open(peer: Peer) -> None:
    """After a crash the account's row is open: nobody else writes for it before it is settled or old."""
    from bot.connectors.contract import Transient

    kill_at(peer, "opened")
    with pytest.raises(Killed):
        await perform(peer, call("grant"))
    peer.restart()
    other = call("grant", key="grant:R2:1", role="viewer")
    with pytest.raises(Transient, match="under way"):
        await perform(peer, other)
    assert (await until_settled(peer, call("grant")))["state"] == "done"
    assert (await perform(peer, other))["state"] == "done"
