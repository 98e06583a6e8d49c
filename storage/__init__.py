"""REMEMBERS: tables, migrations and the Store. Rows stay in this room; what leaves it are core's frozen values."""

from storage.backup import backup
from storage.store import SqlStore

__all__ = ["SqlStore", "backup"]
