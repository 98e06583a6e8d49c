"""Yonyou YonBIP and YonSuite: roles per identity with native dates, organisations added one by one (never by the call that overwrites), all read back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.connectors.contract import (
    NOWHERE,
    Capabilities,
    ConflictError,
    ContractError,
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
    Unsupported,
    User,
    UserRef,
    UserState,
)
from bot.connectors.http import Json
from bot.connectors.reading import day_begins, day_ends, first_day, inner, last_day, optional, rows, text
from bot.connectors.settings import YonBipSettings
from bot.connectors.yonbip_gate import YonBipGate
from bot.ports import Clock, ConnectorRefused

_ROLES_OF = "/tenantroleuser/findrolesbyuserid"
_PAGE = 500
_MOST_PAGES = 40
_USER_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOBILE = re.compile(r"1\d{10}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")

Term = tuple[datetime | None, datetime | None]


class YonBip:
    """One tenant. `zone` says which day a moment is on."""

    def __init__(self, name: str, settings: YonBipSettings, gate: YonBipGate, clock: Clock, zone: ZoneInfo) -> None:
        self.name = name
        self._settings = settings
        self._gate = gate
        self._clock = clock
        self._zone = zone

    async def capabilities(self) -> Capabilities:
        """Built from the vendor's public pages; not tried on a live tenant."""
        return Capabilities(reads=True, grant=True, revoke=True, members=True, org_scope=bool(self._settings.service_code), native_expiry=True)

    async def health(self) -> Health:
        """Gateway, token and one read."""
        return await self._gate.site.health(self._roles())

    async def find_user(self, ref: UserRef) -> User | None:
        """By user id, mobile number or e-mail. Names are not unique, so Unsupported is raised for everything else. ConflictError when several match."""
        value = ref.account or ref.mobile or ref.email
        if not value:
            return None
        found = {text(row, "yhtUserId", "user"): row for row in await self._identities(value) if str(row.get("deleted", 0)) in ("0", "False")}
        if len(found) > 1:
            raise ConflictError(f"{self.name} user: several accounts match")
        return next((self._user(row) for row in found.values()), None)

    async def user_status(self, user: str) -> UserState:
        """Asks by id."""
        found = await self.find_user(UserRef(account=user))
        return found.state if found else UserState.ABSENT

    async def list_roles(self) -> Sequence[Role]:
        """All roles of the tenant's system."""
        return [Role(text(row, "roleCode", "roles"), optional(row, "roleName", "roles")) for row in await self._roles()]

    async def user_roles(self, user: str, role: str = "") -> Sequence[Holding]:
        """Roles with their dates, which only the list of a role's members tells, and with their organisations where these can be read."""
        held: list[Holding] = []
        for row in await self._gate.listed("user roles", _ROLES_OF, {"yhtUserId": user}):
            code = text(row, "roleCode", "user roles")
            if role in ("", code):  # also one that is switched off: it comes back with its switch
                held += await self._held(user, code, text(row, "roleId", "user roles"))
        now = self._clock.now()
        return [one for one in held if one.end is None or one.end > now]

    async def role_members(self, role: str, cursor: str = "") -> tuple[Sequence[Member], str]:
        """A page of members; the cursor is the number of the next page."""
        found = next((row for row in await self._roles() if row.get("roleCode") == role), None)
        if found is None:
            raise NotFound(f"{self.name}: no such role")
        page = int(cursor) if cursor.isdigit() else 1
        listed, pages = await self._members(text(found, "roleId", "roles"), page)
        members = [Member(who, who, Holding(role, "", *term)) for who, term in listed]
        return members, str(page + 1) if page < pages else ""

    async def explain_access(self, user: User, role: str, org: str = "") -> Sequence[Finding]:
        """A role without an organisation shows no data at all: that is the layer most often missing."""
        held = await self.user_roles(user.id, role)
        kinds = {optional(row, "userType", "user") for row in await self._identities(user.id)}
        stands = {
            Layer.ACCOUNT: _standing(user.state is UserState.ACTIVE),
            Layer.IDENTITY: _standing(self._settings.user_type in kinds),
            Layer.ROLE: _standing(bool(held)),
        }
        if self._settings.service_code:
            stands[Layer.ORGANISATION] = _standing(any(one.org != NOWHERE and org in ("", one.org) for one in held))
        if wanted := self._settings.auth_ids.get(role, ()):
            answer, _ = await self._gate.call("functions", "/open/funcpermission/checkAuthIds", {"userId": user.id, "authIds": list(wanted)})
            stands[Layer.FUNCTION] = _standing(set(wanted) <= set(self._ids(answer, "functions")))
        return [Finding(layer, stands.get(layer, Standing.UNKNOWN)) for layer in Layer]

    async def grant(self, grant: Grant, key: str) -> Outcome:  # noqa: ARG002 - the role API has no idempotency key: the ledger keeps it single
        """Saves the role with its dates, then adds the organisation."""
        user = await self._known(grant)
        dates = {"begin": first_day(grant.begin or self._clock.now(), self._zone), "end": last_day(grant.end, self._zone)}
        told: Json = {"userId": user.id, "roleCode": grant.role, "userType": self._settings.user_type, "systemCode": self._settings.system_code}
        told |= {"begindate": dates["begin"], **({"enddate": dates["end"]} if dates["end"] else {})}
        _, proof = await self._gate.call("grant", "/role/saveUserRole", told)
        if grant.org:
            scope = {**self._scope(user, grant), "beginDate": dates["begin"], **({"endDate": dates["end"]} if dates["end"] else {})}
            proof = await self._add_organisation(scope)
        return Outcome(State.DONE, external_id=user.id, evidence=proof)

    async def revoke(self, grant: Grant, key: str) -> Outcome:  # noqa: ARG002 - as above
        """Takes the organisation away, and the role when no organisation is left or none was named."""
        user = await self._known(grant)
        proof = ""
        if grant.org:
            _, proof = await self._gate.call("organisation", "/bipauth/open/orgpermission/deluserorgpermission", self._scope(user, grant))
            if any(one.org != NOWHERE for one in await self.user_roles(user.id, grant.role)):
                return Outcome(State.DONE, external_id=user.id, evidence=proof)
        for row in await self._gate.listed("user roles", _ROLES_OF, {"yhtUserId": user.id}):
            if row.get("roleCode") == grant.role:
                ids = await self._identity_ids(user.id) if self._settings.revoke_by == "identity" else [user.id]
                _, proof = await self._gate.call("revoke", "/role/delUsers", {"userIds": ids, "roleId": text(row, "roleId", "user roles")})
        return Outcome(State.DONE, external_id=user.id, evidence=proof)

    async def follow(self, grant: Grant, outcome: Outcome) -> Outcome:  # noqa: ARG002 - the contract's signature
        """Nothing is pending but what is not visible yet."""
        return outcome

    async def _add_organisation(self, scope: Json) -> str:
        try:
            _, proof = await self._gate.call("organisation", "/bipauth/open/orgpermission/addUserOrgPermission", scope)
        except ConnectorRefused as fault:
            raise ContractError(f"{fault}; the role was saved before it") from fault  # half is done: no clear no, a person must look
        return proof

    async def _known(self, grant: Grant) -> User:
        if grant.org and not self._settings.service_code:
            raise Unsupported(f"{self.name}: service_code is needed to grant for organisations, else it cannot be read back")
        user = await self.find_user(UserRef(account=grant.account))
        if user is None:
            raise NotFound(f"{self.name}: no such account")
        return user

    def _scope(self, user: User, grant: Grant) -> Json:
        return {
            "yhtUserId": user.id, "userType": int(self._settings.user_type), "resourceId": [grant.org], "roleCode": grant.role,
            "resourceType": "orgdept", "resourceFunction": "orgunit", "systemCode": self._settings.system_code,
        }  # fmt: skip

    async def _held(self, user: str, code: str, role_id: str) -> list[Holding]:
        """A role as our identity holds it: once for each organisation; nothing when only another identity of the person holds it."""
        term = await self._term(user, role_id)
        if term is None:
            return []
        if not self._settings.service_code:
            return [Holding(code, "", *term)]
        told = {"userId": user, "serviceCode": self._settings.service_code, "roleCode": code}
        answer, _ = await self._gate.call("organisations", "/mainOrgPermission", told)
        return [Holding(code, org, *term) for org in self._ids(answer, "organisations") or [NOWHERE]]

    async def _term(self, user: str, role_id: str) -> Term | None:
        page, pages = 1, 1
        while page <= pages:
            listed, pages = await self._members(role_id, page)
            found = next((term for who, term in listed if who == user), None)
            if found is not None:
                return found
            page += 1
            if page > _MOST_PAGES:
                raise ContractError(f"{self.name} members: the list does not end")
        return None

    async def _members(self, role_id: str, page: int) -> tuple[list[tuple[str, Term]], int]:
        what = f"{self.name} members"
        answer, _ = await self._gate.call("members", "/role/auth/usersByRole", {"roleId": role_id, "pageNumber": page, "pageSize": _PAGE})
        told = inner(answer, "data", what)
        ours = [row for row in rows(told.get("list"), what) if optional(row, "userType", what) in ("", self._settings.user_type)]
        pages = told.get("pages")
        return [(text(row, "yhtUserId", what), self._days(row, what)) for row in ours], pages if isinstance(pages, int) else 1

    def _days(self, row: Json, what: str) -> Term:
        begin, end = (optional(row, name, what) for name in ("beginDate", "endDate"))
        return day_begins(begin, self._zone, what), day_ends(end, self._zone, what)

    async def _roles(self) -> list[Json]:
        return await self._gate.listed("roles", "/role/getTenantRoles", {"systemCode": self._settings.system_code, "tenantId": self._settings.tenant})

    async def _identities(self, value: str) -> list[Json]:
        shapes = ((_USER_ID, "yhtUserId"), (_MOBILE, "mobile"), (_EMAIL, "email"))
        field = next((name for shape, name in shapes if shape.fullmatch(value)), "")
        if not field:
            raise Unsupported(f"{self.name}: an account is a mobile number, an e-mail address or a user id")
        answer, _ = await self._gate.call("user", "/iuap-apcom-bipuser/bill/open/user", {"page": {"pageIndex": 1, "pageSize": 50}, field: value})
        return rows(inner(answer, "data", f"{self.name} user").get("recordList"), f"{self.name} user")

    async def _identity_ids(self, user: str) -> list[str]:
        found = await self._identities(user)
        return [text(row, "id", "user") for row in found if optional(row, "userType", "user") == self._settings.user_type]

    def _ids(self, answer: Json, what: str) -> list[str]:
        """A list of ids as text; null is none, missing is a fault."""
        data = answer.get("data", "") or ([] if "data" in answer else "")
        if not isinstance(data, list) or not all(isinstance(one, str | int) for one in data):
            raise ContractError(f"{self.name} {what}: a list of ids was expected")
        return [str(one) for one in data]

    def _user(self, row: Json) -> User:
        stopped = optional(row, "stopstatus", "user") == "1"
        user = text(row, "yhtUserId", "user")
        return User(user, user, optional(row, "name", "user"), UserState.DISABLED if stopped else UserState.ACTIVE)


def _standing(fine: bool) -> Standing:
    return Standing.OK if fine else Standing.MISSING
