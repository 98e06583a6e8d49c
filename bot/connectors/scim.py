"""SCIM 2.0 (RFC 7643, RFC 7644): accounts are Users, roles are Groups named by their displayName; a grant adds a member, a revocation removes it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus
from urllib.parse import quote, urlencode

from bot.connectors.contract import (
    Capabilities,
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
from bot.connectors.http import Json, Reply, Site, encoded, evidence, refuse
from bot.connectors.reading import optional, rows, text
from bot.connectors.settings import ScimSettings

_TYPE = "application/scim+json"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_PAGE = 100
_MOST_PAGES = 100
_FILTERS = (("account", "userName"), ("employee_no", "externalId"), ("mobile", "phoneNumbers.value"), ("email", "emails.value"))


class Scim:
    """One service. SCIM knows neither organisations nor end dates; the end of a grant is ours to keep."""

    def __init__(self, name: str, settings: ScimSettings, site: Site) -> None:
        self.name = name
        self._site = site
        self._path = settings.path.rstrip("/")
        self._token = settings.token

    async def capabilities(self) -> Capabilities:
        """Tested against the reference server (scim2-server)."""
        return Capabilities(reads=True, grant=True, revoke=True, members=True, idempotent=True, verified=True)

    async def health(self) -> Health:
        """Asks for the service's configuration; one that cannot patch is of no use to us."""
        return await self._site.health(self._can_patch())

    async def find_user(self, ref: UserRef) -> User | None:
        """Finds by userName, externalId, phone or e-mail. Raises ContractError when several accounts match."""
        attribute, value = next(((path, getattr(ref, name)) for name, path in _FILTERS if getattr(ref, name)), ("", ""))
        if not value:
            return None
        found = [one async for one in self._all("find_user", "/Users", {"filter": f"{attribute} eq {_quoted(value)}"})]
        if len(found) > 1:
            raise ContractError(f"{self.name} find_user: several accounts match")
        return self._user(found[0]) if found else None

    async def user_status(self, user: str) -> UserState:
        """Asks by id."""
        try:
            return self._user(await self._get("user_status", f"/Users/{quote(user, safe='')}", {})).state
        except NotFound:
            return UserState.ABSENT

    async def list_roles(self) -> Sequence[Role]:
        """All groups."""
        what = f"{self.name} list_roles"
        found = self._all("list_roles", "/Groups", {"attributes": "displayName"})
        return [Role(text(one, "displayName", what), text(one, "displayName", what)) async for one in found]

    async def user_roles(self, user: str, role: str = "") -> Sequence[Holding]:
        """Groups that have the user as a member; `groups` of the user itself is computed by few servers."""
        query = {"filter": f"members.value eq {_quoted(user)}", "attributes": "displayName"}
        held = [Holding(text(one, "displayName", f"{self.name} user_roles")) async for one in self._all("user_roles", "/Groups", query)]
        return [one for one in held if role in ("", one.role)]

    async def role_members(self, role: str, cursor: str = "") -> tuple[Sequence[Member], str]:
        """Members in the order of the group, a page at a time; one whose account is gone has no account name."""
        what = f"{self.name} role_members"
        group = await self._get("role_members", f"/Groups/{quote(await self._group(role), safe='')}", {})
        ids = [text(one, "value", what) for one in rows(group.get("members") or [], what)]
        start = int(cursor) if cursor.isdigit() else 0
        members = [Member(one, await self._account(one), Holding(role)) for one in ids[start : start + _PAGE]]
        return members, str(start + _PAGE) if start + _PAGE < len(ids) else ""

    async def explain_access(self, user: User, role: str, org: str = "") -> Sequence[Finding]:  # noqa: ARG002 - SCIM knows no organisations
        """SCIM tells of the account and the group; what the system makes of the group it does not tell."""
        held = {one.role for one in await self.user_roles(user.id)}
        told = {Layer.ACCOUNT: user.state is UserState.ACTIVE, Layer.IDENTITY: True, Layer.ROLE: role in held}
        stands = {layer: Standing.OK if fine else Standing.MISSING for layer, fine in told.items()}
        return [Finding(layer, stands.get(layer, Standing.UNKNOWN)) for layer in Layer]

    async def grant(self, grant: Grant, key: str) -> Outcome:  # noqa: ARG002 - adding a member twice is one member
        """Adds the member; a server accepts ids that do not exist, so the account is looked up first."""
        user = await self._known(grant.account)
        return await self._patch("grant", grant.role, {"op": "add", "path": "members", "value": [{"value": user}]})

    async def revoke(self, grant: Grant, key: str) -> Outcome:  # noqa: ARG002 - removing a member twice is no error
        """Removes the member."""
        user = await self._known(grant.account)
        return await self._patch("revoke", grant.role, {"op": "remove", "path": f"members[value eq {_quoted(user)}]"})

    async def follow(self, grant: Grant, outcome: Outcome) -> Outcome:  # noqa: ARG002 - the contract's signature
        """Nothing is pending but what is not visible yet."""
        return outcome

    async def _can_patch(self) -> None:
        patch = (await self._get("config", "/ServiceProviderConfig", {})).get("patch")
        if not isinstance(patch, dict) or patch.get("supported") is not True:
            raise Unsupported(f"{self.name}: the service cannot patch")

    async def _patch(self, what: str, role: str, operation: Json) -> Outcome:
        group = await self._group(role)
        told = {"schemas": [_PATCH], "Operations": [operation]}
        reply = await self._ask(what, "PATCH", f"/Groups/{quote(group, safe='')}", {}, encoded(told))
        refuse(reply, f"{self.name} {what}")
        return Outcome(State.DONE, external_id=group, evidence=evidence(told, reply))

    async def _known(self, account: str) -> str:
        user = await self.find_user(UserRef(account=account))
        if user is None:
            raise NotFound(f"{self.name}: no such account")
        return user.id

    async def _group(self, role: str) -> str:
        found = [one async for one in self._all("group", "/Groups", {"filter": f"displayName eq {_quoted(role)}", "attributes": "displayName"})]
        if len(found) > 1:
            raise ContractError(f"{self.name} group: several groups have this name")
        if not found:
            raise NotFound(f"{self.name}: no such group")
        return text(found[0], "id", f"{self.name} group")

    async def _account(self, user: str) -> str:
        try:
            return optional(await self._get("account", f"/Users/{quote(user, safe='')}", {"attributes": "userName"}), "userName", f"{self.name} account")
        except NotFound:
            return ""

    def _user(self, row: Json) -> User:
        what = f"{self.name} user"
        active = row.get("active", True)
        if not isinstance(active, bool):
            raise ContractError(f"{what}: active is neither true nor false")
        state = UserState.ACTIVE if active else UserState.DISABLED
        return User(text(row, "id", what), text(row, "userName", what), optional(row, "displayName", what), state)

    async def _all(self, what: str, path: str, query: dict[str, str]) -> AsyncIterator[Json]:
        """Every resource of a list, page after page."""
        seen = 0
        for _ in range(_MOST_PAGES):
            answer = await self._get(what, path, {**query, "startIndex": str(seen + 1), "count": str(_PAGE)})
            total = answer.get("totalResults")
            page = rows(answer.get("Resources") or [], f"{self.name} {what}")
            if not isinstance(total, int):
                raise ContractError(f"{self.name} {what}: no totalResults in the answer")
            for row in page:
                yield row
            seen += len(page)
            if seen >= total:
                return
            if not page:
                break
        raise ContractError(f"{self.name} {what}: the list does not end as it says")

    async def _get(self, what: str, path: str, query: dict[str, str]) -> Json:
        reply = await self._ask(what, "GET", path, query, None)
        if reply.status == HTTPStatus.NOT_FOUND and path.count("/") > 1:
            raise NotFound(f"{self.name} {what}: no such resource")
        refuse(reply, f"{self.name} {what}")
        return reply.object(f"{self.name} {what}")

    async def _ask(self, what: str, method: str, path: str, query: dict[str, str], body: bytes | None) -> Reply:
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}", "Accept": _TYPE, "Content-Type": _TYPE}
        return await self._site.ask(f"{self.name} {what}", method, f"{self._path}{path}", query=urlencode(query), headers=headers, body=body)


def _quoted(value: str) -> str:
    """A text within a filter: a JSON string (RFC 7644, 3.4.2.2)."""
    return json.dumps(value, ensure_ascii=False)
