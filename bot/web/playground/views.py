"""What the parts of the page show, as plain values for the templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from markupsafe import Markup

from bot.web.playground import rendering
from bot.web.playground.clock import ZONE
from bot.web.playground.desk import ROOMS, Desk
from bot.web.playground.people import Face
from bot.web.playground.stage import Stage
from bot.web.playground.transcript import BOT, NOTICE, Line
from bot.web.playground.words import First, Phrases, Words

_GAP = timedelta(minutes=5)
_MOST_TURNS = 30
_SAID = ("message", "press")


@dataclass(frozen=True, slots=True)
class RoomView:
    """A conversation in the list of the person who looks."""

    kind: str
    title: str
    preview: str
    time: str
    unread: int
    here: bool


@dataclass(frozen=True, slots=True)
class PersonView:
    """Somebody one can be; `unread` counts their private chat."""

    face: Face
    role: str
    unread: int
    here: bool


@dataclass(frozen=True, slots=True)
class LineView:
    """A line ready to be shown: `way` is mine, theirs, bot or notice; `since` is a time to show above it, when some has passed."""

    number: int
    way: str
    face: Face | None
    title: str
    body: Markup
    time: str
    since: str = ""
    heard: bool = True
    buttons: tuple[tuple[str, bool, str], ...] = ()
    options: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TurnView:
    """A turn of the bot in words. `percent` is None where nothing had to be understood."""

    id: str
    who: str
    room: str
    time: str
    kind: str
    seen: str
    intent: str
    label: str
    percent: int | None
    in_scope: int
    runners_up: tuple[tuple[str, int], ...]
    rule: str
    reason: str
    effects: tuple[tuple[str, str], ...]


class Views:
    """Looks at the stage from a desk."""

    def __init__(self, stage: Stage, phrases: Phrases) -> None:
        self._stage = stage
        self._phrases = phrases
        self._faces = cache(lambda language: stage.cast.faces(phrases.of(language)))
        self._shown = cache(rendering.shown)

    def words(self, desk: Desk) -> Words:
        """The words in the desk's language."""
        return self._phrases.of(desk.language)

    def face(self, desk: Desk) -> Face:
        """Who sits at the desk."""
        found: Face = self._faces(desk.language)[desk.person]
        return found

    def people(self, desk: Desk) -> list[PersonView]:
        """Everybody one can be."""
        words, read = self.words(desk), self._stage.transcript
        return [
            PersonView(face, words.roles[face.role], read.unread(face.id, self._stage.cast.place(face.id, "private")), face.id == desk.person)
            for face in self._faces(desk.language).values()
        ]

    def rooms(self, desk: Desk) -> list[RoomView]:
        """The two conversations of whoever sits here; the one that is open counts as read."""
        return [self._room(desk, kind) for kind in ROOMS]

    def firsts(self, desk: Desk) -> list[tuple[int, First]]:
        """The sentences to begin with, with their numbers in the words."""
        face = self.face(desk)
        return [(number, first) for number, first in enumerate(self.words(desk).first) if first.fits(face.role, face.id, desk.room)]

    def lines(self, desk: Desk) -> list[LineView]:
        """The open room, oldest line first."""
        lines = self._stage.transcript.room(self._stage.cast.place(desk.person, desk.room))
        offer = next((line for line in reversed(lines) if line.who == BOT and line.to in ("", desk.person)), None)
        return list(self._lines(desk, lines, offer))

    def turns(self, desk: Desk) -> list[TurnView]:
        """What the bot decided, newest first."""
        return [self._turn(desk, turn) for turn in reversed(list(self._stage.turns)[-_MOST_TURNS:])]

    def time(self, at: datetime) -> str:
        """The time of day in the zone of the play."""
        return at.astimezone(ZONE).strftime("%H:%M")

    def day(self, at: datetime, words: Words) -> str:
        """The day in words."""
        there = at.astimezone(ZONE)
        return words.page["day"].format(year=there.year, month=there.month, day=there.day, weekday=words.weekdays[there.weekday()])

    def _room(self, desk: Desk, kind: str) -> RoomView:
        words, place = self.words(desk), self._stage.cast.place(desk.person, kind)
        spoken = [line for line in self._stage.transcript.room(place) if line.who != NOTICE]
        last = spoken[-1] if spoken else None
        here = kind == desk.room
        return RoomView(
            kind,
            words.group if kind == "group" else words.page["private"],
            f"{self._speaker(desk, last)}{' '.join(last.text.split())[:60]}" if last else "",
            self.time(last.at) if last else "",
            0 if here else self._stage.transcript.unread(desk.person, place),
            here,
        )

    def _speaker(self, desk: Desk, line: Line) -> str:
        if line.who == BOT:
            return ""
        name = self.words(desk).page["you"] if line.who == desk.person else self._faces(desk.language)[line.who].name
        return f"{name}: "

    def _lines(self, desk: Desk, lines: Sequence[Line], offer: Line | None) -> Iterator[LineView]:
        words, before = self.words(desk), None
        for line in lines:
            since = f"{self.day(line.at, words)} {self.time(line.at)}" if before is None or line.at - before > _GAP else ""
            before = line.at
            if line.who == NOTICE:
                text = words.notices.get(line.text, line.text).format_map(dict(line.values))
                yield LineView(line.number, "notice", None, "", Markup.escape(text), self.time(line.at), since)
            elif line.who == BOT:
                yield self._bot(line, since, offer=line is offer and desk.room == "group")
            else:
                way = "mine" if line.who == desk.person else "theirs"
                name = words.page["mention"].removeprefix("@")
                text = f"@{name} {line.text}" if line.kind == "mention" else line.text
                yield LineView(
                    line.number, way, self._faces(desk.language)[line.who], "", rendering.plain(text, (name,)), self.time(line.at), since, line.heard
                )

    def _bot(self, line: Line, since: str, *, offer: bool) -> LineView:
        shown = self._shown(line.text, line.kind, line.title, self._stage.cast.names())
        buttons = tuple((label, bool(say), url if url.startswith(("http://", "https://")) else "") for label, say, url in line.buttons)
        return LineView(line.number, "bot", None, shown.title, shown.body, self.time(line.at), since, True, buttons, shown.options if offer else ())

    def _turn(self, desk: Desk, turn: Mapping[str, Any]) -> TurnView:
        words, trace = self.words(desk), turn.get("trace") or {}
        person = self._stage.cast.known(str(turn["person"]))
        face = self._faces(desk.language).get(person)
        intent = str(turn["intent"])
        others = [(name, score) for name, score in trace.get("candidates", ()) if name != intent]
        group = str(turn["conversation"]) in self._stage.cast.world.groups
        rule = str(trace.get("rule") or "none")
        kind, said = str(turn["kind"]), str(turn["kind"]) in _SAID
        label = self._phrases.question(intent, desk.language) if said and intent else words.page["none"] if said else words.kinds.get(kind, kind)
        return TurnView(
            id=str(turn["id"]),
            who=face.name if face else "",
            room=words.page["tab_group" if group else "tab_private"] if turn["conversation"] else "",
            time=self.time(datetime.fromisoformat(str(turn["at"]))),
            kind=words.kinds.get(kind, kind),
            seen=str(trace.get("normal") or ""),
            intent=intent,
            label=label,
            percent=round(100 * float(turn["confidence"])) if said and intent else None,
            in_scope=round(100 * float(trace.get("in_scope") or 0)),
            runners_up=tuple((self._phrases.question(str(name), desk.language), round(100 * score)) for name, score in others[:3]),
            rule=words.rules.get(rule, rule),
            reason=words.reasons.get(str(turn["reason"]), str(turn["reason"])),
            effects=tuple(_effect(str(effect), words) for effect in trace.get("effects", ())),
        )


def _effect(effect: str, words: Words) -> tuple[str, str]:
    """`say <reply> <place>`, `put <entity>`, `call <connector>.<operation>` in words, and the name behind it."""
    verb, _, rest = effect.partition(" ")
    name, _, place = rest.partition(" ")
    if verb == "say":
        return words.effects.get(f"say {place}", effect), name
    return words.effects.get(verb, verb), words.entities.get(name, name)
