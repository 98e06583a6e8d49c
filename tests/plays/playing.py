"""Runs plays: the real reader, rules, store and outbox, with a channel that writes down what everybody was told."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Self

from ruamel.yaml import YAML

from bot.core.model import Organisation
from bot.core.turn import Message, MessageKind, Sender
from bot.engine.composing import Composer
from bot.engine.loop import Loop
from bot.engine.outbox import Outbox
from bot.engine.pace import Pace
from bot.engine.people import Rights
from bot.engine.wording import Wording
from bot.ports import Hear, Outbound, Receipt
from bot.words import Words, bundled
from storage import SqlStore

DIALOGS = Path(__file__).parents[1] / "dialogs"
GROUP = "群"


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody (or the group) was told: the reply's name and its text."""

    who: str
    reply: str
    text: str
    buttons: int


class Paper:
    """A channel that keeps what it delivers."""

    name = "paper"

    def __init__(self) -> None:
        self.sent: list[Outbound] = []

    async def start(self, hear: Hear) -> None:
        """Nothing comes in by itself."""

    async def stop(self) -> None:
        """Nothing to stop."""

    async def deliver(self, outbound: Outbound) -> Receipt:
        self.sent.append(outbound)
        return Receipt(way="paper")

    def health(self) -> Mapping[str, object]:
        return {"ok": True}


class Hands:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.at = datetime.fromisoformat("2026-03-03T09:00+08:00")

    def now(self) -> datetime:
        return self.at


class Stage:
    """One house for one play. People are whoever speaks; their rights come from the cast."""

    def __init__(self, words: Words, folder: Path) -> None:
        cast = YAML(typ="safe").load((DIALOGS / "cast.yaml").read_text(encoding="utf-8"))
        self.outsiders = set(cast["outsiders"])
        self.clock, self.paper = Hands(), Paper()
        self.store = SqlStore(f"sqlite:///{folder / 'play.db'}", owner="play", data=folder)
        self.wording = Wording([bundled()], words, Organisation(), "Asia/Shanghai", "zh")
        rights = Rights("paper", cast["admins"], cast["approvers"])
        dice = random.Random(3)
        composer = Composer("paper", "robot")
        self.loop = Loop(self.store, self.wording, rights, Pace(cast["per_minute"]), composer, self.clock, lambda: f"{dice.getrandbits(128):032x}")
        self.outbox = Outbox(self.store, {"paper": self.paper}, {"words": self.wording}, self.clock, dice, 16)
        self.loop.deliver, self.outbox.hear = self.outbox.take, self.loop.hear
        self._rendered: list[str] = []
        self._numbers = count(1)
        self._watch(composer)

    def _watch(self, composer: Composer) -> None:
        """Remembers the reply's name beside each message: outbound messages only carry words."""
        compose = composer.compose

        def watched(turn, facts, decision, now, words):  # type: ignore[no-untyped-def] # the signature is the composer's
            commit = compose(turn, facts, decision, now, words)
            self.names.update({one.key: say.reply for one, say in zip(commit.outbound, decision.says, strict=True)})
            return commit

        self.names: dict[str, str] = {}
        composer.compose = watched  # type: ignore[method-assign] # see above

    async def __aenter__(self) -> Self:
        await self.store.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.outbox.drain()
        await self.store.close()

    async def say(self, who: str, text: str, *, group: bool, kind: str = "text") -> list[Told]:
        """Says it and gives back what everybody was told."""
        before = len(self.paper.sent)
        inside = who not in self.outsiders
        sender = Sender(who if inside else "", "" if inside else who, who, inside)
        place = "room" if group else f"chat-{who}"
        await self.loop.hear(Message("paper", "robot", str(next(self._numbers)), place, not group, sender, text, self.clock.now(), MessageKind(kind)))
        for _ in range(3):
            await self.loop.idle()
            await self.outbox.idle()
        return [self._told(one) for one in self.paper.sent[before:]]

    def _told(self, one: Outbound) -> Told:
        return Told(one.person if one.private else GROUP, self.names[one.key], one.text, len(one.buttons))


async def play(stage: Stage, steps: list[dict[str, Any]]) -> None:
    """Runs one play; each step is a line of somebody and what the bot says to whom."""
    for step in steps:
        if "at" in step:
            stage.clock.at = datetime.fromisoformat(str(step["at"]))
        who = next(key for key in step if key not in {"at", "in", "bot", "text", "kind", "times"})
        told: list[Told] = []
        for _ in range(step.get("times", 1)):
            told = await stage.say(who, str(step[who] or ""), group=step.get("in") == "group", kind=step.get("kind", "text"))
        got = {one.who: one.reply for one in told}
        assert got == (step.get("bot") or {}), f"{who}: {step[who]!r}"
        for fragment in step.get("text", []):
            assert any(fragment in one.text for one in told), f"{fragment!r} is in none of {[one.text for one in told]}"
