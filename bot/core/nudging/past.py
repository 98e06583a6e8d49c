"""Past applications and requests as the rules of nudging saw them: for the dry run of new rules and for the figures of the report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.model import Application, Request
from bot.core.nudging.plan import held_out
from bot.core.nudging.report import Decided
from bot.core.nudging.values import Rules, Waiting
from bot.core.nudging.waiting import Own, waiting_of

APPROVED = ("approved", "granting", "granted", "effective", "not_effective", "failed")
"""States of a request after a yes."""
ENDED = (*APPROVED, "rejected")
AT_ONE_SITTING = timedelta(minutes=10)
"""Two decisions of one person that follow each other this soon were made in one go."""


def decided_at(item: Own) -> datetime | None:
    """When it was decided; None while it is open or when nobody decided it."""
    if isinstance(item, Request):
        return item.approvals[-1].at if item.approvals and item.state in ENDED else None
    return item.since if item.state in ("approved", "rejected") else None


def past(items: Iterable[Own]) -> tuple[Waiting, ...]:
    """The items as they were when they came: with their first holder, untouched, not reminded of."""
    found = []
    for item in items:
        at = decided_at(item)
        if at is not None or item.state in ("submitted", "resubmitted", "pending"):
            holder, others = first_holder(item)
            kind = "application" if isinstance(item, Application) else "request"
            found.append(Waiting(item.id, kind, holder, item.person, item.made, filed=item.made, ladder=others, decided=at))
    return tuple(found)


def first_holder(item: Own) -> tuple[str, tuple[str, ...]]:
    """Who had it first, and to whom it could go up."""
    if isinstance(item, Application):
        holder = item.former[0] if item.former else item.holder or item.decided_by
        return holder, tuple(one for one in (item.holder, item.decided_by) if one and one != holder)
    known = [one for one in dict.fromkeys((*item.former, *item.approvers, item.holder, *(one.of for one in item.approvals))) if one]
    return (known[0], tuple(known[1:])) if known else ("", ())


def decisions(items: Iterable[Own], since: datetime, until: datetime, rules: Rules) -> tuple[Decided, ...]:
    """The decisions between two instants with their figures; each approval of a request that needs several is one."""
    rows: list[Decided] = []
    for item in items:
        at = decided_at(item)
        if at is None or not since <= at < until:
            continue
        lot = rules.policy.hold_out > 0 and held_out(waiting_of(item), rules)
        rows += _of_request(item, lot) if isinstance(item, Request) else [_of_application(item, at, lot)]
    return seen(rows)


def seen(rows: Sequence[Decided]) -> tuple[Decided, ...]:
    """The decisions with when each item was first before its decider: the next one is shown with the decision before it, so soon after that one it was seen
    then. Decisions of one instant are a batch, which is looked at as one."""
    found: list[Decided] = []
    last: dict[str, datetime] = {}
    for row in sorted(rows, key=lambda one: one.at):
        earlier = last.get(row.by)
        shown = earlier if earlier is not None and timedelta() < row.at - earlier <= AT_ONE_SITTING and row.start <= earlier else None
        found.append(replace(row, opened=shown))
        last[row.by] = row.at
    return tuple(found)


def _of_application(item: Application, at: datetime, lot: bool) -> Decided:
    by = item.decided_by or item.holder
    return Decided(item.id, by, item.made, at, item.state == "approved", reminders=len(item.nudges), held_out=lot, promised=item.promised)


def _of_request(item: Request, lot: bool) -> list[Decided]:
    rows, start = [], item.made
    for one in item.approvals:
        reminders = sum(start <= nudge <= one.at for nudge in item.nudges)
        rows.append(Decided(item.id, one.by, start, one.at, one.ok, reminders=reminders, held_out=lot, promised=item.promised))
        start = one.at
    return rows
