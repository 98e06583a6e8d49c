"""What has nobody left to go to: admins are told, once for each item, so that it does not lie there for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.core.calendar import may_send
from bot.core.facts import Facts
from bot.core.model import Action, Desk, Step
from bot.core.nudging import Act, Rules, Verdict, Waiting, Why
from bot.core.nudging.waiting import Held
from bot.core.nudging.whom import heir
from bot.core.skills.nudging.moving import reachable
from bot.core.skills.nudging.ruling import desk_of, written
from bot.core.skills.nudging.telling import item_told, name_of
from bot.core.turn import Effect, Private, Put, Say

STUCK = frozenset({Why.NOBODY, Why.EXHAUSTED})
SHOWN = 8


def alarmed(
    verdicts: Sequence[Verdict], rows: Sequence[tuple[Held, Waiting]], before: Desk, after: Desk, facts: Facts, rules: Rules, now: datetime
) -> tuple[tuple[Effect, ...], Desk]:
    """The word to the admins about the items of this desk that got stuck since its last round, and the desk. While no admin can be told, it is not noted
    that anything got stuck, so that the next round tries again."""
    known = {item for item, why in before.reasons if why in STUCK}
    mine = [(item, waiting, verdict) for (item, waiting), verdict in zip(rows, verdicts, strict=True) if item.holder == before.id and not waiting.lacking]
    stuck = [item for item, waiting, verdict in mine if not isinstance(item, Step) and _is_stuck(waiting, verdict, rules, now)]
    new = [item for item in stuck if item.id not in known]
    said = admins_told(new, before.id, facts, rules, now) if new else ()
    marked = {item.id for item in stuck if said or item.id in known}
    reasons = (
        *(row for row in after.reasons if row[0] not in {item.id for item in stuck}),
        *((item.id, Why.NOBODY.value) for item in stuck if item.id in marked),
    )
    return said, replace(after, reasons=reasons) if stuck else after


def _is_stuck(waiting: Waiting, verdict: Verdict, rules: Rules, now: datetime) -> bool:
    return verdict.why in STUCK if verdict.act is Act.NOTHING else _in_vain(waiting, rules, now)


def _in_vain(waiting: Waiting, rules: Rules, now: datetime) -> bool:
    """Whether its asker wants the next level and there is none."""
    if waiting.raised is None or waiting.raised < waiting.begun:
        return False
    found = heir(waiting, rules, now)
    return not found.to and found.until is None


def admins_told(items: Sequence[Held], holder: str, facts: Facts, rules: Rules, now: datetime) -> tuple[Effect, ...]:
    """The word to every admin who may be written to now, counted into their budgets; empty when there is none."""
    told = [admin for admin in facts.admins if admin.id != holder and reachable(admin.id, facts, rules, now)] if may_send(rules.calendar, now) else []
    data = {"items": [{**item_told(item, facts), "from": name_of(item.holder, facts)} for item in items[:SHOWN]], "total": len(items)}
    says = [Say(Private(admin.id), "nudge/stuck", data, (Action("adm.backlog"),), priority=2) for admin in told]
    return (*says, *(Put(written(desk_of(admin.id, facts), now, digest=False)) for admin in told))
