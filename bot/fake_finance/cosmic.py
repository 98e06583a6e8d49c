"""A played Cosmic app: tokens with nonce, window, lock and rate; token in a header only; APIs attached one by one; idempotency keys; the custom assign API."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.fake_finance.books import Books, Term
from bot.fake_finance.stand import Asked, Json, Refusal, Stand

CLIENT, SECRET, PROXY, ACCOUNT = "usher", "played-cosmic-secret", "usher_proxy", "1"
USERS, USER_ROLES, ROLES = "/kapi/v2/bos/bos_user/query", "/kapi/v2/perm/perm_userrole/query", "/kapi/v2/perm/perm_role/query"
ASSIGN, REVOKE = "/kapi/v2/acme/access_bot/assign", "/kapi/v2/acme/access_bot/revoke"
LIFE_MS = 7_200_000
LOCK_S, MOST_WRONG, TOKENS_A_MINUTE = 180, 5, 30
ZONE = ZoneInfo("Asia/Shanghai")


class FakeCosmic(Stand):
    """`attached` are the APIs that the app may call (by default empty on a real server), `proxies` its proxy users, `no_data_right` refuses data (612)."""

    def __init__(self, books: Books | None = None, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(books, clock=clock)
        self.attached = {USERS, USER_ROLES, ROLES, ASSIGN, REVOKE}
        self.proxies = {PROXY}
        self.no_data_right = False
        self.tokens: dict[str, float] = {}
        self.keys: set[str] = set()
        self._nonces: set[str] = set()
        self._wrong = 0
        self._locked_until = 0.0
        self._minute: Counter[int] = Counter()
        self.play("/kapi/oauth2/getToken", "token", self._token)
        for path, name, perform in (
            (USERS, "find_user", self._users), (USER_ROLES, "user_roles", self._user_roles), (ROLES, "roles", self._roles),
            (ASSIGN, "grant", self._assign), (REVOKE, "revoke", self._revoke),
        ):  # fmt: skip
            self.play(path, name, self._guarded(path, perform))

    def expire(self) -> None:
        """Forgets all tokens."""
        self.tokens.clear()

    def _token(self, asked: Asked) -> Json:
        told = asked.json()
        self._minute[int(self.now() // 60)] += 1
        if self._minute[int(self.now() // 60)] > TOKENS_A_MINUTE:
            return _no("429")
        if self.now() < self._locked_until:
            return _no("401")
        if told.get("client_id") != CLIENT or told.get("client_secret") != SECRET or told.get("accountId") != ACCOUNT:
            self.calls["bad_auth"] += 1
            self._wrong += 1
            self._locked_until = self.now() + LOCK_S if self._wrong >= MOST_WRONG else 0.0
            return _no("401")
        if told.get("username") not in self.proxies or not self._fresh(told):
            return _no("603")
        self._wrong = 0
        token = f"ct-{self.calls['token']}-{len(self.tokens)}"
        self.tokens[token] = self.now() + LIFE_MS / 1000
        return _yes({"access_token": token, "token_type": "Bearer", "expires_in": LIFE_MS, "scope": "api", "language": "zh_CN"})

    def _fresh(self, told: Json) -> bool:
        at = datetime.strptime(str(told.get("timestamp")), "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZONE).timestamp()
        nonce = str(told.get("nonce"))
        fine = abs(self.now() - at) <= 300 and nonce not in self._nonces
        self._nonces.add(nonce)
        return fine

    def _guarded(self, path: str, perform: Callable[[Json, Json], Json]) -> Callable[[Asked], object]:
        def enter(asked: Asked) -> object:
            if "token" in asked.target.lower() or self.tokens.get(asked.headers.get("accesstoken", ""), 0) < self.now():
                raise Refusal(_no("401"), 401)
            if path not in self.attached:
                raise Refusal(_no("403"), 403)
            if self.no_data_right:
                raise Refusal(_no("612"))
            told = asked.json()
            if not isinstance(told.get("data"), dict):
                raise Refusal(_no("603"))
            key = asked.headers.get("idempotency-key", "")
            if key and key in self.keys:
                raise Refusal(_no("604"))
            answer = perform(told["data"], told)
            self.keys |= {key} if key else set()
            return answer

        return enter

    def _users(self, data: Json, told: Json) -> Json:
        rows = [
            {"id": one.number, "number": one.login, "name": one.name, "phone": one.mobile, "enable": "1" if one.active else "0"}
            for one in self.books.accounts.values()
        ]
        return _paged([row for row in rows if all(str(row.get(name)) == value for name, value in data.items())], told)

    def _user_roles(self, data: Json, told: Json) -> Json:
        rows = [
            {"user": login, "role": role, "org": org, "starttime": term.begin and f"{term.begin} 00:00:00", "endtime": term.end, "source": 1}
            for (login, role, org), term in self.books.held.items()
        ]
        return _paged([row for row in rows if all(str(row.get(name)) == value for name, value in data.items())], told)

    def _roles(self, _data: Json, told: Json) -> Json:
        rows = [{"id": one.number, "number": one.code, "name": one.name, "enable": "1" if one.active else "0"} for one in self.books.roles.values()]
        return _paged(rows, told)

    def _assign(self, data: Json, _told: Json) -> Json:
        role = self.books.roles.get(data["role"])
        if data["user"] not in self.books.accounts or role is None:
            raise Refusal(_no("602"))
        if not role.active:
            return _result({**data, "state": "refused"})
        self.books.give(data["user"], data["role"], data["org"], Term(data["start"], data["end"]))
        return _result({**data, "state": "granted"})

    def _revoke(self, data: Json, _told: Json) -> Json:
        self.books.take(data["user"], data["role"], data["org"])
        return _result({**data, "state": "revoked"})


def _yes(data: Json) -> Json:
    return {"data": data, "errorCode": "0", "message": "", "status": True}


def _no(code: str) -> Json:
    return {"data": None, "errorCode": code, "message": "refused", "status": False}


def _result(row: Json) -> Json:
    return _yes({"result": [row], "failCount": 0, "successCount": 1})


def _paged(rows: list[Json], told: Json) -> Json:
    number, size = told.get("pageNo", 1), min(told.get("pageSize", 2000), 100_000)
    page = rows[(number - 1) * size : number * size]
    return _yes({"rows": page, "pageNo": number, "pageSize": size, "lastPage": number * size >= len(rows), "totalCount": len(rows)})
