"""The lives of a request and a grant: their tables, and the moves on them as new states."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.lifecycle.moves import Move, after, table
from bot.core.model import Approval, Entry, Grant, Request
from bot.core.turn import About, Call, Effect, Private, Put, Say

REQUESTS = table(
    Move("edit", ("pending",), "pending", ("applicant",)),
    Move("agree", ("pending",), "pending", ("approver",)),
    Move("approve", ("pending",), "approved", ("approver",)),
    Move("reject", ("pending",), "rejected", ("approver",)),
    Move("transfer", ("pending",), "pending", ("approver", "system")),
    Move("withdraw", ("pending",), "withdrawn", ("applicant",)),
    Move("lapse", ("pending",), "expired", ("system",)),
    Move("open_at_once", ("draft",), "granting", ("applicant",)),
    Move("start", ("approved",), "granting", ("system",)),
    Move("give", ("granting",), "granted", ("system",)),
    Move("fail", ("granting",), "failed", ("system",)),
    Move("retry", ("failed",), "granting", ("admin",)),
    Move("work", ("granted", "not_effective"), "effective", ("applicant", "admin")),
    Move("break", ("granted", "effective"), "not_effective", ("applicant",)),
)
"""What may happen to a request. Approved is passed through within one decision: who approves last starts the grant."""

GRANTS = table(
    Move("keep", ("active",), "active", ("approver", "system")),
    Move("end", ("active", "failed"), "ending", ("approver", "admin", "system")),
    Move("ended", ("ending",), "ended", ("system",)),
    Move("fail", ("ending",), "failed", ("system",)),
)
"""What may happen to a grant. Failed: it should have ended and the system did not do it."""

UNDER_WAY = ("pending", "granting")
"""States of a request that count as an open wish."""
DAYS_BEFORE = (14, 3, 1)
"""Days before its end on which a grant's person is told (finance.md 10.4)."""


def moved(request: Request, move: str, by: str, now: datetime) -> Request | None:
    """The request after the move, its clock set anew; while it still waits, what was promised by the former holder is gone. None when the move is illegal."""
    state = after(REQUESTS, move, request.state, by)
    if state is None:
        return None
    done = replace(request, state=state, since=now, touched=now)
    return replace(done, promised=None, snoozed=None, raised=None) if state == "pending" else done


def agreed(request: Request, approval: Approval, *, enough: bool, next_holder: str) -> Request | None:
    """The request with one more approval: approved when it was the last one needed, else pending with the next who must decide."""
    done = moved(request, "approve" if enough else "agree", "approver", approval.at)
    if done is None:
        return None
    kept = replace(done, approvals=(*request.approvals, approval))
    return replace(kept, holder="", due=None) if enough else replace(kept, holder=next_holder)


def rejected(request: Request, approval: Approval) -> Request | None:
    """The request turned down; its reason stands in the approval."""
    done = moved(request, "reject", "approver", approval.at)
    return replace(done, approvals=(*request.approvals, approval), holder="", due=None, outcome=approval.reason) if done else None


def withdrawn(request: Request, by: str, now: datetime) -> Request | None:
    """The request taken back by whoever filed it; None for others, when it is decided already, and when it was opened by break-glass: that is decided on."""
    done = moved(request, "withdraw", "applicant", now) if by == request.person and not request.opened else None
    return replace(done, holder="", due=None) if done else None


def taken_back(request: Request, by: str, now: datetime, seed: str) -> tuple[Effect, ...] | None:
    """What withdrawing changes: the request, the trail, and the word to whoever held it. None when it is not theirs or decided already."""
    done = withdrawn(request, by, now)
    if done is None:
        return None
    noted = Put(Entry(f"a{seed[:16]}0", now, by, "request.withdraw", f"request:{request.id}", request.role))
    data = {"code": request.code, "name": request.name, "own": False, "kept": False}
    about = About("request", request.id, ("withdrawn",))
    if request.elsewhere:
        return Put(done), noted, *recalled(request)
    return Put(done), noted, *((Say(Private(request.holder), "access/withdrawn", data, about=about),) if request.holder else ())


def recalled(request: Request) -> tuple[Call, ...]:
    """What is taken back here is taken back in DingTalk OA as well, when it was filed there."""
    if not request.elsewhere or not request.filed:
        return ()
    return (Call("oa_requests", "terminate", f"oa.recall:{request.id}", {"instance": request.filed}),)


def lapsed(request: Request, now: datetime) -> Request | None:
    """The request closed because nobody decided it in time; None before that time."""
    over = request.lapses is not None and request.lapses <= now
    done = moved(request, "lapse", "system", now) if over else None
    return replace(done, holder="", due=None) if done else None


def edited(request: Request, code: str, now: datetime, *, until: datetime | None = None, reason: str = "") -> Request | None:
    """Another edition of what is asked for: it has a new code, and what was approved before does not count. None for one that is decided
    elsewhere: what was filed there cannot be changed."""
    done = moved(request, "edit", "applicant", now) if not request.elsewhere else None
    return replace(done, code=code, edition=request.edition + 1, until=until or request.until, reason=reason or request.reason) if done else None


def started(request: Request, now: datetime) -> Request | None:
    """The approved request with its grant under way."""
    return moved(request, "start", "system", now)


def settled(grant: Grant, move: str, now: datetime) -> Grant | None:
    """The grant after a move; None when the move is illegal."""
    part = "approver" if move == "keep" else "system"
    state = after(GRANTS, move, grant.state, part)
    return None if state is None else replace(grant, state=state, since=now, due=None)


def next_look(grant: Grant, check: datetime | None) -> datetime | None:
    """When the grant is looked at again: to ask whether it works, before its end, at its end. None: never by itself."""
    moments = [check] if check is not None and grant.asked is None else []
    if grant.until is not None:
        moments += [grant.until, *(grant.until - timedelta(days=days) for days in warnings_left(grant))]
    return min(moments, default=None)


def renewed(grant: Grant, until: datetime | None, now: datetime) -> Grant:
    """The grant until its new end: of that it is warned anew, but for what would have come before it was given."""
    passed = [days for days in DAYS_BEFORE if until is not None and until - timedelta(days=days) <= now]
    return replace(grant, state="active", until=until, warned=min(passed, default=0))


def warnings_left(grant: Grant) -> tuple[int, ...]:
    """The warnings that may still come, in days before the end: only those after the last one given and after the grant began."""
    if grant.until is None:
        return ()
    whole = (grant.until - grant.since).days
    return tuple(days for days in DAYS_BEFORE if days < (grant.warned or whole))
