"""Runs the revisions that a database lacks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.ports import StoreError


def config(connection: Connection) -> Config:
    """Alembic's configuration for this folder and connection; there is no alembic.ini, as only the store upgrades."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def upgrade(connection: Connection, at: str | None, before: Callable[[], object]) -> None:
    """From revision `at` (None: an empty database) to the newest. Raises StoreError when `at` is not one of ours."""
    ours = config(connection)
    if at is not None:
        if at not in {script.revision for script in ScriptDirectory.from_config(ours).walk_revisions()}:
            told = f"a newer version of Usher made this database (schema {at}), and this one does not know it: install the newer one or restore a backup"
            raise StoreError(told)
        before()
    command.upgrade(ours, "head")
