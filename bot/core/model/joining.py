"""The nouns of joining: an invite, an application, a membership."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.model.item import Index


@dataclass(frozen=True, slots=True)
class Invite:
    """An invitation of one person, by the mobile it was sent to. `state` is asked (the person wants one), declined, sent, opened, used, expired, reported or
    withdrawn; `code` names it in chat and is the end of its short link; `person` is empty until somebody is known to be the invited one; `note` are words
    of who asked, or why it was declined."""

    id: str
    state: str
    mobile: str
    name: str
    person: str
    inviter: str
    channel: str
    code: str
    sent: datetime
    expires: datetime | None = None
    opened: datetime | None = None
    reminded: int = 0
    note: str = ""
    due: datetime | None = None
    version: int = 0

    @property
    def index(self) -> Index:
        """By its person, its state, its code, its mobile and its name."""
        told = ((f"code={self.code}", self.code), (f"!mobile={self.mobile}", self.mobile), (f"!name={self.name}", self.name))
        tags = tuple(tag for tag, value in told if value)
        return Index(self.person, "", self.state, self.sent, self.due, tags)


@dataclass(frozen=True, slots=True)
class Application:
    """Somebody's application to join. `fields` are the form's values by name; `state` is draft, verifying, submitted, needs_info, rejected, resubmitted,
    withdrawn or approved; `holder` reviews it; `code` names it in chat. `wrong` are the fields to mend, `before` their values at the rejection;
    `files` are (field, content hash) of evidence; `nudges` are the times at which its holder was reminded; `paused` since when its clock stands still;
    `raised` is when its applicant asked for the next level, `former` are those from whom it went up."""

    id: str
    code: str
    person: str
    state: str
    fields: tuple[tuple[str, str], ...]
    since: datetime
    made: datetime
    holder: str = ""
    files: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    note: str = ""
    wrong: tuple[str, ...] = ()
    before: tuple[tuple[str, str], ...] = ()
    role: str = ""
    decided_by: str = ""
    touched: datetime | None = None
    nudges: tuple[datetime, ...] = ()
    asked: tuple[datetime, ...] = ()
    promised: datetime | None = None
    snoozed: datetime | None = None
    paused: datetime | None = None
    escalated: datetime | None = None
    former: tuple[str, ...] = ()
    raised: datetime | None = None
    due: datetime | None = None
    version: int = 0

    def field(self, name: str) -> str:
        """A value of the form, empty when it has none."""
        return next((value for key, value in self.fields if key == name), "")

    @property
    def index(self) -> Index:
        """By its applicant, its reviewer, its state and its code."""
        return Index(self.person, self.holder, self.state, self.made, self.due, (f"code={self.code}",))


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody's membership. `state` is synced, role_assigned, setup, trained, active, access_problem, stale, frozen, locked or left; `roles` are
    (system, role) as last known; `ticked` are the done steps of the setup list; `employee` is the employee number."""

    id: str
    person: str
    name: str
    state: str
    since: datetime
    mobile: str = ""
    department: str = ""
    post: str = ""
    employee: str = ""
    email: str = ""
    roles: tuple[tuple[str, str], ...] = ()
    ticked: tuple[str, ...] = ()
    joined: datetime | None = None
    seen: datetime | None = None
    due: datetime | None = None
    version: int = 0

    @property
    def index(self) -> Index:
        """By the person, the state, the name, the department and the mobile."""
        told = ((f"name={self.name}", self.name), (f"department={self.department}", self.department), (f"!mobile={self.mobile}", self.mobile))
        return Index(self.person, "", self.state, self.joined or self.since, self.due, tuple(tag for tag, value in told if value))
