"""The play itself: people speak into the stand-in, the bot's answers become lines, the child's turns and time are watched."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from bot.web.playground.clock import STEPS
from bot.web.playground.people import Cast
from bot.web.playground.platform import Platform, Said
from bot.web.playground.signals import Signals
from bot.web.playground.supervisor import Event, State, Supervisor
from bot.web.playground.transcript import BOT, NOTICE, Line, Transcript
from bot.web.playground.worker import Away, Worker

log = structlog.get_logger("demo")
_WATCH_S = 0.4
_MOST_TURNS = 60


class Stage:
    """Everything that happens behind the page. Rings `signals` after each change."""

    def __init__(self, cast: Cast, platform: Platform, worker: Worker, supervisor: Supervisor, folder: Path) -> None:
        self.cast = cast
        self.supervisor = supervisor
        self.signals = Signals()
        self.transcript = Transcript(folder / "playground.jsonl")
        self.turns: deque[dict[str, Any]] = deque(maxlen=_MOST_TURNS)
        self.stepping = False
        self._platform = platform
        self._worker = worker
        self._clock_file = folder / "clock.txt"
        self._ahead = _seconds(self._clock_file)
        self._minute = ""
        self._scene = ""
        self._died = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        supervisor.told = self._told

    def now(self) -> datetime:
        """Simulated time, aware."""
        return datetime.fromtimestamp(time.time(), UTC) + self._ahead

    async def run(self) -> None:
        """Runs the child, listens to the stand-in and watches the child until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.supervisor.run())
                group.create_task(self._listen())
                group.create_task(self._watch())
        finally:
            for task in self._tasks:
                task.cancel()

    def say(self, person: str, place: str, text: str, *, mention: bool = True) -> None:
        """Has the person say something. In a group the bot hears it only with a mention."""
        group = place in self.cast.world.groups
        heard = mention or not group
        self.transcript.add(place, person, text, self.now(), heard=heard, kind="mention" if group and mention else "text")
        self.signals.ring("chat", "people")
        if heard:
            self._spawn(self._platform.say(person, text, place if group else None))

    def photo(self, person: str, place: str, shown: str) -> None:
        """Has the person send a photo; `shown` stands for it in the chat."""
        group = place in self.cast.world.groups
        self.transcript.add(place, person, shown, self.now(), kind="mention" if group else "text")
        self.signals.ring("chat", "people")
        self._spawn(self._platform.photo(person, place if group else None))

    def file(self, person: str, place: str, shown: str) -> None:
        """Has the person file an approval in DingTalk itself; `shown` says so in the chat."""
        self.transcript.add(place, person, shown, self.now(), heard=False)
        self.signals.ring("chat")
        self._spawn(self._platform.file(person, self.cast.form.code))

    def agree(self, person: str, place: str, shown: str, nothing: str) -> None:
        """Has the person agree there to the oldest that waits for them; `nothing` is shown when none does."""
        instance = self._platform.decides(person)
        self.transcript.add(place, person, shown if instance else nothing, self.now(), heard=False)
        self.signals.ring("chat")
        if instance:
            self._spawn(self._platform.agree(person, instance))

    def press(self, person: str, line: Line, index: int) -> None:
        """Presses a button: it says its words as the presser, as DingTalk's do."""
        if 0 <= index < len(line.buttons) and line.buttons[index][1]:
            self.say(person, line.place, line.buttons[index][1])

    async def kill(self, person: str, place: str, text: str) -> None:
        """Has the child kill itself in the middle of its answer to this; while it is away, this is only said."""
        with suppress(Away):
            await self._worker.arm()
            self._scene = place
            self.transcript.add(place, NOTICE, "armed", self.now())
        self.say(person, place, text)

    async def step(self, name: str) -> None:
        """Moves the clock; what falls due on the way has been done when this returns. What is said meanwhile bears the time to which it moves."""
        if self.stepping:
            return
        self.stepping = True
        self.signals.ring("clock")
        before = self._ahead
        try:
            target = STEPS[name](self.now())
            self._set_clock(target)
            self._set_clock(await self._worker.step_to(target))
        except Away as fault:
            self._set_clock(datetime.fromtimestamp(time.time(), UTC) + before)
            log.warning("the clock did not move", fault=str(fault))
        finally:
            self.stepping = False
            self.signals.ring("clock", "chat")

    async def _listen(self) -> None:
        async for said in self._platform.said():
            self._hear(said)

    def _hear(self, said: Said) -> None:
        self._note_back()
        self.transcript.add(said.place, BOT, said.text, self.now(), kind=said.kind, title=said.title, buttons=said.buttons, to=said.to)
        self.signals.ring("chat", "people")

    async def _watch(self) -> None:
        while True:
            if self.supervisor.state is State.ONLINE and not self.stepping:
                with suppress(Away):  # it is dying or starting; the supervisor knows
                    await self._look()
            await asyncio.sleep(_WATCH_S)

    async def _look(self) -> None:
        found = await self._worker.turns(self.turns[-1]["id"] if self.turns else "")
        if found:
            self.turns.extend(found)
            self.signals.ring("trace")
        self._set_clock(await self._worker.now())

    def _set_clock(self, now: datetime) -> None:
        ahead = now - datetime.fromtimestamp(time.time(), UTC)
        if abs(ahead - self._ahead) > timedelta(seconds=2):
            self._ahead = ahead
            self._clock_file.write_text(f"{ahead.total_seconds():.0f}\n", encoding="utf-8")
        minute = now.strftime("%d %H:%M")
        if minute != self._minute:
            self._minute = minute
            self.signals.ring("clock")

    async def _told(self, event: Event) -> None:
        if event.state is State.ONLINE:
            await self._back()
        elif self._scene:
            self._died = time.monotonic()
            name = "killed" if event.code < 0 else "stopped"
            self.transcript.add(self._scene, NOTICE, name, self.now(), values={"signal": str(abs(event.code))})
            self.signals.ring("chat")
        self.signals.ring("state")

    async def _back(self) -> None:
        """The child is there: its clock goes on where it was."""
        self._worker.base_url = self.supervisor.base_url
        if self._ahead > timedelta(seconds=2):
            try:
                await self._worker.step_to(self.now())
            except Away as fault:
                log.warning("the clock was not set again", fault=str(fault))
        self._note_back()

    def _note_back(self) -> None:
        """Says that the child is back, at the first sign of it: what it left unanswered is sent before it calls itself ready."""
        if self._died:
            self.transcript.add(self._scene, NOTICE, "back", self.now(), values={"seconds": f"{time.monotonic() - self._died:.0f}"})
            self._scene, self._died = "", 0.0
            self.signals.ring("chat")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _seconds(file: Path) -> timedelta:
    """How far ahead an earlier demo's clock was."""
    try:
        return timedelta(seconds=max(0.0, float(file.read_text(encoding="utf-8"))))
    except (OSError, ValueError):
        return timedelta(0)
