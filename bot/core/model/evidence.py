"""The noun of what people send as evidence: a photo or a file that belongs to an item."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.model.item import Index

BRIEF = 6
"""Digits of a hash that tell two files of one kind and size apart."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file that `person` sent for the item `of` (`application:<id>`, `request:<id>`), for its field `field` where it has several. `state` is fetching,
    kept, refused (`why`: type, size, gone or failed) or gone (deleted). Its bytes lie sealed on the shelf under `sha256` and this `id`, until `until`;
    `kind` is what its bytes are (png, pdf, ...), `size` how many they are."""

    id: str
    person: str
    of: str
    state: str
    made: datetime
    field: str = ""
    sha256: str = ""
    kind: str = ""
    size: int = 0
    why: str = ""
    until: datetime | None = None
    due: datetime | None = None
    version: int = 0

    @property
    def label(self) -> str:
        """What people see of it, the same in every language; never the file's own name, which may say what nobody should read."""
        size = f"{self.size / 2**20:.1f} MB" if self.size >= 2**20 else f"{max(1, self.size // 1024)} KB"
        return f"{self.kind.upper()} {size}, {self.sha256[:BRIEF]}"

    @property
    def index(self) -> Index:
        """By whose it is, its state and what it belongs to."""
        return Index(self.person, "", self.state, self.made, self.due, (f"of={self.of}",))
