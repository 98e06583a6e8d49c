"""What every noun with a life has in common: it is kept as one record and found by its index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Index:
    """By what an item is found: `person` whose it is, `holder` who must act on it now, `state`, `at` its place in time, `due` the lower bound of when
    it must be looked at again (None: never by itself), `tags` as `name=value` for look-ups; a tag that begins with `!` is kept only as a keyed hash
    (telephone numbers and the like). Ids of people are `Person.id`."""

    person: str = ""
    holder: str = ""
    state: str = ""
    at: datetime | None = None
    due: datetime | None = None
    tags: tuple[str, ...] = ()


class Item(Protocol):
    """A frozen dataclass with an id unique in its kind (its class name in lower case). Everything in it is kept encrypted but its id and index."""

    @property
    def id(self) -> str:
        """Unique among its kind."""

    @property
    def version(self) -> int:
        """0 for one never stored; the store counts up."""

    @property
    def index(self) -> Index:
        """By what it is found."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the audit trail, appended and never changed. `actor` did `act` to `subject` (`kind:id`) for `reason`; `detail` is kept encrypted."""

    id: str
    at: datetime
    actor: str
    act: str
    subject: str
    reason: str = ""
    detail: str = ""
    version: int = 0
