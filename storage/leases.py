"""Who works on a row: a lease of the inbox or outbox is held until it runs out, renewed while its process lives, freed when it does not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, Update, bindparam, literal_column, select, update

from storage.sql import NowMs, Tx


@dataclass(frozen=True, slots=True)
class Leases:
    """The statements of one table's leases; a row is free when its `lease_until` lies behind."""

    until: ColumnElement[int]
    mine: Select[tuple[int, str]]
    renew: Update
    free: Update
    free_mine: Update
    free_all: Update


def leases(rows: Table, waiting: ColumnElement[bool], length_ms: int) -> Leases:
    """For the rows of a table that are `waiting`; `length_ms` is how long a silent process keeps them."""
    until: ColumnElement[int] = NowMs() + literal_column(str(length_ms))
    mine = rows.c.owner == bindparam("me")
    this = rows.c.seq == bindparam("which")
    freed: dict[str, ColumnElement[Any]] = {"owner": literal_column("''"), "lease_until": literal_column("0")}
    return Leases(
        until=until,
        mine=select(rows.c.seq, rows.c.key).where(waiting, mine, rows.c.lease_until < NowMs() + literal_column(str(length_ms // 2))),
        renew=update(rows).where(this).values(lease_until=until),
        free=update(rows).where(this).values(freed),
        free_mine=update(rows).where(waiting, mine).values(freed),
        free_all=update(rows).where(waiting).values(freed),
    )


def keep(tx: Tx, table: Leases, busy: Collection[str]) -> None:
    """Renews this process's leases that are half over. A row that it holds but is not `busy` with was lost on the way (a connection that broke while
    committing, a caller that gave up) and is freed."""
    for seq, key in tx.run(table.mine, {"me": tx.owner}).fetchall():
        tx.run(table.renew if key in busy else table.free, {"which": seq})


def forsake(tx: Tx, table: Leases, everybody: bool) -> None:
    """At start: frees what an earlier life of this process held or, where only one process can live, what anybody held."""
    tx.run(table.free_all if everybody else table.free_mine, {"me": tx.owner})
