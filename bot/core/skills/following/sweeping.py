"""The nightly look: which approvals does DingTalk know that are not known here, which are over there and open here. Their details repair what events lost.

It costs two calls a form and one for each approval that differs, one after the other, up to the night's allowance; what is left over comes the next night.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from bot.core.facts import Ask, Facts
from bot.core.model import Followed, Sweep
from bot.core.skills.following import keeping
from bot.core.turn import Call, Decision, Due, Effect, Event, Put, Reason, Turn

MOST = 1000
"""Open approvals of one form that are compared with a list."""
MOST_ASKED = 400
"""Listed approvals of which it is asked whether they are known; a database takes no more questions at once. The others come the next night."""
FIRST = timedelta(days=30)
"""How far back approvals are taken up when a form is followed for the first time."""
OPEN_FOR = timedelta(days=119)
"""How far back open ones are listed: DingTalk's window is 120 days."""
OVERLAP = timedelta(hours=1)
GRACE = timedelta(minutes=5)
STALE = timedelta(days=2)
"""Open ones whose details were not read for so long are read when calls are left, the oldest first: the event of a single turn may have been lost."""


def known(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """The looks that are set already."""
    return tuple(Ask(Sweep, id=one, most=1) for one in facts.policy.following.processes)


def begin(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """At the start: a form that is followed from now on is looked at right away."""
    event = turn.stimulus
    assert isinstance(event, Event)  # noqa: S101 - the SKILLS table sends only events here
    there = {one.id: one for one in facts.all(Sweep)}
    new = [Sweep(one, event.source, now - FIRST, due=now) for one in facts.policy.following.processes if one not in there]
    again = [replace(one, channel=event.source, due=now) for one in there.values() if one.due is None]
    return Decision(Reason.SAVED if new or again else Reason.IGNORED, tuple(Put(one) for one in (*new, *again)))


def due(turn: Turn, facts: Facts) -> tuple[Ask, ...]:  # noqa: ARG001 - every question has this shape
    """The look that is due."""
    return (Ask(Sweep, id=turn.stimulus.entity, most=1),) if isinstance(turn.stimulus, Due) else ()


def run(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """Two lists: what was filed since everything was known, and what is open."""
    sweep = facts.first(Sweep)
    if sweep is None:
        return Decision(Reason.IGNORED)
    if not facts.policy.following.kind(sweep.id):
        return Decision(Reason.SAVED, (Put(replace(sweep, due=None, asking="", todo=())),))
    cursor = max(sweep.reached if sweep.whole and sweep.reached else sweep.cursor, now - OPEN_FOR)
    done = replace(
        sweep, cursor=cursor, reached=now, night=sweep.night + 1, asking="", todo=(), spent=2, failed=0, left=0, repaired=0, due=tonight(facts, now)
    )  # fmt: skip
    return Decision(Reason.SAVED, (Put(done), _list(done, "since", cursor - OVERLAP), _list(done, "open", now - OPEN_FOR, states="RUNNING")))


def tonight(facts: Facts, now: datetime) -> datetime:
    """The next time the night's minute comes."""
    wall = facts.policy.wall(now)
    at = datetime.combine(wall.date(), time(*divmod(facts.policy.following.at, 60)), wall.tzinfo)
    return (at if at > wall else at + timedelta(days=1)).astimezone(UTC)


def _list(sweep: Sweep, what: str, start: datetime, *, states: str = "", first: str = "") -> Call:
    reached = sweep.reached or start
    args = {"process": sweep.id, "what": what, "night": str(sweep.night), "start": start.isoformat(), "end": reached.isoformat(), "states": states}
    return Call("oa", "list", f"oa.list:{sweep.id}:{sweep.night}:{what}:{first or '0'}", args | ({"from": first} if first else {}))


def listed(told: Mapping[str, object]) -> Sequence[str]:
    """The ids of a list."""
    rows = told.get("instances")
    return [one for one in rows if isinstance(one, str) and one] if isinstance(rows, list) else []


def compared(args: Mapping[str, str], told: Mapping[str, object], facts: Facts, now: datetime) -> Decision:
    """What the list shows to be missing or over joins what is to be read. A list that failed leaves the rest to the next night."""
    sweep = next((one for one in facts.all(Sweep) if str(one.night) == args.get("night")), None)
    if sweep is None:
        return Decision(Reason.IGNORED)
    if not told:
        return Decision(Reason.NOTED, (Put(replace(sweep, failed=sweep.failed + 1)),))
    following, whole = told.get("next"), args.get("from") is None and not told.get("next")
    wanted = _wanted(args["what"], listed(told), sweep, facts, now, whole=whole)
    pages: tuple[Call, ...] = ()
    if isinstance(following, str) and following:
        pages = (_list(sweep, args["what"], datetime.fromisoformat(args["start"]), states=args.get("states", ""), first=following),)
        sweep = replace(sweep, spent=sweep.spent + 1)
    fresh = [one for one in dict.fromkeys(wanted) if one not in sweep.todo and one != sweep.asking]
    room = max(0, facts.policy.following.calls // max(1, len(facts.policy.following.processes)) - sweep.spent - len(sweep.todo))
    done = replace(sweep, todo=(*sweep.todo, *fresh[:room]), left=sweep.left + len(fresh[room:]))
    return Decision(Reason.SAVED, (*_next(done), *pages))


def _wanted(what: str, ids: Sequence[str], sweep: Sweep, facts: Facts, now: datetime, *, whole: bool) -> list[str]:
    """Unknown ones first, then those over there and open here, then open ones that were not looked at for long."""
    there = {one.id: one for one in facts.all(Followed)}
    unknown = [one for one in ids[: MOST_ASKED + len(there)] if one not in there]
    if what != "open":
        return unknown
    open_here = sorted((one for one in there.values() if one.state == "running"), key=lambda one: one.looked or one.made)
    before = (sweep.reached or now) - GRACE
    oldest = (sweep.reached or now) - OPEN_FOR
    over = [one.id for one in open_here if one.id not in ids and one.made < before and (whole or one.made < oldest)]
    stale = [one.id for one in open_here if one.id in ids and (one.looked or one.made) < now - STALE]
    return [*unknown, *over, *stale]


def _next(sweep: Sweep) -> tuple[Effect, ...]:
    """The look with its next question on the way."""
    if sweep.asking or not sweep.todo:
        return (Put(sweep),)
    first, *rest = sweep.todo
    call = keeping.details(first, sweep.id, sweep.channel, str(sweep.night), {"night": str(sweep.night)})
    return Put(replace(sweep, asking=first, todo=tuple(rest), spent=sweep.spent + 1)), call


def went_on(args: Mapping[str, str], facts: Facts, *, failed: bool, repaired: bool) -> tuple[Effect, ...]:
    """After one answer the look goes on with the next."""
    sweep = next((one for one in facts.all(Sweep) if str(one.night) == args.get("night") and one.asking == args.get("instance")), None)
    if sweep is None:
        return ()
    done = replace(sweep, asking="", failed=sweep.failed + failed, repaired=sweep.repaired + repaired, repaired_all=sweep.repaired_all + repaired)
    return _next(done)
