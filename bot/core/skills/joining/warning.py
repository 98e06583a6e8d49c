"""A password, a one-time code or an identity number was pasted: a warning, and nothing else is done with the message (R64)."""

from __future__ import annotations

from datetime import datetime

from bot.core.facts import Facts
from bot.core.masking import secret_in
from bot.core.turn import Decision, Here, Reason, Say, Turn


def warn(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """Says so where it was pasted, in the group too, and keeps waiting for whatever was asked."""
    said = Say(Here(), "shell/secret", {"kind": secret_in(turn.text), "group": turn.in_group})
    return Decision(Reason.WARNED, (said,), topic=facts.conversation.topic, awaiting=facts.conversation.awaiting)
