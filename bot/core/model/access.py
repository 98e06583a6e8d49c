"""The nouns of permission: a request, a grant, a batch of decisions, a review, an absence with its deputy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.model.item import Index
from bot.core.model.people import Action

BREAK_GLASS = "break_glass"
"""The flag of a request that was opened in an emergency and is decided on afterwards."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One decision on one version of a request: `by` whom (and `instead_of` whom as their deputy), `ok` or not, with the reason."""

    by: str
    ok: bool
    at: datetime
    edition: int
    reason: str = ""
    instead_of: str = ""

    @property
    def of(self) -> str:
        """Whose decision it is: the deputy's is that of the one who is away."""
        return self.instead_of or self.by


@dataclass(frozen=True, slots=True)
class Request:
    """A wish for a permission. `edition` counts what was asked for: an approval holds for the edition it was given on. `kind` is grant, renew (of `grant`)
    or revoke (of it). `state` is draft, pending, approved, granting, granted, effective, not_effective, rejected, withdrawn, expired or failed; `holder`
    must decide next, `approvers` are all who may, `quorum` of them must, `second` is one who must be among them (a named second approver). `system`,
    `role`, `level` are canonical ids; `until` is the end it was asked for; `flags` are the rules it met (segregation, above need); `code` names it in
    chat and is made anew with each edition; `lapses` is when nobody may decide it any more; `attempt` counts how often a failed grant was tried again.
    `raised` is when its requester asked for the next level and `former` are those from whom it went up. Of those who must decide beside the holder
    (`also`), `prodded` are the reminders and `rests` until when they put it off: (person, instant) each. `filed` is its
    instance in DingTalk OA; while it is `elsewhere`, it is decided there and not here."""

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
    second: str = ""
    approvals: tuple[Approval, ...] = ()
    flags: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    current: tuple[str, ...] = ()
    kind: str = "grant"
    grant: str = ""
    name: str = ""
    account: str = ""
    department: str = ""
    language: str = ""
    outcome: str = ""
    attempt: int = 0
    lapses: datetime | None = None
    touched: datetime | None = None
    nudges: tuple[datetime, ...] = ()
    asked: tuple[datetime, ...] = ()
    promised: datetime | None = None
    snoozed: datetime | None = None
    paused: datetime | None = None
    escalated: datetime | None = None
    former: tuple[str, ...] = ()
    raised: datetime | None = None
    prodded: tuple[tuple[str, datetime], ...] = ()
    rests: tuple[tuple[str, datetime], ...] = ()
    due: datetime | None = None
    filed: str = ""
    elsewhere: bool = False
    version: int = 0

    @property
    def opened(self) -> bool:
        """Whether it was opened by break-glass and is decided on afterwards."""
        return BREAK_GLASS in self.flags

    @property
    def whose(self) -> str:
        """Who gets the permission."""
        return self.beneficiary or self.person

    @property
    def given(self) -> tuple[Approval, ...]:
        """The approvals of this very edition, rejections left out."""
        return tuple(one for one in self.approvals if one.ok and one.edition == self.edition)

    @property
    def open_to(self) -> tuple[str, ...]:
        """Those whose decision on this edition is still missing here: nobody's while it is decided elsewhere."""
        done, here = {one.of for one in self.given}, self.state == "pending" and not self.elsewhere
        return tuple(one for one in dict.fromkeys((*self.approvers, self.holder)) if one and one not in done) if here else ()

    @property
    def called(self) -> tuple[str, ...]:
        """Those who are asked to decide it: as many as are needed; the others find it in their list."""
        return tuple(dict.fromkeys((*self.approvers[: max(1, self.quorum)], *((self.second,) if self.second else ()))))

    @property
    def also(self) -> tuple[str, ...]:
        """Those who were asked beside the holder and have not decided yet."""
        still = set(self.open_to) - {self.holder, self.person, self.whose}
        return tuple(one for one in self.called if one in still)

    @property
    def index(self) -> Index:
        """By its requester, its holder, its state, its code, whom it is for, who may still decide it and who of them is asked beside the holder."""
        deciders = (*(f"decider={one}" for one in self.open_to), *(f"also={one}" for one in self.also))
        instance, holder = (f"oa={self.filed}",) if self.filed else (), "" if self.elsewhere else self.holder
        return Index(self.person, holder, self.state, self.made, self.due, (f"code={self.code}", f"for={self.whose}", *instance, *deciders))


@dataclass(frozen=True, slots=True)
class Grant:
    """A permission somebody has through a request. `state` is active, ending, ended or failed; it ends at `until`, None: no end was set. `asked` is when
    its person was asked whether it works, `works` what they said (yes, no or empty), `warned` how many days before the end they were told last."""

    id: str
    request: str
    person: str
    system: str
    role: str
    state: str
    since: datetime
    level: str = ""
    account: str = ""
    until: datetime | None = None
    asked: datetime | None = None
    works: str = ""
    warned: int = 0
    reviewed: datetime | None = None
    due: datetime | None = None
    version: int = 0

    @property
    def index(self) -> Index:
        """By its person, its state and its role."""
        return Index(self.person, "", self.state, self.since, self.due, (f"role={self.system}/{self.role}", f"request={self.request}"))


@dataclass(frozen=True, slots=True)
class Batch:
    """Requests that `person` chose to decide in one go. It is good once, until `until`, for these editions: (request id, edition) each."""

    id: str
    code: str
    person: str
    state: str
    requests: tuple[tuple[str, int], ...]
    until: datetime
    version: int = 0

    @property
    def index(self) -> Index:
        """By whose it is and its code."""
        return Index(self.person, self.person if self.state == "open" else "", self.state, self.until, None, (f"code={self.code}",))


@dataclass(frozen=True, slots=True)
class Review:
    """A round in which `person` looks through grants: `grants` are still to be seen, in this order; `kept`, `reduced` and `removed` count. `state` is open
    or done; `code` names it in chat, `round` the campaign, `by` who began it."""

    id: str
    code: str
    person: str
    state: str
    round: str
    by: str
    made: datetime
    grants: tuple[str, ...]
    total: int
    kept: int = 0
    reduced: int = 0
    removed: int = 0
    due: datetime | None = None
    version: int = 0

    @property
    def index(self) -> Index:
        """By whose it is, its code and its round."""
        return Index(self.person, self.person if self.state == "open" else "", self.state, self.made, self.due, (f"code={self.code}", f"round={self.round}"))


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
        """By whose it is, as the deputy's, and by when it is over."""
        return Index(self.person, self.deputy, "set", self.end)

    def on(self, now: datetime) -> bool:
        """Whether they are away at that moment."""
        return self.start <= now < self.end


@dataclass(frozen=True, slots=True)
class Desk:
    """What is remembered of somebody who decides: when messages were `sent` to them lately (the budget), which of those were no digest (`apart`), until
    when they are `muted`, and why which item was held back at the last round (`reasons`: item id, reason). `id` is the person's id."""

    id: str
    person: str
    sent: tuple[datetime, ...] = ()
    muted: datetime | None = None
    apart: tuple[datetime, ...] = ()
    reasons: tuple[tuple[str, str], ...] = ()
    due: datetime | None = None
    version: int = 0

    @property
    def index(self) -> Index:
        """By its person."""
        return Index(self.person, "", "open", None, self.due)


@dataclass(frozen=True, slots=True)
class Shown:
    """The buttons of a card as they were sent to somebody, so that a press means what was shown and nothing a client claims. `id` is the message's key,
    `account` whose press counts, `actions` the buttons in their order."""

    id: str
    account: str
    actions: tuple[Action, ...]
    at: datetime
    version: int = 0

    @property
    def index(self) -> Index:
        """By its time."""
        return Index(at=self.at)


@dataclass(frozen=True, slots=True)
class Sending:
    """A line of the ledger of writes to finance systems: what was about to be sent for `subject`, and how it ended (`result`, empty: nobody knows)."""

    id: str
    subject: str
    operation: str
    role: str
    org: str
    at: datetime
    memo: str = ""
    result: str = ""
    version: int = 0

    @property
    def index(self) -> Index:
        """By whether it has ended, and by its subject."""
        return Index(state="ended" if self.result else "open", at=self.at, tags=(f"subject={self.subject}",))
