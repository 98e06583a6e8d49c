"""The figures on one screen: the funnel, how long decisions take, what was not understood."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from statistics import median

from bot.core.facts import Ask, Facts, Tally
from bot.core.model import Action, Application, Grant, Invite, Item, Lesson, Member, Request, Ticket
from bot.core.turn import Decision, Here, Reason, Say, Turn

MOST = 200
"""The newest decided items, of which the time to a decision is taken."""
WEEK = timedelta(days=7)


def asked(turn: Turn, facts: Facts) -> tuple[Ask | Tally, ...]:  # noqa: ARG001 - every question has this shape
    """Counts by state, and the newest that were decided."""
    kinds: tuple[type[Item], ...] = (Invite, Application, Member, Request, Grant, Lesson, Ticket)
    decided = (Ask(Application, states=("approved", "rejected"), most=MOST), Ask(Request, states=_DECIDED, most=MOST))
    return (*(Tally(kind) for kind in kinds), *decided)


def show(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """The figures as they stand now; those of a week where a week can be told."""
    decided: list[Application | Request] = [*facts.all(Application), *facts.all(Request)]
    hours = [(item.since - item.made).total_seconds() / 3600 for item in decided if item.since > item.made]
    good, bad = _sum(facts, Application, ("approved",)), _sum(facts, Application, ("rejected",))
    data = {
        "invited": _sum(facts, Invite),
        "opened": _sum(facts, Invite, ("opened", "used")),
        "applied": _sum(facts, Application) - _sum(facts, Application, ("draft",)),
        "waiting": _sum(facts, Application, ("submitted", "resubmitted")),
        "approved": good,
        "rejected": bad,
        "rate": round(100 * good / (good + bad)) if good + bad else None,
        "members": _sum(facts, Member) - _sum(facts, Member, ("left",)),
        "requests": _sum(facts, Request, ("pending",)),
        "granted": _sum(facts, Grant, ("active",)),
        "hours": round(median(hours), 1) if hours else None,
        "decided": len(hours),
        "unanswered": sum(wish.kind == "unanswered" and now - wish.at <= WEEK for wish in facts.wishes),
        "wrong": sum(wish.kind == "feedback" and now - wish.at <= WEEK for wish in facts.wishes),
        "lessons": _sum(facts, Lesson, ("live",)),
        "tickets": _sum(facts, Ticket, ("open",)),
    }
    return Decision(Reason.ANSWERED, (Say(Here(), "adm/stats", data, (Action("adm.backlog"), Action("adm.unanswered"))),), topic="adm.stats")


_DECIDED = ("approved", "granting", "granted", "effective", "not_effective", "rejected")


def _sum(facts: Facts, kind: type[Item], states: Iterable[str] = ()) -> int:
    wanted = set(states)
    return sum(count for (one, state), count in facts.tallies.items() if one is kind and (not wanted or state in wanted))
