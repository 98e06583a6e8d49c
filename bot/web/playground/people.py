"""The cast and the rooms: who can be played, and where they talk."""

from __future__ import annotations

from dataclasses import dataclass

from bot.fake_dingtalk import Group, Member, Template, World
from bot.web.playground.words import Words

GROUP = "cidPlayground=="
"""The group's conversation id in the stand-in."""


@dataclass(frozen=True, slots=True)
class Face:
    """Somebody as the page shows them."""

    id: str
    name: str
    short: str
    title: str
    role: str


class Cast:
    """The people of the play; their ids are member ids of the stand-in."""

    def __init__(self, words: Words) -> None:
        self.actors = words.cast
        members = [
            Member(actor.id, actor.name, actor.mobile, admin=actor.admin, inside=actor.inside, title=actor.title, manager=actor.manager) for actor in words.cast
        ]
        self.form = Template("PROC-DEMO-EXPENSE", (), words.oa_approvers, words.oa_title)
        self.world = World(members, [Group(GROUP, words.group, [actor.id for actor in words.cast])], [self.form])
        self._roles = {actor.id: actor.role for actor in words.cast}
        self._ids = {name: member.user_id for member in members for name in (member.user_id, member.dingtalk_id, member.union)}

    def faces(self, words: Words) -> dict[str, Face]:
        """Everybody by id, named as these words name them."""
        return {actor.id: Face(actor.id, actor.name, actor.short, actor.title, self._roles[actor.id]) for actor in words.cast}

    def with_role(self, role: str) -> list[str]:
        """The ids of everybody who plays the role."""
        return [person for person, played in self._roles.items() if played == role]

    def known(self, person: str) -> str:
        """The member id behind a person's id or opaque account of the bot (`channel:account`), empty for a stranger."""
        return self._ids.get(person) or self._ids.get(person.partition(":")[2], "")

    def place(self, person: str, kind: str) -> str:
        """The conversation id of the group, or of the person's private chat."""
        return GROUP if kind == "group" else self.world.private(person)

    def names(self) -> tuple[str, ...]:
        """The names that a mention can show."""
        return tuple(actor.name for actor in self.actors)
