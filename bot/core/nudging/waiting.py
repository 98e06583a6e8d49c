"""Applications, requests and turns in approvals of DingTalk OA as the rules of nudging see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.model import Application, Desk, Request, Step
from bot.core.nudging.budget import Sent
from bot.core.nudging.values import Nudge, Waiting

Own = Application | Request
"""What is decided here."""
Held = Own | Step
"""What waits for somebody's decision."""
OA = "oa"
"""The pace of approvals that are followed."""
SOON = timedelta(days=3)
"""A request that lapses this soon is urgent."""


def waiting_of(item: Held, ladder: Sequence[str] = (), decided: datetime | None = None, *, now: datetime | None = None) -> Waiting:
    """The item with those to whom it may go up. A reminder at the very instant of a request to nudge was by that wish; one since information is missing
    went to the asker. `decided` is when it was, None: it is open. Urgency is as of `now`."""
    if isinstance(item, Step):
        return _step(item, decided)
    barred = frozenset({item.whose, *(one.of for one in item.given), *(one.by for one in item.given)}) if isinstance(item, Request) else frozenset()
    nudges = tuple(Nudge(item.person if item.paused and at >= item.paused else item.holder, at, item.person if at in item.asked else "") for at in item.nudges)
    return Waiting(
        item=item.id,
        kind=_kind(item),
        holder=item.holder,
        asker=item.person,
        since=item.escalated if item.escalated and item.escalated > item.since else item.since,
        filed=item.made,
        barred=barred,
        active=item.touched,
        urgent=now is not None and pressing(item, now),
        nudges=nudges,
        asks=item.asked,
        promised=item.promised,
        snoozed=item.snoozed,
        lacking=item.paused,
        raised=item.raised,
        ladder=tuple(dict.fromkeys(one for one in ladder if one not in (item.person, item.holder))),
        decided=decided,
    )


def _kind(item: Own) -> str:
    """What picks its pace."""
    if isinstance(item, Application):
        return "application"
    return "glass" if item.opened else "request"


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


def pressing(item: Held, now: datetime) -> bool:
    """Whether the item is urgent: rights that must be taken back, what was opened by break-glass, a request that is about to lapse, or one whose requester
    asked for the next level. Nobody can call their own wish urgent, or everything would be."""
    if isinstance(item, Step):
        return False
    if item.raised is not None:
        return True
    return isinstance(item, Request) and (item.kind == "revoke" or item.opened or (item.lapses is not None and item.lapses - now <= SOON))


def beside(item: Request, person: str, now: datetime) -> Waiting:
    """The request as one of those sees it who must decide it beside its holder: with the reminders they got themselves, and no way up, since the holder's
    clock is the one that escalates."""
    return replace(
        waiting_of(item, now=now),
        holder=person,
        nudges=tuple(Nudge(person, at, item.person if at in item.asked else "") for who, at in item.prodded if who == person),
        promised=None,
        snoozed=next((until for who, until in reversed(item.rests) if who == person), None),
        raised=None,
        ladder=(),
    )


def reminded(item: Held, person: str, now: datetime) -> Held:
    """The item after a reminder to that person."""
    if isinstance(item, Request) and person in item.also:
        return replace(item, prodded=(*item.prodded, (person, now)))
    return replace(item, nudges=(*item.nudges, now))


def sent_of(desk: Desk) -> tuple[Sent, ...]:
    """What somebody got of the bot's own accord."""
    return tuple(Sent(at, at not in desk.apart) for at in desk.sent)
