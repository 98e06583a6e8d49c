"""What verbs are given on the command line, and how their faults end the program: in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bot.config import Settings

Data = Annotated[Path | None, typer.Option(help="folder of the database, keys and backups")]
Words = Annotated[list[Path] | None, typer.Option(help="overlay folder with intents/ and templates/; may be given more than once")]


def settings_of(**given: Any) -> Settings:
    """The settings with the command line above all; a fault ends the program."""
    from bot import config

    try:
        return config.read(**{name: value for name, value in given.items() if value is not None})
    except config.SettingsError as fault:
        raise SystemExit(f"The settings have faults:\n{fault}") from None


@contextmanager
def plainly(before: str = "") -> Iterator[None]:
    """A fault within ends the program; `before` stands in front of it."""
    from bot.ports import BotError

    try:
        yield
    except (BotError, OSError) as fault:
        raise SystemExit(f"{before}{fault}") from None
