"""To whom things are said: the asker in private, the administrators, the one who reviews."""

from __future__ import annotations

from bot.core.facts import Facts
from bot.core.model import Application, Audience, Person
from bot.core.turn import Address, Here, Message, Press, Private, Turn


def place(turn: Turn, facts: Facts) -> Address:
    """Where the asker's own affairs are told: in the private chat, wherever they asked."""
    said = turn.stimulus
    return Here() if isinstance(said, Message | Press) and said.private else Private(facts.viewer.id)


def mentioned(turn: Turn) -> tuple[str, ...]:
    """The ids of the people whom the message mentions."""
    said = turn.stimulus
    return tuple(f"{said.channel}:{account}" for account in said.mentioned) if isinstance(said, Message) else ()


def is_admin(facts: Facts) -> bool:
    """Whether the viewer administers."""
    return Audience.ADMIN in facts.viewer.audiences


def others(facts: Facts) -> tuple[Person, ...]:
    """The administrators but the viewer."""
    return tuple(one for one in facts.admins if one.id != facts.viewer.id)


def reviewer(application: Application, facts: Facts) -> str:
    """Who reviews: whoever did so before, else the first administrator; never the applicant (segregation of duties). Empty when there is nobody."""
    able = [one.id for one in facts.admins if one.id != application.person]
    return application.holder if application.holder in able else next(iter(able), "")
