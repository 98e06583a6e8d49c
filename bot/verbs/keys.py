"""The verbs `usher keys ...`; each imports what it needs when it runs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.config import Settings

keys = typer.Typer(no_args_is_help=True, help="Changes the key under which everything is kept. The helper must be stopped.")
Data = Annotated[Path | None, typer.Option(help="folder of the database, keys and backups")]


def _settings(data: Path | None) -> Settings:
    from bot import config

    try:
        return config.read(**({"data": data} if data else {}))
    except config.SettingsError as fault:
        raise SystemExit(f"The settings have faults:\n{fault}") from None


@keys.command()
def rotate(data: Data = None) -> None:
    """Adds a key, which seals from now on, and seals anew what the older ones sealed. May be repeated at any time."""
    settings = _settings(data)
    from bot.ports import BotError
    from bot.verbs import rotating

    try:
        told = rotating.added(settings)
    except (BotError, OSError) as fault:
        raise SystemExit(str(fault)) from None
    if told:
        typer.echo(told)
        raise SystemExit("The keys are in the settings: put this in place of database.keys in every replica, then run `usher keys reseal`.")
    reseal(data)


@keys.command()
def reseal(data: Data = None) -> None:
    """Seals anew what an older key sealed: goes on where a rotation was broken off."""
    from bot.ports import BotError
    from bot.verbs import rotating

    try:
        done = asyncio.run(rotating.resealed(_settings(data)))
    except (BotError, OSError) as fault:
        raise SystemExit(str(fault)) from None
    typer.echo("\n".join(f"{name}: {count} sealed anew" for name, count in done.items()))
    typer.echo("The audit trail keeps the keys of its lines, and older backups theirs: the older keys stay in the ring.")
