"""Reads lines, prints replies with their numbered choices."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from itertools import count

from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel

from bot.core.model import Sender
from bot.core.turn import Message
from bot.ports import Clock, Hear, Outbound, Receipt


class ConsoleChannel:
    """Implements ports.Channel for one person at a terminal; `seed` makes message ids unique over restarts."""

    name = "console"

    def __init__(self, who: str, clock: Clock, seed: Callable[[], str], out: Console) -> None:
        self._who = who
        self._clock = clock
        self._prefix = seed()[:8]
        self._numbers = count(1)
        self._out = out
        self._reading: asyncio.Task[None] | None = None
        self.ended = asyncio.Event()

    async def start(self, hear: Hear) -> None:
        """Begins to read lines from standard input; an end of input ends the chat."""
        self._reading = asyncio.create_task(self._read(hear))

    async def stop(self) -> None:
        """Stops reading."""
        if self._reading is not None:
            self._reading.cancel()

    async def deliver(self, outbound: Outbound) -> Receipt:
        """Prints the message; what goes to somebody else is shown as such."""
        whole = "\n".join(
            (
                f"{outbound.mark}{outbound.text}",
                *(["", *(f"{index}. {button.label}" for index, button in enumerate(outbound.buttons, 1))] if outbound.buttons else []),
            )
        )
        title = None if outbound.person == self._who else f"→ {outbound.person or outbound.conversation}"
        self._out.print(
            Panel(Markdown(whole), title=title, title_align="left", width=min(76, self._out.width), border_style="blue" if title is None else "yellow")
        )
        return Receipt(way="console")

    def keyed(self, outbound: Outbound) -> bool:  # noqa: ARG002 - the contract's shape
        """What a terminal shows, it has shown."""
        return True

    def health(self) -> Mapping[str, object]:
        """A terminal is always there."""
        return {"ok": True}

    async def _read(self, hear: Hear) -> None:
        while True:
            line = await asyncio.to_thread(sys.stdin.readline)
            if not line:
                break
            text = line.strip()
            if text:
                await hear(
                    Message(
                        "console",
                        "console",
                        f"{self._prefix}-{next(self._numbers)}",
                        f"console-{self._who}",
                        True,
                        Sender(self._who, nick=self._who),
                        text,
                        self._clock.now(),
                    )
                )
        self.ended.set()
