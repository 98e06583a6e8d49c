"""The figures: from the invite to the member, how long decisions take in working time, what reminders do, and what is asked day by day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from bot.core.calendar import Calendar, working_time
from bot.core.facts import Tally
from bot.core.model import Application, Invite, Item, Member, Request
from bot.core.nudging.report import Decided, percentile, times
from bot.web.console.inside import Inside
from bot.web.console.showing import Asked, offset

NEWEST = 100
"""Decided items of each kind, from which times are taken."""
DAYS = 14
EPOCH = date(1970, 1, 1)
DECIDED = ("approved", "granting", "granted", "effective", "not_effective", "rejected")
MADE = ("draft", "verifying", "submitted", "needs_info", "rejected", "resubmitted", "withdrawn", "approved")
KNOWN, UNKNOWN = ("answered", "moved_private", "small_talk"), ("unknown", "asked_back", "elsewhere")
"""Reasons of turns that answered, and of turns that did not."""


@dataclass(frozen=True, slots=True)
class Reminded:
    """Decisions after a reminder: how many, and the working hours from the last reminder to the decision, median and third quartile."""

    count: int
    p50: float
    p75: float


async def figures(inside: Inside, asked: Asked) -> Mapping[str, Any]:
    """The page's values."""
    store = inside.store
    tallies = (await store.answer([Tally(kind) for kind in (Invite, Application, Member)])).tallies

    def count(kind: type[Item], *but: str) -> int:
        return sum(number for (one, state), number in tallies.items() if one is kind and state not in but)

    approved, rejected = tallies.get((Application, "approved"), 0), tallies.get((Application, "rejected"), 0)
    funnel = [
        ("invited", count(Invite, "asked", "declined")),
        ("applied", count(Application, "draft", "verifying")),
        ("reviewed", approved + rejected),
        ("joined", count(Member, "left")),
    ]
    applications, _ = await store.page(Application, ("approved", "rejected"), None, NEWEST)
    requests, _ = await store.page(Request, DECIDED, None, NEWEST)
    items = (*applications, *requests)
    calendar = inside.policy(asked.language).calendar
    decided = [found for item in items if isinstance(item, Application | Request) and (found := _decided(item)) is not None]
    return {"funnel": funnel, "times": times(decided, calendar), "reminded": _reminded(items, calendar), **await _daily(inside)}


def _decided(item: Application | Request) -> Decided | None:
    """The decision of an item; of a request when its last approval or rejection was given."""
    at = item.approvals[-1].at if isinstance(item, Request) and item.approvals else item.since
    return Decided(item.id, "", item.made, at, item.state != "rejected", None, len(item.nudges), promised=item.promised) if at > item.made else None


def _reminded(items: tuple[Item, ...], calendar: Calendar) -> Reminded:
    spent = []
    for item in items:
        found = _decided(item) if isinstance(item, Application | Request) and item.nudges else None
        if found is not None and isinstance(item, Application | Request) and item.nudges[-1] < found.at:
            spent.append(working_time(calendar, item.nudges[-1], found.at).total_seconds() / 3600)
    return Reminded(len(spent), percentile(spent, 0.5), percentile(spent, 0.75))


async def _daily(inside: Inside) -> Mapping[str, Any]:
    """The last days, a row each: applications begun, turns answered and turns not."""
    ahead = offset(inside)
    today = (inside.clock.now() + ahead).date()
    since = inside.clock.now() - timedelta(days=DAYS - 1)
    since -= timedelta(hours=(since + ahead).hour, minutes=(since + ahead).minute)
    applied = await inside.store.daily(Application, MADE, since, ahead)
    turns = await inside.store.worked((*KNOWN, *UNKNOWN), since, ahead)
    rows = []
    for back in range(DAYS - 1, -1, -1):
        day = today - timedelta(days=back)
        number = (day - EPOCH).days
        rows.append(
            (f"{day:%m-%d}", applied.get(number, 0), sum(turns.get((number, one), 0) for one in KNOWN), sum(turns.get((number, one), 0) for one in UNKNOWN))
        )
    return {"days": rows}
