"""How Alembic runs a migration here: on the connection that the store hands over, within its transaction."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 # declares the tables

context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata, render_as_batch=True, compare_type=True)
context.run_migrations()
