"""kill -9 at every step from the approval to the word that it is there, in a process of its own, of the real house over its own store and every stand-in at
once: exactly one grant, and what is said afterwards is true."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from killing import carried_out
from peers import MAKERS, START, Peer, Shared, held_in, peer_of
from pydantic import SecretStr

from bot.fake_finance.faults import Fault, Faults, Kind

KINDS = tuple(MAKERS)
AWAY = tuple(kind for kind in KINDS if kind not in ("manual", "sandbox"))
"""Systems behind a connection that can drop."""
ASKED = [("approve", "before_commit"), ("approve", "after_commit"), ("check", "before_commit"), ("check", "after_commit")]
WRITE = ["read", "opened", "in_flight", "sent", "seen", "closed", "before_commit", "after_commit"]
PLAIN = [*ASKED, *(("grant", step) for step in (*WRITE, "told"))]
DROPPED = [("grant", step) for step in ("read", "opened", "sent", "seen", "closed", "lost")]
ENDING = ["read", "opened", "in_flight", "sent", "seen", "closed", "before_commit", "after_commit"]
UNTIL = (START + timedelta(days=20)).isoformat()


class Cut(Faults):
    """The first grant is done and its answer lost; with `blind` nothing can be read there afterwards."""

    def __init__(self, write: str, read: str, *, blind: bool) -> None:
        super().__init__()
        self.add("drop_after", write, times=1)
        self._read = read if blind else ""

    def strike(self, call: str) -> Fault | None:
        fault = super().strike(call)
        if fault is not None and fault.kind is Kind.DROP_AFTER and self._read:
            self.add("error", self._read, status=503)
        return fault


def in_clear(peer: Peer) -> dict[str, Any]:
    """The settings with their secrets, for another process."""
    told = {name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in peer.settings}
    return told | {"roles": {key: row.model_dump() for key, row in peer.settings.roles.items()}}


class Case:
    """One data folder, and all the systems that outlive the processes on it."""

    def __init__(self, process: Popen[str], folder: Path, peers: dict[str, Peer], clock: Shared) -> None:
        self.process, self.folder, self.peers, self.clock = process, folder, peers, clock
        self.accounts = {kind: peer.accounts.get("zhangsan", "zhangsan") for kind, peer in peers.items()}
        people = {"finance": ("wang",), "owners": {"cashier": tuple(f"boss-{kind}" for kind in peers)}, "most_open": 50}
        access = {**people, "systems": {kind: {"title": kind, "connector": kind} for kind in peers}}
        self.settings = {"access": access, "finance": {"systems": {kind: in_clear(peer) for kind, peer in peers.items()}}, "people": {"admins": ("wang",)}}

    async def run(self, act: str, **more: Any) -> dict[str, Any]:
        """Carries an order out in a process of its own."""
        order = {"act": act, "folder": str(self.folder), "settings": self.settings, "accounts": self.accounts, "until": UNTIL, **more}
        return await carried_out(self.process, order)

    async def dies(self, act: str, operation: str, step: str) -> None:
        """Does it in a process that dies when every system is at the step."""
        who = [kind for kind in self.peers if (step != "told" or kind != "manual") and (step != "lost" or kind in AWAY)]
        flying = asyncio.create_task(self._in_flight(operation)) if step == "in_flight" else None
        told = await self.run(act, operation=operation, step=step, who=who)
        if flying is not None:
            await flying
            (self.folder / "now").unlink()
        assert told == {"ended": -signal.SIGKILL}

    async def _in_flight(self, operation: str) -> None:
        """The word to die: every system has done it, and none has answered."""
        before = {kind: self.sends(kind, operation) for kind in AWAY}
        for kind in AWAY:
            self.stand(kind).faults.add("latency", self.call(kind, operation), seconds=60)
        while any(self.sends(kind, operation) == before[kind] for kind in AWAY):
            await asyncio.sleep(0.02)
        for kind in AWAY:
            self.stand(kind).faults.clear()
        (self.folder / "now").touch()

    def stand(self, kind: str) -> Any:
        return self.peers[kind].stand

    def call(self, kind: str, operation: str) -> str:
        return self.peers[kind].grant_call if operation == "grant" else self.peers[kind].revoke_call

    def sends(self, kind: str, operation: str) -> int:
        """How often the other side was really asked."""
        return int(self.stand(kind).calls[self.call(kind, operation)])

    def lines(self, name: str) -> list[dict[str, str]]:
        path = self.folder / name
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []

    def words(self, who: str, *fragments: str) -> list[str]:
        """The keys of what somebody was told that says all of that."""
        return [one["key"] for one in self.lines("told.jsonl") if one["who"] == who and all(fragment in one["text"] for fragment in fragments)]

    def holds(self, kind: str) -> bool:
        """Whether the outside system has it."""
        if kind == "manual":
            return False
        return ("zhangsan", "FIN_CASHIER") in (held_in(self.folder / "data" / "sandbox.json") if kind == "sandbox" else self.peers[kind].held())


@asynccontextmanager
async def opened(process: Popen[str], folder: Path, filed: Path | None = None) -> AsyncIterator[Case]:
    """Every connector with its other side, and a data folder for the house: empty, or one in which everything was filed."""
    folder.mkdir(exist_ok=True)
    clock = Shared(folder / "clock")
    async with AsyncExitStack() as stack:
        peers = {}
        for kind in KINDS:
            (own := folder / kind).mkdir()
            peers[kind] = await stack.enter_async_context(peer_of(kind, own, clock))
        if filed is not None:
            shutil.copytree(filed, folder / "data")
        else:
            (folder / "data").mkdir()
            shutil.copy(folder / "sandbox" / "sandbox.json", folder / "data")
        yield Case(process, folder, peers, clock)


@pytest.fixture(scope="module")
def filed(process: Popen[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder in which a request for every system waits for its approval."""
    folder = tmp_path_factory.mktemp("filed")

    async def file() -> Path:
        async with opened(process, folder) as case:
            told = await case.run("file still")
            assert told["end"]["requests"] == dict.fromkeys(KINDS, "pending"), told
        return folder / "data"

    return asyncio.run(file())


@pytest.fixture
async def case(process: Popen[str], filed: Path, tmp_path: Path) -> AsyncIterator[Case]:
    async with opened(process, tmp_path / "case", filed) as made:
        yield made


async def is_granted(case: Case, *, twice: bool = False) -> None:
    """Started again, everything comes to its end: one grant in every system, the request says so, and whoever asked was told once (`twice`: what died
    between sending and noting it may be sent again, under the same key)."""
    told = await case.run("still told by_hand still", says="已开通")
    before, end = told["told"], told["end"]
    assert (told["ended"], end["failed"]) == (0, 0), told
    assert before["requests"] == {**dict.fromkeys(KINDS, "granted"), "manual": "granting"}, before
    assert before["grants"] == dict.fromkeys([kind for kind in KINDS if kind != "manual"], "active")
    assert len(set(case.words("wang", "请帮忙开通"))) == 1, "one person has one task"
    assert end["requests"] == dict.fromkeys(KINDS, "granted")
    assert end["done"] == dict.fromkeys(KINDS, 1), "one line of the trail each"
    for kind in KINDS:
        heard = case.words(who := f"asks-{kind}", "开好了", f"（{kind}）")
        assert len(set(heard)) == 1, (kind, heard)
        assert len(heard) <= 1 + twice, (kind, heard)
        assert not case.words(who, "没开成")
        assert case.holds(kind) or kind == "manual", kind
        assert len({row["key"] for row in case.lines("sent.jsonl") if row["kind"] == kind and row["operation"] == "grant"}) == 1, "one key, however often"
    for kind in AWAY:
        assert effects(case, kind, "grant") == 1, kind
        assert kind == "blind" or case.sends(kind, "grant") == 1, f"{kind}: what can be read is not sent again"


async def is_ended(case: Case) -> None:
    """Started again: nobody has it any more, and it was taken back once."""
    told = await case.run("still told by_hand still", says="已收回")
    before, end = told["told"], told["end"]
    assert (told["ended"], end["failed"]) == (0, 0), told
    assert before["grants"] == {**dict.fromkeys(KINDS, "ended"), "manual": "ending"}, before
    assert end["grants"] == dict.fromkeys(KINDS, "ended")
    assert len(set(case.words("wang", "请帮忙收回"))) == 1, "one person has one task"
    for kind in KINDS:
        assert not case.holds(kind), kind
        assert len({row["key"] for row in case.lines("sent.jsonl") if row["kind"] == kind and row["operation"] == "revoke"}) == 1, "one key, however often"
    for kind in AWAY:
        assert effects(case, kind, "revoke") == 1, kind


def effects(case: Case, kind: str, operation: str) -> int:
    """How often something changed there; the reference SCIM server has one call for both."""
    if kind == "scim":
        return case.sends(kind, operation) - (operation == "revoke")
    return sum((one.what, one.login, one.role) == (operation, "zhangsan", "FIN_CASHIER") for one in case.stand(kind).books.writes)


@pytest.mark.parametrize(("operation", "step"), PLAIN)
async def test_killed_while_it_is_granted(case: Case, operation: str, step: str) -> None:
    await case.dies("approve", operation, step)
    await is_granted(case, twice=step == "told")


@pytest.mark.parametrize(("operation", "step"), DROPPED)
async def test_granted_then_the_connection_dropped_then_killed(case: Case, operation: str, step: str) -> None:
    """The answer is lost on the wire; at `lost` the look-up fails as well."""
    for kind in AWAY:
        peer = case.peers[kind]
        case.stand(kind).faults = Cut(peer.grant_call, peer.read_call, blind=step == "lost")
    await case.dies("approve", operation, step)
    if step == "lost":
        for kind in AWAY:
            case.stand(kind).faults.clear()
    await is_granted(case, twice=step == "told")


@pytest.mark.parametrize("step", ENDING)
async def test_killed_while_it_is_taken_back(case: Case, step: str) -> None:
    told = await case.run("approve still by_hand still", says="已开通")
    assert told["end"]["grants"] == dict.fromkeys(KINDS, "active")
    await case.dies("leave", "revoke", step)
    await is_ended(case)
