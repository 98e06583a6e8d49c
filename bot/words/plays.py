"""What people say in the plays of every root: the gate asks it again before a lesson goes live, so that a conversation that is promised stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

FOLDER = Path("tests") / "dialogs"
KEYS = {"at", "round", "in", "bot", "text", "without", "kind", "times", "due", "buttons", "clock", "event", "press", "named", "mentioned", "sends"}
"""What a step says besides its speaker. `at` moves the clock, `in` is group or private, `bot` says who is told which replies, `text` and `without` are pieces
of what is (not) read,
`kind` is the kind of message, `times` says it so often (the last counts), `due` names a rule that falls due, `round` whose slot of reminders has come,
`buttons` counts those shown. `clock: tick` lets everything happen that is due by now; `event` is something that happened outside (`kind`, `subject`,
`values`); `press: true` presses the newest button of that label, as a card does. `mentioned` are those whom the message mentions. `sends` is the
photo or file sent. `named: [name]` keeps the last code that was read under that name; `{name}` in what is said stands for it."""
NOON = datetime(2026, 3, 3, 4, tzinfo=UTC)
CAST = "cast.yaml"
"""Beside the plays: who is who in them."""


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody says, or presses (`press`: the label of a button they were shown last), in a group or in private, at a moment of the play's clock."""

    who: str
    text: str
    group: bool = False
    press: bool = False
    at: datetime = NOON


@dataclass(frozen=True, slots=True)
class Play:
    """One play: its name (`<group>/<name>`), its language, its lines in their order, and who has more rights than a colleague (admin, approver, outsider)."""

    name: str
    language: str
    lines: tuple[Line, ...]
    rights: tuple[tuple[str, frozenset[str]], ...] = ()


def read(roots: Sequence[Path]) -> tuple[Play, ...]:
    """The plays of all roots; of two at the same path the later root's. A file that cannot be read is no play."""
    found: dict[str, Play] = {}
    rights: dict[str, frozenset[str]] = {}
    for root in roots:
        rights |= _rights(root / FOLDER / CAST)
        for path in sorted((root / FOLDER).glob("*/*/*.yaml")):
            name, language = f"{path.parent.name}/{path.stem}", path.parent.parent.name
            found[f"{language}/{name}"] = Play(name, language, tuple(_lines(path)), tuple(rights.items()))
    return tuple(found.values())


def _loaded(path: Path) -> Any:
    try:
        return YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (YAMLError, OSError, UnicodeDecodeError):
        return None


def _rights(path: Path) -> dict[str, frozenset[str]]:
    cast = _loaded(path)
    people = cast.get("people") if isinstance(cast, dict) else None
    return {str(who): frozenset(map(str, rights or ())) for who, rights in people.items()} if isinstance(people, dict) else {}


def _lines(path: Path) -> Iterator[Line]:
    """What is said and pressed. What happens otherwise (the clock, events, files) is told to nobody here."""
    steps, at = _loaded(path), NOON
    for step in steps if isinstance(steps, list) else ():
        if not isinstance(step, dict):
            continue
        at = _moment(step.get("at")) or at
        for who, text in step.items():
            if who not in KEYS and isinstance(text, str) and text.strip():
                yield Line(str(who), text, step.get("in") == "group", bool(step.get("press")), at)


def _moment(told: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(told)) if told else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
