"""When to nudge, whom, how often, and when to escalate: pure rules over plain values, every verdict with its reason."""

from __future__ import annotations

from bot.core.nudging.budget import Budget, budget_of, room
from bot.core.nudging.digest import Digest, Line, digest
from bot.core.nudging.manual import Ask, Asked, ask
from bot.core.nudging.plan import next_due, plan
from bot.core.nudging.policy import NudgePolicy, Pace
from bot.core.nudging.values import Absence, Act, Nudge, Pause, Rules, Verdict, Waiting, Why
from bot.core.nudging.whom import Receiver, absence_faults, away, receiver

__all__ = [
    "Absence", "Act", "Ask", "Asked", "Budget", "Digest", "Line", "Nudge", "NudgePolicy", "Pace", "Pause", "Receiver", "Rules", "Verdict", "Waiting", "Why",
    "absence_faults", "ask", "away", "budget_of", "digest", "next_due", "plan", "receiver", "room",
]  # fmt: skip
