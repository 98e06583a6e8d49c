"""A finance system as the engine sees it: operations with words in, JSON out; our role keys outside, the system's own codes inside."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.connectors.contract import (
    ConflictError,
    Disabled,
    Grant,
    Holding,
    Layer,
    NotFound,
    Outcome,
    Standing,
    State,
    System,
    Transient,
    Unsupported,
    UserRef,
    UserState,
)
from bot.connectors.settings import Writes
from bot.connectors.writing import Operation, Writing
from bot.core.turn import Call
from bot.core.turn import Outcome as Heard
from bot.ports import Clock, StoreError

LONGEST_ACCOUNT = 128
PATIENT = timedelta(minutes=15)
"""How long a write that is not visible yet, or that the other side does later, is looked at again before it is told to be pending."""
_AT_WORK = frozenset({"", "not_visible"})
_MEMO = ("request_id", "grant", "person")
_REFUSALS = {NotFound: "not_found", ConflictError: "conflict", Disabled: "disabled", Unsupported: "unsupported"}

Told = dict[str, object]


@dataclass(frozen=True, slots=True)
class Codes:
    """Our keys and the system's codes. `default_org` is the system's organisation of what names none; `open`: keys that are not mapped pass as they are
    (a person reads them, or it is our own sandbox); `ours`: a person without an account there is known by their id here."""

    roles: Mapping[str, str] = field(default_factory=dict)
    orgs: Mapping[str, str] = field(default_factory=dict)
    max_days: Mapping[str, int] = field(default_factory=dict)
    default_org: str = ""
    open: bool = False
    ours: bool = False

    def role(self, key: str, level: str = "") -> str:
        """The system's code of a role, on a level where `role.level` is mapped or everything passes; empty when it may not be granted."""
        exact = f"{key}.{level}" if level else key
        return self.roles.get(exact) or self.roles.get(key) or (exact if self.open else "")

    def org(self, key: str) -> str | None:
        """The system's code; None when a map exists and does not name it."""
        if not key:
            return self.default_org
        return self.orgs.get(key) if self.orgs else key

    def role_key(self, code: str) -> str:
        """Our key of a code, with its level behind a dot where it has one; empty when we have none."""
        return next((key for key, mapped in self.roles.items() if mapped == code), code if self.open else "")

    def days(self, key: str, level: str) -> int:
        """The longest grant; 0: no limit."""
        return self.max_days.get(f"{key}.{level}", self.max_days.get(key, 0))

    def org_key(self, code: str) -> str:
        """Our key of an organisation's code; the code itself when we have none."""
        return next((key for key, mapped in self.orgs.items() if mapped == code), code)


class Performing:
    """ports.Connector over one finance system. Operations and their arguments (all optional unless said):

    `grant`, `revoke`: account, role (needed), level, org, begin, end (ISO 8601 with offset), request_id, grant, reason, person, approved_by (ids, commas
    between) -> an Outcome's fields; `check`: account -> `user` (a UserState), `roles`, `known`; `explain`: account, role (needed), level, org -> `layers`;
    `members`: role (needed), level, cursor -> `members`, `cursor`; `roles` -> `roles`; `health` -> `ok`, `detail`, `skew_s`, `writes`; `confirm`: key (of
    a write), state (done or refused), by -> `confirmed`; `follow`: key (of a write that was answered), operation and its arguments -> an Outcome's fields
    as it stands now; `switch`: writes (on, dry_run or off; never more than the settings allow) -> `writes`.
    What the system's state forbids is an Outcome `refused` with a note; what an operator must mend raises ConnectorRefused.
    """

    def __init__(self, writing: Writing, clock: Clock, codes: Codes) -> None:
        self.name = writing.system.name
        self.writing = writing
        self.codes = codes
        self._clock = clock
        self._operations: dict[str, Callable[[Call], Awaitable[Told]]] = {
            "grant": self._write, "revoke": self._write, "check": self._check, "explain": self._explain, "members": self._members, "roles": self._roles,
            "health": self._health, "confirm": self._confirm, "switch": self._switch, "follow": self._follow,
        }  # fmt: skip

    @property
    def system(self) -> System:
        """The system itself."""
        return self.writing.system

    async def perform(self, call: Call) -> str:
        """Does it once under the call's key. Raises ConnectorTransient or ConnectorRefused."""
        operation = self._operations.get(call.operation)
        if operation is None:
            raise Unsupported(f"{self.name}: no operation {call.operation[:40]}")
        try:
            return json.dumps(await operation(call), ensure_ascii=False)
        except StoreError as fault:  # the next call reads first, wherever the ledger was when it failed
            raise Transient(f"{self.name}: the ledger could not be kept ({type(fault).__name__})", unknown=True) from fault

    async def _write(self, call: Call) -> Told:
        return await self._written(call.args, Operation(call.operation), call.key)

    async def _follow(self, call: Call) -> Told:
        """The write under `key` as it stands now; it is never sent from here."""
        key = _needed(call, "key")
        if not await self.writing.known(key):
            raise Unsupported(f"{self.name}: nothing was sent under this key")
        return await self._written(call.args, Operation(call.args.get("operation", Operation.GRANT)), key)

    async def _written(self, args: Mapping[str, str], operation: Operation, key: str) -> Told:
        grant, refused = self._grant(args, operation)
        if grant is None:
            return Outcome(State.REFUSED, note=refused).values()
        memo = json.dumps({name: args[name] for name in _MEMO if args.get(name)})
        try:
            outcome = await self.writing.write(operation, grant, key, memo)
        except (NotFound, ConflictError, Disabled, Unsupported) as fault:
            state = State.UNSUPPORTED if isinstance(fault, Unsupported) else State.REFUSED
            return Outcome(state, note=_REFUSALS[type(fault)]).values()
        if outcome.state is State.PENDING and outcome.note in _AT_WORK and await self.writing.age(key) < PATIENT:
            raise Transient(f"{self.name}: the system is still at it")
        return outcome.values()

    def _grant(self, args: Mapping[str, str], operation: Operation) -> tuple[Grant | None, str]:
        """The grant in the system's codes, or why there is none."""
        account = args.get("account", "") or (args.get("person", "") if self.codes.ours else "")
        key, level = args.get("role", ""), args.get("level", "")
        role, org = self.codes.role(key, level), self.codes.org(args.get("org", ""))
        if not account or len(account) > LONGEST_ACCOUNT or not account.isprintable():
            return None, "bad_account"
        if not role or org is None:
            return None, "unknown_role" if not role else "unknown_org"
        begin, end = _moment(args.get("begin", "")), _moment(args.get("end", ""))
        if operation is Operation.GRANT and (wrong := self._too_long(self.codes.days(key, level), begin, end)):
            return None, wrong
        by = tuple(one for one in args.get("approved_by", "").split(",") if one)
        return Grant(args.get("request_id", ""), account, role, org, begin, end, args.get("reason", ""), by), ""

    def _too_long(self, days: int, begin: datetime | None, end: datetime | None) -> str:
        now = self._clock.now()
        if end is not None and end <= max(begin or now, now):
            return "over"
        return "too_long" if days and (end is None or end - (begin or now) > timedelta(days=days)) else ""

    async def _check(self, call: Call) -> Told:
        account = self._account(call)
        if not (await self.system.capabilities()).reads:
            return {"user": UserState.UNKNOWN, "roles": [], "known": False}
        user = await self.system.find_user(UserRef(account=account))
        held = await self.system.user_roles(user.id) if user else ()
        return {"user": user.state if user else UserState.ABSENT, "roles": [self._told(one) for one in held], "known": True}

    async def _explain(self, call: Call) -> Told:
        role, org, account = self._role(call), self.codes.org(call.args.get("org", "")), self._account(call)
        if not (await self.system.capabilities()).reads:
            return {"layers": [{"layer": layer, "standing": Standing.UNKNOWN} for layer in Layer]}
        user = await self.system.find_user(UserRef(account=account))
        if user is None:
            return {"layers": [{"layer": "account", "standing": "missing"}]}
        if org is None:
            raise Unsupported(f"{self.name}: no such organisation is mapped")
        found = await self.system.explain_access(user, role, org)
        return {"layers": [{"layer": one.layer, "standing": one.standing} for one in found]}

    async def _members(self, call: Call) -> Told:
        members, cursor = await self.system.role_members(self._role(call), call.args.get("cursor", ""))
        return {"members": [{"account": one.account, **self._told(one.holding)} for one in members], "cursor": cursor}

    async def _roles(self, _call: Call) -> Told:
        found = await self.system.list_roles()
        return {"roles": [{"role": self.codes.role_key(one.code), "code": one.code, "name": one.name, "active": one.active} for one in found]}

    async def _health(self, _call: Call) -> Told:
        health = await self.system.health()
        return {"ok": health.ok, "detail": health.detail, "skew_s": health.skew_s, "writes": await self.writing.allowed()}

    async def _confirm(self, call: Call) -> Told:
        state = {"done": State.DONE, "refused": State.REFUSED}.get(call.args.get("state", ""))
        if state is None:
            raise Unsupported(f"{self.name}: a confirmation says done or refused")
        said = Outcome(state, external_id=call.args.get("by", ""), note="confirmed_by_person")
        return {"confirmed": await self.writing.confirm(_needed(call, "key"), said) is not None}

    async def _switch(self, call: Call) -> Told:
        writes = call.args.get("writes", "")
        if writes not in set(Writes):
            raise Unsupported(f"{self.name}: the switch is on, dry_run or off")
        return {"writes": await self.writing.switch(Writes(writes))}

    async def heard(self, key: str, outcome: Outcome) -> Heard | None:
        """What a late answer (a signed callback that `Webhook.heard` took) comes to as a stimulus; None when nobody waits for it. Its call has a key of
        its own, since the call itself may have had its outcome `pending` already."""
        what = await self.writing.confirm(key, outcome)
        if what is None:
            return None
        call = Call(self.name, what.operation, f"{key}:late", json.loads(what.memo or "{}"))
        return Heard(call, ok=True, value=json.dumps(outcome.values(), ensure_ascii=False), at=self._clock.now())

    def _role(self, call: Call) -> str:
        role = self.codes.role(_needed(call, "role"), call.args.get("level", ""))
        if not role:
            raise Unsupported(f"{self.name}: no such role is mapped")
        return role

    def _account(self, call: Call) -> str:
        return call.args.get("account", "") or (call.args.get("person", "") if self.codes.ours else "") or _needed(call, "account")

    def _told(self, held: Holding) -> Told:
        return {
            "role": self.codes.role_key(held.role), "code": held.role, "org": self.codes.org_key(held.org),
            "begin": held.begin.isoformat() if held.begin else "", "end": held.end.isoformat() if held.end else "",
        }  # fmt: skip


def _needed(call: Call, name: str) -> str:
    value = call.args.get(name, "")
    if not value:
        raise Unsupported(f"{call.connector}: {call.operation} needs {name}")
    return value


def _moment(text: str) -> datetime | None:
    """An aware moment; Unsupported for anything that is none."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Unsupported("a moment is ISO 8601 with its offset")
    return moment
