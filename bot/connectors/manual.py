"""The manual task: a person does it in the finance system and confirms; the default where no API can grant."""

from __future__ import annotations

from collections.abc import Sequence

from bot.connectors.contract import (
    Capabilities,
    Finding,
    Grant,
    Health,
    Holding,
    Layer,
    Member,
    Outcome,
    Role,
    Standing,
    State,
    Unsupported,
    User,
    UserRef,
    UserState,
)


class Manual:
    """Nothing can be read and every write is PENDING with the note `manual_task` until `Writing.confirm` hears of its end."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def capabilities(self) -> Capabilities:
        """Writes without reading; a task under the same key is the same task."""
        return Capabilities(reads=False, grant=True, revoke=True, org_scope=True, idempotent=True, verified=True)

    async def health(self) -> Health:
        """Always well."""
        return Health(ok=True)

    async def find_user(self, ref: UserRef) -> User | None:
        """Somebody of whom nothing is known."""
        account = ref.account or ref.employee_no
        return User(account, account, state=UserState.UNKNOWN) if account else None

    async def user_status(self, user: str) -> UserState:  # noqa: ARG002 - the contract's signature
        """Not known."""
        return UserState.UNKNOWN

    async def list_roles(self) -> Sequence[Role]:
        """Cannot be asked."""
        raise Unsupported(f"{self.name}: nothing can be read")

    async def user_roles(self, user: str, role: str = "") -> Sequence[Holding]:  # noqa: ARG002 - the contract's signature
        """Cannot be asked."""
        raise Unsupported(f"{self.name}: nothing can be read")

    async def role_members(self, role: str, cursor: str = "") -> tuple[Sequence[Member], str]:  # noqa: ARG002 - the contract's signature
        """Cannot be asked."""
        raise Unsupported(f"{self.name}: nothing can be read")

    async def explain_access(self, user: User, role: str, org: str = "") -> Sequence[Finding]:  # noqa: ARG002 - the contract's signature
        """A person must look at every layer."""
        return [Finding(layer, Standing.UNKNOWN) for layer in Layer]

    async def grant(self, grant: Grant, key: str) -> Outcome:  # noqa: ARG002 - the contract's signature
        """Waits for a person."""
        return Outcome(State.PENDING, external_id=key, note="manual_task")

    async def revoke(self, grant: Grant, key: str) -> Outcome:  # noqa: ARG002 - the contract's signature
        """Waits for a person."""
        return Outcome(State.PENDING, external_id=key, note="manual_task")

    async def follow(self, grant: Grant, outcome: Outcome) -> Outcome:  # noqa: ARG002 - the contract's signature
        """Still waiting."""
        return outcome
