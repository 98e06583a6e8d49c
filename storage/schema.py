"""The schema's version: looked at when the store opens, and brought up to date where it is behind."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, inspect

HEAD = "0004"
"""The newest revision in migrations/versions; written here so that a start with nothing to upgrade need not load Alembic."""


def bring_up(connection: Connection, before: Callable[[], object]) -> None:
    """Upgrades inside the caller's transaction; calls `before` when a database with data is about to be changed. Raises StoreError when it is newer."""
    at = None
    if inspect(connection).has_table("alembic_version"):
        at = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if at == HEAD:
        return
    from storage.migrations.upgrade import upgrade  # noqa: PLC0415 # Alembic costs 0.1 s and 10 MB, and hardly a start needs it

    upgrade(connection, at, before)
