"""Reads the words anew when an admin asks, and tells how it went; also what was taught is told of here, once it is in use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.core import variants
from bot.core.facts import Facts
from bot.core.model import Action
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
    if not stimulus.ok:
        return Decision(Reason.RELOADED, tuple(Say(Private(person), "shell/reload_failed", {"fault": stimulus.value}) for person in people))
    if stimulus.call.operation == "relay":
        return Decision(Reason.RELOADED, _relaid(stimulus.call.args, turn, facts))
    intents, _, utterances = stimulus.value.partition(" ")
    return Decision(
        Reason.RELOADED, tuple(Say(Private(person), "shell/reloaded", {"intents": intents, "utterances": utterances}) for person in people if asker)
    )


def _relaid(args: Mapping[str, str], turn: Turn, facts: Facts) -> tuple[Say, ...]:
    """To the one who did it and to the teacher, with the way back."""
    way = ("publish", "shell.publish") if args["state"] == "withdrawn" else ("unpublish", "shell.unpublish")
    button = (Action(way[1], (("code", args["code"]),), way[0], args["code"]),)
    label = facts.catalogue.label(Action(args["label"]), turn.language)
    only = tuple((kind, value) for kind, _, value in (line.partition("=") for line in args.get("only", "").split("\n")) if value)
    data = {"state": args["state"], "label": label, "kind": args["kind"], "code": args["code"], "whom": variants.titled(only, facts, turn.language)}
    return tuple(Say(Private(person), "teach/relaid", data, button) for person in dict.fromkeys((args["person"], args["teacher"])) if person)
