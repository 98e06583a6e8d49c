"""What was said, room by room, kept as lines of JSON so that a demo goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

BOT = ""
NOTICE = "!"
"""`Line.who` of the bot, and of the playground's own remarks."""
_MOST = 400


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a room. `who` is a member id, BOT or NOTICE; `at` is simulated time; `buttons` are (label, what its press says, link); `to` is the
    member whom the bot answers; `heard` is False for what was said in a group without a mention. A notice has the name of its words in `text`."""

    number: int
    place: str
    who: str
    text: str
    at: datetime
    kind: str = "text"
    title: str = ""
    buttons: tuple[tuple[str, str, str], ...] = ()
    to: str = ""
    heard: bool = True
    values: Mapping[str, str] = field(default_factory=dict)


class Transcript:
    """All rooms. Reads what an earlier demo left in `path`; of a room the newest lines are kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rooms: dict[str, list[Line]] = {}
        self._seen: dict[tuple[str, str], int] = {}
        self._count = 0
        self._load()
        self._before = self._count

    def add(self, place: str, who: str, text: str, at: datetime, **more: Any) -> Line:
        """Appends a line to its room; `more` are further fields of Line."""
        line = Line(self._count + 1, place, who, text, at, **more)
        self._keep(line)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**asdict(line), "at": at.isoformat()}, ensure_ascii=False) + "\n")
        return line

    def room(self, place: str) -> list[Line]:
        """The room's lines, oldest first."""
        return self._rooms.get(place, [])

    def line(self, number: int) -> Line | None:
        """The line of that number."""
        return next((line for lines in self._rooms.values() for line in lines if line.number == number), None)

    def read(self, person: str, place: str) -> bool:
        """Notes that the person has seen the room; True when something was unread."""
        unread = self.unread(person, place) > 0
        if self.room(place):
            self._seen[person, place] = self.room(place)[-1].number
        return unread

    def unread(self, person: str, place: str) -> int:
        """How many lines of others the person has not seen; what an earlier demo left counts as seen."""
        seen = self._seen.get((person, place), self._before)
        return sum(line.number > seen and line.who not in (person, NOTICE) for line in self.room(place))

    def _keep(self, line: Line) -> None:
        self._count = line.number
        lines = self._rooms.setdefault(line.place, [])
        lines.append(line)
        del lines[:-_MOST]

    def _load(self) -> None:
        if not self._path.exists():
            return
        for row in self._path.read_text(encoding="utf-8").splitlines():
            try:
                found = json.loads(row)
                buttons = tuple((str(label), str(say), str(url)) for label, say, url in found.pop("buttons", ()))
                self._keep(Line(**{**found, "at": datetime.fromisoformat(found["at"]), "buttons": buttons}))
            except (ValueError, TypeError, KeyError):
                continue  # a line cut short by a crash
