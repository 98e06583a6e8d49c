"""A pressed button of an interactive card becomes a Press (dingtalk.md 4.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.channels.dingtalk.payload import BadPayload, read_object
from bot.channels.dingtalk.wire.event import word
from bot.channels.dingtalk.wire.parse import CHANNEL
from bot.core.model import Action, Sender
from bot.core.turn import Press

PRESS = "card.press"
_PLACE = re.compile(r"b([1-9][0-9]?)")


@dataclass(frozen=True, slots=True)
class CardPress:
    """A pressed card. `card` is the outTrackId it was sent with; `index` counts its buttons from 1 and is all that is taken from the client."""

    card: str
    corp: str
    account: str
    space: str
    private: bool
    index: int


def parse_card(body: Mapping[str, object]) -> CardPress:
    """Reads a card callback. Raises BadPayload for anything odd, and for a press that names no button of ours."""
    content = body.get("content", body.get("value"))
    private = read_object(content).get("cardPrivateData") if isinstance(content, str) else None
    private = private if isinstance(private, dict) else {}
    actions, params = private.get("actionIds", []), private.get("params", {})
    if not isinstance(actions, list) or not isinstance(params, dict):
        raise BadPayload("the press is not an object")
    kind = word(body, "spaceType", needed=False).upper()
    return CardPress(
        card=word(body, "outTrackId"),
        corp=word(body, "corpId"),
        account=word(body, "userId"),
        space=word(body, "spaceId", needed=False),
        private=kind == "IM_ROBOT",
        index=_index(actions, params),
    )


def _index(actions: list[object], params: Mapping[str, object]) -> int:
    """The button's place: its id is `b<place>`, or its parameter `index` says it where a template names all buttons alike."""
    for said in (*actions[:20], f"b{params.get('index', '')}"):
        found = _PLACE.fullmatch(said) if isinstance(said, str) else None
        if found:
            return int(found.group(1))
    raise BadPayload("the press names no button of ours")


def press_of(found: CardPress, robot: str, once: str, now: datetime) -> Press:
    """The stimulus. Its action only says which button of which card: what the button means is looked up where the message was stored. `once` is the same
    when the same press comes again."""
    action = Action(PRESS, (("index", str(found.index)),))
    sender = Sender(found.account, "", "", True)
    return Press(CHANNEL, robot, once, found.space or found.account, found.private, sender, action, now, card=found.card)
