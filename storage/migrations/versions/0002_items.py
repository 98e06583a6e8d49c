"""Items with their tags, and the audit trail.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sqlmodel.sql.sqltypes.AutoString(), nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "item",
        *(_text(name) for name in ("kind", "id", "person", "holder", "state")),
        _number("at"),
        _number("due_at", nullable=True),
        _number("lease_until"),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _number("touched"),
        sa.PrimaryKeyConstraint("kind", "id"),
    )
    held, due = sa.text("holder <> ''"), sa.text("due_at IS NOT NULL")
    op.create_index("item_person", "item", ["person", "kind", "at"])
    op.create_index("item_holder", "item", ["holder", "kind", "state", "at"], sqlite_where=held, postgresql_where=held)
    op.create_index("item_state", "item", ["kind", "state", "at"])
    op.create_index("item_due", "item", ["due_at"], sqlite_where=due, postgresql_where=due)
    op.create_table(
        "item_tag",
        *(_text(name) for name in ("tag", "kind", "id")),
        sa.PrimaryKeyConstraint("tag", "kind", "id"),
        sqlite_with_rowid=False,
    )
    op.create_index("item_tag_item", "item_tag", ["kind", "id"])
    op.create_table(
        "audit",
        sa.Column("seq", SERIAL, nullable=False),
        _text("id"),
        _number("at"),
        *(_text(name) for name in ("actor", "act", "subject", "reason")),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
        _number("link", nullable=True),
        _text("mac"),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id", name="audit_id"),
        sa.UniqueConstraint("link", name="audit_link"),
    )
    op.create_index("audit_subject", "audit", ["subject", "seq"])
    op.create_index("audit_actor", "audit", ["actor", "seq"])
    op.create_index("person_name", "person", ["name"])


def downgrade() -> None:
    op.drop_index("person_name", "person")
    for name in ("audit", "item_tag", "item"):
        op.drop_table(name)
