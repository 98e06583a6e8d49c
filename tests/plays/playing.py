"""Runs plays: the real reader, rules, store and outbox, with a channel that writes down what everybody was told."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Self

from ruamel.yaml import YAML
from sending import PostOffice

from bot.config import AccessSettings
from bot.connectors.ledger import MemoryLedger
from bot.connectors.manual import Manual
from bot.connectors.performing import Codes, Performing
from bot.connectors.sandbox import Sandbox
from bot.connectors.writing import Patience, Writing
from bot.core.keeping import Keeping
from bot.core.lifecycle.following import Following
from bot.core.lifecycle.terms import Terms
from bot.core.links import Links
from bot.core.model import Organisation, Sender
from bot.core.turn import Call, Due, Event, Message, MessageKind, Press, Stimulus
from bot.engine.composing import Composer
from bot.engine.loop import Loop
from bot.engine.outbox import Outbox
from bot.engine.pace import Pace
from bot.engine.people import Rights
from bot.engine.wording import Wording
from bot.ports import ConnectorRefused, Hear, Outbound, Receipt
from bot.web.console.keys import Keys
from bot.words.gate import Teaching
from bot.words.loading import Words, bundled
from bot.words.plays import KEYS
from bot.words.policies import peopled
from storage import SqlStore

DIALOGS = Path(__file__).parents[1] / "dialogs"
CAST = DIALOGS / "cast.yaml"
GROUP = "群"
"""The group in `bot`."""
SITE = "usher.example"
"""The host of our own links."""
LINKS = Links(f"https://{SITE}", b"a key of the plays" * 2)
CODE = re.compile(r"(?<![0-9A-Za-z])(?=[0-9A-Z]*[0-9])(?=[0-9A-Z]*[A-Z])[0-9A-Z]{5,6}(?![0-9A-Za-z])")


def read(path: Path) -> Any:
    """A YAML file as plain data."""
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody (or the group) was told: the reply's name, its text, its buttons."""

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

    def keyed(self, outbound: Outbound) -> bool:
        """Shows what it has once."""
        return True

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


def _systems(clock: Hands) -> dict[str, Performing]:
    """The finance systems of the plays: one that grants at once, one where a person must."""
    ledger = MemoryLedger()
    kinds = {"sandbox": Sandbox("sandbox", clock), "manual": Manual("manual")}
    return {name: Performing(Writing(system, ledger, clock, patience=Patience((0.0,))), clock, Codes(open=True)) for name, system in kinds.items()}


class Book:
    """The platform's address book of the plays: whose number it is, by the cast."""

    name = "contacts"

    def __init__(self, mobiles: Mapping[str, str], admins: Mapping[str, bool]) -> None:
        self.mobiles, self.admins = mobiles, admins
        self.away = False

    async def perform(self, call: Call) -> str:
        if self.away:
            raise ConnectorRefused("the address book is away")
        if call.operation == "admins":
            return json.dumps({"admins": [{"user": user, "main": main} for user, main in self.admins.items()]})
        if call.operation == "user":
            return json.dumps({"found": True, "user": call.args["user"], "name": call.args["user"]})
        users = [self.mobiles.get(mobile, "") for mobile in call.args["mobiles"].split()]
        return json.dumps({"rows": [{"found": bool(user), "user": user} for user in users]})


class Stage:
    """One house for one play, with the people of the cast."""

    def __init__(self, words: Words, folder: Path, organisation: Organisation | None = None, clock: Hands | None = None) -> None:
        cast = read(CAST)
        self.people: dict[str, list[str]] = cast["people"]
        self.clock, self.paper = clock or Hands(), Paper()
        self.store = SqlStore(f"sqlite:///{folder / 'play.db'}", owner="play", data=folder)
        people = partial(peopled, settings=AccessSettings(**cast["access"]), channel="paper", admins=self._with("admin"))
        self.wording = Wording(
            [bundled()], words, organisation or Organisation(), "Asia/Shanghai", "zh", people, terms=Terms(domains=(SITE,)), keeping=Keeping(evidence_mb=1),
            following=Following(cast["follow"], "https://oa.example/form?id={instance}"), links=LINKS,
        )  # fmt: skip
        self.rights = Rights("paper", self._with("admin"), self._with("approver"))
        dice = random.Random(3)
        composer, pace = Composer("paper", "robot", "https://usher.example"), Pace(cast["per_minute"])
        self.loop = Loop(self.store, self.wording, self.rights, pace, composer, self.clock, lambda: f"{dice.getrandbits(128):032x}")
        self.connectors = {
            "words": self.wording,
            "teaching": Teaching(self.wording.fits, lambda: self.wording.current),
            "contacts": Book(cast["mobiles"], cast["org_admins"]),
            "console": Keys("https://usher.example"),
            **_systems(self.clock),
        }
        self.connectors["files"] = self.post = PostOffice(folder)
        self.outbox = Outbox(self.store, {"paper": self.paper}, self.connectors, self.clock, dice, 16)
        self.loop.deliver, self.outbox.sending.hear = self.outbox.take, self.loop.hear
        self.outbox.sending.without = lambda message, stands: composer.without(message, stands, self.wording.words, self.wording.policy("zh").organisation)
        self._numbers = count(1)
        self.codes: dict[str, str] = {}
        self.called = "x.png"
        self.before: Callable[..., Awaitable[None]] | None = None

    def _with(self, right: str) -> list[str]:
        return [name for name, rights in self.people.items() if right in rights]

    async def __aenter__(self) -> Self:
        await self.store.open()
        await self.wording.refresh(self.store)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.outbox.drain()
        await self.post.close()
        await self.store.close()

    async def say(self, who: str, text: str, *, group: bool, kind: str = "text", mentioned: tuple[str, ...] = (), sends: str = "") -> list[Told]:
        """Says it and gives back what everybody was told."""
        inside = "outsider" not in self.people[who]
        sender = Sender(who if inside else "", "" if inside else who, who, inside)
        place = "room" if group else f"chat-{who}"
        what = sends or ("png" if kind == "picture" else "")
        files = ((self.called, await self.post.send(what)),) if what else ()
        number, kind_, now = str(next(self._numbers)), MessageKind(kind), self.clock.now()
        return await self.hear(Message("paper", "robot", number, place, not group, sender, text, now, kind_, mentioned=mentioned, files=files))

    async def press(self, who: str, label: str, *, group: bool) -> list[Told]:
        """Presses the newest button of that label among what that person (or the group) was sent."""
        sent = [one for one in self.paper.sent if (not one.private if group else one.private and one.person == who)]
        button = next(button for one in reversed(sent) for button in one.buttons if button.label == label)
        place = "room" if group else f"chat-{who}"
        return await self.hear(Press("paper", "robot", str(next(self._numbers)), place, not group, Sender(who, "", who), button.action, self.clock.now()))

    async def tick(self) -> list[Told]:
        """Everything that is due by now happens, also what comes of it."""
        before = len(self.paper.sent)
        for _ in range(5):
            if not await self.loop.fall_due():
                break
            for _ in range(3):
                await self.loop.idle()
                await self.outbox.idle()
        assert self.loop.figures.failed == 0
        return [await self._told(one) for one in self.paper.sent[before:]]

    async def happen(self, event: Mapping[str, Any]) -> list[Told]:
        """Something happens outside."""
        values = {str(name): str(value) for name, value in (event.get("values") or {}).items()}
        source = event.get("source", "paper")
        return await self.hear(Event(source, event["kind"], str(next(self._numbers)), str(event.get("subject", "")), values, self.clock.now()))

    async def fall_due(self, kind: str) -> list[Told]:
        """A rule falls due for the first admin."""
        return await self.hear(Due(kind, self.rights.first_admin, self.clock.now(), str(next(self._numbers))))

    async def remind(self, who: str) -> list[Told]:
        """A slot of reminders comes for somebody."""
        person = f"paper:{who}"
        return await self.hear(Due("round", person, self.clock.now(), str(next(self._numbers)), person))

    async def hear(self, stimulus: Stimulus) -> list[Told]:
        """Carries a stimulus and all that comes of it to the end."""
        before = len(self.paper.sent)
        assert await self.loop.hear(stimulus)
        for _ in range(3):
            await self.loop.idle()
            await self.outbox.idle()
        told = [await self._told(one) for one in self.paper.sent[before:]]
        assert self.loop.figures.failed == 0
        return told

    async def _told(self, one: Outbound) -> Told:
        """The reply's name stands in the journal of its turn; outbound messages carry words only."""
        journal = {row.id: json.loads(row.trace)["effects"] for row in await self.store.journal("", 50)}
        says = [effect.split()[1] for effect in journal[one.key[:16]] if effect.startswith("say ")]
        return Told(one.person if one.private else GROUP, says[int(one.key.rpartition(":")[2])], one.text, len(one.buttons))


def told_to(told: list[Told]) -> dict[str, list[str]]:
    """The replies by whom they were told to, in their order."""
    found: dict[str, list[str]] = {}
    for one in told:
        found.setdefault(one.who, []).append(one.reply)
    return found


async def play(stage: Stage, steps: list[dict[str, Any]]) -> None:
    """Runs one play; each step is a line of somebody and what the bot says to whom."""
    for step in steps:
        if "at" in step:
            stage.clock.at = datetime.fromisoformat(str(step["at"]))
        speakers = step.keys() - KEYS
        assert speakers <= stage.people.keys(), f"not in the cast: {speakers - stage.people.keys()}"
        told: list[Told] = []
        for _ in range(step.get("times", 1)):
            told = await _acted(stage, step, speakers)
        _compare(step, told, stage.codes)
        for name in step.get("named", []):
            stage.codes[name] = next(code for one in reversed(told) for code in CODE.findall(one.text))


async def _acted(stage: Stage, step: dict[str, Any], speakers: set[str]) -> list[Told]:
    if "due" in step:
        return await stage.fall_due(step["due"])
    if "round" in step:
        return await stage.remind(str(step["round"]))
    if "clock" in step:
        return await stage.tick()
    if "event" in step:
        return await stage.happen(step["event"])
    (who,) = speakers
    group = step.get("in") == "group"
    if step.get("press"):
        return await stage.press(who, str(step[who]), group=group)
    assert step.get("in", "private") in {"group", "private"}
    text, mentioned = str(step[who] or "").format_map(stage.codes) if stage.codes else str(step[who] or ""), tuple(step.get("mentioned", ()))
    if stage.before is not None and text and not step.keys() & {"kind", "sends", "times"}:
        await stage.before(who, text, group=group, mentioned=mentioned)
    sends = str(step.get("sends", "")).format_map(stage.codes)
    return await stage.say(who, text, group=group, kind=step.get("kind", "text"), mentioned=mentioned, sends=sends)


def _compare(step: dict[str, Any], told: list[Told], codes: Mapping[str, str]) -> None:
    names = {name: code.lower() for name, code in codes.items()}
    wanted = {who: [one.format_map(names) for one in (reply if isinstance(reply, list) else [reply])] for who, reply in (step["bot"] or {}).items()}
    shown = "\n".join(f"{one.who} <- {one.reply}: {one.text}" for one in told)
    assert told_to(told) == wanted, f"{step}\n{shown}"
    for fragment in step.get("text", []):
        assert any(fragment in one.text for one in told), f"{fragment!r} is missing in\n{shown}"
    for fragment in step.get("without", []):
        assert not any(fragment in one.text for one in told), f"{fragment!r} is in\n{shown}"
    if "buttons" in step:
        assert sum(one.buttons for one in told) == step["buttons"], shown
