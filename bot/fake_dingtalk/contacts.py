"""The endpoints of the address book; exempt from the monthly quota, and blind outside the app's contact range."""

from __future__ import annotations

import re

from bot.fake_dingtalk.call import Asked, Call
from bot.fake_dingtalk.errors import Family, Refusal
from bot.fake_dingtalk.model import Json, Member
from bot.fake_dingtalk.state import State

_MOBILE = re.compile(r"\+?[0-9-]{5,20}")


def user(state: State, asked: Asked) -> Json:
    """POST topapi/v2/user/get. Mobile and e-mail only with their own grants."""
    member = state.world.visible(_word(asked, "userid", 33012))
    if member is None:
        raise Refusal(60121, "user not found")
    return _result(state, _record(state, member))


def by_mobile(state: State, asked: Asked) -> Json:
    """POST topapi/v2/user/getbymobile; 60121 means that nobody in the organisation has this number."""
    mobile = _word(asked, "mobile", 40104)
    if not _MOBILE.fullmatch(mobile):
        raise Refusal(40104, "invalid mobile")
    member = state.world.by_mobile(mobile)
    if member is None:
        raise Refusal(60121, "user not found")
    return _result(state, {"userid": member.user_id, "exclusive_account_userid_list": []})


def by_union(state: State, asked: Asked) -> Json:
    """POST topapi/user/getbyunionid."""
    member = state.world.by_union(_word(asked, "unionid", 40035))
    if member is None:
        raise Refusal(60121, "user not found")
    return _result(state, {"userid": member.user_id, "contact_type": 0})


def admins(state: State, _asked: Asked) -> Json:
    """POST topapi/user/listadmin: sys_level 1 main, 2 sub."""
    rows = [{"userid": member.user_id, "sys_level": int(member.admin)} for member in state.world.members.values() if member.admin and member.inside]
    return _result(state, rows)


def department(state: State, asked: Asked) -> Json:
    """POST topapi/user/listsimple: the members of a department, paged by cursor."""
    number, cursor, size = (asked.body.get(name) for name in ("dept_id", "cursor", "size"))
    if type(number) is not int or type(cursor) is not int or type(size) is not int or cursor < 0 or not 0 < size <= 100:
        raise Refusal(400002, "dept_id, cursor and size (1 to 100) are wanted")
    inside = [member for member in state.world.members.values() if state.world.visible(member.user_id) and number in member.departments]
    if not inside:
        raise Refusal(60003, "department not found")
    more = len(inside) > cursor + size
    rows = [{"userid": member.user_id, "name": member.name} for member in inside[cursor : cursor + size]]
    return _result(state, {"has_more": more, "list": rows} | ({"next_cursor": cursor + size} if more else {}))


def departments(state: State, asked: Asked) -> Json:
    """POST topapi/v2/department/listsub: one level below; here all departments lie below the first."""
    parent = asked.body.get("dept_id", 1)
    numbers = {number for member in state.world.members.values() for number in member.departments}
    if type(parent) is not int or parent not in numbers | {1}:
        raise Refusal(60003, "department not found")
    rows = sorted(numbers - {1}) if parent == 1 else []
    return _result(state, [{"dept_id": number, "name": f"D{number}", "parent_id": 1} for number in rows])


def search(state: State, asked: Asked) -> Json:
    """POST /v1.0/contact/users/search by name."""
    word, offset, size = asked.body.get("queryWord"), asked.body.get("offset", 0), asked.body.get("size", 10)
    if not isinstance(word, str) or not word or type(offset) is not int or type(size) is not int or offset < 0 or not 0 < size <= 100:
        raise Refusal("invalidParameter.param", "queryWord, offset and size are wanted")
    found = [m.user_id for m in state.world.members.values() if state.world.visible(m.user_id) and word in m.name]
    return {"list": found[offset : offset + size], "hasMore": len(found) > offset + size, "totalCount": len(found)}


def invites(state: State, _asked: Asked) -> Json:
    """GET /v1.0/contact/invites/infos: the invite link and its switches."""
    switches = dict.fromkeys(("inviteSwitch", "searchNameInvite", "orgApplyCodeInvite", "linkInvite", "empApplyJoinDept"), True)
    return {**switches, "inviteUrl": f"{state.base_url}/invite/{state.app.corp_id}", "auditType": 1}


def _word(asked: Asked, name: str, code: int) -> str:
    value = asked.body.get(name)
    if not isinstance(value, str) or not value:
        raise Refusal(code, f"{name} is missing or wrong")
    return value


def _result(state: State, result: object) -> Json:
    return {"errcode": 0, "errmsg": "ok", "request_id": state.ids.word(12).lower(), "result": result}


def _record(state: State, member: Member) -> Json:
    granted = state.scopes
    mobile = {"mobile": member.mobile, "state_code": "86"} if member.mobile and (granted is None or "fieldMobile" in granted) else {}
    email = {"email": member.email} if member.email and (granted is None or "fieldEmail" in granted) else {}
    manager = {"manager_userid": member.manager} if member.manager else {}
    known: Json = {
        "userid": member.user_id,
        "unionid": member.union,
        "name": member.name,
        "avatar": "",
        "hide_mobile": False,
        "title": member.title,
        "dept_id_list": list(member.departments),
        "dept_order_list": [{"dept_id": number, "order": 176000000512} for number in member.departments],
        "leader_in_dept": [{"dept_id": number, "leader": False} for number in member.departments],
        "role_list": [{"id": 1881000 + number, "name": name, "group_name": "default"} for number, name in enumerate(member.roles)],
        "active": member.active,
        "real_authed": member.active,
        "senior": False,
        "admin": bool(member.admin),
        "boss": False,
        "exclusive_account": False,
    }
    return {**known, **mobile, **email, **manager}


_READ = "qyapi_get_member"
CALLS = (
    Call("contact.user", "POST", "/topapi/v2/user/get", Family.OLD, user, _READ, counted=False),
    Call("contact.mobile", "POST", "/topapi/v2/user/getbymobile", Family.OLD, by_mobile, "qyapi_get_member_by_mobile", counted=False),
    Call("contact.union", "POST", "/topapi/user/getbyunionid", Family.OLD, by_union, _READ, counted=False),
    Call("contact.admins", "POST", "/topapi/user/listadmin", Family.OLD, admins, _READ, counted=False),
    Call("contact.department", "POST", "/topapi/user/listsimple", Family.OLD, department, "qyapi_get_department_member", counted=False),
    Call("contact.departments", "POST", "/topapi/v2/department/listsub", Family.OLD, departments, "qyapi_get_department_list", counted=False),
    Call("contact.search", "POST", "/v1.0/contact/users/search", Family.NEW, search, _READ, counted=False),
    Call("contact.invites", "GET", "/v1.0/contact/invites/infos", Family.NEW, invites, "Contact.Common.Read", counted=False),
)
