"""The write path and the ledger by themselves: one writer, renewals, kill switches, tasks for people, torn files."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from peers import START, Peer, Steps
from test_conformance import call, perform

from bot.connectors.contract import ContractError, Grant, Holding, Outcome, State, Transient
from bot.connectors.ledger import MemoryLedger
from bot.connectors.sandbox import Sandbox
from bot.connectors.writing import Operation, Patience, Writing, covers, kept, restored
from bot.core.turn import Call
from bot.ports import Stale


async def test_two_decisions_on_one_account_go_one_after_the_other() -> None:
    clock = Steps()
    inside = 0

    class Watched(Sandbox):
        async def grant(self, grant: Grant, key: str) -> Outcome:
            nonlocal inside
            inside += 1
            assert inside == 1
            await asyncio.sleep(0.01)
            inside -= 1
            return await super().grant(grant, key)

    writing = Writing(Watched("erp", clock), MemoryLedger(), clock, patience=Patience((0.0,), 0))
    keys = [f"k{n}" for n in range(8)]
    done = await asyncio.gather(*(writing.write(Operation.GRANT, Grant(key, "ZhangSan" if n % 2 else "ZHANGSAN", f"R{n}"), key) for n, key in enumerate(keys)))
    assert [one.state for one in done] == [State.DONE] * 8
    same = await asyncio.gather(*(writing.write(Operation.GRANT, Grant("r", "lisi", "R"), key) for key in ("x", "x", "y")))
    assert [one.state for one in same] == [State.DONE, State.DONE, State.ALREADY]


@pytest.mark.parametrize(
    ("begin", "end", "wanted", "enough"),
    [
        (None, None, None, True),
        (None, None, 5, True),
        (None, 5, 5, True),
        (None, 6, 5, True),
        (None, 4, 5, False),
        (None, 5, None, False),
        (-1, 5, 5, True),
        (1, 9, 5, False),
    ],
)
def test_a_shorter_holding_is_prolonged_and_a_longer_one_kept(begin: int | None, end: int | None, wanted: int | None, enough: bool) -> None:
    def day(number: int | None) -> datetime | None:
        return None if number is None else START + timedelta(days=number)

    assert covers(Holding("R", "", day(begin), day(end)), Grant("r", "a", "R", end=day(wanted)), START) is enough


async def test_a_renewal_is_written(tmp_path: Path) -> None:
    clock = Steps()
    box = Sandbox("erp", clock, tmp_path / "b.json")
    writing = Writing(box, MemoryLedger(), clock, patience=Patience((0.0,), 0))
    for days, state in ((5, State.DONE), (3, State.ALREADY), (9, State.DONE)):
        grant = Grant("r", "zhangsan", "R", end=START + timedelta(days=days))
        assert (await writing.write(Operation.GRANT, grant, f"k{days}")).state is state
    clock.skip(days=9, seconds=-1)
    assert [one.role for one in await Sandbox("erp", clock, tmp_path / "b.json").user_roles("zhangsan")] == ["R"]
    clock.skip(seconds=1)
    assert await box.user_roles("zhangsan") == [], "the end is the first moment it no longer holds"


async def test_what_is_not_visible_yet_is_pending_and_found_later() -> None:
    clock = Steps()

    class Slow(Sandbox):
        shown = False

        async def user_roles(self, user: str, role: str = "") -> list[Holding]:
            return list(await super().user_roles(user)) if self.shown else []

    box = Slow("erp", clock)
    writing = Writing(box, MemoryLedger(), clock, patience=Patience((0.0, 0.0), 45))
    grant = Grant("r", "zhangsan", "R")
    first = await writing.write(Operation.GRANT, grant, "k")
    assert (first.state, first.note, first.verified_by_readback) == (State.PENDING, "not_visible", False)
    assert (await writing.write(Operation.GRANT, grant, "k")).state is State.PENDING
    box.shown = True
    assert (await writing.write(Operation.GRANT, grant, "k")).verified_by_readback


@pytest.mark.parametrize("kind", ["manual"])
async def test_a_task_waits_for_a_person(peer: Peer) -> None:
    first = await perform(peer, call("grant"))
    assert (first["state"], first["note"], first["external_id"]) == ("pending", "manual_task", "grant:R1:1")
    peer.restart()
    assert (await perform(peer, call("grant")))["state"] == "pending"
    for key, confirmed in (("unknown", False), ("grant:R1:1", True), ("grant:R1:1", False)):
        said = Call("tasks", "confirm", f"confirm:{key}", {"key": key, "state": "done", "by": "E9"})
        assert (await perform(peer, said))["confirmed"] is confirmed
    told = await perform(peer, call("grant"))
    assert (told["state"], told["external_id"], told["note"], told["verified_by_readback"]) == ("done", "E9", "confirmed_by_person", False)


def test_an_outcome_survives_the_ledger() -> None:
    outcome = Outcome(State.PENDING, "x", "e", verified_by_readback=False, note="n")
    assert restored(kept(outcome)) == outcome


async def test_two_processes_do_not_write_for_one_account() -> None:
    """What the lock is within a process, the ledger is between them."""
    clock, ledger = Steps(), MemoryLedger()

    class Busy(Sandbox):
        async def grant(self, grant: Grant, key: str) -> Outcome:
            await asyncio.sleep(0.05)
            return await super().grant(grant, key)

    box = Busy("erp", clock)
    first, second = (Writing(box, ledger, clock, patience=Patience((0.0,), 45)) for _ in range(2))
    writing = asyncio.create_task(first.write(Operation.GRANT, Grant("r", "zhangsan", "A"), "a"))
    await asyncio.sleep(0.01)
    with pytest.raises(Transient, match="under way"):
        await second.write(Operation.GRANT, Grant("r", "zhangsan", "B"), "b")
    with pytest.raises(Transient, match="settled"):
        await second.write(Operation.GRANT, Grant("r", "zhangsan", "A"), "a")
    assert (await writing).state is State.DONE
    assert (await second.write(Operation.GRANT, Grant("r", "zhangsan", "B"), "b")).state is State.DONE


@pytest.mark.parametrize("kind", ["sandbox", "manual"])
async def test_people_without_an_account_are_known_by_their_id_in_our_own_systems(peer: Peer) -> None:
    told = await perform(peer, call("grant", account="", person="lisi"))
    assert told["state"] == {"sandbox": "done", "manual": "pending"}[peer.kind]


@pytest.mark.parametrize("kind", ["scim"])
async def test_and_never_anywhere_else(peer: Peer) -> None:
    assert (await perform(peer, call("grant", account="", person="lisi")))["note"] == "bad_account"


@pytest.mark.parametrize("kind", ["manual", "blind"])
async def test_what_cannot_be_read_is_said_to_be_unknown(peer: Peer) -> None:
    assert await perform(peer, call("check")) == {"user": "unknown", "roles": [], "known": False}
    assert {one["standing"] for one in (await perform(peer, call("explain")))["layers"]} == {"unknown"}  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["k3cloud"])
async def test_a_role_in_another_organisation_is_not_the_one_asked_for(peer: Peer) -> None:
    assert (await perform(peer, call("grant", key="g1", org="200")))["state"] == "done"
    assert (await perform(peer, call("grant", key="g2")))["state"] == "done", "the default organisation is another one"
    assert (await perform(peer, call("grant", key="g3")))["state"] == "already"


@pytest.mark.parametrize("kind", ["sandbox", "webhook"])
async def test_taking_one_organisation_does_not_wait_for_what_holds_everywhere(peer: Peer) -> None:
    await perform(peer, call("grant", key="g1"))
    await perform(peer, call("grant", key="g2", org="100"))
    assert (await perform(peer, call("revoke", key="r", org="100")))["state"] in {"done", "already"}
    assert ("zhangsan", "FIN_CASHIER") in peer.held()


@pytest.mark.parametrize("kind", ["webhook", "scim", "yonbip", "k3cloud", "cosmic"])
async def test_a_wrong_address_is_the_operators_business(peer: Peer) -> None:
    """404 of an address must not read as «no such person»."""
    assert peer.stand is not None
    peer.stand.faults.add("error", status=404)
    with pytest.raises(ContractError, match=r"HTTP 404|errorCode 404"):
        await perform(peer, call("grant"))


@pytest.mark.parametrize("kind", ["webhook", "scim", "yonbip", "k3cloud", "cosmic"])
async def test_a_request_that_arrives_twice_is_one_grant(peer: Peer) -> None:
    assert peer.stand is not None
    peer.stand.faults.add("twice", peer.grant_call, times=1)
    before = peer.held()
    told = await perform(peer, call("grant"))
    assert (told["state"], peer.held() - before) == ("done", {("zhangsan", "FIN_CASHIER")})


@pytest.mark.parametrize("kind", ["sandbox", "scim"])
@pytest.mark.parametrize("moment", ["open", "close"])
async def test_a_ledger_that_fails_is_tried_again(peer: Peer, moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent without a row; and a row that could not be closed is closed by what is read."""

    async def broken(*_: object) -> None:
        raise Stale("moved")

    with monkeypatch.context() as patch:
        patch.setattr(peer.ledger, moment, broken)
        with pytest.raises(Transient, match="ledger"):
            await perform(peer, call("grant"))
    assert (("zhangsan", "FIN_CASHIER") in peer.held()) is (moment == "close")
    assert (await perform(peer, call("grant")))["state"] == "done"
    assert peer.stand is None or peer.grants == 1
