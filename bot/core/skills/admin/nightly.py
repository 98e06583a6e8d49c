"""What is over is deleted at night: what was said, what was delivered, items that ended long ago. The numbers are those of the settings."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from bot.core.facts import Facts
from bot.core.keeping import over
from bot.core.model import Chore
from bot.core.turn import Call, Decision, Put, Reason, Turn

NIGHTLY = "keeping"
AT = time(3, 30)


def first(person: str, facts: Facts, now: datetime) -> Put:
    """The chore as it begins."""
    return Put(Chore(NIGHTLY, person, _night(facts, now)))


def _night(facts: Facts, now: datetime) -> datetime:
    local = facts.policy.wall(now)
    day = local.date() + timedelta(days=0 if local.time() < AT else 1)
    return datetime.combine(day, AT, local.tzinfo).astimezone(UTC)


def purge(kept: Chore, facts: Facts, now: datetime) -> Decision:
    """Has it deleted, and comes back the next night."""
    keeping = facts.policy.keeping
    text = now - timedelta(days=keeping.text_days)
    rows = [[kind, state, before.isoformat()] for kind, state, before in over(keeping, now)]
    call = Call(NIGHTLY, "purge", f"{NIGHTLY}:{kept.due.isoformat()}", {"text": text.isoformat(), "items": json.dumps(rows)})
    return Decision(Reason.NOTED, (Put(replace(kept, due=_night(facts, now), ran=now)), call))


def purged(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """It is done; the log says how much went."""
    return Decision(Reason.IGNORED)
