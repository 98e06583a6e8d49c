"""The signed webhook: the customer's side grants; we send what was approved, signed, and hear of it at once, by polling or by a signed callback."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from bot.connectors.contract import (
    AuthError,
    Capabilities,
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
from bot.connectors.http import Json, Reply, Site, encoded, evidence, refuse
from bot.connectors.reading import inner, iso, moment, optional, rows, text
from bot.connectors.settings import WebhookSettings
from bot.connectors.signing import SignatureCheck, Verdict, signed
from bot.ports import Clock

_STATES = {"granted": State.DONE, "revoked": State.DONE, "already": State.ALREADY, "pending": State.PENDING, "refused": State.REFUSED}
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_POLL = re.compile(r"/[!-~]{0,500}")


class Webhook:
    """`nonce` gives fresh text of at least 8 characters."""

    def __init__(self, name: str, settings: WebhookSettings, site: Site, clock: Clock, nonce: Callable[[], str]) -> None:
        self.name = name
        self._settings = settings
        self._site = site
        self._clock = clock
        self._nonce = nonce
        self._check = SignatureCheck([settings.secret.get_secret_value(), settings.old_secret.get_secret_value()])

    async def capabilities(self) -> Capabilities:
        """The other side keeps the idempotency key; whether it can be read is configured."""
        reads = self._settings.reads
        return Capabilities(reads=reads, grant=True, revoke=True, members=reads, org_scope=True, native_expiry=True, idempotent=True)

    async def health(self) -> Health:
        """A signed ping."""
        return await self._site.health(self._ping())

    async def find_user(self, ref: UserRef) -> User | None:
        """Asks the other side."""
        named = {"account": ref.account, "employee_no": ref.employee_no, "mobile": ref.mobile, "email": ref.email}
        answer = await self._read("find_user", {"user": {name: value for name, value in named.items() if value}})
        if answer.get("user", "") is None:
            return None
        return self._user(inner(answer, "user", f"{self.name} find_user"))

    async def user_status(self, user: str) -> UserState:
        """Asks by id."""
        answer = await self._read("find_user", {"user": {"id": user}})
        return UserState.ABSENT if answer.get("user", "") is None else self._user(inner(answer, "user", f"{self.name} find_user")).state

    async def list_roles(self) -> Sequence[Role]:
        """Asks the other side."""
        what = f"{self.name} list_roles"
        answer = await self._read("list_roles", {})
        return [Role(text(row, "code", what), optional(row, "name", what), row.get("active") is not False) for row in rows(answer.get("roles"), what)]

    async def user_roles(self, user: str, role: str = "") -> Sequence[Holding]:
        """Asks the other side for all of them; what is over by our clock is left out."""
        answer = await self._read("user_roles", {"user": {"id": user}})
        held = [self._holding(row) for row in rows(answer.get("roles"), f"{self.name} user_roles")]
        return [one for one in held if role in ("", one.role) and (one.end is None or one.end > self._clock.now())]

    async def role_members(self, role: str, cursor: str = "") -> tuple[Sequence[Member], str]:
        """Asks the other side."""
        what = f"{self.name} role_members"
        answer = await self._read("role_members", {"role": role, "cursor": cursor})
        members = [Member(text(row, "id", what), text(row, "account", what), self._holding(row)) for row in rows(answer.get("members"), what)]
        return members, optional(answer, "cursor", what)

    async def explain_access(self, user: User, role: str, org: str = "") -> Sequence[Finding]:
        """Asks the other side; layers it does not name are UNKNOWN."""
        if not self._settings.reads:
            return [Finding(layer, Standing.UNKNOWN) for layer in Layer]
        told = inner(await self._read("explain_access", {"user": {"id": user.id}, "role": role, "org": org}), "layers", f"{self.name} explain_access")
        known = {"ok": Standing.OK, "missing": Standing.MISSING}
        return [Finding(layer, known.get(str(told.get(layer.value)), Standing.UNKNOWN)) for layer in Layer]

    async def grant(self, grant: Grant, key: str) -> Outcome:
        """Sends the approved grant."""
        return await self._write("grant", grant, key)

    async def revoke(self, grant: Grant, key: str) -> Outcome:
        """Sends the revocation."""
        return await self._write("revoke", grant, key)

    async def follow(self, grant: Grant, outcome: Outcome) -> Outcome:  # noqa: ARG002 - the contract's signature
        """Polls where the other side named a path to poll; else its callback is waited for."""
        if not outcome.external_id.startswith("/"):
            return outcome
        told = {"op": "poll"}
        return self._outcome(await self._ask("poll", told, "", outcome.external_id), told, outcome.external_id)

    def heard(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[str, Outcome]:
        """A callback: the key it is about and how it ended, for `Writing.confirm`. Raises AuthError for a bad signature and ContractError for odd content."""
        verdict = self._check.verdict(method, target, headers, body, self._clock.now())
        if verdict is not Verdict.GOOD:
            raise AuthError(f"{self.name} callback: {verdict}")
        what = f"{self.name} callback"
        told = Reply(200, {}, body).object(what)
        return text(told, "key", what), self._outcome(Reply(200, {}, body), {"op": "callback"}, "")

    async def _ping(self) -> None:
        what = f"{self.name} ping"
        reply = await self._ask("ping", {"op": "ping"}, "")
        refuse(reply, what)
        if reply.object(what).get("state") != "ok":
            raise ContractError(f"{what}: not answered with ok")

    async def _write(self, op: str, grant: Grant, key: str) -> Outcome:
        told = {
            "op": op, "request_id": grant.request_id, "key": key, "user": {"account": grant.account}, "role": grant.role, "org": grant.org,
            "begin": iso(grant.begin), "end": iso(grant.end), "reason": grant.reason, "approved_by": list(grant.approved_by),
        }  # fmt: skip
        return self._outcome(await self._ask(op, told, key), told, "")

    def _outcome(self, reply: Reply, told: Json, poll: str) -> Outcome:
        what = f"{self.name} {told['op']}"
        if reply.status in {401, 408, 429} or reply.status >= 500 or reply.status < 200:
            refuse(reply, what)
        answer = reply.object(what)
        state = _STATES.get(str(answer.get("state")))
        if state is None or 300 <= reply.status < 400:
            raise ContractError(f"{what}: no state in the answer")
        note = str(answer.get("code") or "refused") if state is State.REFUSED else ""
        follow = str(answer.get("poll") or poll)
        if state is State.PENDING and follow and not _POLL.fullmatch(follow):
            raise ContractError(f"{what}: the path to poll is none")
        external = follow if state is State.PENDING else optional(answer, "external_id", what)
        return Outcome(state, external, evidence(told, reply), note=note if _CODE.fullmatch(note) else "refused" if note else "")

    async def _read(self, op: str, told: Json) -> Json:
        if not self._settings.reads:
            raise Unsupported(f"{self.name}: nothing can be read")
        reply = await self._ask(op, {"op": op, **told}, "")
        refuse(reply, f"{self.name} {op}")
        return reply.object(f"{self.name} {op}")

    async def _ask(self, op: str, told: Json, key: str, path: str = "") -> Reply:
        body = encoded(told)
        target = path or self._settings.path
        headers = signed(self._settings.secret.get_secret_value(), self._settings.key_id, "POST", target, self._clock.now(), self._nonce(), body)
        if key:
            headers["Idempotency-Key"] = key.encode("ascii", "backslashreplace").decode()
        where, _, query = target.partition("?")
        headers["Content-Type"] = "application/json"
        return await self._site.ask(f"{self.name} {op}", "POST", where, query=query, headers=headers, body=body)

    def _user(self, row: Json) -> User:
        what = f"{self.name} find_user"
        try:
            state = UserState(optional(row, "state", what) or "active")
        except ValueError:
            raise ContractError(f"{what}: a state that nobody knows") from None
        return User(text(row, "id", what), text(row, "account", what), optional(row, "name", what), state)

    def _holding(self, row: Json) -> Holding:
        what = f"{self.name} roles"
        begin, end = (moment(optional(row, name, what), what) for name in ("begin", "end"))
        return Holding(text(row, "role", what), optional(row, "org", what), begin, end)
