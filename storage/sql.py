"""Statements and the transaction they run in: Core builds a statement once, its text goes straight to the driver ever after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import BigInteger

from storage.sealing import Sealer

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

UNIT = "\x1f"
"""Stands between the parts of a key; no platform uses it in an id."""


def to_ms(at: datetime) -> int:
    """Whole milliseconds since 1970 UTC; what is finer is cut off."""
    return (at - EPOCH) // MILLISECOND


def to_ms_after(at: datetime) -> int:
    """The first whole millisecond that is not before it: what waits for it must not be asked about earlier."""
    return -((EPOCH - at) // MILLISECOND)


def from_ms(at: int) -> datetime:
    """The aware UTC time of `to_ms`."""
    return EPOCH + at * MILLISECOND


class NowMs(FunctionElement[int]):
    """The database's clock in milliseconds: leases of many processes must be read from one clock."""

    type = BigInteger()
    inherit_cache = True


@compiles(NowMs, "sqlite")
def _now_sqlite(_element: NowMs, _compiler: object, **_: object) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"


@compiles(NowMs, "postgresql")
def _now_postgresql(_element: NowMs, _compiler: object, **_: object) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"


class Cursor(Protocol):
    """What both drivers' cursors have in common."""

    @property
    def rowcount(self) -> int:
        """How many rows an INSERT, UPDATE or DELETE (not one that begins WITH) touched."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchall(self) -> Sequence[Any]:
        """All further rows."""


Processor = Callable[[Any], Any]
Prepared = tuple[str, Mapping[str, Any], tuple[tuple[str, Processor], ...]]


class Texts:
    """Driver texts of statements for one database, each made at its first use and kept."""

    def __init__(self, dialect: Dialect, paramstyle: str) -> None:
        self._dialect = type(dialect)(paramstyle=paramstyle)  # type: ignore[call-arg] # every dialect takes it; only the base class does not say so
        self._known: dict[ClauseElement, Prepared] = {}

    def prepare(self, statement: ClauseElement) -> Prepared:
        """The text, the values of constants in it, and what must be done to values the driver does not take as they are."""
        known = self._known.get(statement)
        if known is None:
            compiled = statement.compile(dialect=self._dialect)
            constants = {name: value for name, value in compiled.params.items() if value is not None}
            binds: Mapping[str, Any] = compiled.binds  # type: ignore[attr-defined] # SQLCompiler's; the base class does not say so
            found = ((name, bind.type.dialect_impl(self._dialect).bind_processor(self._dialect)) for name, bind in binds.items())
            known = (str(compiled), constants, tuple((name, process) for name, process in found if process))
            self._known[statement] = known
        return known


class Tx:
    """A transaction in hand: `run` for the hot path, `core` for everything whose results need types; `owner` is this process, `sealer` its keys."""

    __slots__ = ("core", "driver", "owner", "sealer", "texts")

    def __init__(self, core: Connection, texts: Texts, owner: str, sealer: Sealer) -> None:
        self.core = core
        self.owner = owner
        self.sealer = sealer
        self.driver: Any = core.connection.dbapi_connection
        self.texts = texts

    def run(self, statement: ClauseElement, values: Mapping[str, Any]) -> Cursor:
        """Executes with values by name; rows come as the driver gives them."""
        cursor: Cursor = self.driver.execute(*self.told(statement, values))
        return cursor

    def each(self, statement: ClauseElement, rows: Sequence[Mapping[str, Any]]) -> None:
        """Executes it with the values of each row, in as few round trips as the driver can."""
        told = [self.told(statement, values) for values in rows]
        if told:
            self.driver.cursor().executemany(told[0][0], [values for _, values in told])

    def told(self, statement: ClauseElement, values: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """The statement and its values as the driver takes them."""
        text, constants, processors = self.texts.prepare(statement)
        if constants:
            values = {**constants, **values}
        if processors:
            values = {**values, **{name: process(values[name]) for name, process in processors}}
        return text, values


Operation = Callable[..., Any]
"""What the store does in one transaction: a plain function of a Tx and further values."""
