"""The verbs `usher keys ...`; each imports what it needs when it runs."""

from __future__ import annotations

import asyncio

import typer

from bot.verbs.given import Data, plainly, settings_of

keys = typer.Typer(no_args_is_help=True, help="Changes the key under which everything is kept. The helper must be stopped.")


@keys.command()
def rotate(data: Data = None) -> None:
    """Adds a key, which seals from now on, and seals anew what the older ones sealed. May be repeated at any time."""
    settings = settings_of(data=data)
    from bot.verbs import rotating

    with plainly():
        told = rotating.added(settings)
    if told:
        typer.echo(told)
        raise SystemExit("The keys are in the settings: put this in place of database.keys in every replica, then run `usher keys reseal`.")
    reseal(data)


@keys.command()
def reseal(data: Data = None) -> None:
    """Seals anew what an older key sealed: goes on where a rotation was broken off."""
    from bot.verbs import rotating

    with plainly():
        done = asyncio.run(rotating.resealed(settings_of(data=data)))
    typer.echo("\n".join(f"{name}: {count} sealed anew" for name, count in done.items()))
    typer.echo("The audit trail keeps the keys of its lines, and older backups theirs: the older keys stay in the ring.")
