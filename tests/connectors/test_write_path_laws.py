"""Laws of the write path over any sequence of faults, kills and waits: at most one write that takes effect, and no word that is not true."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from peers import START, Steps

from bot.connectors.contract import (
    Capabilities,
    ContractError,
    Disabled,
    Grant,
    Holding,
    Outcome,
    RateLimited,
    State,
    Transient,
)
from bot.connectors.ledger import MemoryLedger
from bot.connectors.sandbox import Sandbox
from bot.connectors.writing import Operation, Patience, Writing
from bot.ports import ConnectorError

STEPS = ("read", "opened", "sent", "seen", "closed")
ANSWERS = ("fine", "lost_before", "lost_after", "odd_after", "busy", "no")


class Killed(BaseException):
    """A kill."""


@dataclass
class Mischief:
    """What happens at the next write, the next read and at which step the process dies."""

    answer: str = "fine"
    blind: bool = False
    die_at: str = ""


@dataclass
class Wire:
    """A system whose line is bad: it counts the writes that take effect."""

    box: Sandbox
    mischief: Mischief = field(default_factory=Mischief)
    effects: int = 0
    name: str = "erp"

    def __getattr__(self, name: str) -> object:
        return getattr(self.box, name)

    async def capabilities(self) -> Capabilities:
        return await self.box.capabilities()

    async def user_roles(self, user: str, role: str = "") -> list[Holding]:
        if self.mischief.blind:
            raise Transient("read: no answer", unknown=True)
        return list(await self.box.user_roles(user, role))

    async def grant(self, grant: Grant, key: str) -> Outcome:
        answer = self.mischief.answer
        if answer == "busy":
            raise RateLimited("busy")
        if answer == "no":
            raise Disabled("no")
        if answer != "lost_before":
            self.effects += 1
            await self.box.grant(grant, key)
        if answer.startswith("lost"):
            raise Transient("lost", unknown=True)
        if answer == "odd_after":
            raise ContractError("odd")
        return Outcome(State.DONE)


mischiefs = st.builds(Mischief, st.sampled_from(ANSWERS), st.booleans(), st.sampled_from(("", *STEPS)))


@given(st.lists(st.tuples(mischiefs, st.integers(0, 90)), max_size=8))
def test_whatever_happens_there_is_one_grant_and_an_honest_word(story: list[tuple[Mischief, int]]) -> None:
    asyncio.run(_tell(story))


async def _tell(story: list[tuple[Mischief, int]]) -> None:
    clock, ledger = Steps(), MemoryLedger()
    wire = Wire(Sandbox("erp", clock))
    grant = Grant("r", "zhangsan", "R", end=START + timedelta(days=30))
    said: Outcome | None = None
    for mischief, seconds in [*story, (Mischief(), 60), (Mischief(), 60)]:
        wire.mischief = mischief
        writing = Writing(wire, ledger, clock, patience=Patience((0.0,), 45))  # type: ignore[arg-type] # a proxy over a System

        async def point(step: str, die_at: str = mischief.die_at) -> None:
            if step == die_at:
                raise Killed

        writing.point = point
        with contextlib.suppress(Killed, ConnectorError):
            said = await writing.write(Operation.GRANT, grant, "k")
            held = bool(await wire.box.user_roles("zhangsan"))
            assert said.state is not State.DONE or held, "done is said only of what is there"
            assert not said.verified_by_readback or held
        assert wire.effects <= 1, "never written twice"
        clock.skip(seconds=seconds)
    assert said is not None
    assert said.state in {State.DONE, State.ALREADY}
    assert said.verified_by_readback
    assert wire.effects == 1
