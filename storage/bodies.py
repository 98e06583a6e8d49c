"""Stimuli and outbox bodies as JSON bytes and back, by pydantic over core's frozen dataclasses."""

from __future__ import annotations

import hashlib
from typing import Any

from pydantic import TypeAdapter

from bot.core.turn import Call, Due, Event, Message, Outcome, Press, Stimulus
from bot.ports import Outbound, Queued
from storage.sql import UNIT, Tx

STIMULI: dict[str, TypeAdapter[Any]] = {
    "message": TypeAdapter(Message),
    "press": TypeAdapter(Press),
    "due": TypeAdapter(Due),
    "outcome": TypeAdapter(Outcome),
    "event": TypeAdapter(Event),
}
OUTBOUND = TypeAdapter(Outbound)
CALL = TypeAdapter(Call)


def kind_of(stimulus: Stimulus) -> str:
    """The word of the kind column."""
    return type(stimulus).__name__.lower()


def stimulus_to(tx: Tx, stimulus: Stimulus) -> bytes:
    """The sealed body of an inbox row."""
    return tx.sealer.seal(STIMULI[kind_of(stimulus)].dump_json(stimulus), "inbox")


def stimulus_from(tx: Tx, kind: str, body: bytes) -> Stimulus:
    """The stimulus of an inbox row."""
    stimulus: Stimulus = STIMULI[kind].validate_json(tx.sealer.open(body, "inbox"))
    return stimulus


def queued_to(tx: Tx, item: Outbound | Call) -> bytes:
    """The sealed body of an outbox row."""
    body = CALL.dump_json(item) if isinstance(item, Call) else OUTBOUND.dump_json(item)
    return tx.sealer.seal(body, "outbox")


def queued_from(tx: Tx, kind: str, sealed: bytes, attempt: int, again: bool) -> Queued:
    """What an outbox row carries, for the process that holds it under `attempt`."""
    body = tx.sealer.open(sealed, "outbox")
    if kind == "call":
        return Queued(attempt, call=CALL.validate_json(body), again=again)
    return Queued(attempt, outbound=OUTBOUND.validate_json(body), again=again)


def digest(stimulus: Stimulus) -> bytes:
    """What two stimuli of one key must agree in (D10): what was said or pressed, and nothing a platform may write anew when it delivers again
    (times, reply URLs, nicknames). Due and Outcome agree by their key alone. The key is hashed in, so that equal texts do not look equal."""
    parts = [stimulus.key]
    if isinstance(stimulus, Message):
        parts += [stimulus.kind, stimulus.text, stimulus.quoted]
    elif isinstance(stimulus, Press):
        parts += [stimulus.action.intent, *("=".join(slot) for slot in stimulus.action.slots)]
    elif isinstance(stimulus, Event):
        parts += [stimulus.kind, stimulus.subject, *("=".join(pair) for pair in sorted(stimulus.values.items()))]
    return hashlib.blake2b(UNIT.join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()
