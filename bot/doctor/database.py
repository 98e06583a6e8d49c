"""The database, looked at without changing it: whether it opens, whether its schema is current, and what admins said in chat."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, create_engine, inspect, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from bot.config import Settings
from bot.doctor.finding import BETTER, BROKEN, FINE, Finding
from bot.wiring.parts import database_url
from storage.schema import HEAD

Said = dict[str, str]


def look(settings: Settings) -> tuple[list[Finding], Said]:
    """Findings, and the organisation's values that were set in chat. A running program is not disturbed."""
    url = database_url(settings)
    path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
    if path is not None and not path.exists():
        return [Finding(FINE, "database", f"{path} is made at the first start")], {}
    try:
        engine = _engine(url, path)
        shown = str(path) if path else engine.url.render_as_string(hide_password=True)
        with engine.connect() as connection:
            return [_schema(connection, shown)], _said(connection)
    except (ModuleNotFoundError, ArgumentError):
        return [Finding(BROKEN, "database", "its URL cannot be used", "sqlite:///path, or postgresql://... with pip install 'usher-bot[postgres]'")], {}
    except SQLAlchemyError as fault:
        cause = str(getattr(fault, "orig", None) or type(fault).__name__).splitlines()[0]
        return [Finding(BROKEN, "database", f"it cannot be opened: {cause}", "check database.url, or put a backup in its place (docs/how-to/back-up.md)")], {}


def _engine(url: str, path: Path | None) -> Engine:
    if path is not None:
        address = f"{path.absolute().as_uri()}?mode=ro"
        return create_engine("sqlite://", creator=lambda: sqlite3.connect(address, uri=True), poolclass=NullPool)
    waits = {"connect_timeout": 5}
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool, connect_args=waits, hide_parameters=True)


def _schema(connection: Connection, shown: str) -> Finding:
    at = None
    if inspect(connection).has_table("alembic_version"):
        at = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if at == HEAD:
        return Finding(FINE, "database", f"{shown}: the schema is current ({HEAD})")
    if at is None or str(at) < HEAD:
        todo = "nothing to do: it is upgraded at the next start, after a backup"
        return Finding(BETTER, "database", f"{shown}: the schema is {at or 'not there yet'}, {HEAD} is wanted", todo)
    return Finding(BROKEN, "database", f"{shown}: its schema {at} is newer than this program's {HEAD}", "install the newer program again")


def _said(connection: Connection) -> Said:
    if not inspect(connection).has_table("org_value"):
        return {}
    return {str(name): str(value) for name, value in connection.execute(text("SELECT name, value FROM org_value"))}
