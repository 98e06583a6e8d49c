"""How requests, grants and rules are put before people: plain values for the templates, texts by language where a template picks its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.access import Access, resolved
from bot.core.facts import Facts
from bot.core.model import Action, Grant, Person, Request
from bot.core.segregation import Conflict, Rule, notes
from bot.core.turn import Decision, Here, Reason, Say, Turn

LOOK_AT = 10 * 60
"""When people are asked of the day before."""


LEAVE = Action("access.cancel", (("why", "untouched"),), "cancel")
"""The way out of a decision."""


def no_such(turn: Turn) -> Decision:
    """A code, right or mistyped, that names nothing the viewer may go on with: one answer whether there is none, it is another's, or it is over. A button
    without a code is told that it is out of date."""
    code = turn.understanding.slot("code") or turn.understanding.slot("mistyped")
    return Decision(Reason.STALE_OPTION, (Say(Here(), "access/no_such", {"code": code}) if code else Say(Here(), "shell/stale_option"),))


def policy_of(facts: Facts) -> Access:
    """The policy with the ids of the people who were gathered."""
    return resolved(facts.policy.access, (facts.viewer, *facts.people, *facts.admins))


def name_of(facts: Facts, person: str) -> str:
    """What somebody is called, else the end of their id."""
    found = facts.person(person)
    return (found.name if found else "") or person.rpartition(":")[2]


def account_of(person: Person | None, ident: str) -> str:
    """The account of somebody on the platform, which the finance system knows unless it was told another."""
    return person.accounts[0][1] if person and person.accounts else ident.rpartition(":")[2]


def day_of(moment: datetime | None, facts: Facts) -> str:
    """The last day on which something holds, in the organisation's zone; empty for none."""
    return "" if moment is None else facts.policy.wall(moment - timedelta(seconds=1)).date().isoformat()


def minute_of(moment: datetime, facts: Facts) -> str:
    """A moment as people read it."""
    return facts.policy.minute(moment)


def end_of(moment: datetime, facts: Facts) -> datetime:
    """The end of the day on which the moment lies: permissions end with a day."""
    zone = ZoneInfo(facts.policy.zone)
    before = (moment - timedelta(seconds=1)).astimezone(zone)
    return datetime.combine(before.date() + timedelta(days=1), time(), zone)


def role_told(access: Access, ident: str) -> dict[str, object]:
    """A role by language."""
    role = access.role(ident)
    return {"id": ident, "title": dict(role.title), "does": dict(role.does), "level": access.levels.get(role.level, {}), "days": role.max_days}


def shown(request: Request, facts: Facts, now: datetime) -> dict[str, object]:
    """A request for whoever decides it or waits for it."""
    access = facts.policy.access
    rules = {rule.id: rule for rule in facts.policy.segregation}
    return {
        "code": request.code,
        "what": "request",
        "name": request.name or name_of(facts, request.whose),
        "by": name_of(facts, request.person) if request.person != request.whose else "",
        "role": role_told(access, request.role),
        "system": access.system(request.system).title,
        "module": request.module,
        "until": day_of(request.until, facts),
        "reason": request.reason,
        "evidence": [name for name, _ in request.files],
        "current": [dict(access.role(one).title) for one in request.current],
        "rules": [rule_told(rules[flag]) for flag in request.flags if flag in rules],
        "notes": [rule_told(rule) for rule in notes(facts.policy.segregation, access.role(request.role).duties)],
        "above": "above_need" in request.flags,
        "days": max(0, (now - request.made).days),
        "kind": request.kind,
        "quorum": request.quorum,
        "given": len(request.given),
        "lapses": day_of(request.lapses, facts),
    }


def rule_told(rule: Rule) -> dict[str, object]:
    """A rule with its law, by language."""
    return {"id": rule.id, "why": dict(rule.why), "law": dict(rule.law), "hard": rule.hard}


def conflict_told(conflict: Conflict, access: Access) -> dict[str, object]:
    """A rule, and with what it is broken."""
    return {**rule_told(conflict.rule), "role": dict(access.role(conflict.role).title) if conflict.role else {}, "pending": conflict.pending}


def granted(grant: Grant, facts: Facts) -> dict[str, object]:
    """A grant for its person or a reviewer."""
    access = facts.policy.access
    return {
        "role": role_told(access, grant.role),
        "system": access.system(grant.system).title,
        "until": day_of(grant.until, facts),
        "since": day_of(grant.since, facts),
    }


def deciding(code: str, *, more: Iterable[Action] = ()) -> tuple[Action, ...]:
    """The buttons under an item that waits for a decision."""
    slots = (("code", code),)
    return (Action("act.approve", slots, "approve", code), Action("act.reject", slots, "reject", code), *more)


def reviewers(facts: Facts, people: Sequence[str]) -> list[str]:
    """The names of those who decide."""
    return [name_of(facts, one) for one in people]
