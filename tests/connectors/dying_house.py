"""A process whose children run the real house over a data folder and kill themselves (SIGKILL) where they are told: an order a line in, an answer a line out."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from peers import Shared

from bot import logs
from bot.config import Settings
from bot.connectors.performing import Performing
from bot.core.facts import Ask
from bot.core.model import Action, Grant, Member, Request, Sender
from bot.core.turn import Call, Event, Message, Press, Stimulus
from bot.core.turn import Outcome as Heard
from bot.engine import outbox
from bot.engine.clock import SteppedClock
from bot.ports import Connector, ConnectorTransient, Hear, Outbound, Receipt
from bot.wiring import house as houses
from bot.wiring.house import House, build, close_house, open_house
from bot.wiring.outside import platform, systems
from bot.wiring.parts import dingtalk
from bot.words.loading import bundled, load

TURN: ContextVar[tuple[str, str]] = ContextVar("TURN", default=("", ""))
"""What the turn under way is about: the operation whose answer is heard (or `approve`), and the system."""
PATIENCE_S = 40


def die() -> None:
    """As `kill -9` does it."""
    os.kill(os.getpid(), signal.SIGKILL)


def note(path: Path, **told: str) -> None:
    """A line that outlives the process."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(told, ensure_ascii=False) + "\n")


class Deaths:
    """Kills this process when all of `who` have come to the step of the operation; who is there waits for the others, so that none is past it."""

    def __init__(self, operation: str, step: str, who: frozenset[str]) -> None:
        self._place = (operation, step)
        self._who = who
        self._there: set[str] = set()

    async def reached(self, operation: str, step: str, who: str) -> None:
        if (operation, step) == self._place and who in self._who:
            self._there.add(who)
            if self._there == self._who:
                die()
            await asyncio.Event().wait()

    async def turn(self, step: str) -> None:
        """The loop's hook."""
        operation, who = TURN.get()
        await self.reached(operation, step, who)


class Paper:
    """A channel whose deliveries are on the disk before they count as delivered."""

    name = "paper"

    def __init__(self, path: Path, deaths: Deaths) -> None:
        self._path, self._deaths = path, deaths

    async def start(self, hear: Hear) -> None:
        """Nothing comes in by itself."""

    async def stop(self) -> None:
        """Nothing to stop."""

    def keyed(self, outbound: Outbound) -> bool:
        """Shows what it has once."""
        return True

    async def deliver(self, outbound: Outbound) -> Receipt:
        note(self._path, key=outbound.key, who=outbound.person, text=outbound.text)
        if "开好了（" in outbound.text:
            await self._deaths.reached("grant", "told", outbound.text.partition("（")[2].partition("）")[0])
        return Receipt(way="paper")

    def health(self) -> Mapping[str, object]:
        return {"ok": True}


class Watched:
    """A finance system with its hooks: every step of a write, what is sent, and a write that ended in nothing certain."""

    def __init__(self, inner: Performing, deaths: Deaths, sent: Path) -> None:
        self.inner = inner
        self._deaths = deaths
        self._at = ""
        inner.writing.point = self._point
        for operation in ("grant", "revoke"):
            setattr(inner.system, operation, self._noted(getattr(inner.system, operation), operation, sent))

    def _noted(self, write: Callable[..., Awaitable[Any]], operation: str, sent: Path) -> Callable[..., Awaitable[Any]]:
        async def written(grant: Any, key: str) -> Any:
            note(sent, kind=self.inner.name, operation=operation, key=key)
            return await write(grant, key)

        return written

    async def _point(self, step: str) -> None:
        await self._deaths.reached(self._at, step, self.inner.name)

    async def perform(self, call: Call) -> str:
        if call.operation in ("grant", "revoke"):
            self._at = call.operation
        try:
            return await self.inner.perform(call)
        except ConnectorTransient:
            await self._deaths.reached(call.operation, "lost", self.inner.name)
            raise


class Filing:
    """Approvals filed in DingTalk OA, with their hooks."""

    def __init__(self, inner: Connector, deaths: Deaths) -> None:
        self._inner, self._deaths = inner, deaths

    async def perform(self, call: Call) -> str:
        await self._deaths.reached(call.operation, "asked", call.connector)
        value = await self._inner.perform(call)
        await self._deaths.reached(call.operation, "answered", call.connector)
        return value


class Living:
    """The house over one data folder, for one order."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.folder = Path(order["folder"])
        self.deaths = Deaths(order.get("operation", ""), order.get("step", ""), frozenset(order.get("who", ())))
        settings = Settings(data=self.folder / "data", console={"enabled": False}, **order["settings"])
        self.clock: Any = Shared(self.folder / "clock")
        self.robot = settings.dingtalk.robot_code or "robot"
        self.name, channel = "paper", Paper(self.folder / "told.jsonl", self.deaths)
        if settings.dingtalk.app_key:
            self.name, self.clock = "dingtalk", SteppedClock()  # the platform has the real time
            channel = dingtalk(settings, self.clock)
        self.house: House = build(settings, self.clock, channel, self.robot)
        self._numbers = count(1)

    async def open(self) -> None:
        """Open, with its hooks in place before anything that was left is taken up."""

        def watched(*told: Any) -> dict[str, Watched]:
            return {name: Watched(one, self.deaths, self.folder / "sent.jsonl") for name, one in systems(*told).items()}  # type: ignore[arg-type] # they are

        turn = self.house.loop._turn

        async def named(stimulus: Stimulus, *more: Any) -> Any:
            call = stimulus.call if isinstance(stimulus, Heard) else None
            TURN.set((call.operation, call.connector) if call else ("approve", getattr(stimulus, "conversation", "")))
            return await turn(stimulus, *more)

        def watching(*told: Any) -> dict[str, Any]:
            found = platform(*told)
            return {**found, "oa_requests": Filing(found["oa_requests"], self.deaths)}

        houses.systems, houses.platform = watched, watching
        self.house.loop._turn = named  # type: ignore[method-assign] # so that its hook knows which turn it is in
        self.house.loop.point = self.deaths.turn
        await open_house(self.house)

    async def all(self, kind: type[Any]) -> list[Any]:
        return list((await self.house.store.answer([Ask(kind, most=100)])).items)

    async def hear(self, who: str, about: str, what: str | Action) -> None:
        """Something typed or pressed in private."""
        key, now, sender, place = f"{self.order['act']}{next(self._numbers)}", self.clock.now(), Sender(who, "", who), about
        if isinstance(what, Action):
            await self.house.loop.hear(Press(self.name, self.robot, key, place, True, sender, what, now))
        else:
            await self.house.loop.hear(Message(self.name, self.robot, key, place, True, sender, what, now))

    async def file(self) -> None:
        for system, account in self.order["accounts"].items():
            who = f"asks-{system}"
            await self.house.store.keep(Member(f"{self.name}:{who}", f"{self.name}:{who}", who, "active", self.clock.now(), employee=account))
            slots = {"system": system, "role": "cashier", "reason": "month end", "until": self.order["until"], "kept": "1", "confirmed": "1"}
            await self.hear(who, system, Action("act.permission_request", tuple(slots.items())))
            await self.house.loop.idle()

    async def approve(self) -> None:
        await asyncio.gather(*(self.hear(f"boss-{one.system}", one.system, f"批准 {one.code}") for one in await self.all(Request)))

    async def by_hand(self) -> None:
        """The finance admin says that the task is done."""
        for one in await self.all(Request):
            if one.system == "manual":
                await self.hear("wang", "manual", f"{self.order['says']} {one.code}")
                await self.still()

    async def leave(self) -> None:
        """Everybody who asked leaves, and loses what they had."""
        for system in self.order["accounts"]:
            await self.house.loop.hear(Event("paper", "user_leave_org", f"left-{system}", f"asks-{system}", {}, self.clock.now()))

    async def still(self) -> None:
        """Runs until nothing is left to be done, and what was asked for elsewhere is decided; business time goes on meanwhile."""
        while True:
            counts = await self.house.store.counts()
            elsewhere = self.order.get("decided") and any(one.state == "pending" for one in await self.all(Request))
            if not elsewhere and not counts["inbox_depth"] and not counts["outbox_depth"]:
                return
            if isinstance(self.clock, Shared):
                self.clock.skip(seconds=15)
            await self.house.metronome.beat("tick")
            await self.house.metronome.beat("due")
            await asyncio.sleep(0.05)

    async def now(self) -> None:
        """Dies as soon as it is told to, wherever it is."""
        while not (self.folder / "now").exists():
            await asyncio.sleep(0.01)
        die()

    async def told(self) -> dict[str, Any]:
        """What the store says at the end."""
        requests, grants = await self.all(Request), await self.all(Grant)
        of = {one.id: one.system for one in requests}
        trail = [(of.get(line.subject.partition(":")[2]), line.act) for line in await self.house.store.audit_lines("", 1000)]
        return {
            "requests": {one.system: one.state for one in requests},
            "grants": {one.system: one.state for one in grants},
            "filed": [one.filed for one in requests],
            "done": {system: trail.count((system, "grant.done")) for system in of.values()},
            "failed": self.house.loop.figures.failed,
        }


async def lived(order: dict[str, Any]) -> dict[str, Any]:
    """Carries one order out."""
    living = Living(order)
    await living.open()
    dying = asyncio.create_task(living.now())
    told: dict[str, Any] = {}
    async with asyncio.timeout(PATIENCE_S):
        for act in order["act"].split():
            told[act] = await getattr(living, act)()
        if "step" in order:
            await asyncio.Event().wait()
    dying.cancel()
    told["end"] = await living.told()
    await close_house(living.house)
    return told


def child(order: dict[str, Any]) -> dict[str, Any]:
    """A child of its own for an order: its answer, or the signal that ended it."""
    reading, writing = os.pipe()
    born = os.fork()
    if born == 0:
        try:
            os.close(reading)
            os.write(writing, json.dumps(asyncio.run(lived(order))).encode())
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    ended = os.waitstatus_to_exitcode(os.waitpid(born, 0)[1])
    return {"ended": ended, **(json.loads(answer) if answer else {})}


def main() -> None:
    logs.configure("error", "json")
    read = load([bundled()])
    houses.load = lambda _: read  # every child has them as they were born
    outbox.FIRST_WAIT = 0.05
    with TemporaryDirectory() as folder:  # what a first house reads - the calendar, the policy - the children need not read again
        Shared(Path(folder) / "clock")
        Living({"folder": folder, "settings": {}}).house.wording.policy("zh")
    gc.freeze()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(child(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
