"""The address book of DingTalk as a connector: who has a number, who somebody is, who administers (dingtalk.md 5.1). Its calls cost no quota."""

from __future__ import annotations

import re

from bot.connectors.dingtalk import Told, as_object, as_rows, as_text, bucket, perform, said_yes, wanted
from bot.core.turn import Call
from bot.dingtalk_api.faults import DingTalkFault
from bot.dingtalk_api.openapi import OpenApi
from bot.ports import ConnectorRefused

NOBODY = frozenset({"60121", "33012", "40035"})
_BAD_MOBILE = "40104"
_SEPARATORS = re.compile(r"[\s()\-\u2010-\u2015]")
_NUMBER = re.compile(r"\+?[0-9]{5,20}")
_MOST = 200
_TOP = 1
_MOST_NUMBERS = 50


class Contacts:
    """ports.Connector `contacts`. Nothing here tells a number: what is asked by number is answered by member id.

    - `by_mobile {mobile}`: `{found, user}`; not found means that nobody with this number has joined (60121) or that it is no number (`why: mobile`).
    - `by_mobiles {mobiles}`: `{rows: [...]}`, such an answer for each of at most 50 numbers, blanks between them.
    - `user {user}`: `{found, user, name, title, number, manager, departments, roles, active, authed, admin}`.
    - `admins {}`: `{admins: [{user, main}]}`.
    - `departments {parent?}`: `{departments: [{id, name}]}`, one level.
    """

    name = "contacts"

    def __init__(self, api: OpenApi) -> None:
        self._api = api
        self._bucket = bucket()
        self._operations = {
            "by_mobile": self._by_mobile,
            "by_mobiles": self._by_mobiles,
            "user": self._user,
            "admins": self._admins,
            "departments": self._departments,
        }

    async def perform(self, call: Call) -> str:
        """One look-up; compact JSON. Raises ConnectorTransient or ConnectorRefused."""
        return await perform(self._operations, call)

    async def _by_mobile(self, call: Call) -> Told:
        return await self._whose(wanted(call, "mobile"))

    async def _by_mobiles(self, call: Call) -> Told:
        return {"rows": [await self._whose(mobile) for mobile in wanted(call, "mobiles").split()[:_MOST_NUMBERS]]}

    async def _whose(self, told: str) -> Told:
        mobile = _SEPARATORS.sub("", told).removeprefix("+86")
        if not _NUMBER.fullmatch(mobile):
            return {"found": False, "why": "mobile"}
        try:
            found = as_object(await self._ask("/topapi/v2/user/getbymobile", mobile=mobile))
        except DingTalkFault as fault:
            if fault.code == _BAD_MOBILE:
                return {"found": False, "why": "mobile"}
            return _nobody(fault)
        user = as_text(found.get("userid"))
        return {"found": bool(user), "user": user}

    async def _user(self, call: Call) -> Told:
        try:
            row = as_object(await self._ask("/topapi/v2/user/get", userid=wanted(call, "user")))
        except DingTalkFault as fault:
            return _nobody(fault)
        departments = row.get("dept_id_list")
        return {
            "found": True,
            "user": as_text(row.get("userid")),
            "name": as_text(row.get("name")),
            "title": as_text(row.get("title")),
            "number": as_text(row.get("job_number")),
            "manager": as_text(row.get("manager_userid")),
            "departments": [as_text(one) for one in departments[:_MOST]] if isinstance(departments, list) else [],
            "roles": [as_text(role.get("name")) for role in as_rows(row.get("role_list"))[:_MOST]],
            "active": said_yes(row.get("active")),
            "authed": said_yes(row.get("real_authed")),
            "admin": said_yes(row.get("admin")) or said_yes(row.get("boss")),
        }

    async def _admins(self, _call: Call) -> Told:
        rows = as_rows(await self._ask("/topapi/user/listadmin"))
        return {"admins": [{"user": as_text(row.get("userid")), "main": as_text(row.get("sys_level")) == "1"} for row in rows[:_MOST]]}

    async def _departments(self, call: Call) -> Told:
        parent = call.args.get("parent") or str(_TOP)
        if not parent.isascii() or not parent.isdigit():
            raise ConnectorRefused("contacts.departments: parent is a number")
        rows = as_rows(await self._ask("/topapi/v2/department/listsub", dept_id=int(parent)))
        return {"departments": [{"id": as_text(row.get("dept_id")), "name": as_text(row.get("name"))} for row in rows[:_MOST]]}

    async def _ask(self, path: str, **body: object) -> object:
        async with self._bucket:
            return (await self._api.topapi(path, body, free=True)).get("result")


def _nobody(fault: DingTalkFault) -> Told:
    """The answer for somebody who is not there, or not within what the app may see. Raises every other fault."""
    if fault.code in NOBODY:
        return {"found": False}
    raise fault
