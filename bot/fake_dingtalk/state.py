"""Everything the played platform remembers; each endpoint is a function over it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from bot.fake_dingtalk.approval import Event, Instance
from bot.fake_dingtalk.bell import Bell
from bot.fake_dingtalk.content import Content, highlighted, shown
from bot.fake_dingtalk.crypto import Subscription
from bot.fake_dingtalk.errors import Family, Refusal, scope_missing, shared
from bot.fake_dingtalk.faults import Faults
from bot.fake_dingtalk.ids import Ids
from bot.fake_dingtalk.limits import Limits, Meter
from bot.fake_dingtalk.model import App, Card, Delivery, Manners, Sent, Way
from bot.fake_dingtalk.world import World


@dataclass(frozen=True, slots=True)
class Session:
    """What a sessionWebhook leads to. `expires` in epoch seconds."""

    conversation: str
    user: str
    message: str
    expires: float


@dataclass(frozen=True, slots=True)
class File:
    """A file behind a download code; only this robot may have it."""

    name: str
    data: bytes
    robot_code: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A single-use right to one Stream connection."""

    expires: float
    topics: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a conversation as its members see it; `sent` is the bot's message behind it."""

    conversation: str
    who: str
    text: str
    time: float
    sent: Sent | None = None


@dataclass(frozen=True, slots=True)
class CardRoute:
    """Where a callbackRouteKey leads."""

    url: str
    secret: str


@dataclass(slots=True)
class State:
    """The memory of the platform. `base_url` is how the bot reaches it; `scopes` None means every permission; `subscription` is where events go by HTTP
    (None: over the Stream); `codes` of people who consented are worth a member until they expire,
    `people` are the tokens they became; `emit` pushes an event in the background."""

    app: App
    world: World
    manners: Manners
    limits: Limits
    dice: random.Random
    clock: Callable[[], float]
    scopes: set[str] | None = None
    base_url: str = ""
    skipped: float = 0.0
    meter: Meter = field(init=False)
    faults: Faults = field(init=False)
    ids: Ids = field(init=False)
    bell: Bell = field(default_factory=Bell)
    tokens: dict[str, float] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    codes: dict[str, tuple[str, float]] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    cards: dict[str, Card] = field(default_factory=dict)
    card_templates: set[str] = field(default_factory=set)
    card_routes: dict[str, CardRoute] = field(default_factory=dict)
    seen_uuids: dict[str, None] = field(default_factory=dict)
    flow_controlled: set[str] = field(default_factory=set)
    blocked: set[str] = field(default_factory=set)
    recalled: set[str] = field(default_factory=set)
    received: list[Sent] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    timeline: list[Line] = field(default_factory=list)
    count: int = 0
    tasks: int = 81_116_500_000
    approvals: dict[str, Instance] = field(default_factory=dict)
    notices: dict[tuple[str, int, str], None] = field(default_factory=dict)
    subscription: Subscription | None = None
    emit: Callable[[Event], None] = lambda _event: None

    def __post_init__(self) -> None:
        self.meter, self.faults, self.ids = Meter(self.limits), Faults(self.dice), Ids(self.dice)

    def now(self) -> float:
        """Epoch seconds of the platform's clock."""
        return self.clock() + self.skipped

    def next_task(self, count: int = 1) -> int:
        """The first of `count` new task numbers."""
        self.tasks += count
        return self.tasks - count + 1

    def emit_all(self, events: Iterable[Event]) -> None:
        """Pushes events in the background; their order on arrival is not promised."""
        for event in list(events):
            self.emit(event)

    def token(self) -> str:
        """The app's access token: the valid one, renewed, else a new one."""
        now = self.now()
        self.tokens = {token: expires for token, expires in self.tokens.items() if expires > now - 3600}
        token = next((token for token, expires in self.tokens.items() if expires > now), "") or self.ids.hex(32)
        self.tokens[token] = now + self.manners.token_life
        return token

    def check_token(self, token: str, family: Family) -> None:
        """Raises Refusal when the token is unknown or has expired."""
        expires = self.tokens.get(token)
        if expires is None:
            raise shared("token", family)
        if expires <= self.now():
            raise shared("token_expired", family)

    def check_scope(self, scope: str, family: Family) -> None:
        """Raises Refusal when the app lacks the permission."""
        if scope and self.scopes is not None and scope not in self.scopes:
            raise scope_missing(scope, family)

    def check_robot(self, code: object) -> None:
        """Raises Refusal when the robotCode is not this app's."""
        if code != self.app.robot_code:
            raise Refusal("invalidParameter.robotCode.notExsit", "robotCode does not exist")

    def open_session(self, conversation: str, user: str, message: str, life: float) -> str:
        """A new sessionWebhook URL that leads back to where a message came from."""
        if len(self.sessions) >= self.manners.keep:
            self.sessions.pop(next(iter(self.sessions)))
        key = self.ids.hex(32)
        self.sessions[key] = Session(conversation, user, message, self.now() + life)
        return f"{self.base_url}/robot/sendBySession?session={key}"

    def record(self, way: Way, content: Content, **facts: object) -> Sent:
        """Remembers a message of the bot and shows it in its conversation(s); `facts` are further fields of Sent."""
        self.count += 1
        conversation = str(facts.get("conversation", ""))
        group = self.world.groups.get(conversation)
        names = {member.user_id: member.name for member in self.world.people(group)} if group else {}
        marked = highlighted(content, names) if way not in (Way.GROUP, Way.OTO) else ()
        sent = Sent(self.count, way, content.kind, self.now(), **facts)  # type: ignore[arg-type] # fields of Sent by name
        buttons = tuple(replace(button, conversation=conversation, user=sent.users[0] if len(sent.users) == 1 else "") for button in content.buttons)
        sent = replace(
            sent,
            title=content.title,
            text=content.text,
            shown=shown(content, marked, names),
            buttons=buttons,
            at=content.at,
            mentioned=marked,
            at_all=content.at_all,
        )
        self.received.append(sent)
        for place in (conversation,) if conversation else tuple(self.world.private(user) for user in sent.users):
            self.write(Line(place, "", sent.shown, sent.time, sent))
        del self.received[: -self.manners.keep]
        return sent

    def write(self, line: Line) -> None:
        """Adds a line to the conversations people see, and wakes who waits."""
        self.timeline.append(line)
        del self.timeline[: -self.manners.keep]
        self.bell.ring()
