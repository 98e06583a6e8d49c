"""What is read before a decision: the speaker, their conversation, and what a skill needs besides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ScalarSelect, Select, String, and_, bindparam, cast, func, literal_column, select

from bot.core.facts import Ask, Need, Tally
from bot.core.model import Audience, Conversation, Delivery, Entry, Item, OrgValue, Person, Wish, person_id
from bot.core.turn import PRIVATE, Heard
from bot.ports import Gathered, Recall
from storage import audit, items, outbox
from storage.entities import CONVERSATION
from storage.sql import UNIT, Tx
from storage.tables import table

MOST_WISHES = 200
"""The newest ones; an admin who has more to read opens the console."""

PERSON, ACCOUNT, CONVERSATIONS, WISH, ORG_VALUE = table("person"), table("account"), table("conversation"), table("wish"), table("org_value")
RECORD = "\x1e"
_UNIT, _RECORD = literal_column(f"'{UNIT}'", String), literal_column(f"'{RECORD}'", String)

_PLACED = cast(ACCOUNT.c.place, String) + _UNIT + ACCOUNT.c.channel + _UNIT + ACCOUNT.c.account
_ACCOUNTS = (
    select(func.aggregate_strings(_PLACED, _RECORD))  # type: ignore[arg-type] # a str here would become a parameter made at execution
    .where(ACCOUNT.c.person == PERSON.c.id)
    .correlate(PERSON)
    .scalar_subquery()
)
_COLUMNS = (PERSON.c.id, PERSON.c.name, PERSON.c.audiences, PERSON.c.inside, PERSON.c.language, _ACCOUNTS, PERSON.c.version)
_HERE, _PRIVATE = CONVERSATIONS.alias("here"), CONVERSATIONS.alias("private")


def _recall(speaker: ScalarSelect[Any]) -> Select[Any]:
    """The person that `speaker` finds, if any, and what is remembered of them at `place` and in private."""
    who = select(speaker.label("person")).subquery("who")
    whose = func.coalesce(who.c.person, bindparam("stranger"))
    return (
        select(_HERE.c.state, _HERE.c.version, _PRIVATE.c.state, _PRIVATE.c.version, *_COLUMNS)
        .select_from(who)
        .outerjoin(PERSON, PERSON.c.id == who.c.person)
        .outerjoin(_HERE, and_(_HERE.c.id == bindparam("place"), _HERE.c.person == whose))
        .outerjoin(_PRIVATE, and_(_PRIVATE.c.id == bindparam("private"), _PRIVATE.c.person == whose))
    )


_BY_ACCOUNT = _recall(select(ACCOUNT.c.person).where(ACCOUNT.c.channel == bindparam("channel"), ACCOUNT.c.account == bindparam("account")).scalar_subquery())
_BY_ID = _recall(select(PERSON.c.id).where(PERSON.c.id == bindparam("stranger")).scalar_subquery())
_ADMINS = select(*_COLUMNS).where(literal_column("admin")).order_by(PERSON.c.id)
_OF_ACCOUNT = (
    select(*_COLUMNS).join(ACCOUNT, ACCOUNT.c.person == PERSON.c.id).where(ACCOUNT.c.channel == bindparam("channel"), ACCOUNT.c.account == bindparam("account"))
)
_NAMED = select(*_COLUMNS).where(PERSON.c.name == bindparam("name")).order_by(PERSON.c.id).limit(bindparam("most"))
_WITH_IDS: dict[int, Select[Any]] = {}
_WISHES = select(WISH).order_by(WISH.c.at.desc()).limit(MOST_WISHES)
_ORG_VALUES = select(ORG_VALUE).order_by(ORG_VALUE.c.name)


def _person(row: Sequence[Any]) -> Person:
    ident, name, audiences, inside, language, accounts, version = row
    placed = sorted((int(place), channel, account) for place, channel, account in (item.split(UNIT) for item in (accounts or "").split(RECORD) if item))
    return Person(
        id=ident,
        name=name,
        audiences=frozenset(map(Audience, audiences.split())),
        inside=bool(inside),
        language=language,
        accounts=tuple((channel, account) for _, channel, account in placed),
        version=version,
    )


def _conversation(tx: Tx, place: str, person: str, state: bytes | None, version: int) -> Conversation:
    if state is None:
        return Conversation(place, person)
    return replace(CONVERSATION.validate_json(tx.sealer.open(bytes(state), "conversation")), version=version)


def _recalled(tx: Tx, row: Sequence[Any], place: str, stranger: str) -> Recall:
    state, version, private_state, private_version, *columns = row
    person = _person(columns) if columns[0] is not None else None
    whose = person.id if person else stranger
    private = _conversation(tx, PRIVATE, whose, private_state, private_version)
    return Recall(person, private if place == PRIVATE else _conversation(tx, place, whose, state, version), private)


def recall(tx: Tx, stimulus: Heard) -> Recall:
    """The speaker, None when never stored, and their conversations, of version 0 when never stored."""
    sender, place, stranger = stimulus.sender, stimulus.place, person_id(stimulus.channel, stimulus.sender)
    values = {"channel": stimulus.channel, "account": sender.who, "place": place, "private": PRIVATE, "stranger": stranger}
    return _recalled(tx, tx.run(_BY_ACCOUNT, values).fetchone(), place, stranger)


def recall_person(tx: Tx, person: str) -> Recall:
    """The same by the person's id; both conversations are the private one."""
    return _recalled(tx, tx.run(_BY_ID, {"place": PRIVATE, "private": PRIVATE, "stranger": person}).fetchone(), PRIVATE, person)


def _people(tx: Tx, ask: Ask) -> Sequence[Person]:
    """The people an Ask finds by exact name or by account."""
    name, _, value = ask.tag.partition("=")
    if name == "account":
        channel, _, account = value.partition(":")
        rows = tx.run(_OF_ACCOUNT, {"channel": channel, "account": account}).fetchall()
    else:
        rows = tx.run(_NAMED, {"name": value, "most": ask.most}).fetchall()
    return [_person(row) for row in rows]


def _with_ids(tx: Tx, ids: Sequence[str]) -> list[Person]:
    """The people of these ids, in this order, however many in one statement."""
    if len(ids) not in _WITH_IDS:
        _WITH_IDS[len(ids)] = select(*_COLUMNS).where(PERSON.c.id.in_([bindparam(f"id{number}") for number in range(len(ids))]))
    rows = tx.run(_WITH_IDS[len(ids)], {f"id{number}": ident for number, ident in enumerate(ids)}).fetchall()
    found = {person.id: person for person in map(_person, rows)}
    return [found[ident] for ident in ids if ident in found]


def answers(tx: Tx, asks: Sequence[Ask | Tally]) -> Gathered:
    """What the questions of a skill find."""
    tallies: dict[tuple[type[Item], str], int] = {}
    wanted: list[Ask] = []
    people: list[Person] = []
    ids: list[str] = []
    entries: list[Entry] = []
    wishes: list[Wish] = []
    ends: list[Delivery] = []
    for ask in asks:
        if isinstance(ask, Tally):
            tallies |= items.tally(tx, ask)
        elif ask.kind is Person and ask.tag:
            people += _people(tx, ask)
        elif ask.kind is Person:
            ids.append(ask.id)
        elif ask.kind is Entry:
            entries += audit.entries(tx, ask.tag, ask.most)
        elif ask.kind is Wish:
            wishes += [Wish(**row) for row in tx.core.execute(_WISHES.where(WISH.c.person == ask.person).limit(ask.most)).mappings()]
        elif ask.kind is Delivery:
            ends.append(outbox.ended(tx, ask.id, ask.most))
        else:
            wanted.append(ask)
    people += _with_ids(tx, tuple(dict.fromkeys(ids))) if ids else ()
    found = tuple(items.found(tx, wanted)) if wanted else ()
    return Gathered(items=(*found, *ends), people=tuple(people), entries=tuple(entries), wishes=tuple(wishes), tallies=tallies)


def gather(tx: Tx, viewer: Person, needs: frozenset[Need]) -> Gathered:
    """What the needs name; wishes only for an admin, who is their owner."""
    wishes = Need.WISHES in needs and Audience.ADMIN in viewer.audiences
    return Gathered(
        wishes=tuple(Wish(**row) for row in tx.core.execute(_WISHES).mappings()) if wishes else (),
        org_values=tuple(OrgValue(**row) for row in tx.core.execute(_ORG_VALUES).mappings()) if Need.ORGANISATION in needs else (),
        admins=tuple(_person(row) for row in tx.run(_ADMINS, {}).fetchall()) if Need.ADMINS in needs else (),
    )
