"""A played K3Cloud account set: LoginBySign and signed headers, sessions that end, rows against nested errors, SEC_User with the true IsDeleteEntry."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Callable
from urllib.parse import quote

from aiohttp import web

from bot.fake_finance.books import Account, Books, Term
from bot.fake_finance.stand import Asked, Json, Refusal, Stand

ACCT, USER, SECRET = "60000000000000", "usher_api", "played-k3-app-secret-0123456789a"
APP_ID = "235991_R3NwR8H56vkWX8SK7Z1oxZxVzi8dQBsI"
SESSION_S = 1200
MOST_ROWS = 2000
_VEIL = b"0054f397c6234378b09ca7d3e5debce7"
_EQUAL = re.compile(r"([A-Za-z_.]+)=(?:'((?:[^']|'')*)'|(\d+))")


class FakeK3Cloud(Stand):
    """`sha1` plays a server before 8.0.0.202205; `webapi_right` is the integration user's right; `meanwhile` is called before a save is
    carried out and `looked` before a view is, with its number since it was set: places for an edit by somebody else."""

    def __init__(self, books: Books | None = None, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(books, clock=clock)
        self.sha1 = False
        self.webapi_right = True
        self.meanwhile: Callable[[], None] | None = None
        self.looked: Callable[[int], None] | None = None
        self._looks = 0
        self.sessions: dict[str, float] = {}
        self.orgs: dict[str, dict[str, int]] = {login: {} for login in self.books.accounts}
        self._entries = 0
        for login, role, org in list(self.books.held):
            self.books.held[login, role, org or "100"] = self.books.held.pop((login, role, org))
            self._entry(login, org or "100")
        stub = "/K3Cloud/Kingdee.BOS.WebApi.ServicesStub."
        self.play(f"{stub}AuthService.LoginBySign.common.kdsvc", "login", self._login)
        self.play(f"{stub}DynamicFormService.ExecuteBillQuery.common.kdsvc", "query", self._guarded(self._query))
        self.play(f"{stub}DynamicFormService.View.common.kdsvc", "view", self._guarded(self._view))
        self.play(f"{stub}DynamicFormService.Save.common.kdsvc", "grant", self._guarded(self._save))

    def expire(self) -> None:
        """Ends all sessions."""
        self.sessions.clear()

    def _entry(self, login: str, org: str) -> int:
        if org not in self.orgs[login]:
            self._entries += 1
            self.orgs[login][org] = self._entries
        return self.orgs[login][org]

    def _login(self, asked: Asked) -> object:
        acct, user, app, stamp, sign, *_ = asked.json().get("parameters", [""] * 5)
        if acct != ACCT:
            return web.Response(text="no such data centre", status=500)
        told = "".join(sorted((str(acct), str(user), str(app), SECRET, str(stamp)))).encode()
        right = (hashlib.sha1(told, usedforsecurity=False) if self.sha1 else hashlib.sha256(told)).hexdigest()
        if sign != right or user != USER or abs(self.now() - int(stamp)) > 900:
            self.calls["bad_auth"] += 1
            return {"LoginResultType": 0, "Message": "sign", "KDSVCSessionId": None}
        session = f"sid-{self.calls['login']}-{len(self.sessions)}"
        self.sessions[session] = self.now() + SESSION_S
        answer = web.json_response({"LoginResultType": 1, "Message": None, "KDSVCSessionId": session})
        answer.set_cookie("kdservice-sessionid", session)
        return answer

    def _guarded(self, perform: Callable[[Json], object]) -> Callable[[Asked], object]:
        def enter(asked: Asked) -> object:
            if not self._known(asked):
                raise Refusal(_nested(1, "session lost") if perform == self._query else _status(1, "session lost"))
            if not self.webapi_right:
                raise Refusal(_nested(0, "no right") if perform == self._query else _status(0, "no right"))
            return perform(asked.json())

        return enter

    def _known(self, asked: Asked) -> bool:
        session = asked.headers.get("kdservice-sessionid")
        if session is not None:
            return self.sessions.get(session, 0) > self.now()
        good = self._signed(asked)
        self.calls["bad_auth"] += 0 if good else 1
        return good

    def _signed(self, asked: Asked) -> bool:
        told = asked.headers
        appdata = base64.b64decode(told.get("x-kd-appdata", "")).decode()
        veiled = base64.b64decode(APP_ID.partition("_")[2])
        client = base64.b64encode(bytes(one ^ veil for one, veil in zip(veiled, _VEIL, strict=False))).decode()
        stamp, nonce = told.get("x-api-timestamp", ""), told.get("x-api-nonce", "")
        message = f"POST\n{quote(asked.target, safe='')}\n\nx-api-nonce:{nonce}\nx-api-timestamp:{stamp}\n"
        right = told.get("x-kd-signature") == _hexed(SECRET, told.get("x-kd-appkey", "") + appdata) and told.get("x-api-signature") == _hexed(client, message)
        return right and appdata.split(",")[:2] == [ACCT, USER] and abs(self.now() - int(stamp or 0)) <= 900

    def _query(self, told: Json) -> list[list[object]]:
        data = told["data"]
        fields = data["FieldKeys"].split(",")
        listed = self._listed(data["FormId"])
        if listed is None:
            raise Refusal(_nested(4, "no such form"))
        if any(field not in listed[1] for field in fields):
            raise Refusal(_nested(9, "no such field"))
        found = [row for row in listed[0] if self._matches(row, data["FilterString"])]
        shown = list(dict.fromkeys(tuple(row[field] for field in fields) for row in found))
        return [list(row) for row in shown[data["StartRow"] : data["StartRow"] + min(data["Limit"], MOST_ROWS)]]

    def _matches(self, row: Json, where: str) -> bool:
        if not where:
            return True
        found = _EQUAL.fullmatch(where)
        if found is None or found[1] not in row:
            raise Refusal(_nested(9, "bad filter"))
        return str(row[found[1]]) == (found[3] or found[2].replace("''", "'"))

    def _listed(self, form: str) -> tuple[list[Json], set[str]] | None:
        if form == "SEC_Role":
            return [{"FNumber": one.code, "FName": one.name} for one in self.books.roles.values()], {"FNumber", "FName"}
        if form != "SEC_User":
            return None
        flat = [
            {
                "FUserID": one.number, "FUserAccount": one.login, "FName": one.name, "FForbidStatus": "A" if one.active else "B",
                "FLicenseGroup": "FIN" if one.licensed else "", "FOrgOrgId.FNumber": org, "FRoleId.FNumber": role,
            }
            for one in self.books.accounts.values()
            for role, org, _ in self.books.of(one.login) or [("", "", Term())]
        ]  # fmt: skip
        return flat, set(flat[0])

    def _view(self, told: Json) -> Json:
        self._looks = self._looks + 1 if self.looked else 0
        if self.looked is not None:
            self.looked(self._looks)
        one = self._account(told)
        entries = self.orgs[one.login].items()
        listed = [
            {"FEntityId": entry, "FOrgOrgId": {"FNumber": org}, "FRoleInfo": [{"FRoleId": {"FNumber": role}} for role in self._roles(one.login, org)]}
            for org, entry in entries
        ]
        document = {"FUserID": one.number, "FUserAccount": one.login, "FOrgInfo": listed}
        return {"Result": {"ResponseStatus": {"IsSuccess": True, "Errors": [], "MsgCode": 0}, "Result": document}}

    def _save(self, told: Json) -> Json:
        if self.meanwhile is not None:
            self.meanwhile()
        data = told["data"]
        one = self._account({"data": {"Id": data["Model"]["FUserID"]}})
        sent = {row["FOrgOrgId"]["FNumber"]: {role["FRoleId"]["FNumber"] for role in row["FRoleInfo"]} for row in data["Model"]["FOrgInfo"]}
        self._check_roles(one.login, {code for held in sent.values() for code in held})
        for org, held in sent.items():
            self._entry(one.login, org)
            for code in sorted(held - set(self._roles(one.login, org))):
                self.books.give(one.login, code, org)
        if data.get("IsDeleteEntry", "true") == "true":
            for code, org, _ in self.books.of(one.login):
                if code not in sent.get(org, set()):
                    self.books.take(one.login, code, org)
        return _status(0, "", fine=True)

    def _check_roles(self, login: str, codes: set[str]) -> None:
        held = {role for role, _, _ in self.books.of(login)}
        for code in codes:
            role = self.books.roles.get(code)
            if role is None or (not role.active and code not in held):
                raise Refusal(_status(11, "role is missing or switched off"))

    def _roles(self, login: str, org: str) -> list[str]:
        return [role for role, where, _ in self.books.of(login) if where == org]

    def _account(self, told: Json) -> Account:
        found = next((one for one in self.books.accounts.values() if str(one.number) == str(told["data"].get("Id"))), None)
        if found is None:
            raise Refusal(_status(8, "no such document"))
        return found


def _status(code: int, message: str, *, fine: bool = False) -> Json:
    errors = [] if fine else [{"FieldName": "", "Message": message, "DIndex": 0}]
    return {"Result": {"ResponseStatus": {"IsSuccess": fine, "ErrorCode": 0 if fine else 500, "Errors": errors, "SuccessEntitys": [], "MsgCode": code}}}


def _nested(code: int, message: str) -> list[list[Json]]:
    return [[_status(code, message)]]


def _hexed(secret: str, told: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), told.encode(), hashlib.sha256).hexdigest().encode()).decode()
