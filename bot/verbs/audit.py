"""The verbs `usher audit ...`; each imports what it needs when it runs."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.verbs.given import Data, plainly, settings_of

audit = typer.Typer(no_args_is_help=True, help="Looks at the audit trail, also while the helper runs.")


@audit.command()
def verify(data: Data = None, anchor: Annotated[str, typer.Option(help="<lines>:<head> from a log line 'audit head': shows a cut-off end")] = "") -> None:
    """Recomputes the chain of the whole trail: shows every line that was changed, removed, swapped or put in."""
    from bot.verbs import trail

    with plainly():
        found = asyncio.run(trail.verify(settings_of(data=data), anchor))
    if found.broken:
        raise SystemExit(f"The trail was tampered with: line {found.broken} does not fit the {found.lines} before it.")
    if found.anchored is False:
        raise SystemExit(f"The trail was tampered with: the anchor is not in it, though its {found.lines} lines fit together. Its end was cut off or replaced.")
    typer.echo(f"The trail is whole: {found.lines} lines.\nanchor {found.lines}:{found.head}")


@audit.command()
def search(
    about: Annotated[str, typer.Argument(help="request:<id>, a person's id, or a word; empty: the newest")] = "",
    most: Annotated[int, typer.Option(min=1, help="lines at most")] = 50,
    since: Annotated[datetime | None, typer.Option(help="not before this day")] = None,
    data: Data = None,
) -> None:
    """Shows the lines about something or by somebody, newest first."""
    from bot.verbs import trail

    with plainly():
        found = asyncio.run(trail.lines(settings_of(data=data), about, since.replace(tzinfo=UTC) if since else None, most))
    typer.echo("\n".join(map(trail.told, found)) or "Nothing was found.")


@audit.command()
def export(file: Annotated[Path, typer.Argument(help=".xlsx, .csv or .jsonl")], data: Data = None) -> None:
    """Writes the whole trail, oldest first; it holds personal data, so keep it safe."""
    from bot.verbs import trail

    with plainly():
        count = trail.write(asyncio.run(trail.lines(settings_of(data=data))), file)
    typer.echo(f"{count} lines are in {file}")
