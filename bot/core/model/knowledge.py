"""The nouns of knowledge and of admin work: a lesson, a ticket, an announcement, a broadcast, a confirmation, a chore."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.model.item import Index


@dataclass(frozen=True, slots=True)
class Lesson:
    """One change of the words that was taught in chat; it lies above the files while it is live. `kind` is alias (`utterances` more for `intent`), faq (a new
    `intent` with `question`, `utterances`, `answer`), answer (another `answer` for `intent` in `language`; with `only`, pairs of a kind and a value, for
    some) or retire (`intent` is asked no more). `state` is trying, blocked, proposed, live, withdrawn or dropped; `wish` is the question it came from.
    `before` is the answer it stands above, for the diff; `report` is what the trial found, as JSON; `log` is (instant, person, what) of each step."""

    id: str
    code: str
    kind: str
    state: str
    intent: str
    language: str
    by: str
    made: datetime
    question: str = ""
    utterances: tuple[str, ...] = ()
    answer: str = ""
    before: str = ""
    owner: str = ""
    wish: str = ""
    report: str = ""
    live: datetime | None = None
    log: tuple[tuple[datetime, str, str], ...] = ()
    only: tuple[tuple[str, str], ...] = ()
    version: int = 0

    @property
    def index(self) -> Index:
        """By its teacher, its state, its code and its intent; live lessons lie in the order in which they went live."""
        return Index(self.by, "", self.state, self.live or self.made, None, (f"code={self.code}", f"intent={self.intent}"))


@dataclass(frozen=True, slots=True)
class Ticket:
    """A question that was handed over to a person. `question` is masked, `holder` is whoever took it, `state` is open, answered or closed; it is `due` again
    while nobody has answered."""

    id: str
    code: str
    person: str
    state: str
    question: str
    made: datetime
    name: str = ""
    topic: str = ""
    language: str = ""
    holder: str = ""
    answer: str = ""
    answered: datetime | None = None
    reminded: int = 0
    due: datetime | None = None
    version: int = 0

    @property
    def index(self) -> Index:
        """By its asker, its state and its code."""
        return Index(self.person, self.holder, self.state, self.made, self.due, (f"code={self.code}",))


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something that changes answers while it lasts, `start` to `end`: the replies of `intents` carry `text` on top, "*" means all. `state` is set, over
    or cancelled."""

    id: str
    code: str
    state: str
    text: str
    intents: tuple[str, ...]
    start: datetime
    end: datetime
    by: str
    due: datetime | None = None
    version: int = 0

    @property
    def index(self) -> Index:
        """By its author, its state and its code."""
        return Index(self.by, "", self.state, self.start, self.due, (f"code={self.code}",))

    def on(self, now: datetime) -> bool:
        """Whether its time has come and is not over."""
        return self.state == "set" and self.start <= now < self.end

    def lasts(self, intent: str, now: datetime) -> bool:
        """Whether the reply of that intent says so now."""
        return self.on(now) and (intent in self.intents or "*" in self.intents)


@dataclass(frozen=True, slots=True)
class Ends:
    """How messages ended: `delivered` were taken by the platform, `refused` will never arrive, `unsure` may have arrived twice or not (nobody answered),
    `waiting` are still being tried."""

    delivered: int = 0
    refused: int = 0
    unsure: int = 0
    waiting: int = 0

    def __add__(self, other: Ends) -> Ends:
        return Ends(self.delivered + other.delivered, self.refused + other.refused, self.unsure + other.unsure, self.waiting + other.waiting)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the messages of one turn ended, as the outbox has it: nothing that is kept, only asked for. `id` is the turn's, `missed` are those who did not get
    theirs, each with the platform's word."""

    id: str
    ends: Ends = Ends()
    missed: tuple[tuple[str, str], ...] = ()
    version: int = 0

    @property
    def index(self) -> Index:
        """None."""
        return Index()


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A message to everybody in a state. `left` are the ids of those not told yet; `state` is planned (goes out at `at`), sending, counting (all is handed
    over, how it ended is still asked), done or cancelled; the next step is taken when it is `due`. `turns` are the turns whose messages its parts are,
    `over` is when the last one went, `ended` how they ended when that was last looked at, `missed` who did not get it (`channel:account`, why)."""

    id: str
    code: str
    state: str
    audience: str
    text: str
    by: str
    made: datetime
    left: tuple[str, ...] = ()
    told: int = 0
    due: datetime | None = None
    version: int = 0
    at: datetime | None = None
    turns: tuple[str, ...] = ()
    over: datetime | None = None
    ended: Ends | None = None
    missed: tuple[tuple[str, str], ...] = ()

    @property
    def index(self) -> Index:
        """By its author, its state and its code."""
        return Index(self.by, "", self.state, self.made, self.due, (f"code={self.code}",))


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A dangerous command that waits for its one-time `code`, said again by `person`, `until` then. With `second` another admin must confirm `other`, a code of
    their own, afterwards. `state` is open, second, done, cancelled or late."""

    id: str
    code: str
    person: str
    act: str
    state: str
    made: datetime
    until: datetime
    args: tuple[tuple[str, str], ...] = ()
    second: bool = False
    other: str = ""
    due: datetime | None = None
    version: int = 0

    @property
    def index(self) -> Index:
        """By whoever asked for it, its state and the code that counts now."""
        return Index(self.person, "", self.state, self.made, self.due, (f"code={self.other or self.code}",))

    def arg(self, name: str) -> str:
        """A value of the command, empty when it has none."""
        return next((value for key, value in self.args if key == name), "")


@dataclass(frozen=True, slots=True)
class Chore:
    """Something that comes back by itself: `id` names it (`knowledge`: the weekly list), it runs for the admin `person` when it is `due`."""

    id: str
    person: str
    due: datetime
    ran: datetime | None = None
    version: int = 0

    @property
    def index(self) -> Index:
        """By its person."""
        return Index(self.person, "", "set", self.ran, self.due)
