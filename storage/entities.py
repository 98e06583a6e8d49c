"""Where each entity is kept: one row of `KEPT` a type, and the one way to put a new state of any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Update, bindparam, delete, literal_column, update
from sqlalchemy.dialects.postgresql import Insert, insert

from bot.core.model import Audience, Conversation, Entity, Entry, OrgValue, Person, Wish
from bot.ports import Stale
from storage import audit, items
from storage.sql import NowMs, Tx
from storage.tables import table

CONVERSATION = TypeAdapter(Conversation)
ACCOUNT = table("account")

_FORGET_ACCOUNTS = delete(ACCOUNT).where(ACCOUNT.c.person == bindparam("whose"))
_ADD_ACCOUNT = insert(ACCOUNT).values({name: bindparam(name) for name in ACCOUNT.c.keys()}).on_conflict_do_nothing()  # noqa: SIM118 # columns, not a dict


@dataclass(frozen=True, slots=True)
class Kept:
    """How one type of entity is kept: `to_row` gives its columns but `version`; `after` writes what belongs to it in other tables."""

    keys: tuple[str, ...]
    insert: Insert
    update: Update
    to_row: Callable[[Tx, Any], dict[str, Any]]
    after: Callable[[Tx, Any], None] | None = None


def plain(_: Tx, entity: Any) -> dict[str, Any]:
    """The row of an entity whose fields are its columns."""
    return {item.name: getattr(entity, item.name) for item in fields(entity)}


def keep(name: str, to_row: Callable[[Tx, Any], dict[str, Any]] = plain, after: Callable[[Tx, Any], None] | None = None) -> Kept:
    """The statements of an entity kept in the table `name`: inserted when it was never stored, else changed if its version is the one that was read."""
    rows = table(name)
    keys = tuple(column.name for column in rows.primary_key)
    clock: dict[str, Any] = {"touched": NowMs()} if "touched" in rows.c else {}
    values: dict[str, Any] = {column.name: bindparam(column.name) for column in rows.c if column.name not in clock}
    changed = {column: value for column, value in values.items() if column not in keys and column != "version"}
    return Kept(
        keys=keys,
        insert=insert(rows).values({**values, **clock, "version": literal_column("1")}).on_conflict_do_nothing(),
        update=update(rows)
        .where(*(rows.c[key] == bindparam(f"{key}_key") for key in keys), rows.c.version == bindparam("version_read"))
        .values({**changed, **clock, "version": rows.c.version + literal_column("1")}),
        to_row=to_row,
        after=after,
    )


def _conversation(tx: Tx, entity: Conversation) -> dict[str, Any]:
    return {"id": entity.id, "person": entity.person, "state": tx.sealer.seal(CONVERSATION.dump_json(entity), "conversation")}


def _person(_: Tx, entity: Person) -> dict[str, Any]:
    return {
        "id": entity.id,
        "name": entity.name,
        "audiences": " ".join(sorted(entity.audiences)),
        "admin": Audience.ADMIN in entity.audiences,
        "inside": entity.inside,
        "language": entity.language,
    }


def _accounts(tx: Tx, entity: Person) -> None:
    tx.run(_FORGET_ACCOUNTS, {"whose": entity.id})
    for place, (channel, account) in enumerate(entity.accounts):
        if not tx.run(_ADD_ACCOUNT, {"channel": channel, "account": account, "person": entity.id, "place": place}).rowcount:
            raise Stale("an account of this person belongs to another person by now")


KEPT: Mapping[type[Any], Kept] = {
    Person: keep("person", _person, _accounts),
    Conversation: keep("conversation", _conversation),
    OrgValue: keep("org_value"),
    Wish: keep("wish"),
}


def put(tx: Tx, entity: Entity) -> None:
    """Stores the new state under `entity.version + 1`. Raises Stale when the stored version is not `entity.version`."""
    if isinstance(entity, Entry):
        audit.add(tx, entity)
        return
    kept = KEPT.get(type(entity))
    if kept is None:
        items.put(tx, entity)  # type: ignore[arg-type] # every other entity is an item
        return
    row = kept.to_row(tx, entity)
    if entity.version:
        row |= {f"{key}_key": row[key] for key in kept.keys}
        done = tx.run(kept.update, row | {"version_read": entity.version})
    else:
        done = tx.run(kept.insert, row)
    if not done.rowcount:
        raise Stale(f"somebody else changed the {type(entity).__name__.lower()} first")
    if kept.after:
        kept.after(tx, entity)
