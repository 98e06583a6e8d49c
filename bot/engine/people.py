"""Who speaks and with which rights: what is stored, and what the settings name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot.core.facts import Facts
from bot.core.model import Audience, Contact, Person, person_id
from bot.core.turn import Decision, Due, Event, Message, Outcome, Press, Private, Stimulus
from bot.ports import Store

MOST_READERS = 16
"""Readers of one decision whose language is looked up."""
_EVERYBODY = frozenset({Audience.ALL, Audience.EMPLOYEE, Audience.COMPANY})


def concerned(stimulus: Due | Outcome | Event, channel: str) -> str:
    """The id of the person whom something that nobody said concerns, empty when nobody."""
    if isinstance(stimulus, Due):
        return stimulus.person or stimulus.entity
    if isinstance(stimulus, Outcome):
        return stimulus.call.args.get("person", "")
    account = _account(stimulus, channel)
    return f"{channel}:{account}" if account and ":" not in account else account


def lane(stimulus: Stimulus) -> str:
    """What runs one after the other: a conversation; and what falls due for one person or came of calls for them, since each such turn changes what is
    remembered of them, so that side by side they would only keep each other from committing."""
    if isinstance(stimulus, Due | Outcome):
        person = stimulus.person if isinstance(stimulus, Due) else stimulus.call.args.get("person", "")
        return f"for {person}" if person else stimulus.key
    return getattr(stimulus, "conversation", "") or stimulus.key


async def spoken(store: Store, decision: Decision, facts: Facts) -> Mapping[str, str]:
    """The language in which each of the others who are told something last spoke in private; a message to many goes out in the organisation's."""
    told = dict.fromkeys(say.to.person for say in decision.says if isinstance(say.to, Private) and say.to.person != facts.viewer.id)
    known = {one.id for one in (*facts.people, *facts.admins) if one.language}
    asked = [person for person in told if person not in known]
    return {person: (await store.recall_person(person)).private.language for person in asked} if len(asked) <= MOST_READERS else {}


def _account(event: Event, channel: str) -> str:
    """Whose account an event names: the platform's own events by their subject, but approvals, whose subject is an instance, and roles, which are nobody's."""
    if event.source != channel or event.kind.startswith("bpms_"):
        return event.values.get("account", "") or event.values.get("person", "")
    return "" if event.kind.startswith("label_conf") else event.subject


def titled(admins: Iterable[Person], contacts: Iterable[Contact]) -> tuple[Person, ...]:
    """The admins with the names by which the organisation's settings call those who were never stored."""
    names = {contact.person: contact.name for contact in contacts if contact.person}
    return tuple(one if one.name else replace(one, name=names.get(one.id.rpartition(":")[2], "")) for one in admins)


class Rights:
    """Gives a stimulus its viewer. Rights come from the settings and the store by member id, never from a nickname or a flag in a message."""

    def __init__(self, channel: str, admins: Iterable[str], approvers: Iterable[str]) -> None:
        self.channel = channel
        self._admins = tuple(admins)
        self._approvers = frozenset(approvers)

    def viewer(self, stimulus: Stimulus, stored: Person | None) -> Person:
        """The person behind the stimulus, with their rights as of now."""
        if not isinstance(stimulus, Message | Press):
            person = stored or Person(concerned(stimulus, self.channel))
            return replace(person, audiences=person.audiences | self._named(person.id.rpartition(":")[2]))
        sender = stimulus.sender
        person = stored or Person(person_id(stimulus.channel, sender), sender.nick, accounts=((stimulus.channel, sender.who),))
        if not sender.inside:
            return replace(person, audiences=frozenset({Audience.ALL}), inside=False)
        return replace(person, name=person.name or sender.nick, audiences=person.audiences | self._named(sender.account))

    def admins(self, stored: Iterable[Person]) -> tuple[Person, ...]:
        """All admins: those stored, then those the settings name."""
        found = {person.id: person for person in stored}
        for account in self._admins:
            identity = f"{self.channel}:{account}"
            found.setdefault(identity, Person(identity, "", _EVERYBODY | {Audience.ADMIN}, accounts=((self.channel, account),)))
        return tuple(found.values())

    @property
    def first_admin(self) -> str:
        """The id of the first admin in the settings, empty when there is none."""
        return f"{self.channel}:{self._admins[0]}" if self._admins else ""

    @property
    def named(self) -> tuple[str, ...]:
        """The ids of everybody to whom the settings give rights."""
        return tuple(f"{self.channel}:{account}" for account in (*self._admins, *sorted(self._approvers)))

    def _named(self, account: str) -> frozenset[Audience]:
        if not account:
            return frozenset()
        rights = {Audience.ADMIN} if account in self._admins else set()
        return frozenset(rights | ({Audience.APPROVER} if account in self._approvers else set()))
