"""Today's desk: what waits and how long, with whom, and what only an admin can move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.core.model import Application, Invite, Item, Lesson, Request, Ticket
from bot.web.console.inside import Inside
from bot.web.console.showing import Asked, names

SHOWN = 12
EDGES = (timedelta(days=7), timedelta(days=3), timedelta(days=1))
"""The bars of the chart: older than a week, ..., today."""
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
WAITING: Mapping[type[Item], tuple[str, ...]] = {Application: ("submitted", "resubmitted"), Request: ("pending",)}
"""What waits for a decision."""
FOR_ADMINS: tuple[tuple[type[Item], tuple[str, ...]], ...] = (
    (Invite, ("asked",)),
    (Ticket, ("open",)),
    (Request, ("failed", "not_effective")),
    (Lesson, ("proposed",)),
)
"""What only an admin can move."""


@dataclass(frozen=True, slots=True)
class Row:
    """Something that waits: what it is, whose, with whom, since when, and how often its holder was reminded."""

    kind: str
    id: str
    code: str
    who: str
    holder: str
    since: datetime
    nudges: int


async def desk(inside: Inside, asked: Asked) -> Mapping[str, Any]:  # noqa: ARG001 - every page has this shape
    """The page's values."""
    now = inside.clock.now()
    edges = (LONG_AGO, *(now - edge for edge in EDGES), now + timedelta(days=1))
    bars = {kind.__name__.lower(): await inside.store.ages(kind, states, edges) for kind, states in WAITING.items()}
    waiting = await _oldest(inside)
    ever = (LONG_AGO, edges[-1])
    found = [(kind.__name__.lower(), ",".join(states), sum(await inside.store.ages(kind, states, ever))) for kind, states in FOR_ADMINS]
    sums = [sum(column) for column in zip(*bars.values(), strict=True)]
    return {
        "waiting": sum(sums),
        "long": sum(sums[:3]),
        "very_long": sum(sums[:2]),
        "bars": bars,
        "rows": waiting,
        "todo": [row for row in found if row[2]],
        "dead": int((await inside.store.counts()).get("dead", 0)),
    }


async def _oldest(inside: Inside) -> list[Row]:
    """The oldest of each kind together, by when they came to wait."""
    found: list[Application | Request] = []
    for kind, states in WAITING.items():
        items, _ = await inside.store.page(kind, states, None, 2 * SHOWN, oldest=True)
        found += [item for item in items if isinstance(item, Application | Request)]
    found.sort(key=lambda item: (item.since, item.id))
    known = await names(inside, (ident for item in found[:SHOWN] for ident in (item.person, item.holder)))
    return [
        Row(type(item).__name__.lower(), item.id, item.code, _who(item) or known.get(item.person, ""), known.get(item.holder, ""), item.since, len(item.nudges))
        for item in found[:SHOWN]
    ]


def _who(item: Application | Request) -> str:
    return item.field("name") if isinstance(item, Application) else item.name
