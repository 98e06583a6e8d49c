"""Personal data of joining are blanked when nobody needs them any more: of who left, of who withdrew, of invites that are lost or used."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core.facts import Facts


def until(facts: Facts, now: datetime) -> datetime:
    """Until when the data of what has ended are kept."""
    return now + timedelta(days=facts.policy.joining.keep_days)
