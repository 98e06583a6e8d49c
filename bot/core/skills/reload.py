"""Reads the words anew when an admin asks, and tells how it went."""

from __future__ import annotations

from datetime import datetime

from bot.core.facts import Facts
from bot.core.turn import Call, Decision, Outcome, Private, Reason, Say, Turn


def ask(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """Has the words read; the outcome comes back as a stimulus."""
    return Decision(Reason.RELOADED, (Call("words", "reload", f"reload:{turn.seed[:16]}", {"person": facts.viewer.id}),))


def outcome(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """Tells whoever asked; a fault found by the file watch is told to every admin."""
    stimulus = turn.stimulus
    assert isinstance(stimulus, Outcome)  # noqa: S101 - the SKILLS table sends only outcomes here
    asker = stimulus.call.args.get("person", "")
    people = [asker] if asker else [admin.id for admin in facts.admins]
    if stimulus.ok:
        intents, _, utterances = stimulus.value.partition(" ")
        said = [Say(Private(person), "shell/reloaded", {"intents": intents, "utterances": utterances}) for person in people if asker]
    else:
        said = [Say(Private(person), "shell/reload_failed", {"fault": stimulus.value}) for person in people]
    return Decision(Reason.RELOADED, tuple(said))
