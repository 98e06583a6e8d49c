"""The nouns of approvals that live in DingTalk OA: an instance that others filed, each approver's turn in it, and the nightly look for what was lost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from bot.core.model.item import Index

OPEN = "running"
_HTTPS = re.compile(r"https://[a-z0-9.-]+(?:/[\x21-\x7e]*)?")
_KEPT = "/:?#@!$&+,;=%~-._'"


class Link(str):
    """An address that may stand in a reply as it is; made by `link_of` alone, so that no text of others becomes one."""

    __slots__ = ()


def link_of(url: str) -> Link:
    """The https address with everything escaped that could end a link or begin other markup; empty for any other text."""
    return Link(quote(url, safe=_KEPT)) if len(url) <= 1000 and _HTTPS.fullmatch(url) else Link()


@dataclass(frozen=True, slots=True)
class OaTask:
    """One approver's decision in an instance: `holder` decides since `since`; `closed` is when it was over, None: it waits; `result` is agree, refuse,
    redirect, cancel or empty."""

    id: str
    holder: str
    since: datetime
    closed: datetime | None = None
    result: str = ""


@dataclass(frozen=True, slots=True)
class Followed:
    """An approval of DingTalk OA that Usher follows and never decides. `id` is DingTalk's of the instance, `process` its form, `number` the one people see;
    `person` filed it (empty: nobody has told yet). `state` is running, terminated, refused, agreed, deleted or forgotten (blanked long after its end);
    `code` names it in chat; `url` is DingTalk's own page of it; `looked` is when its details were last read."""

    id: str
    code: str
    process: str
    state: str
    made: datetime
    person: str = ""
    number: str = ""
    title: str = ""
    url: str = ""
    tasks: tuple[OaTask, ...] = ()
    ended: datetime | None = None
    looked: datetime | None = None
    due: datetime | None = None
    version: int = 0

    @property
    def waiting(self) -> tuple[OaTask, ...]:
        """The decisions that are open now, the oldest first."""
        return tuple(sorted((one for one in self.tasks if one.closed is None), key=lambda one: (one.since, one.id))) if self.state == OPEN else ()

    @property
    def index(self) -> Index:
        """By who filed it, its state, its form and its code. Who must act is in the index of its steps."""
        return Index(self.person, "", self.state, self.made, self.due, (f"code={self.code}", f"process={self.process}"))


@dataclass(frozen=True, slots=True)
class Step:
    """One approver's turn in a followed approval, as reminders see it: made from the instance and changed with it. `state` is open or done; `filed` is
    when the instance began, `name` its title, `nudges` when its holder was reminded."""

    id: str
    followed: str
    code: str
    person: str
    holder: str
    state: str
    process: str
    name: str
    since: datetime
    made: datetime
    url: str = ""
    touched: datetime | None = None
    nudges: tuple[datetime, ...] = ()
    asked: tuple[datetime, ...] = ()
    promised: datetime | None = None
    snoozed: datetime | None = None
    due: datetime | None = None
    version: int = 0

    @property
    def index(self) -> Index:
        """By who filed it, who must decide, its code and its instance."""
        return Index(self.person, self.holder if self.state == "open" else "", self.state, self.made, self.due, (f"code={self.code}", f"of={self.followed}"))


@dataclass(frozen=True, slots=True)
class Sweep:
    """The nightly look at one form's approvals. `id` is its processCode, `channel` whose accounts its people have. Everything filed before `cursor` is
    known; the look under way began at `reached` and is the `night`th. `asking` is the instance whose details are awaited, `todo` are those still to be
    read, `left` those that the night's calls did not suffice for; `spent` counts calls, `failed` those that came to nothing, `repaired` approvals that
    were put right in this look and `repaired_all` in all."""

    id: str
    channel: str
    cursor: datetime
    reached: datetime | None = None
    night: int = 0
    asking: str = ""
    todo: tuple[str, ...] = ()
    spent: int = 0
    failed: int = 0
    left: int = 0
    repaired: int = 0
    repaired_all: int = 0
    due: datetime | None = None
    version: int = 0

    @property
    def whole(self) -> bool:
        """Whether the last look saw everything it wanted to."""
        return self.reached is not None and not (self.asking or self.todo or self.left or self.failed)

    @property
    def index(self) -> Index:
        """By its time."""
        return Index("", "", "set", self.cursor, self.due)
