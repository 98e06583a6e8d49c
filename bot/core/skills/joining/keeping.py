"""Personal data of joining are blanked when nobody needs them any more: of who left, of who withdrew."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.facts import Facts
from bot.core.model import Application, Member


def until(facts: Facts, now: datetime) -> datetime:
    """Until when the data of what has ended are kept."""
    return now + timedelta(days=facts.policy.joining.keep_days)


def blank_application(application: Application) -> Application:
    """What is left of an application that nobody needs: its state and dates."""
    return replace(application, fields=(), files=(), before=(), note="", due=None)


def blank_member(member: Member) -> Member:
    """What is left of somebody who has gone."""
    return replace(member, name="", mobile="", department="", post="", employee="", email="", roles=(), ticked=(), due=None)
