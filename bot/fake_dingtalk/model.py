"""The nouns of the stand-in: members and groups, what was pushed to the bot, what the bot sent, and how patient the platform is."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = dict[str, Any]
"""A JSON object."""


class Way(StrEnum):
    """How a message of the bot came in."""

    SESSION = "session"
    WEBHOOK = "webhook"
    GROUP = "group"
    OTO = "oto"
    CARD = "card"
    HTTP_REPLY = "http_reply"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class App:
    """The enterprise-internal app whose robot is played with. `robot_code` is normally the app key."""

    key: str
    secret: str
    corp_id: str
    robot_code: str
    bot_id: str = "$:LWCP_v1:$ZFakeBot0fThisApp=="


@dataclass(frozen=True, slots=True)
class Member:
    """A person. `admin` is the sys_level of listadmin (0 none, 1 main, 2 sub); outsiders have no userId on the wire; who is not `in_range` of
    the app's contact scope looks like nobody."""

    user_id: str
    name: str
    mobile: str = ""
    union_id: str = ""
    admin: int = 0
    inside: bool = True
    in_range: bool = True
    active: bool = True
    title: str = ""
    email: str = ""
    manager: str = ""
    departments: tuple[int, ...] = (1,)
    roles: tuple[str, ...] = ()

    @property
    def dingtalk_id(self) -> str:
        """The encrypted id (senderId), the only stable key of an outsider."""
        return "$:LWCP_v1:$" + base64.b64encode(hashlib.sha256(self.user_id.encode()).digest()[:16]).decode()

    @property
    def union(self) -> str:
        """The unionId."""
        return self.union_id or "u" + hashlib.sha256(self.user_id.encode()).hexdigest()[:14] + "iEiE"


@dataclass(slots=True)
class Group:
    """A group conversation with the robot in it. `webhook` is the access_token of its group webhook (empty: none), guarded by `secret` or `keywords`."""

    conversation_id: str
    title: str
    members: list[str] = field(default_factory=list)
    webhook: str = ""
    secret: str = ""
    keywords: tuple[str, ...] = ()
    disbanded: bool = False


@dataclass(frozen=True, slots=True)
class Button:
    """A button of a message: `say` is the text a dtmd button makes its presser send; `action` is the id of a card's button."""

    label: str
    url: str = ""
    say: str = ""
    action: str = ""
    params: Json = field(default_factory=dict)
    conversation: str = ""
    user: str = ""
    card: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """One message of the bot. `kind` is its msgtype or msgKey; `at` who is listed, `mentioned` who is really highlighted, `shown` the text as people
    see it; `answers` the msgId it answers where the way tells; `key` the processQueryKey or outTrackId; `time` epoch seconds."""

    number: int
    way: Way
    kind: str
    time: float
    conversation: str = ""
    users: tuple[str, ...] = ()
    title: str = ""
    text: str = ""
    shown: str = ""
    buttons: tuple[Button, ...] = ()
    at: tuple[str, ...] = ()
    mentioned: tuple[str, ...] = ()
    at_all: bool = False
    answers: str = ""
    key: str = ""
    body: Json = field(default_factory=dict)

    def button(self, label: str) -> Button:
        """The button of that label. Raises KeyError."""
        found = next((button for button in self.buttons if button.label == label), None)
        if found is None:
            raise KeyError(f"no button {label!r} among {[button.label for button in self.buttons]}")
        return found


@dataclass(slots=True)
class Delivery:
    """One thing pushed to the bot and what came of it; goes on changing while redelivery goes on. `way` is http or stream, `withheld` says why the
    platform did not push at all, `code` the HTTP status or ACK code, `answer` the HTTP body or the ACK's data, `seconds` push to acknowledgement."""

    id: str
    way: str = ""
    user: str = ""
    conversation: str = ""
    body: Json = field(default_factory=dict)
    pushes: int = 0
    acked: bool = False
    code: int = 0
    answer: Any = None
    error: str = ""
    withheld: str = ""
    seconds: float = 0.0
    frames: list[str] = field(default_factory=list)
    first: asyncio.Event = field(default_factory=asyncio.Event, repr=False, compare=False)

    def as_json(self) -> Json:
        """The record for the control API."""
        names = ("id", "way", "user", "conversation", "pushes", "acked", "code", "answer", "error", "withheld", "seconds", "frames")
        return {name: getattr(self, name) for name in names}


@dataclass(slots=True)
class Card:
    """A card instance: `public` values, `private` ones by user, where it hangs, and how its callbacks travel (STREAM, HTTP or empty)."""

    out_track_id: str
    template: str
    space_type: str
    space_id: str
    callback: str = ""
    route: str = ""
    public: dict[str, str] = field(default_factory=dict)
    private: dict[str, dict[str, str]] = field(default_factory=dict)
    updates: int = 0

    def seen_by(self, user: str) -> dict[str, str]:
        """The values as this user sees them."""
        return {**self.public, **self.private.get(user, {})}


@dataclass(slots=True)
class Manners:
    """How patient the platform is, in seconds. `retries` are the waits before a robot message that was not acknowledged comes again (field reports: 60),
    `event_retries` those of events (documented for HTTP: 10, then 30), `http_retries` those of HTTP callbacks (undocumented: none). `hold` keeps a push
    until a connection opens for up to so long (0: it is lost, as the field reports). `dtmd_mentions`: whether a dtmd press in a group counts as a mention."""

    ack_wait: float = 3.0
    http_wait: float = 2.5
    card_wait: float = 2.0
    retries: tuple[float, ...] = (60.0,)
    event_retries: tuple[float, ...] = (10.0, 30.0)
    http_retries: tuple[float, ...] = ()
    hold: float = 10.0
    ping_every: float = 25.0
    drain: float = 10.0
    ticket_life: float = 90.0
    token_life: float = 7200.0
    webhook_life: float = 5400.0
    dtmd_mentions: bool = True
    keep: int = 100_000
