"""Kingdee K3Cloud: users and roles by query and View; writing SEC_User is opt-in and merges, so that nobody's other roles are lost."""

from __future__ import annotations

from collections.abc import Sequence

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
from bot.connectors.k3cloud_gate import K3CloudGate, equal
from bot.connectors.reading import inner, optional, rows, text
from bot.connectors.settings import K3CloudSettings

_PAGE = 2000
_USER = "SEC_User"
_ENABLED = "A"

Orgs = dict[str, set[str]]
"""Role numbers by organisation number."""


class K3Cloud:
    """One account set."""

    def __init__(self, name: str, settings: K3CloudSettings, gate: K3CloudGate) -> None:
        self.name = name
        self._settings = settings
        self._gate = gate

    async def capabilities(self) -> Capabilities:
        """Signatures are checked against the vendor's own client; nothing was tried on a live tenant."""
        writes = self._settings.write_users
        return Capabilities(reads=True, grant=writes != "off", revoke=writes == "all", members=True, org_scope=True)

    async def health(self) -> Health:
        """Login and one row."""
        return await self._gate.site.health(self._gate.query("SEC_Role", ("FNumber",), "", limit=1))

    async def find_user(self, ref: UserRef) -> User | None:
        """By FUserAccount. ConflictError when several match."""
        account = ref.account or ref.employee_no
        return await self._one(equal("FUserAccount", account)) if account else None

    async def user_status(self, user: str) -> UserState:
        """Asks by id."""
        found = await self._one(f"FUserID={int(user)}") if user.isdigit() else None
        return found.state if found else UserState.ABSENT

    async def list_roles(self) -> Sequence[Role]:
        """All roles."""
        return [Role(str(number), str(name)) for number, name in await self._pages("SEC_Role", ("FNumber", "FName"), "")]

    async def user_roles(self, user: str, role: str = "") -> Sequence[Holding]:
        """Each role in each organisation; K3Cloud knows no dates."""
        found = self._orgs(await self._gate.view(_USER, user))
        return [Holding(one, org) for org, held in sorted(found.items()) for one in sorted(held) if role in ("", one)]

    async def role_members(self, role: str, cursor: str = "") -> tuple[Sequence[Member], str]:
        """A page of holders; the cursor is the next row."""
        start = int(cursor) if cursor.isdigit() else 0
        fields = ("FUserID", "FUserAccount", "FOrgOrgId.FNumber")
        found = await self._gate.query(_USER, fields, equal("FRoleId.FNumber", role), start, _PAGE)
        return [Member(str(one), str(account), Holding(role, str(org))) for one, account, org in found], str(start + _PAGE) if len(found) == _PAGE else ""

    async def explain_access(self, user: User, role: str, org: str = "") -> Sequence[Finding]:
        """An organisation row and a licence group are layers of their own: a role without them looks granted and does not open."""
        found = self._orgs(await self._gate.view(_USER, user.id))
        org = org or self._settings.default_org
        stands = {
            Layer.ACCOUNT: user.state is UserState.ACTIVE, Layer.IDENTITY: True, Layer.ROLE: any(role in held for held in found.values()),
            Layer.ORGANISATION: role in found.get(org, ()) if org else bool(found),
        }  # fmt: skip
        if self._settings.licence_field:
            licence = await self._gate.query(_USER, ("FUserID", self._settings.licence_field), f"FUserID={int(user.id)}", limit=1)
            stands[Layer.LICENCE] = bool(licence and str(licence[0][1] or "").strip())
        told = {layer: Standing.OK if fine else Standing.MISSING for layer, fine in stands.items()}
        return [Finding(layer, told.get(layer, Standing.UNKNOWN)) for layer in Layer]

    async def grant(self, grant: Grant, key: str) -> Outcome:  # noqa: ARG002 - Save has no idempotency key: the ledger keeps it single
        """View, merge, Save of the one organisation row with nothing deleted, View."""
        org = self._org(grant)
        user, document = await self._document(grant.account)
        before = self._orgs(document)
        row = self._row(document, org, before.get(org, set()) | {grant.role})
        proof = await self._save(user, [row], delete=False)
        wanted = {**before, org: before.get(org, set()) | {grant.role}}
        return self._outcome(user, proof, wanted, self._orgs(await self._gate.view(_USER, user.id)))

    async def revoke(self, grant: Grant, key: str) -> Outcome:  # noqa: ARG002 - as above
        """View, merge, View again (somebody else's edit in between stops it), Save of all that stays, View."""
        user, document = await self._document(grant.account)
        before = self._orgs(document)
        wanted = {org: held - ({grant.role} if not grant.org or org == grant.org else set()) for org, held in before.items()}
        if self._orgs(await self._gate.view(_USER, user.id)) != before:
            raise ConflictError(f"{self.name}: the user's roles changed while we looked")
        proof = await self._save(user, [self._row(document, org, held) for org, held in wanted.items()], delete=True)
        return self._outcome(user, proof, wanted, self._orgs(await self._gate.view(_USER, user.id)))

    async def follow(self, grant: Grant, outcome: Outcome) -> Outcome:  # noqa: ARG002 - the contract's signature
        """Nothing is pending but what is not visible yet."""
        return outcome

    def _outcome(self, user: User, proof: str, wanted: Orgs, now: Orgs) -> Outcome:
        """`others_changed` tells that what is there afterwards is not exactly what we meant: somebody must look."""
        same = {org: held for org, held in wanted.items() if held} == {org: held for org, held in now.items() if held}
        return Outcome(State.DONE, external_id=user.id, evidence=proof, note="" if same else "others_changed")

    async def _document(self, account: str) -> tuple[User, Json]:
        user = await self.find_user(UserRef(account=account))
        if user is None:
            raise NotFound(f"{self.name}: no such account")
        return user, await self._gate.view(_USER, user.id)

    async def _save(self, user: User, org_rows: list[Json], *, delete: bool) -> str:
        told = {
            "IsDeleteEntry": "true" if delete else "false", "IsVerifyBaseDataField": "true", "NeedUpDateFields": ["FOrgInfo", "FRoleInfo", "FRoleId"],
            "Model": {"FUserID": int(user.id), "FOrgInfo": org_rows},
        }  # fmt: skip
        return await self._gate.save(_USER, told)

    def _org(self, grant: Grant) -> str:
        org = grant.org or self._settings.default_org
        if not org:
            raise Unsupported(f"{self.name}: a grant needs an organisation")
        return org

    def _row(self, document: Json, org: str, held: set[str]) -> Json:
        """The organisation's row as Save wants it: with its entry id when it is there already."""
        there = next((row for row in self._org_rows(document) if self._number(row, "FOrgOrgId") == org), None)
        entry = {"FEntityId": int(text(there, "FEntityId", self.name))} if there is not None else {}
        return {**entry, "FOrgOrgId": {"FNumber": org}, "FRoleInfo": [{"FRoleId": {"FNumber": one}} for one in sorted(held)]}

    def _orgs(self, document: Json) -> Orgs:
        return {
            self._number(row, "FOrgOrgId"): {
                self._number(one, "FRoleId") for one in rows(row.get("FRoleInfo", "") or ([] if "FRoleInfo" in row else ""), f"{self.name} roles")
            }
            for row in self._org_rows(document)
        }

    def _org_rows(self, document: Json) -> list[Json]:
        if "FOrgInfo" not in document:
            raise ContractError(f"{self.name} view: no FOrgInfo in the answer")
        return rows(document["FOrgInfo"] or [], f"{self.name} organisations")

    def _number(self, row: Json, name: str) -> str:
        return text(inner(row, name, self.name), "FNumber", self.name)

    async def _one(self, where: str) -> User | None:
        fields = ("FUserID", "FUserAccount", "FName", "FForbidStatus")
        found = await self._gate.query(_USER, fields, where, limit=2)
        if len(found) > 1:
            raise ConflictError(f"{self.name} user: several accounts match")
        if not found:
            return None
        row = dict(zip(fields, found[0], strict=True))
        state = UserState.ACTIVE if row["FForbidStatus"] == _ENABLED else UserState.DISABLED
        return User(text(row, "FUserID", self.name), text(row, "FUserAccount", self.name), optional(row, "FName", self.name), state)

    async def _pages(self, form: str, fields: tuple[str, ...], where: str) -> list[list[object]]:
        found: list[list[object]] = []
        while True:
            page = await self._gate.query(form, fields, where, len(found), _PAGE)
            found += page
            if len(page) < _PAGE:
                return found
