"""The figures of reminders for admins, each week and when they ask: how long decisions take, what they cost in reminders, where they wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.facts import Ask, Facts, Tally
from bot.core.model import Action, Application, Desk, Person, Request
from bot.core.nudging import Rules
from bot.core.nudging.past import decided_at, decisions, first_holder
from bot.core.nudging.plan import held_out
from bot.core.nudging.report import Decided, Times, effect, slow, stamps, times
from bot.core.nudging.waiting import Own, waiting_of
from bot.core.turn import Decision, Here, Reason, Say, Turn

COMMAND = "adm.nudge_report"
MOST = 300
WEEK = timedelta(days=7)
LEAST = 3
"""Decisions from which on a step can be called slow."""
SLOW = 3
DRAWS = 400
Told = dict[str, object]


def asked(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """The newest applications and requests, and what is remembered of those who decide."""
    return Ask(Application, most=MOST), Ask(Request, most=MOST), Ask(Desk, states=("open",), most=MOST)


def people(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """Those who decided lately."""
    by = dict.fromkeys([one.decided_by for one in facts.all(Application)] + [given.by for one in facts.all(Request) for given in one.approvals])
    return tuple(Ask(Person, id=one, most=1) for one in list(by)[:100] if one)


def show(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """The report of the last seven days."""
    said = Say(Here(), "adm/nudge_report", of(turn, facts, now), (Action("adm.nudge_policy"), Action("adm.backlog")))
    return Decision(Reason.ANSWERED, (said,), topic=COMMAND)


def of(turn: Turn, facts: Facts, now: datetime) -> Told:
    """All figures of the last seven days beside the seven before, as plain values."""
    rules = Rules(facts.policy.calendar, facts.policy.nudging)
    found: tuple[Own, ...] = (*facts.all(Application), *facts.all(Request))
    items = {one.id: one for one in found}
    week, earlier = (decisions(items.values(), now - weeks * WEEK, now - (weeks - 1) * WEEK, rules) for weeks in (1, 2))
    roles = {one.id: one.role if isinstance(one, Request) else "" for one in items.values()}
    desks = facts.all(Desk)
    return {
        "figures": _told(times(week, rules.calendar)),
        "before": _told(times(earlier, rules.calendar)) if earlier else None,
        "sent": sum(at > now - WEEK for desk in desks for at in desk.sent),
        "mutes": sum(desk.muted is not None and desk.muted > now for desk in desks),
        "slow": [_node(name, found, facts) for name, found in slow(week, rules.calendar, lambda one: roles[one.item], LEAST)[:SLOW]],
        "stamps": [
            {"name": _name(one.person, facts), "decisions": one.decisions, "hasty": round(100 * one.hasty), "approved": round(100 * one.approved)}
            for one in stamps(decisions(items.values(), now - 4 * WEEK, now, rules))[:SLOW]
        ],
        "effect": _effect(turn, facts, rules, now),
    }


def _told(found: Times) -> Told:
    return {
        "count": found.count, "p50": round(found.p50, 1), "p75": round(found.p75, 1), "over_one": round(100 * found.over_one),
        "over_three": round(100 * found.over_three), "reminders": round(found.reminders, 1), "promises": found.promises, "broken": found.broken,
    }  # fmt: skip


def _node(role: str, found: Times, facts: Facts) -> Told:
    """A step: a role that is asked for, or joining (no role)."""
    return {"role": dict(facts.policy.access.role(role).title) if role else None, "p75": round(found.p75, 1), "count": found.count}


def _name(ident: str, facts: Facts) -> str:
    person = facts.person(ident)
    return (person.name if person else "") or ident.rpartition(":")[2]


def _effect(turn: Turn, facts: Facts, rules: Rules, now: datetime) -> Told | None:
    """What the experiment says so far: of the items filed since it began, those still open with the time they have waited. None: there is no experiment."""
    policy = rules.policy
    if not policy.hold_out:
        return None
    since = _since(policy.hold_out_salt, facts)
    items: tuple[Own, ...] = (*facts.all(Application), *facts.all(Request))
    rows = [row for item in items if item.made >= since for row in _row(item, rules, now)]
    found = effect(rows, rules.calendar, dice(turn.seed), DRAWS)
    told: Told = {"percent": round(100 * policy.hold_out), "out": sum(row.held_out for row in rows), "rest": sum(not row.held_out for row in rows)}
    if found is None:
        return {**told, "found": None}
    return {**told, "found": {name: round(getattr(found, name), 1) for name in ("with_reminders", "without", "saved", "low", "high")} | {"clear": found.clear}}


def _row(item: Own, rules: Rules, now: datetime) -> tuple[Decided, ...]:
    """One item of the experiment, from its filing to its decision; other ends (withdrawn, lapsed) say nothing of reminders."""
    if isinstance(item, Request) and item.kind == "revoke":
        return ()  # always urgent, so never in the lot
    at = decided_at(item) or (now if item.state in ("submitted", "resubmitted", "pending") else None)
    waiting = replace(waiting_of(item), urgent=False)
    return () if at is None else (Decided(item.id, first_holder(item)[0], item.made, at, held_out=held_out(waiting, rules)),)


def _since(salt: str, facts: Facts) -> datetime:
    """When the experiment began: its day stands in its salt; the settings' own has none."""
    day = salt.partition(" ")[2]
    zone = facts.policy.wall(datetime.fromisoformat("2020-01-01T00:00:00+00:00")).tzinfo
    return datetime.fromisoformat(day or "2020-01-01").replace(tzinfo=zone)


def dice(seed: str) -> Callable[[int], int]:
    """Numbers from 0 up to a bound, drawn from a turn's seed: the same turn draws the same (a linear congruence modulo 2**64)."""
    state = int(seed, 16)

    def draw(bound: int) -> int:
        nonlocal state
        state = (6364136223846793005 * state + 1442695040888963407) % 2**64
        return (state >> 33) % bound

    return draw
