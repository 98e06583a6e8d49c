"""A finance system inside the product: accounts, roles and expiry in a JSON file (or in memory), so that a demo can grant and show the effect."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.connectors.contract import (
    Capabilities,
    ContractError,
    Disabled,
    Finding,
    Grant,
    Health,
    Holding,
    Layer,
    Member,
    NotFound,
    Outcome,
    Role,
    Standing,
    State,
    User,
    UserRef,
    UserState,
)
from bot.ports import Clock

_PAGE = 100


@dataclass(slots=True)
class _Books:
    """Accounts with their state, and who holds what."""

    users: dict[str, UserState] = field(default_factory=dict)
    held: dict[str, list[Holding]] = field(default_factory=dict)


class Sandbox:
    """`path` keeps the books over restarts (None: memory); `roles` are all roles (none: every code is one); `open_door`: accounts nobody admitted exist."""

    def __init__(self, name: str, clock: Clock, path: Path | None = None, roles: Sequence[Role] = (), *, open_door: bool = True) -> None:
        self.name = name
        self._clock = clock
        self._path = path
        self._roles = {role.code: role for role in roles}
        self._open_door = open_door
        self._lock = asyncio.Lock()
        self._books = _read(path) if path is not None and path.exists() else _Books()

    async def admit(self, account: str, state: UserState = UserState.ACTIVE) -> None:
        """Opens an account, or sets its state (ABSENT closes it; its roles stay in the books, as they do in real systems)."""
        async with self._lock:
            await self._keep(_Books({**self._books.users, account: state}, self._books.held))

    async def capabilities(self) -> Capabilities:
        """Everything."""
        return Capabilities(reads=True, grant=True, revoke=True, members=True, org_scope=True, native_expiry=True, verified=True)

    async def health(self) -> Health:
        """Always well."""
        return Health(ok=True)

    async def find_user(self, ref: UserRef) -> User | None:
        """The account, by its name."""
        account = ref.account or ref.employee_no
        state = await self.user_status(account)
        return None if state is UserState.ABSENT or not account else User(account, account, state=state)

    async def user_status(self, user: str) -> UserState:
        """As admitted."""
        return self._books.users.get(user, UserState.ACTIVE if self._open_door else UserState.ABSENT)

    async def list_roles(self) -> Sequence[Role]:
        """The configured roles, else those that somebody holds."""
        return list(self._roles.values()) or [Role(code) for code in sorted({one.role for rows in self._books.held.values() for one in rows})]

    async def user_roles(self, user: str, role: str = "") -> Sequence[Holding]:
        """What holds now or later."""
        now = self._clock.now()
        return [one for one in self._books.held.get(user, []) if (one.end is None or one.end > now) and role in ("", one.role)]

    async def role_members(self, role: str, cursor: str = "") -> tuple[Sequence[Member], str]:
        """Holders in the order of their accounts; the cursor is the last account of the page."""
        accounts = sorted(account for account in self._books.held if account > cursor)
        members = [Member(account, account, one) for account in accounts for one in await self.user_roles(account) if one.role == role]
        page = members[:_PAGE]
        return page, page[-1].account if len(members) > _PAGE else ""

    async def explain_access(self, user: User, role: str, org: str = "") -> Sequence[Finding]:
        """Account, role and organisation count; functions and data follow from the role, licences are not played."""
        now = self._clock.now()
        held = [one for one in await self.user_roles(user.id) if one.role == role and (one.begin is None or one.begin <= now)]
        there = any(not org or one.org in ("", org) for one in held)
        stands = {
            Layer.ACCOUNT: user.state is UserState.ACTIVE, Layer.IDENTITY: True, Layer.ROLE: bool(held), Layer.ORGANISATION: there,
            Layer.FUNCTION: there, Layer.DATA: there, Layer.LICENCE: user.state is not UserState.UNLICENSED,
        }  # fmt: skip
        return [Finding(layer, Standing.OK if fine else Standing.MISSING) for layer, fine in stands.items()]

    async def grant(self, grant: Grant, key: str) -> Outcome:
        """One row per role and organisation: a second grant sets its dates anew."""
        if await self.user_status(grant.account) is UserState.ABSENT:
            raise NotFound(f"{self.name}: no such account")
        role = self._roles.get(grant.role, Role(grant.role) if not self._roles else None)
        if role is None or not role.active:
            raise NotFound(f"{self.name}: no such role") if role is None else Disabled(f"{self.name}: the role is switched off")
        async with self._lock:
            rows = [one for one in self._books.held.get(grant.account, []) if (one.role, one.org) != (grant.role, grant.org)]
            rows.append(Holding(grant.role, grant.org, grant.begin or self._clock.now(), grant.end))
            await self._keep(_Books(self._books.users, {**self._books.held, grant.account: rows}))
        return Outcome(State.DONE, external_id=key)

    async def revoke(self, grant: Grant, key: str) -> Outcome:
        """Takes the row of this role and organisation away (of every organisation where the grant names none)."""
        async with self._lock:
            rows = [one for one in self._books.held.get(grant.account, []) if one.role != grant.role or grant.org not in ("", one.org)]
            await self._keep(_Books(self._books.users, {**self._books.held, grant.account: rows}))
        return Outcome(State.DONE, external_id=key)

    async def follow(self, grant: Grant, outcome: Outcome) -> Outcome:  # noqa: ARG002 - the contract's signature
        """Nothing is ever pending."""
        return replace(outcome)

    async def _keep(self, books: _Books) -> None:
        if self._path is not None:
            await asyncio.to_thread(_write, self._path, books)
        self._books = books


def _read(path: Path) -> _Books:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        users = {account: UserState(state) for account, state in told["users"].items()}
        return _Books(users, {account: [_holding(row) for row in rows] for account, rows in told["held"].items()})
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise ContractError(f"{path.name} is not a sandbox's book: move it away to begin anew") from fault


def _holding(row: dict[str, Any]) -> Holding:
    begin, end = (datetime.fromisoformat(row[name]) if row[name] else None for name in ("begin", "end"))
    return Holding(row["role"], row["org"], begin, end)


def _write(path: Path, books: _Books) -> None:
    held = {
        account: [{"role": one.role, "org": one.org, "begin": _iso(one.begin), "end": _iso(one.end)} for one in rows]
        for account, rows in books.held.items()
        if rows
    }
    draft = path.with_suffix(".new")
    with draft.open("w", encoding="utf-8") as file:
        json.dump({"users": books.users, "held": held}, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
