"""Stimuli and outbox bodies as JSON bytes and back, by pydantic over core's frozen dataclasses."""

from __future__ import annotations

import hashlib
from typing import Any

from pydantic import TypeAdapter

from bot.core.turn import Call, Due, Message, Outcome, Press, Stimulus
from bot.ports import Outbound, Queued
from storage.sql import UNIT

STIMULI: dict[str, TypeAdapter[Any]] = {
    "message": TypeAdapter(Message),
    "press": TypeAdapter(Press),
    "due": TypeAdapter(Due),
    "outcome": TypeAdapter(Outcome),
}
OUTBOUND = TypeAdapter(Outbound)
CALL = TypeAdapter(Call)


def kind_of(stimulus: Stimulus) -> str:
    """The word of the kind column."""
    return type(stimulus).__name__.lower()


def stimulus_to(stimulus: Stimulus) -> bytes:
    """The body of an inbox row."""
    return STIMULI[kind_of(stimulus)].dump_json(stimulus)


def stimulus_from(kind: str, body: bytes) -> Stimulus:
    """The stimulus of an inbox row."""
    stimulus: Stimulus = STIMULI[kind].validate_json(body)
    return stimulus


def queued_from(kind: str, body: bytes, attempt: int) -> Queued:
    """What an outbox row carries, for the process that holds it under `attempt`."""
    if kind == "call":
        return Queued(attempt, call=CALL.validate_json(body))
    return Queued(attempt, outbound=OUTBOUND.validate_json(body))


def digest(stimulus: Stimulus) -> bytes:
    """What two stimuli of one key must agree in (D10): what was said or pressed, and nothing a platform may write anew when it delivers again
    (times, reply URLs, nicknames). Due and Outcome agree by their key alone. The key is hashed in, so that equal texts do not look equal."""
    parts = [stimulus.key]
    if isinstance(stimulus, Message):
        parts += [stimulus.kind, stimulus.text, stimulus.quoted]
    elif isinstance(stimulus, Press):
        parts += [stimulus.action.intent, *("=".join(slot) for slot in stimulus.action.slots)]
    return hashlib.blake2b(UNIT.join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()
