"""What happens in the organisation: members join, change and leave, roles are given, approvals are decided. Each is pushed as its event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from bot.fake_dingtalk.approval import Instance
from bot.fake_dingtalk.model import Delivery, Json, Member
from bot.fake_dingtalk.speaking import Speaking
from bot.fake_dingtalk.state import State
from bot.fake_dingtalk.workflow import begin

_SHOWN = {"name": "name", "title": "title", "email": "email", "manager": "managerUserid"}
"""Fields of a member that user_modify_org tells, by their names there."""


class Happening:
    """Changes the world and waits until the bot has acknowledged what it was told."""

    def __init__(self, state: State, speaking: Speaking) -> None:
        self._state = state
        self._speaking = speaking

    async def join(self, *members: Member) -> Delivery:
        """People are admitted: one event names all of them."""
        for member in members:
            self._state.world.members[member.user_id] = replace(member, inside=True)
        return await self._people("user_add_org", *(member.user_id for member in members))

    async def activate(self, user: str) -> Delivery:
        """A member signs in for the first time."""
        self._put(user, active=True)
        return await self._event("user_active_org", {"userId": [user]})

    async def change(self, user: str, **values: Any) -> Delivery:
        """Fields of a member change; those of the organisation are told. Raises TypeError for a field that is none."""
        before = self._state.world.member(user)
        after = self._put(user, **values)
        sides = [{name: getattr(member, ours) for ours, name in _SHOWN.items() if ours in values} for member in (before, after)]
        diff = {"prev": sides[0], "curr": sides[1], "userid": user}
        return await self._event("user_modify_org", {"timeStamp": self._ms(), "diffInfo": diff, "userId": [user]})

    async def leave(self, *users: str) -> Delivery:
        """Members leave the organisation."""
        for user in users:
            self._put(user, inside=False)
        return await self._people("user_leave_org", *users)

    async def appoint(self, user: str, level: int) -> Delivery:
        """Somebody becomes an administrator (1 main, 2 sub) or is none any more (0)."""
        self._put(user, admin=level)
        return await self._people("org_admin_add" if level else "org_admin_remove", user)

    async def give_role(self, user: str, role: str, given: bool = True) -> Delivery:
        """A role is given or taken."""
        roles = [one for one in self._state.world.member(user).roles if one != role]
        self._put(user, roles=(*roles, role) if given else tuple(roles))
        return await self._event("label_user_change", {"userIdList": [user], "action": "add" if given else "remove", "labelIdList": [1881000]})

    async def file(self, user: str, process: str, form: Json | None = None, steps: Sequence[tuple[str, tuple[str, ...]]] = ()) -> Instance:
        """A member files an approval in DingTalk itself; `steps` (how, who) stand for the form's own approvers. Raises LookupError for a form that is none."""
        template = self._state.world.processes.get(process)
        if template is None:
            raise LookupError(f"no form {process!r}; there are {', '.join(self._state.world.processes)}")
        nodes = list(steps) or [("NONE", (one,)) for one in template.approvers]
        rows = [(str(name), str(value)) for name, value in (form or {}).items()]
        return begin(self._state, template, self._state.world.member(user), rows, nodes)

    async def decide(self, user: str, instance: str, agree: bool, remark: str = "") -> Instance:
        """A member decides their task of an approval; the events follow. Raises LookupError."""
        found = self._approval(instance)
        self._state.emit_all(found.decide(user, agree, remark, int(self._ms()), self._state.next_task(20)))
        return found

    async def terminate(self, instance: str) -> Instance:
        """The originator takes an approval back."""
        found = self._approval(instance)
        self._state.emit_all(found.terminate(int(self._ms())))
        return found

    def _approval(self, instance: str) -> Instance:
        found = self._state.approvals.get(instance)
        if found is None or found.status != "RUNNING":
            raise LookupError(f"no running approval {instance!r}; there are {[one.id for one in self._state.approvals.values() if one.status == 'RUNNING']}")
        return found

    def _put(self, user: str, **values: Any) -> Member:
        known = {field.name for field in fields(Member)} - {"user_id"}
        if not set(values) <= known:
            raise TypeError(f"a member has {', '.join(sorted(known))}")
        member = replace(self._state.world.member(user), **values)
        self._state.world.members[user] = member
        return member

    async def _people(self, kind: str, *users: str) -> Delivery:
        return await self._event(kind, {"timeStamp": self._ms(), "userId": list(users)})

    async def _event(self, kind: str, data: Json) -> Delivery:
        return await self._speaking.event(kind, data, "")

    def _ms(self) -> str:
        return str(int(self._state.now() * 1000))
