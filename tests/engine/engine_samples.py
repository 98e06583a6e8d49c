"""A platform that follows a plan, a clock that stands, and turns to deliver."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.model import Sender
from bot.core.turn import Call, Message
from bot.engine.outbox import Outbox
from bot.ports import Commit, Connector, Hear, Journal, Outbound, Queued, Receipt
from storage import SqlStore

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)


class Hands:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Platform:
    """A channel in memory. `plan` holds what the next deliveries raise (None: they arrive); an asyncio.Event is waited for."""

    name = "c"

    def __init__(self) -> None:
        self.plan: deque[Exception | asyncio.Event | None] = deque()
        self.tried: list[str] = []
        self.sent: list[Outbound] = []
        self.at_once = 0
        self.most_at_once = 0
        self.takes_keys = True

    async def start(self, hear: Hear) -> None:
        """Nothing comes in by itself."""

    async def stop(self) -> None:
        """Nothing to stop."""

    async def deliver(self, outbound: Outbound) -> Receipt:
        self.tried.append(f"{outbound.mark}{outbound.text}")
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(0)
            step = self.plan.popleft() if self.plan else None
            if isinstance(step, Exception):
                raise step
            if step is not None:
                await step.wait()
        finally:
            self.at_once -= 1
        self.sent.append(outbound)
        return Receipt(way="memory")

    def keyed(self, outbound: Outbound) -> bool:
        return self.takes_keys

    def health(self) -> Mapping[str, object]:
        return {"ok": True}


def message(ident: str = "m1", text: str = "问", conversation: str = "room", person: str = "a", **other: Any) -> Message:
    """Something somebody says in a group."""
    return Message("c", "robot", ident, conversation, False, Sender(person, f"alias {person}", person), text, NOW, **other)


def outbound(text: str, lane: str = "room", channel: str = "c") -> Outbound:
    """A reply in a lane."""
    return Outbound(f"key {lane} {text}", channel, "robot", lane, lane, False, "a", text, text, made=NOW)


def outbox_of(store: SqlStore, platform: Platform, clock: Hands, connectors: Mapping[str, Connector] | None = None, most: int = 16) -> Outbox:
    """An outbox over the store."""
    made = Outbox(store, {"c": platform}, connectors or {}, clock, random.Random(3), most)
    made.sending.resent = lambda: "(again) "
    return made


async def committed(store: SqlStore, *effects: Outbound | Call) -> tuple[Queued, ...]:
    """A turn with these effects, committed; the rows that may be delivered now."""
    first = effects[0]
    stimulus = message(f"for {first.key}")
    await store.hear(stimulus)
    journal = Journal(f"turn {first.key}", "message", "c", "room", "c:a", "x.y", 1.0, "answered", "{}", NOW)
    says = tuple(effect for effect in effects if isinstance(effect, Outbound))
    calls = tuple(effect for effect in effects if isinstance(effect, Call))
    return await store.commit(Commit(stimulus, (), says, calls, journal))
