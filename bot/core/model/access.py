"""The nouns of permission: a request, a grant, an absence with its deputy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.model.item import Index


@dataclass(frozen=True, slots=True)
class Approval:
    """One decision on one version of a request: `by` whom (and `instead_of` whom as their deputy), `ok` or not, with the reason."""

    by: str
    ok: bool
    at: datetime
    edition: int
    reason: str = ""
    instead_of: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A wish for a permission. `edition` counts what was asked for: an approval holds for the edition it was given on. `state` is draft, pending,
    approved, granting, granted, effective, not_effective, rejected, withdrawn, expired or failed; `holder` must decide next, `approvers` are all who
    must, `quorum` of them; `system`, `role`, `level` are canonical ids; `until` is the end it was asked for; `flags` are the rules it met (segregation,
    above need); `code` names it in chat."""

    id: str
    code: str
    person: str
    state: str
    system: str
    role: str
    since: datetime
    made: datetime
    level: str = ""
    module: str = ""
    reason: str = ""
    beneficiary: str = ""
    until: datetime | None = None
    edition: int = 1
    holder: str = ""
    approvers: tuple[str, ...] = ()
    quorum: int = 1
    approvals: tuple[Approval, ...] = ()
    flags: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    current: tuple[str, ...] = ()
    kind: str = "grant"
    outcome: str = ""
    touched: datetime | None = None
    nudges: tuple[datetime, ...] = ()
    asked: tuple[datetime, ...] = ()
    promised: datetime | None = None
    snoozed: datetime | None = None
    paused: datetime | None = None
    escalated: datetime | None = None
    due: datetime | None = None
    version: int = 0

    @property
    def whose(self) -> str:
        """Who gets the permission."""
        return self.beneficiary or self.person

    @property
    def index(self) -> Index:
        """By its requester, its holder, its state, its code and whom it is for."""
        return Index(self.person, self.holder, self.state, self.made, self.due, (f"code={self.code}", f"for={self.whose}"))


@dataclass(frozen=True, slots=True)
class Grant:
    """A permission somebody has through a request. `state` is active, ending, ended or failed; it ends at `until`, None: no end was set."""

    id: str
    request: str
    person: str
    system: str
    role: str
    state: str
    since: datetime
    level: str = ""
    until: datetime | None = None
    reviewed: datetime | None = None
    due: datetime | None = None
    version: int = 0

    @property
    def index(self) -> Index:
        """By its person, its state and its role."""
        return Index(self.person, "", self.state, self.since, self.due, (f"role={self.system}/{self.role}", f"request={self.request}"))


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody is out of office from `start` to `end` (both aware), with a `deputy` (empty: none). `id` is the person's id: one absence at a time."""

    id: str
    person: str
    start: datetime
    end: datetime
    deputy: str = ""
    version: int = 0

    @property
    def index(self) -> Index:
        """By whose it is, and as the deputy's."""
        return Index(self.person, self.deputy, "set", self.start)


@dataclass(frozen=True, slots=True)
class Desk:
    """What is remembered of somebody who decides: when messages were `sent` to them lately (the budget), until when they are `muted`, when their next
    digest is `due`. `id` is the person's id."""

    id: str
    person: str
    sent: tuple[datetime, ...] = ()
    muted: datetime | None = None
    pressing: bool = False
    due: datetime | None = None
    version: int = 0

    @property
    def index(self) -> Index:
        """By its person."""
        return Index(self.person, "", "open", None, self.due)
