"""The one write path of all finance systems: read, already there?, note it in the ledger, write once, read back; after a lost answer it reads first."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from weakref import WeakValueDictionary

from bot.connectors.contract import (
    Capabilities,
    ContractError,
    Grant,
    Holding,
    Outcome,
    State,
    System,
    Transient,
    UserRef,
    UserState,
)
from bot.connectors.ledger import UNSENT, Attempt, Ledger, Row
from bot.connectors.settings import Writes
from bot.ports import Clock, ConnectorError, ConnectorTransient


class Operation(StrEnum):
    """What is written."""

    GRANT = "grant"
    REVOKE = "revoke"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long we look before we believe: `waits` are the pauses before each look after a write, in seconds; `settle_s` is how long after a lost answer
    nothing is sent again, longer than a request can live (30 s)."""

    waits: tuple[float, ...] = (0.0, 1.0, 3.0, 10.0)
    settle_s: float = 45.0


_STRICTNESS = (Writes.ON, Writes.DRY_RUN, Writes.OFF)
_NO_GRANT = {
    UserState.ABSENT: "user_absent",
    UserState.DISABLED: "user_disabled",
    UserState.LOCKED: "user_locked",
}


class Writing:
    """Writes for one system. `writes` is what the settings allow, `switch` can only take from it; `point` is told every step by name, before the next one
    begins (a crash test's place)."""

    def __init__(self, system: System, ledger: Ledger, clock: Clock, writes: Writes = Writes.ON, patience: Patience | None = None) -> None:
        self.system = system
        self.writes = writes
        self.point: Callable[[str], Awaitable[None]] | None = None
        self._ledger = ledger
        self._clock = clock
        self._patience = patience or Patience()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def write(self, operation: Operation, grant: Grant, key: str, memo: str = "") -> Outcome:
        """Brings the grant about, or its end, once under `key`; however often it is called. `memo` is kept in the ledger. Raises ConnectorTransient (call
        again, later) and ConnectorRefused (somebody must look)."""
        able = await self.system.capabilities()
        if not (able.grant if operation is Operation.GRANT else able.revoke):
            return Outcome(State.UNSUPPORTED, note=f"no_{operation}")
        async with self._one_writer(grant.account):
            row = await self._ledger.find(key)
            if row is not None and row.result not in ("", UNSENT):
                return await self._again(operation, grant, able, row)
            sent = row is not None and row.result == ""
            found = await self._read(operation, grant, able, sent)
            await self._reach("read")
            if found is None:
                return await self._send(operation, grant, key, able, row if sent else None, memo)
            if sent and found.state is not State.REFUSED:
                await self._ledger.close(key, kept(found))
            return found

    async def confirm(self, key: str, outcome: Outcome) -> Attempt | None:
        """Records what a person or a signed callback said of a PENDING write and gives back what that was; None when there is none under this key."""
        row = await self._ledger.find(key)
        if row is None or row.result == UNSENT or (row.result and restored(row.result).state is not State.PENDING):
            return None
        await self._ledger.close(key, kept(outcome))
        return row.what

    async def switch(self, writes: Writes) -> Writes:
        """Turns the kill switch, for all processes on this ledger and over restarts; gives back what is allowed now."""
        key = self._switch
        if await self._ledger.find(key) is None:  # opening it again would forget for a moment that it is off
            await self._ledger.open(key, Attempt(key, "switch", "", "", self._clock.now()))
        await self._ledger.close(key, writes)
        return await self.allowed()

    async def allowed(self) -> Writes:
        """The stricter of the settings and the switch."""
        row = await self._ledger.find(self._switch)
        turned = Writes(row.result) if row is not None and row.result else Writes.ON
        return max(self.writes, turned, key=_STRICTNESS.index)

    @property
    def _switch(self) -> str:
        return f"switch:{self.system.name}"

    async def age(self, key: str) -> timedelta:
        """How long ago what stands under `key` was sent; nothing for a key that was not."""
        row = await self._ledger.find(key)
        return self._clock.now() - row.what.at if row is not None else timedelta()

    async def known(self, key: str) -> bool:
        """Whether a write under `key` was answered."""
        row = await self._ledger.find(key)
        return row is not None and row.result not in ("", UNSENT)

    def _one_writer(self, account: str) -> AbstractAsyncContextManager[None]:
        return self._locks.setdefault(account.casefold(), asyncio.Lock())

    async def _again(self, operation: Operation, grant: Grant, able: Capabilities, row: Row) -> Outcome:
        """A write that has its result; one that is PENDING is looked at anew."""
        outcome = restored(row.result)
        if outcome.state is not State.PENDING:
            return outcome
        if able.reads and await self._seen(operation, grant, able):
            now = replace(outcome, state=State.DONE, verified_by_readback=True, note="")
        else:
            now = await self.system.follow(grant, outcome)
        if now != outcome:
            await self._ledger.close(row.key, kept(now))
        return now

    async def _read(self, operation: Operation, grant: Grant, able: Capabilities, sent: bool) -> Outcome | None:
        """What there is to say before anything is sent; None: it must be written. `sent`: it may have been written already."""
        if not able.reads:
            return None if able.idempotent or not sent else Outcome(State.PENDING, note="unknown")
        user = await self.system.find_user(UserRef(account=grant.account))
        state = user.state if user else UserState.ABSENT
        if operation is Operation.GRANT and state in _NO_GRANT:
            return Outcome(State.REFUSED, note=_NO_GRANT[state])
        if user is None:
            return Outcome(State.ALREADY, verified_by_readback=True, note="user_absent")
        if await self._seen(operation, grant, able, user.id):
            return Outcome(State.DONE if sent else State.ALREADY, external_id=user.id, verified_by_readback=True)
        return None

    async def _send(self, operation: Operation, grant: Grant, key: str, able: Capabilities, row: Row | None, memo: str) -> Outcome:
        writes = await self.allowed()
        if writes is not Writes.ON:
            return Outcome(State.PLANNED) if writes is Writes.DRY_RUN else Outcome(State.REFUSED, note="switched_off")
        now = self._clock.now()
        if row is not None and able.reads and now - row.what.at < timedelta(seconds=self._patience.settle_s):
            raise Transient("a lost answer has not settled yet", unknown=True)
        subject = f"{self.system.name}:{grant.account.casefold()}"
        await self._ledger.open(key, Attempt(subject, operation, grant.role, grant.org, now, memo))
        await self._reach("opened")
        try:
            answer = await (self.system.grant(grant, key) if operation is Operation.GRANT else self.system.revoke(grant, key))
        except ConnectorError as fault:
            answer = await self._lost(operation, grant, key, able, fault)
        await self._reach("sent")
        if answer.state is State.DONE and able.reads:
            answer = await self._read_back(operation, grant, able, answer)
        await self._reach("seen")
        await self._ledger.close(key, kept(answer))
        await self._reach("closed")
        return answer

    async def _lost(self, operation: Operation, grant: Grant, key: str, able: Capabilities, fault: ConnectorError) -> Outcome:
        """An answer that did not come or made no sense is looked up; a clear no is noted as such. Raises the fault when the effect is not there."""
        if not (isinstance(fault, ContractError) or (isinstance(fault, Transient) and fault.unknown)):
            await self._ledger.close(key, UNSENT)
            raise fault
        if able.reads and await self._visible(operation, grant, able):
            return Outcome(State.DONE, verified_by_readback=True, note="answer_lost")
        raise fault

    async def _read_back(self, operation: Operation, grant: Grant, able: Capabilities, answer: Outcome) -> Outcome:
        for wait in self._patience.waits:
            await asyncio.sleep(wait)
            if await self._visible(operation, grant, able):
                return replace(answer, verified_by_readback=True)
        return replace(answer, state=State.PENDING, note="not_visible")

    async def _visible(self, operation: Operation, grant: Grant, able: Capabilities) -> bool:
        try:
            return await self._seen(operation, grant, able)
        except ConnectorTransient:
            return False

    async def _seen(self, operation: Operation, grant: Grant, able: Capabilities, user: str = "") -> bool:
        """Whether the effect is there now, read from the system."""
        if not user:
            found = await self.system.find_user(UserRef(account=grant.account))
            if found is None:
                return operation is Operation.REVOKE
            user = found.id
        held = await self.system.user_roles(user, grant.role)
        if operation is Operation.REVOKE:
            return not any(same(one, grant, able) and (not able.org_scope or grant.org in ("", one.org)) for one in held)
        return any(same(one, grant, able) and (not able.native_expiry or covers(one, grant, self._clock.now())) for one in held)

    async def _reach(self, step: str) -> None:
        if self.point is not None:
            await self.point(step)


def same(held: Holding, grant: Grant, able: Capabilities) -> bool:
    """Whether the holding is of the grant's role and organisation. Where organisations count, a holding without one is everywhere."""
    if held.role != grant.role:
        return False
    return not able.org_scope or not grant.org or held.org in ("", grant.org)


def covers(held: Holding, grant: Grant, now: datetime) -> bool:
    """Whether the holding lasts as long as was granted: a shorter one must be prolonged, a longer one is not cut."""
    start = max(grant.begin or now, now)
    if held.begin is not None and held.begin > start:
        return False
    return held.end is None or (grant.end is not None and held.end >= grant.end)


def kept(outcome: Outcome) -> str:
    """The outcome as the ledger keeps it."""
    return json.dumps(outcome.values(), ensure_ascii=False)


def restored(result: str) -> Outcome:
    """The outcome that the ledger kept."""
    told = json.loads(result)
    return Outcome(**{**told, "state": State(told["state"])})
