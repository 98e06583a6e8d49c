"""Applications, requests and turns in approvals of DingTalk OA as the rules of nudging see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.core.model import Application, Request, Step
from bot.core.nudging.values import Nudge, Waiting

Held = Application | Request | Step
"""What waits for somebody's decision."""
OA = "oa"
"""The pace of approvals that are followed."""


def waiting_of(item: Held, ladder: Sequence[str] = (), decided: datetime | None = None) -> Waiting:
    """The item with those to whom it may go up. A reminder at the very instant of a request to nudge was by that wish; one since information is missing
    went to the asker. `decided` is when it was, None: it is open."""
    if isinstance(item, Step):
        return _step(item, decided)
    barred = frozenset({item.whose, *(one.of for one in item.given), *(one.by for one in item.given)}) if isinstance(item, Request) else frozenset()
    nudges = tuple(Nudge(item.person if item.paused and at >= item.paused else item.holder, at, item.person if at in item.asked else "") for at in item.nudges)
    return Waiting(
        item=item.id,
        kind="application" if isinstance(item, Application) else "request",
        holder=item.holder,
        asker=item.person,
        since=item.escalated if item.escalated and item.escalated > item.since else item.since,
        filed=item.made,
        barred=barred,
        active=item.touched,
        nudges=nudges,
        asks=item.asked,
        promised=item.promised,
        snoozed=item.snoozed,
        lacking=item.paused,
        ladder=tuple(dict.fromkeys(one for one in ladder if one not in (item.person, item.holder))),
        decided=decided,
    )


def _step(item: Step, decided: datetime | None) -> Waiting:
    """A turn in an approval that DingTalk routes: it has no ladder here, and who decides their own there is nobody's asker."""
    nudges = tuple(Nudge(item.holder, at, item.person if at in item.asked else "") for at in item.nudges)
    return Waiting(
        item=item.id,
        kind=OA,
        holder=item.holder,
        asker=item.person if item.person != item.holder else "",
        since=item.since,
        filed=item.made,
        active=item.touched,
        nudges=nudges,
        asks=item.asked,
        promised=item.promised,
        snoozed=item.snoozed,
        decided=decided,
    )
