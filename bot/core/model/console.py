"""The nouns of the web console: a one-time key at its door, and a session behind it. Both are known by a hash of their secret only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.core.model.item import Index


@dataclass(frozen=True, slots=True)
class Door:
    """A key that opens the console once. `id` is the hex SHA-256 of the key; `kind` is link (sent to the admin `person` in their private chat) or first
    (shown on the server's own terminal while there is no admin; `person` is empty), or export_faqs or export_all, which let one file out; `state` is open,
    used or void."""

    id: str
    person: str
    kind: str
    state: str
    made: datetime
    until: datetime
    version: int = 0

    @property
    def index(self) -> Index:
        """By its person, its state and its kind."""
        return Index(self.person, "", self.state, self.made, None, (f"kind={self.kind}",))


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in. `id` is the hex SHA-256 of the secret in their cookie; `state` is open or ended."""

    id: str
    person: str
    state: str
    made: datetime
    until: datetime
    version: int = 0

    @property
    def index(self) -> Index:
        """By its person and its state."""
        return Index(self.person, "", self.state, self.made)
