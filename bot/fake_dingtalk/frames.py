"""The frames of the Stream protocol. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bot.fake_dingtalk.model import Json

ROBOT = "/v1.0/im/bot/messages/get"
CARD = "/v1.0/card/instances/callback"


@dataclass(frozen=True, slots=True)
class Ack:
    """The answer to a frame. `data` is the parsed JSON in it, None when there is none."""

    message_id: str
    code: int
    data: Any


def frame(kind: str, topic: str, data: Json, headers: Json) -> str:
    """A frame; `headers` are the further ones, messageId among them."""
    whole = {"specVersion": "1.0", "type": kind, "headers": {"contentType": "application/json", "topic": topic, **headers}}
    return json.dumps({**whole, "data": json.dumps(data, ensure_ascii=False)}, ensure_ascii=False)


def read_ack(text: str) -> Ack | None:
    """The ACK in a frame of the bot, or None when it is none."""
    try:
        whole = json.loads(text)
        message_id, code, data = whole["headers"]["messageId"], whole["code"], whole.get("data")
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError):
        return None
    if not isinstance(message_id, str) or type(code) is not int or not isinstance(data, str | None):
        return None
    try:
        return Ack(message_id, code, json.loads(data) if data else None)
    except (ValueError, RecursionError):
        return Ack(message_id, code, None)


def done(ack: Ack, kind: str) -> bool:
    """Whether the ACK ends the delivery: 200 for a callback, and for an event not LATER (an ACK without status counts, as the Python SDK sends it)."""
    later = kind == "EVENT" and isinstance(ack.data, dict) and ack.data.get("status") == "LATER"
    return ack.code in (200, 404) and not later
