"""Who is there: members, groups and private chats of the played organisation."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bot.fake_dingtalk.approval import Template
from bot.fake_dingtalk.model import Group, Json, Member

_PRIVATE = "cidPrivate"


class World:
    """The organisation; ids are case-sensitive. May be changed while the server runs."""

    def __init__(self, members: Iterable[Member] = (), groups: Iterable[Group] = (), processes: Iterable[Template] = ()) -> None:
        self.members = {member.user_id: member for member in members}
        self.groups = {group.conversation_id: group for group in groups}
        self.processes = {process.code: process for process in processes}

    @classmethod
    def read(cls, path: Path) -> World:
        """A world from a TOML file with `[[members]]`, `[[groups]]` and `[[processes]]`. Raises ValueError for unknown keys."""
        world = cls()
        world.add(tomllib.loads(path.read_text(encoding="utf-8")))
        return world

    @classmethod
    def sample(cls) -> World:
        """The small organisation shipped with the stand-in."""
        return cls.read(Path(__file__).with_name("world.toml"))

    def add(self, spec: Json) -> None:
        """Adds or replaces members, groups and approval forms given as plain data."""
        members = [_build(Member, row) for row in spec.get("members", ())]
        groups = [_build(Group, row) for row in spec.get("groups", ())]
        processes = [_build(Template, row) for row in spec.get("processes", ())]
        self.members.update({member.user_id: member for member in members})
        self.groups.update({group.conversation_id: group for group in groups})
        self.processes.update({process.code: process for process in processes})

    def member(self, user_id: str) -> Member:
        """The member; raises LookupError naming who is there."""
        if user_id not in self.members:
            raise LookupError(f"no member {user_id!r}; there are {', '.join(self.members)}")
        return self.members[user_id]

    def group(self, conversation: str) -> Group:
        """The group; raises LookupError naming those that exist."""
        if conversation not in self.groups:
            raise LookupError(f"no group {conversation!r}; there are {', '.join(self.groups)}")
        return self.groups[conversation]

    def people(self, group: Group) -> list[Member]:
        """Who is in the group; a group that names nobody has everybody."""
        return [self.members[user] for user in group.members if user in self.members] if group.members else list(self.members.values())

    def private(self, user_id: str) -> str:
        """The id of a person's one-to-one chat with the robot."""
        return f"{_PRIVATE}{user_id}=="

    def partner(self, conversation: str) -> str:
        """The userId behind a one-to-one conversation id, or an empty string."""
        return conversation.removeprefix(_PRIVATE).removesuffix("==") if conversation.startswith(_PRIVATE) else ""

    def visible(self, user_id: str) -> Member | None:
        """The member as the app may see it: inside the organisation and in its contact range."""
        member = self.members.get(user_id)
        return member if member and member.inside and member.in_range else None

    def by_mobile(self, mobile: str) -> Member | None:
        """The visible member with this number."""
        return next((member for member in self._all_visible() if member.mobile == mobile), None)

    def by_union(self, union_id: str) -> Member | None:
        """The visible member with this unionId."""
        return next((member for member in self._all_visible() if member.union == union_id), None)

    def _all_visible(self) -> list[Member]:
        return [member for member in self.members.values() if member.inside and member.in_range]


def _build(kind: type[Any], row: Json) -> Any:
    """The row as a dataclass; raises ValueError for nonsense."""
    fields = {field.name for field in dataclasses.fields(kind)}
    if not isinstance(row, dict) or not set(row) <= fields:
        raise ValueError(f"{kind.__name__}: {row!r} is not made of {', '.join(sorted(fields))}")
    values = {name: tuple(value) if isinstance(value, list) and name != "members" else value for name, value in row.items()}
    try:
        return kind(**values)
    except TypeError as fault:
        raise ValueError(f"{kind.__name__}: {fault}") from fault
