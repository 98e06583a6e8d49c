"""The contract of a finance system: what can be read there, what a grant is, how it ended, and how it can fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.ports import ConnectorRefused, ConnectorTransient


class Transient(ConnectorTransient):
    """Try again later. `unknown` says that the request may have been carried out: read before anything is sent again."""

    def __init__(self, text: str, *, unknown: bool = False) -> None:
        super().__init__(text)
        self.unknown = unknown


class RateLimited(ConnectorTransient):
    """The system asked to wait for `retry_after` seconds; it did nothing."""

    def __init__(self, text: str, *, retry_after: float = 1.0) -> None:
        super().__init__(text)
        self.retry_after = self.after = retry_after


class AuthError(ConnectorRefused):
    """The system does not accept our credentials. Never tried again by itself: some systems lock the account."""


class Forbidden(ConnectorRefused):
    """Our own account there lacks the right for this operation."""


class NotFound(ConnectorRefused):
    """What the request names does not exist there."""


class ConflictError(ConnectorRefused):
    """The system's state contradicts the request, or changed while we wrote."""


class Disabled(ConnectorRefused):
    """The account or the role is switched off there."""


class Unsupported(ConnectorRefused):
    """The system cannot do this, or is configured not to."""


class ContractError(ConnectorRefused):
    """The answer has a shape nobody knows: stop, a person must look. The text never holds the answer itself."""


class UserState(StrEnum):
    """How an account stands in the finance system; UNKNOWN where the system cannot be asked."""

    ACTIVE = "active"
    DISABLED = "disabled"
    LOCKED = "locked"
    UNLICENSED = "unlicensed"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Layer(StrEnum):
    """What must be in place before a module opens, in the order in which it is checked (and usually missing)."""

    ACCOUNT = "account"
    IDENTITY = "identity"
    ROLE = "role"
    ORGANISATION = "organisation"
    FUNCTION = "function"
    DATA = "data"
    LICENCE = "licence"


class Standing(StrEnum):
    """What is known of a layer."""

    OK = "ok"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """A layer and how it stands."""

    layer: Layer
    standing: Standing


@dataclass(frozen=True, slots=True)
class UserRef:
    """Whom we look for: one of these is enough; the first that is filled counts."""

    account: str = ""
    employee_no: str = ""
    mobile: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody as the finance system knows them; `id` is what its calls want and is opaque (never a number)."""

    id: str
    account: str
    name: str = ""
    state: UserState = UserState.ACTIVE


@dataclass(frozen=True, slots=True)
class Role:
    """A role that exists there, by the system's own code."""

    code: str
    name: str = ""
    active: bool = True


NOWHERE = "-"
"""The organisation of a role that is held but opens nothing yet, since no organisation was given with it."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A role that a user holds. An empty `org` is everywhere, NOWHERE is none yet; `end` is the first moment it no longer holds, None: for good."""

    role: str
    org: str = ""
    begin: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who holds a role, as a review needs it."""

    user: str
    account: str
    holding: Holding


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the system can do through this connector. `reads`: users and their roles can be read, so that every write is read back. `idempotent`: a write
    that comes twice under one key is one. `verified`: it was tried on the real product and not only on a stand-in."""

    reads: bool
    grant: bool
    revoke: bool
    members: bool = False
    org_scope: bool = False
    native_expiry: bool = False
    idempotent: bool = False
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the system answers and knows us; `detail` is for operators, without secrets or personal data."""

    ok: bool
    detail: str = ""
    skew_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Grant:
    """One role for one account, as it was approved. `role` and `org` are the system's own codes; `end` is the first moment it must no longer hold."""

    request_id: str
    account: str
    role: str
    org: str = ""
    begin: datetime | None = None
    end: datetime | None = None
    reason: str = ""
    approved_by: tuple[str, ...] = ()


class State(StrEnum):
    """How a grant or revocation ended. PENDING waits for a person or for the other side; PLANNED is what a dry run says."""

    DONE = "done"
    ALREADY = "already"
    PENDING = "pending"
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"
    PLANNED = "planned"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a write. `evidence` is a SHA-256 over the request and its answer, `verified_by_readback` says that we saw the effect ourselves,
    `note` is a code such as `user_absent`, never a sentence or a person."""

    state: State
    external_id: str = ""
    evidence: str = ""
    verified_by_readback: bool = False
    note: str = ""

    def values(self) -> dict[str, object]:
        """As JSON can hold it."""
        return asdict(self)


class System(Protocol):
    """A finance system. Every method may raise ConnectorTransient or ConnectorRefused; what a system cannot do raises Unsupported.

    `grant` and `revoke` write once and do not look before or after: the write path (`writing.py`) does, for all systems alike.
    """

    name: str

    async def capabilities(self) -> Capabilities:
        """What can be asked of it; answered without the network unless the system must be asked."""

    async def health(self) -> Health:
        """One cheap call that proves address, credentials and clock. Never raises."""

    async def find_user(self, ref: UserRef) -> User | None:
        """The account, or None when there is none."""

    async def user_status(self, user: str) -> UserState:
        """How the account with this id stands."""

    async def list_roles(self) -> Sequence[Role]:
        """All roles of the system."""

    async def user_roles(self, user: str, role: str = "") -> Sequence[Holding]:
        """What the user with this id holds now or will hold, or only what they hold of `role`; expired rows are left out."""

    async def role_members(self, role: str, cursor: str = "") -> tuple[Sequence[Member], str]:
        """A page of those who hold the role, and the cursor of the next page (empty: that was all)."""

    async def explain_access(self, user: User, role: str, org: str = "") -> Sequence[Finding]:
        """The layers between this user and what the role opens; UNKNOWN where the system does not tell."""

    async def grant(self, grant: Grant, key: str) -> Outcome:
        """Writes once under `key`."""

    async def revoke(self, grant: Grant, key: str) -> Outcome:
        """Takes the role away, once, under `key`."""

    async def follow(self, grant: Grant, outcome: Outcome) -> Outcome:
        """What became of a PENDING write that cannot be read; the same outcome while it is still open."""
