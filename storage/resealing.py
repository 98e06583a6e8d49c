"""Seals anew what an older key of the ring sealed, a slice at a time, so that a key that may be known to others opens nothing of today's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, tuple_, update

from storage.sql import Tx
from storage.tables import table

SLICE = 500
Place = tuple[Any, ...]
"""The key of the last row that was looked at; empty: before the first."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A table with sealed bodies: its key, the column, and where a row's body belongs."""

    keys: tuple[str, ...]
    body: str
    place: Callable[[Sequence[Any]], str]


SEALED: Mapping[str, Sealed] = {
    "item": Sealed(("kind", "id"), "body", lambda key: f"item:{key[0]}:{key[1]}"),
    "conversation": Sealed(("id", "person"), "state", lambda _: "conversation"),
    "inbox": Sealed(("seq",), "body", lambda _: "inbox"),
    "outbox": Sealed(("seq",), "body", lambda _: "outbox"),
}
"""All but the trail: its chain covers its lines as they were written, so that they keep the key they were sealed with."""


def reseal(tx: Tx, name: str, after: Place) -> tuple[int, Place | None]:
    """Looks at the SLICE rows after `after`: how many were sealed anew, and where the next slice begins, None at the end. A row that somebody changed
    meanwhile has the current key already."""
    kept, rows = SEALED[name], table(name)
    keys, body = [rows.c[key] for key in kept.keys], rows.c[kept.body]
    query = select(*keys, body).order_by(*keys).limit(SLICE)
    found = tx.core.execute(query.where(tuple_(*keys) > tuple_(*after)) if after else query).fetchall()
    done = 0
    for *key, sealed in found:
        old, place = bytes(sealed), kept.place(key)
        if not tx.sealer.stale(old):
            continue
        fresh = tx.sealer.seal(tx.sealer.open(old, place), place)
        same = [column == value for column, value in zip(keys, key, strict=True)]
        done += tx.core.execute(update(rows).where(*same, body == old).values({kept.body: fresh})).rowcount
    return done, tuple(found[-1][:-1]) if len(found) == SLICE else None
