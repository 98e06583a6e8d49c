"""Turns with people are counted by an index of their own.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    talk = sa.text("kind IN ('message', 'press')")
    op.create_index("journal_talk", "journal", ["reason", "at"], sqlite_where=talk, postgresql_where=talk)


def downgrade() -> None:
    op.drop_index("journal_talk", "journal")
