"""A customer's side of the signed webhook: checks signature, window and nonce, keeps idempotency keys, grants at once or later."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot.fake_finance.books import Account, Books, Term
from bot.fake_finance.stand import Asked, Json, Refusal, Stand

SECRET = "played-webhook-secret"  # noqa: S105 - the played system's own secret opens nothing
WINDOW_S = 300


class FakeWebhook(Stand):
    """`later`: writes are answered 202 and carried out by `finish`."""

    def __init__(self, books: Books | None = None, *, secrets: tuple[str, ...] = (SECRET,), clock: Callable[[], float] = time.time) -> None:
        super().__init__(books, clock=clock)
        self.secrets = secrets
        self.later = False
        self.waiting: dict[str, Json] = {}
        self.answers: dict[str, Json] = {}
        self._nonces: set[str] = set()
        self.play("/hook", lambda asked: str(asked.json().get("op")), self._hook)
        self.play("/r/{key}", "poll", self._poll)

    def finish(self, key: str, refuse: str = "") -> Json:
        """Carries a waiting write out, or refuses it with a code; gives back the body of a callback."""
        told = self.waiting.pop(key)
        self.answers[key] = {"state": "refused", "code": refuse} if refuse else self._carry(told)
        return {"key": key, **self.answers[key]}

    def callback(self, body: Json, target: str, secret: str = "") -> tuple[dict[str, str], bytes]:
        """Headers and body of a signed callback to `target` (path and query)."""
        raw = json.dumps(body).encode()
        timestamp, nonce = str(int(self.now())), hashlib.sha256(raw + str(self.now()).encode()).hexdigest()[:32]
        sign = _sign(secret or self.secrets[0], "POST", target, timestamp, nonce, raw)
        return {"X-Bot-Timestamp": timestamp, "X-Bot-Nonce": nonce, "X-Bot-Key-Id": "k1", "X-Bot-Signature": sign}, raw

    def _hook(self, asked: Asked) -> object:
        self._check(asked)
        told = asked.json()
        op = str(told.get("op"))
        if op in ("grant", "revoke"):
            return self._write(told, asked.headers.get("idempotency-key", ""))
        reads: dict[str, Callable[[Json], Json]] = {
            "ping": lambda _: {"state": "ok"}, "find_user": self._find, "user_roles": self._roles_of, "list_roles": self._roles,
            "role_members": self._members, "explain_access": self._explain,
        }  # fmt: skip
        if op not in reads:
            raise Refusal({"state": "refused", "code": "unknown_op"}, 400)
        return reads[op](told)

    def _poll(self, asked: Asked) -> object:
        self._check(asked)
        key = asked.target.removeprefix("/r/")
        if key in self.answers:
            return self.answers[key]
        return web.json_response({"state": "pending", "poll": f"/r/{key}"}, status=202)

    def _check(self, asked: Asked) -> None:
        timestamp, nonce, sign = (asked.headers.get(f"x-bot-{name}", "") for name in ("timestamp", "nonce", "signature"))
        if not any(hmac.compare_digest(_sign(one, asked.method, asked.target, timestamp, nonce, asked.body), sign) for one in self.secrets):
            self.calls["bad_auth"] += 1
            raise Refusal({"state": "refused", "code": "bad_signature"}, 401)
        if abs(self.now() - int(timestamp)) > WINDOW_S or nonce in self._nonces:
            raise Refusal({"state": "refused", "code": "stale"}, 401)
        self._nonces.add(nonce)

    def _write(self, told: Json, key: str) -> object:
        if key in self.answers:
            return self.answers[key]
        account, role = self.books.account(told["user"].get("account")), self.books.role(told.get("role"))
        if account is None or role is None or not role.active:
            code = "no_such_user" if account is None else "no_such_role" if role is None else "role_disabled"
            raise Refusal({"state": "refused", "code": code}, 422)
        if self.later:
            self.waiting[key] = told
            return web.json_response({"state": "pending", "poll": f"/r/{key}"}, status=202)
        self.answers[key] = self._carry(told)
        return self.answers[key]

    def _carry(self, told: Json) -> Json:
        login, role, org = told["user"]["account"], told["role"], told.get("org", "")
        if told["op"] == "grant":
            if (login, role, org) in self.books.held and self.books.held[login, role, org] == Term(told["begin"], told["end"]):
                return {"state": "already"}
            self.books.give(login, role, org, Term(told["begin"], told["end"]))
            return {"state": "granted", "external_id": f"x{len(self.books.writes)}"}
        self.books.take(login, role, org)
        return {"state": "revoked", "external_id": f"x{len(self.books.writes)}"}

    def _find(self, told: Json) -> Json:
        user = told["user"]
        found = self.books.account(user.get("id") or user.get("account") or user.get("employee_no") or user.get("mobile"))
        return {"user": _shown(found) if found else None}

    def _roles_of(self, told: Json) -> Json:
        found = self.books.account(told["user"]["id"])
        return {"roles": [_row(role, org, term) for role, org, term in self.books.of(found.login)] if found else []}

    def _roles(self, _told: Json) -> Json:
        return {"roles": [{"code": one.code, "name": one.name, "active": one.active} for one in self.books.roles.values()]}

    def _members(self, told: Json) -> Json:
        held = [(login, org, term) for (login, role, org), term in self.books.held.items() if role == told["role"]]
        return {"members": [{"id": self.books.accounts[login].number, "account": login, **_row(told["role"], org, term)} for login, org, term in held]}

    def _explain(self, told: Json) -> Json:
        found = self.books.account(told["user"]["id"])
        held = [role for role, _, _ in self.books.of(found.login)] if found else []
        return {"layers": {"account": "ok" if found and found.active else "missing", "role": "ok" if told["role"] in held else "missing"}}


def _shown(account: Account) -> Json:
    return {"id": account.number, "account": account.login, "name": account.name, "state": "active" if account.active else "disabled"}


def _row(role: str, org: str, term: Term) -> Json:
    moments: dict[str, Any] = {"begin": term.begin, "end": term.end}
    return {"role": role, "org": org, **{name: f"{day}T00:00:00+08:00" if len(day) == 10 else day for name, day in moments.items()}}


def _sign(secret: str, method: str, target: str, timestamp: str, nonce: str, body: bytes) -> str:
    told = f"v1\n{method}\n{target}\n{timestamp}\n{nonce}\n{hashlib.sha256(body).hexdigest()}"
    return "v1=" + hmac.new(secret.encode(), told.encode(), hashlib.sha256).hexdigest()
