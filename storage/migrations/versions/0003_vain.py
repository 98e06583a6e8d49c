"""Due items whose question was asked in vain are counted by an index of their own.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    vain = sa.text("due_at IS NOT NULL AND claims >= 8")
    op.create_index("item_vain", "item", ["claims"], sqlite_where=vain, postgresql_where=vain)


def downgrade() -> None:
    op.drop_index("item_vain", "item")
