"""What people say in the plays of every root: the gate asks it again before a lesson goes live, so that a conversation that is promised stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.core.model import Conversation, Sender
from bot.core.turn import PRIVATE, Message, Understanding, Verdict
from bot.core.understanding.reading import Reader

FOLDER = Path("tests") / "dialogs"
KEYS = {"at", "round", "in", "bot", "text", "without", "kind", "times", "due", "buttons", "clock", "event", "press", "named", "mentioned", "sends"}
"""What a step says besides its speaker. `at` moves the clock, `in` is group or private, `bot` says who is told which replies, `text` and `without` are pieces
of what is (not) read,
`kind` is the kind of message, `times` says it so often (the last counts), `due` names a rule that falls due, `round` whose slot of reminders has come,
`buttons` counts those shown. `clock: tick` lets everything happen that is due by now; `event` is something that happened outside (`kind`, `subject`,
`values`); `press: true` presses the newest button of that label, as a card does. `mentioned` are those whom the message mentions. `sends` is the
photo or file sent. `named: [name]` keeps the last code that was read under that name; `{name}` in what is said stands for it."""
_NOON = datetime(2026, 3, 3, 4, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Play:
    """One play: its name (`<group>/<name>`), its language, and its lines in their order as (speaker, text)."""

    name: str
    language: str
    lines: tuple[tuple[str, str], ...]


def read(roots: Sequence[Path]) -> tuple[Play, ...]:
    """The plays of all roots; of two at the same path the later root's. A file that cannot be read is no play."""
    found: dict[str, Play] = {}
    for root in roots:
        for path in sorted((root / FOLDER).glob("*/*/*.yaml")):
            name = f"{path.parent.name}/{path.stem}"
            found[f"{path.parent.parent.name}/{name}"] = Play(name, path.parent.parent.name, tuple(_lines(path)))
    return tuple(found.values())


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    try:
        steps: Any = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (YAMLError, OSError, UnicodeDecodeError):
        return
    for step in steps if isinstance(steps, list) else ():
        said = [(str(who), text) for who, text in step.items() if who not in KEYS] if isinstance(step, dict) and not step.get("press") else []
        yield from ((who, text) for who, text in said if isinstance(text, str) and text.strip() and "{" not in text)


def told(reader: Reader, play: Play) -> Iterator[tuple[str, str]]:
    """(line, the intent that answers it) in its order; each speaker's topic is what they were answered last, as in a conversation. The intent is empty where
    nothing is surely answered; another department's topic counts as one."""
    topics: dict[str, str] = {}
    for number, (who, text) in enumerate(play.lines):
        message = Message("play", "play", str(number), PRIVATE, True, Sender(who), text, _NOON)
        understood, _ = reader.read(message, Conversation(PRIVATE, who, topic=topics.get(who, "")), _NOON, play.language)
        intent = answered(understood)
        topics[who] = intent or topics.get(who, "")
        yield text, intent


def answered(understood: Understanding) -> str:
    """The intent that surely answers, or the desk that is named; else empty."""
    if understood.verdict is Verdict.ANSWER:
        return understood.intent
    return understood.candidates[0].intent if understood.rule == "fence" and understood.candidates else ""
