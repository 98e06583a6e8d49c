"""Card presses and organisation events as they come over Stream (dingtalk.md 2.2, 4.3, 5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.channels.dingtalk.payload import BadPayload, read_object


@dataclass(frozen=True, slots=True)
class CardPress:
    """A pressed card. `card` is the outTrackId it was sent with; `claims` come from the client and prove nothing: look the card up."""

    card: str
    corp: str
    account: str
    space: str
    actions: tuple[str, ...]
    claims: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrgEvent:
    """Something that happened in the organisation, e.g. `user_leave_org`; `id` is the same when it is delivered again."""

    id: str
    kind: str
    corp: str
    data: Mapping[str, object]


def parse_card(body: Mapping[str, object]) -> CardPress:
    """Reads a card callback; BadPayload for anything odd."""
    content = body.get("content", body.get("value"))
    private = read_object(content).get("cardPrivateData") if isinstance(content, str) else None
    private = private if isinstance(private, dict) else {}
    actions, claims = private.get("actionIds", []), private.get("params", {})
    if not isinstance(actions, list) or not isinstance(claims, dict):
        raise BadPayload("the press is not an object")
    return CardPress(
        card=_word(body, "outTrackId"),
        corp=_word(body, "corpId"),
        account=_word(body, "userId"),
        space=_word(body, "spaceId", needed=False),
        actions=tuple(str(action)[:128] for action in actions[:20]),
        claims=claims,
    )


def parse_event(headers: Mapping[str, object], body: Mapping[str, object]) -> OrgEvent:
    """Reads an event: its name and id stand in the headers, or in an envelope around the data."""
    inner = body.get("data")
    enveloped = "eventType" in body and isinstance(inner, dict)
    names = {**body, **headers} if enveloped else headers
    data = inner if enveloped and isinstance(inner, dict) else body
    return OrgEvent(id=_word(names, "eventId"), kind=_word(names, "eventType"), corp=_word(names, "eventCorpId", needed=False), data=data)


def _word(body: Mapping[str, object], name: str, *, needed: bool = True) -> str:
    value = body.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or len(value) > 256 or not value.isprintable() or (needed and not value):
        raise BadPayload(f"{name} is missing or not a short text")
    return value
