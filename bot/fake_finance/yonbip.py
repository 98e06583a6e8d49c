"""A played YonBIP tenant: discovery, tokens by signature, roles per identity with dates, organisation permissions, codes now text and now number."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections import Counter
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote, urlsplit

from bot.fake_finance.books import Account, Books, Role, Term
from bot.fake_finance.stand import Asked, Json, Refusal, Stand

KEY, SECRET, TENANT = "played-app-key", "played-yonbip-app-secret", "tplayed1"
LIFE_S = 7200
WINDOW_MS = 300_000
FOREVER = "9999-12-31"
EMPLOYEE = "1"
MOST_ROWS = 500


class FakeYonBip(Stand):
    """`bound_only`: the app is refused because no user is bound to it; `per_minute`: calls of one API a minute (0: no limit); `orgs` is what was added
    to (login, role code); `overwrites` counts the call that takes other organisations away."""

    def __init__(self, books: Books | None = None, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(books, clock=clock)
        self.orgs: dict[tuple[str, str], list[str]] = {}
        self.functions: dict[str, list[str]] = {"FIN_CASHIER": ["GL_VOUCHER_VIEW"]}
        self.identities: dict[str, list[str]] = {login: [EMPLOYEE] for login in self.books.accounts}
        self.bound_only = False
        self.per_minute = 0
        self.tokens: dict[str, float] = {}
        self.overwrites = 0
        self._minute: Counter[tuple[str, int]] = Counter()
        self.play("/open-auth/dataCenter/getGatewayAddress", "gateway", self._gateway, "GET")
        self.play("/door/open-auth/selfAppAuth/base/v1/getAccessToken", "token", self._token, "GET")
        calls: dict[str, tuple[str, Callable[[Json], object], bool]] = {
            "/iuap-apcom-bipuser/bill/open/user": ("find_user", self._find, True),
            "/tenantroleuser/findrolesbyuserid": ("user_roles", self._roles_of, True),
            "/role/auth/usersByRole": ("members", self._members, False),
            "/role/getTenantRoles": ("roles", self._roles, True),
            "/role/saveUserRole": ("grant", self._save, True),
            "/role/delUsers": ("revoke", self._delete, True),
            "/bipauth/open/orgpermission/addUserOrgPermission": ("add_org", self._add_org, True),
            "/bipauth/open/orgpermission/deluserorgpermission": ("del_org", self._del_org, True),
            "/bipauth/open/orgpermission/saveUserOrgPermission": ("overwrite_org", self._overwrite, True),
            "/mainOrgPermission": ("orgs", self._main_org, False),
            "/open/funcpermission/checkAuthIds": ("functions", self._check, False),
        }
        for path, (name, perform, textual) in calls.items():
            self.play(f"/gateway/yonbip/digitalModel{path}", name, self._guarded(name, perform, textual))

    def expire(self) -> None:
        """Forgets all tokens, as the vendor may before their time."""
        self.tokens.clear()

    def _gateway(self, asked: Asked) -> Json:
        if asked.query.get("tenantId") != TENANT:
            return {"code": "50000", "message": "no such tenant"}
        return {"code": "00000", "data": {"gatewayUrl": f"{self.base_url}/gateway", "tokenUrl": f"{self.base_url}/door"}}

    def _token(self, asked: Asked) -> Json:
        told = dict(parse_qsl(urlsplit(asked.target).query, keep_blank_values=True))
        signature = told.pop("signature", "")
        message = "".join(name + told[name] for name in sorted(told))
        right = base64.b64encode(hmac.new(SECRET.encode(), message.encode(), hashlib.sha256).digest()).decode()
        fresh = abs(self.now() * 1000 - int(told.get("timestamp", "0"))) <= WINDOW_MS
        if signature != right or told.get("appKey") != KEY or not fresh:
            self.calls["bad_auth"] += 1
            return {"code": "50000", "message": "twice encoded" if unquote(signature) == right else "wrong signature"}
        token = f"tok/{len(self.tokens)}+{self.calls['token']}="
        self.tokens[token] = self.now() + LIFE_S
        return {"code": "00000", "message": "ok", "data": {"access_token": token, "expire": LIFE_S}}

    def _guarded(self, name: str, perform: Callable[[Json], object], textual: bool) -> Callable[[Asked], object]:
        def enter(asked: Asked) -> object:
            if self.tokens.get(asked.query.get("access_token", ""), 0) < self.now():
                raise Refusal({"code": "10004", "message": "token", "level": 0})
            self._minute[name, int(self.now() // 60)] += 1
            if self.per_minute and self._minute[name, int(self.now() // 60)] > self.per_minute:
                raise Refusal({"code": "429", "message": "too many"}, 429)
            if self.bound_only:
                raise Refusal({"code": 1090003500084, "displayCode": "000-539-000116", "message": "bind a user", "level": 0})
            told = json.loads(asked.body)
            return {"code": "200" if textual else 200, "message": "success", "displayCode": "000-000-000000", "level": 0, "data": perform(told)}

        return enter

    def _find(self, told: Json) -> Json:
        wanted = told.get("yhtUserId") or told.get("mobile") or told.get("email")
        found = self.books.account(wanted)
        rows = [self._identity(found, kind) for kind in self.identities.get(found.login, []) if told.get("userType", kind) == kind] if found else []
        return {"pageIndex": 1, "pageSize": 10, "recordCount": len(rows), "recordList": rows, "pageCount": 1}

    def _identity(self, one: Account, kind: str) -> Json:
        return {
            "id": one.number, "code": f"YHT-{one.number}", "name": one.name, "mobile": one.mobile, "userType": int(kind), "yhtUserId": one.key,
            "stopstatus": 0 if one.active else 1, "deleted": 0,
        }  # fmt: skip

    def _roles_of(self, told: Json) -> list[Json]:
        account = self._account(told.get("yhtUserId"))
        held = [self.books.roles[role] for role, _, term in self.books.of(account.login) if not self._over(term)]
        return [{"roleId": _id(one), "roleCode": one.code, "roleName": one.name, "isactive": 1 if one.active else 2, "threeMemberType": 0} for one in held]

    def _members(self, told: Json) -> Json:
        role = next((one for one in self.books.roles.values() if _id(one) == told.get("roleId")), None)
        if role is None:
            raise Refusal({"code": 999, "displayCode": "000-554-110211", "message": "parameter", "level": 0})
        held = [(login, term) for (login, code, _), term in self.books.held.items() if code == role.code and not self._over(term)]
        size, page = min(told["pageSize"], MOST_ROWS), told["pageNumber"]
        listed = [self._member(self.books.accounts[login], term) for login, term in held[(page - 1) * size : page * size]]
        return {"pageSize": size, "pageNum": page, "total": len(held), "pages": -(-len(held) // size), "list": listed}

    def _member(self, one: Account, term: Term) -> Json:
        return {
            "id": one.number, "code": f"YHT-{one.number}", "name": one.name, "mobile": f"{one.mobile[:3]}****{one.mobile[-4:]}", "userType": 1,
            "yhtUserId": one.key, "beginDate": term.begin or "2026-01-01", "endDate": term.end or FOREVER,
        }  # fmt: skip

    def _roles(self, told: Json) -> list[Json]:
        if told.get("tenantId") != TENANT:
            raise Refusal({"code": "999", "displayCode": "000-554-110010", "message": "tenant", "level": 0})
        return [{"roleId": _id(one), "roleCode": one.code, "roleName": one.name, "systemCode": "diwork"} for one in self.books.roles.values()]

    def _save(self, told: Json) -> None:
        account, role = self._account(told.get("userId")), self._role(told)
        if told.get("userType") not in self.identities[account.login]:
            raise Refusal({"code": "1002", "displayCode": "000-554-110300", "message": "no such identity", "level": 0})
        self.books.give(account.login, role.code, "", Term(told.get("begindate", ""), told.get("enddate", "")))

    def _delete(self, told: Json) -> str:
        role = next((one for one in self.books.roles.values() if _id(one) == told.get("roleId")), None)
        if role is None:
            raise Refusal({"code": "999", "message": "role", "level": 0})
        for one in told["userIds"]:
            account = self.books.account(one)
            if account:
                self.books.take(account.login, role.code)
                self.orgs.pop((account.login, role.code), None)
        return "null"

    def _add_org(self, told: Json) -> None:
        held = self.orgs.setdefault((self._account(told.get("yhtUserId")).login, self._role(told).code), [])
        held += [one for one in told["resourceId"] if one not in held]

    def _del_org(self, told: Json) -> None:
        key = (self._account(told.get("yhtUserId")).login, self._role(told).code)
        self.orgs[key] = [one for one in self.orgs.get(key, []) if one not in told["resourceId"]]

    def _overwrite(self, told: Json) -> None:
        self.overwrites += 1
        self.orgs[self._account(told.get("yhtUserId")).login, self._role(told).code] = list(told["resourceId"])

    def _main_org(self, told: Json) -> list[str]:
        return list(self.orgs.get((self._account(told.get("userId")).login, str(told.get("roleCode"))), []))

    def _check(self, told: Json) -> list[str]:
        login = self._account(told.get("userId")).login
        held = {function for role, _, _ in self.books.of(login) for function in self.functions.get(role, [])}
        return [one for one in told["authIds"] if one in held]

    def _account(self, key: object) -> Account:
        found = next((one for one in self.books.accounts.values() if one.key == key), None)
        if found is None:
            raise Refusal({"code": "1002", "message": "no such data", "level": 0})
        return found

    def _role(self, told: Json) -> Role:
        wanted = told.get("roleId"), told.get("roleCode")
        if not any(wanted):
            raise Refusal({"code": "999", "message": "roleId or roleCode", "level": 0})
        found = next((one for one in self.books.roles.values() if _id(one) == wanted[0] or one.code == wanted[1]), None)
        if found is None:
            raise Refusal({"code": "1002", "message": "no such data", "level": 0})
        if not found.active:
            raise Refusal({"code": "999", "displayCode": "000-554-110017", "message": "switched off", "level": 0})
        return found

    def _over(self, term: Term) -> bool:
        return bool(term.end) and term.end < time.strftime("%Y-%m-%d", time.gmtime(self.now() + 8 * 3600))


def _id(role: Role) -> str:
    return f"eb9e97ea-65e9-467e-92f6-{role.number % 10**12:012d}"
