"""Kingdee Cosmic: reads through query APIs that the customer publishes, writes through a custom API; all paths are configured, the bodies are fixed here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.connectors.contract import (
    Capabilities,
    ConflictError,
    ContractError,
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
from bot.connectors.cosmic_gate import CosmicGate
from bot.connectors.http import Json
from bot.connectors.reading import day_begins, day_ends, first_day, inner, last_day, optional, rows, text
from bot.connectors.settings import CosmicSettings
from bot.ports import Clock

_PAGE = 500
_MOST_PAGES = 100
_STATES = {"granted": State.DONE, "revoked": State.DONE, "already": State.ALREADY, "pending": State.PENDING, "refused": State.REFUSED}


class Cosmic:
    """One app. `zone` says which day a moment is on."""

    def __init__(self, name: str, settings: CosmicSettings, gate: CosmicGate, clock: Clock, zone: ZoneInfo) -> None:
        self.name = name
        self._settings = settings
        self._gate = gate
        self._clock = clock
        self._zone = zone

    async def capabilities(self) -> Capabilities:
        """What is configured can be done."""
        reads = bool(self._settings.user_path and self._settings.roles_path)
        return Capabilities(
            reads=reads, grant=bool(self._settings.assign_path), revoke=bool(self._settings.revoke_path), members=reads, org_scope=True, native_expiry=True,
            idempotent=True,
        )  # fmt: skip

    async def health(self) -> Health:
        """A token and one read."""
        if not self._settings.user_path:
            return Health(ok=True, detail=f"{self.name}: no query API is configured, nothing was asked")
        return await self._gate.site.health(self._page("health", self._settings.user_path, {}, 1, 1))

    async def find_user(self, ref: UserRef) -> User | None:
        """By number (employee number), phone or e-mail of bos_user. ConflictError when several match."""
        named = (("number", ref.account or ref.employee_no), ("phone", ref.mobile), ("email", ref.email))
        wanted = next(((field, value) for field, value in named if value), None)
        return await self._one(dict([wanted])) if wanted else None

    async def user_status(self, user: str) -> UserState:
        """Asks by number."""
        found = await self._one({"number": user})
        return found.state if found else UserState.ABSENT

    async def list_roles(self) -> Sequence[Role]:
        """All common roles."""
        found = await self._all("roles", self._settings.role_path, {})
        return [Role(text(row, "number", "roles"), optional(row, "name", "roles"), optional(row, "enable", "roles") != "0") for row in found]

    async def user_roles(self, user: str, role: str = "") -> Sequence[Holding]:
        """Rows of perm_userrole that are not over."""
        found = await self._all("user roles", self._settings.roles_path, {"user": user, **({"role": role} if role else {})})
        now = self._clock.now()
        held = [self._holding(row) for row in found if text(row, "user", "user roles") == user]
        return [one for one in held if role in ("", one.role) and (one.end is None or one.end > now)]

    async def role_members(self, role: str, cursor: str = "") -> tuple[Sequence[Member], str]:
        """A page of holders; the cursor is the number of the next page."""
        page = int(cursor) if cursor.isdigit() else 1
        found, last = await self._page("members", self._settings.roles_path, {"role": role}, page, _PAGE)
        members = [Member(text(row, "user", "members"), text(row, "user", "members"), self._holding(row)) for row in found]
        return members, "" if last else str(page + 1)

    async def explain_access(self, user: User, role: str, org: str = "") -> Sequence[Finding]:
        """Account, role and organisation; functions and data are in the role's own design."""
        held = await self.user_roles(user.id, role)
        stands = {
            Layer.ACCOUNT: user.state is UserState.ACTIVE, Layer.IDENTITY: True, Layer.ROLE: bool(held),
            Layer.ORGANISATION: any(not org or one.org in ("", org) for one in held),
        }  # fmt: skip
        told = {layer: Standing.OK if fine else Standing.MISSING for layer, fine in stands.items()}
        return [Finding(layer, told.get(layer, Standing.UNKNOWN)) for layer in Layer]

    async def grant(self, grant: Grant, key: str) -> Outcome:
        """The custom assign API, under an Idempotency-Key."""
        return await self._write("assign", self._settings.assign_path, grant, key)

    async def revoke(self, grant: Grant, key: str) -> Outcome:
        """The custom revoke API."""
        return await self._write("revoke", self._settings.revoke_path, grant, key)

    async def follow(self, grant: Grant, outcome: Outcome) -> Outcome:  # noqa: ARG002 - the contract's signature
        """What is pending is seen in perm_userrole."""
        return outcome

    async def _write(self, what: str, path: str, grant: Grant, key: str) -> Outcome:
        told = {
            "requestId": grant.request_id, "user": grant.account, "role": grant.role, "org": grant.org, "includeSub": False,
            "start": first_day(grant.begin or self._clock.now(), self._zone), "end": last_day(grant.end, self._zone), "reason": grant.reason,
        }  # fmt: skip
        data, proof = await self._gate.call(what, self._path(path), {"data": told}, key)
        if data is None:
            return Outcome(State.DONE, external_id=key, evidence=proof)
        results = rows(data.get("result"), f"{self.name} {what}")
        state = _STATES.get(optional(results[0], "state", what)) if len(results) == 1 else None
        if state is None:
            raise ContractError(f"{self.name} {what}: no state in the answer")
        return Outcome(state, external_id=key, evidence=proof, note="refused" if state is State.REFUSED else "")

    async def _one(self, wanted: Json) -> User | None:
        listed = await self._all("user", self._settings.user_path, wanted)
        found = [row for row in listed if all(text(row, name, "user") == value for name, value in wanted.items())]  # an API that does not filter is no fault
        if len(found) > 1:
            raise ConflictError(f"{self.name} user: several accounts match")
        if not found:
            return None
        row, what = found[0], f"{self.name} user"
        fine = optional(row, "enable", what) != "0" and optional(row, "isforbidden", what) not in ("1", "true")
        number = text(row, "number", what)
        return User(number, number, optional(row, "name", what), UserState.ACTIVE if fine else UserState.DISABLED)

    async def _all(self, what: str, path: str, wanted: Json) -> list[Json]:
        found: list[Json] = []
        for page in range(1, _MOST_PAGES + 1):
            listed, last = await self._page(what, path, wanted, page, _PAGE)
            found += listed
            if last:
                return found
        raise ContractError(f"{self.name} {what}: the list does not end")

    async def _page(self, what: str, path: str, wanted: Json, page: int, size: int) -> tuple[list[Json], bool]:
        data, _ = await self._gate.call(what, self._path(path), {"data": wanted, "pageNo": page, "pageSize": size})
        told = inner({"data": data}, "data", what)
        last = told.get("lastPage")
        if not isinstance(last, bool):
            raise ContractError(f"{self.name} {what}: no lastPage in the answer")
        return rows(told.get("rows"), f"{self.name} {what}"), last

    def _path(self, path: str) -> str:
        if not path:
            raise Unsupported(f"{self.name}: no path is configured for this")
        return path

    def _holding(self, row: Json) -> Holding:
        what = f"{self.name} roles"
        begin, end = self._moment(row, "starttime", day_begins), self._moment(row, "endtime", day_ends)
        return Holding(text(row, "role", what), optional(row, "org", what), begin, end)

    def _moment(self, row: Json, name: str, whole_day: Callable[[str, ZoneInfo, str], datetime | None]) -> datetime | None:
        """`2026-12-31` is the whole day; with a time behind it, it is that moment in our zone."""
        what = f"{self.name} roles"
        value = optional(row, name, what)
        if len(value) <= len("2026-12-31") or value.startswith("9999"):
            return whole_day(value, self._zone, what)
        try:
            return datetime.fromisoformat(value).replace(tzinfo=self._zone).astimezone(UTC)
        except ValueError:
            raise ContractError(f"{what}: a moment was expected") from None
