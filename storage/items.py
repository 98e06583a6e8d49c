"""Items: everything with a life, kept as one sealed record each, found by its index, and asked about when it falls due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, bindparam, case, delete, func, literal_column, null, select, union_all, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql import ClauseElement

from bot.core.facts import Ask, Tally
from bot.core.model import ITEMS, Item, kind_of
from bot.core.turn import About, Due
from bot.ports import Stale
from storage.sql import NowMs, Tx, from_ms, to_ms, to_ms_after
from storage.tables import DUE_ITEM, HELD_ITEM, VAIN_CLAIMS, table

ITEM, TAG = table("item"), table("item_tag")
LEASE_MS, DAY_MS = 60_000, 86_400_000
MOST_CLAIMS = VAIN_CLAIMS
"""After so many questions that led to no turn, each after twice the wait of the one before, a due item is asked about once a day only, and operators
are told: nothing due is ever given up."""
HIDDEN = "!"
"""A tag that begins with it is kept as a keyed hash."""

_COLUMNS = ("kind", "id", "person", "holder", "state", "at", "due_at", "body")
_HERE = (ITEM.c.kind == bindparam("kind_key"), ITEM.c.id == bindparam("id_key"))
_ZERO: ColumnElement[int] = literal_column("0")
_LEASE = case(
    (ITEM.c.claims < literal_column(str(MOST_CLAIMS - 1)), literal_column(str(LEASE_MS)).bitwise_lshift(ITEM.c.claims)), else_=literal_column(str(DAY_MS))
)
_INSERT = (
    insert(ITEM)
    .values(
        {name: bindparam(name) for name in _COLUMNS} | {"version": literal_column("1"), "touched": NowMs(), "lease_until": _ZERO, "claims": _ZERO},
    )
    .on_conflict_do_nothing()
)
_UPDATE = (
    update(ITEM)
    .where(*_HERE, ITEM.c.version == bindparam("version_read"))
    .values(
        {name: bindparam(name) for name in _COLUMNS if name not in ("kind", "id")}
        | {"version": ITEM.c.version + literal_column("1"), "touched": NowMs(), "lease_until": _ZERO, "claims": _ZERO}
    )
)
_UNTAG = delete(TAG).where(TAG.c.kind == bindparam("kind_key"), TAG.c.id == bindparam("id_key"))
_ADD_TAG = insert(TAG).values(tag=bindparam("tag"), kind=bindparam("kind_key"), id=bindparam("id_key")).on_conflict_do_nothing()

_IS_DUE: ColumnElement[bool] = literal_column(f"item.{DUE_ITEM}")
_DUE = (
    select(ITEM.c.kind, ITEM.c.id)
    .where(_IS_DUE, ITEM.c.due_at <= bindparam("now"), ITEM.c.lease_until < NowMs())
    .order_by(ITEM.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=ITEM)
    .cte("due")
)
_CLAIM = (
    update(ITEM)
    .where(ITEM.c.kind == _DUE.c.kind, ITEM.c.id == _DUE.c.id)
    .values(lease_until=NowMs() + _LEASE, claims=ITEM.c.claims + literal_column("1"))
    .returning(ITEM.c.kind, ITEM.c.id, ITEM.c.due_at, ITEM.c.claims, ITEM.c.person, ITEM.c.holder)
)
_OPEN = select(ITEM.c.due_at).where(*_HERE).with_for_update()
_ANSWERED = update(ITEM).where(*_HERE, ITEM.c.due_at == bindparam("asked")).values(due_at=null(), lease_until=_ZERO)
_NEXT = select(func.min(ITEM.c.due_at)).where(_IS_DUE, ITEM.c.claims < literal_column(str(MOST_CLAIMS)), ITEM.c.lease_until < NowMs())
_STATE = select(ITEM.c.state).where(*_HERE)

TYPES: Mapping[str, type[Item]] = {kind_of(one): one for one in ITEMS}
_ADAPTERS: dict[str, TypeAdapter[Any]] = {}


def _adapter(kind: str) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(TYPES[kind])
    return _ADAPTERS[kind]


def put(tx: Tx, item: Item) -> None:
    """Stores the new state under `item.version + 1`. Raises Stale when the stored version is not `item.version`."""
    kind, index = kind_of(type(item)), item.index
    place = {"kind_key": kind, "id_key": item.id}
    row: dict[str, Any] = {
        "kind": kind,
        "id": item.id,
        "person": index.person,
        "holder": index.holder,
        "state": index.state,
        "at": to_ms(index.at) if index.at else 0,
        "due_at": to_ms_after(index.due) if index.due else None,
        "body": tx.sealer.seal(_adapter(kind).dump_json(item), f"item:{kind}:{item.id}"),
    }
    done = tx.run(_UPDATE, row | place | {"version_read": item.version}) if item.version else tx.run(_INSERT, row)
    if not done.rowcount:
        raise Stale(f"somebody else changed the {kind} first")
    if item.version:
        tx.run(_UNTAG, place)
    for tag in dict.fromkeys(index.tags):
        tx.run(_ADD_TAG, place | {"tag": hidden(tx, tag)})


def hidden(tx: Tx, tag: str) -> str:
    """The tag as it is kept."""
    return f"{HIDDEN}{tx.sealer.blind(tag)}" if tag.startswith(HIDDEN) else tag


def found(tx: Tx, asks: Sequence[Ask]) -> Iterator[Item]:
    """The items that fit each question, newest first, question by question, in one statement."""
    values: dict[str, Any] = {}
    shapes = []
    for number, ask in enumerate(asks):
        values[f"kind{number}"], values[f"most{number}"] = kind_of(ask.kind), ask.most  # type: ignore[arg-type] # people are asked for elsewhere
        set_ = [name for name, value in (("id", ask.id), ("person", ask.person), ("holder", ask.holder)) if value]
        for name in set_:
            values[f"{name}{number}"] = getattr(ask, name)
        for place, state in enumerate(ask.states):
            values[f"state{place}_{number}"] = state
        if ask.tag:
            values[f"tag{number}"] = hidden(tx, ask.tag)
        shapes.append((*set_, len(ask.states), bool(ask.tag), ask.due_only))
    for number, ident, body, version in tx.run(_together(tuple(shapes)), values).fetchall():
        yield opened(tx, str(values[f"kind{number}"]), ident, bytes(body), version)


def opened(tx: Tx, kind: str, ident: str, body: bytes, version: int) -> Item:
    """The item of a row."""
    item: Item = _adapter(kind).validate_json(tx.sealer.open(body, f"item:{kind}:{ident}"))
    object.__setattr__(item, "version", version)  # fresh from the parser and nobody else's yet
    return item


Shape = tuple[object, ...]
"""Which parts of an index a question sets, how many states it names, whether a tag, whether only what is due."""
_TOGETHER: dict[tuple[Shape, ...], ClauseElement] = {}


def _together(shapes: tuple[Shape, ...]) -> ClauseElement:
    """The statement for questions of these shapes, built once."""
    if shapes not in _TOGETHER:
        parts = [select(_query(shape, number).subquery()) for number, shape in enumerate(shapes)]
        _TOGETHER[shapes] = union_all(*parts) if len(parts) > 1 else parts[0]
    return _TOGETHER[shapes]


def _query(shape: Shape, number: int) -> Select[Any]:
    """One question's part; its values are named with its number behind them."""
    *set_, states, tag, due_only = shape
    kind: ColumnElement[str] = bindparam(f"kind{number}")
    query = select(literal_column(str(number)).label("question"), ITEM.c.id, ITEM.c.body, ITEM.c.version)
    query = query.where(ITEM.c.kind == kind, *(ITEM.c[str(name)] == bindparam(f"{name}{number}") for name in set_))
    if "holder" in set_:
        query = query.where(literal_column(f"item.{HELD_ITEM}"))
    if states:
        query = query.where(ITEM.c.state.in_([bindparam(f"state{place}_{number}") for place in range(int(str(states)))]))
    if tag:
        query = query.where(ITEM.c.id.in_(select(TAG.c.id).where(TAG.c.tag == bindparam(f"tag{number}"), TAG.c.kind == kind)))
    if due_only:
        query = query.where(_IS_DUE)
    return query.order_by(ITEM.c.at.desc(), ITEM.c.id).limit(bindparam(f"most{number}"))


def tally(tx: Tx, ask: Tally) -> dict[tuple[type[Item], str], int]:
    """How many there are in each state."""
    query = select(ITEM.c.state, func.count()).where(ITEM.c.kind == kind_of(ask.kind)).group_by(ITEM.c.state)
    for name in ("holder", "person"):
        if getattr(ask, name):
            query = query.where(ITEM.c[name] == getattr(ask, name))
    return {(ask.kind, str(state)): int(count) for state, count in tx.core.execute(query)}


def due(tx: Tx, now: datetime, limit: int) -> Sequence[Due]:
    """Leases what is due and makes its questions, oldest first; a question that is asked again has another key."""
    rows = tx.run(_CLAIM, {"now": to_ms(now), "most": limit}).fetchall()
    return [
        Due(kind, ident, from_ms(at), f"{at}.{claims}", holder or person) for kind, ident, at, claims, person, holder in sorted(rows, key=lambda row: row[2])
    ]


def open_still(tx: Tx, asked: Due) -> bool:
    """Whether a due question is not answered yet, and may not be by anybody else until this transaction ends. One of a dead process may be asked again
    while the first asking is taken up, too: of the two only one may have effects. What is due without being an item's is always open."""
    if asked.kind not in TYPES:
        return True
    row = tx.run(_OPEN, {"kind_key": asked.kind, "id_key": asked.entity}).fetchone()
    return row is not None and row[0] == to_ms(asked.at)


def answered(tx: Tx, asked: Due) -> None:
    """After a due question's turn: a due time that the decision left where it was ends, or it would be asked for ever."""
    tx.run(_ANSWERED, {"kind_key": asked.kind, "id_key": asked.entity, "asked": to_ms(asked.at)})


def next_due(tx: Tx) -> datetime | None:
    """When the next item that nobody is being asked about falls due in business time."""
    at = tx.run(_NEXT, {}).fetchone()[0]
    return None if at is None else from_ms(at)


def still(tx: Tx, about: About) -> bool:
    """Whether the item a message speaks of is in one of the states in which it may be sent."""
    row = tx.run(_STATE, {"kind_key": about.kind, "id_key": about.id}).fetchone()
    return row is not None and row[0] in about.states


_BESIDE = "also="
_HOLDERS = """
WITH RECURSIVE held(who) AS (
    SELECT min(holder) FROM item WHERE holder <> ''
    UNION ALL SELECT (SELECT min(holder) FROM item WHERE holder <> '' AND holder > held.who) FROM held WHERE held.who IS NOT NULL
), tagged(tag) AS (
    SELECT min(tag) FROM item_tag WHERE tag > 'also=' AND tag < 'alsz'
    UNION ALL SELECT (SELECT min(tag) FROM item_tag WHERE tag > tagged.tag AND tag < 'alsz') FROM tagged WHERE tagged.tag IS NOT NULL
) SELECT who FROM held WHERE who IS NOT NULL UNION ALL SELECT tag FROM tagged WHERE tag IS NOT NULL
"""
"""Each holder once, by jumps along the index: as many steps as there are people, however many items they hold."""


def holders(tx: Tx) -> Sequence[str]:
    """Everybody who holds an item, must decide one beside its holder, or deputises."""
    return list(dict.fromkeys(str(who).removeprefix(_BESIDE) for (who,) in tx.core.exec_driver_sql(_HOLDERS)))
