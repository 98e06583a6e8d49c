"""The tables, as SQLModel classes; the rest of the room works on their Core tables.

Times on the hot path (inbox, outbox, journal, conversation) are whole milliseconds since 1970 UTC, because a driver takes and gives integers as
they are; every other time is an aware datetime. Times of leases come from the database's clock.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Integer, LargeBinary, Table, UniqueConstraint, literal_column
from sqlmodel import Field, Index, SQLModel

Serial = BigInteger().with_variant(Integer, "sqlite")
"""A growing number given by the database; SQLite grows only an INTEGER by itself."""

OPEN_INBOX = "state <> 'done'"
OPEN_OUTBOX = "state IN ('pending', 'dead')"
HELD_ITEM = "holder <> ''"
DUE_ITEM = "due_at IS NOT NULL"
VAIN_CLAIMS = 8
VAIN_ITEM = f"due_at IS NOT NULL AND claims >= {VAIN_CLAIMS}"
TALK_JOURNAL = "kind IN ('message', 'press')"
"""Conditions of partial indexes; a query repeats them word for word, or the planner cannot use the index."""


class InboxRow(SQLModel, table=True):
    """A stimulus heard. `state` is received, done or dead; `body` is its JSON, empty when done; `body_hash` stays, to tell a repeat from a forgery."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("key", name="inbox_key"),
        Index("inbox_open", "state", "received", sqlite_where=literal_column(OPEN_INBOX), postgresql_where=literal_column(OPEN_INBOX)),
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=Serial)
    key: str
    channel: str
    conversation: str
    person: str
    kind: str
    body: bytes = Field(sa_type=LargeBinary)
    body_hash: bytes = Field(sa_type=LargeBinary)
    state: str
    owner: str
    lease_until: int = Field(sa_type=BigInteger)
    received: int = Field(sa_type=BigInteger)
    note: str = ""


class ConversationRow(SQLModel, table=True):
    """What is remembered of one person in one conversation: `state` is the JSON of core's Conversation, `touched` when it was last put."""

    __tablename__ = "conversation"
    __table_args__ = (Index("conversation_touched", "touched"), {"sqlite_with_rowid": False})

    id: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    state: bytes = Field(sa_type=LargeBinary)
    version: int
    touched: int = Field(sa_type=BigInteger)


class PersonRow(SQLModel, table=True):
    """A person; `audiences` are words with a space between, `admin` repeats one of them so that admins are found by index."""

    __tablename__ = "person"
    __table_args__ = (
        Index("person_admin", "id", sqlite_where=literal_column("admin"), postgresql_where=literal_column("admin")),
        Index("person_name", "name"),
    )

    id: str = Field(primary_key=True)
    name: str
    audiences: str
    admin: bool
    inside: bool
    language: str
    version: int


class AccountRow(SQLModel, table=True):
    """An account on a channel and whose it is; `place` keeps the order in which a person's accounts were given."""

    __tablename__ = "account"
    __table_args__ = (Index("account_person", "person"), {"sqlite_with_rowid": False})

    channel: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    person: str = Field(foreign_key="person.id", ondelete="CASCADE")
    place: int


class OrgValueRow(SQLModel, table=True):
    """A value of the organisation that an admin set in chat."""

    __tablename__ = "org_value"

    name: str = Field(primary_key=True)
    value: str
    by: str
    version: int


class WishRow(SQLModel, table=True):
    """A question nobody could answer or an action not built yet."""

    __tablename__ = "wish"
    __table_args__ = (Index("wish_at", "at"),)

    id: str = Field(primary_key=True)
    kind: str
    intent: str
    text: str
    person: str
    at: datetime
    version: int


class JournalRow(SQLModel, table=True):
    """A turn as it is remembered; `seq` is the order in which turns were committed."""

    __tablename__ = "journal"
    __table_args__ = (
        Index("journal_conversation", "conversation", "seq"),
        Index("journal_talk", "reason", "at", sqlite_where=literal_column(TALK_JOURNAL), postgresql_where=literal_column(TALK_JOURNAL)),
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=Serial)
    id: str
    kind: str
    channel: str
    conversation: str
    person: str
    intent: str
    confidence: float
    reason: str
    trace: str
    at: int = Field(sa_type=BigInteger)


class OutboxRow(SQLModel, table=True):
    """A message or call on its way. `state` is pending, sent, refused or dead; it is held by `owner` while `lease_until` lies ahead.

    `attempt` counts how often it was taken and fences its settlement; `lane` orders deliveries; `body` is empty once settled.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("key", name="outbox_key"),
        Index("outbox_open", "state", "lane", "seq", sqlite_where=literal_column(OPEN_OUTBOX), postgresql_where=literal_column(OPEN_OUTBOX)),
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=Serial)
    key: str
    lane: str
    channel: str
    kind: str
    body: bytes = Field(sa_type=LargeBinary)
    priority: int
    state: str
    attempt: int
    owner: str
    lease_until: int = Field(sa_type=BigInteger)
    due_at: int = Field(sa_type=BigInteger)
    made: int = Field(sa_type=BigInteger)
    settled: int | None = Field(default=None, sa_type=BigInteger)
    note: str = ""


class ItemRow(SQLModel, table=True):
    """Anything with a life: an invite, an application, a request ... `kind` says what; the columns are its index, `body` its sealed JSON.

    `due_at` is a lower bound in business time; a row whose question is being asked is leased by the database's clock, and `claims` counts how often.
    """

    __tablename__ = "item"
    __table_args__ = (
        Index("item_person", "person", "kind", "at"),
        Index("item_holder", "holder", "kind", "state", "at", sqlite_where=literal_column(HELD_ITEM), postgresql_where=literal_column(HELD_ITEM)),
        Index("item_state", "kind", "state", "at"),
        Index("item_due", "due_at", sqlite_where=literal_column(DUE_ITEM), postgresql_where=literal_column(DUE_ITEM)),
        Index("item_vain", "claims", sqlite_where=literal_column(VAIN_ITEM), postgresql_where=literal_column(VAIN_ITEM)),
    )

    kind: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    person: str
    holder: str
    state: str
    at: int = Field(sa_type=BigInteger)
    due_at: int | None = Field(default=None, sa_type=BigInteger)
    lease_until: int = Field(sa_type=BigInteger)
    claims: int
    body: bytes = Field(sa_type=LargeBinary)
    version: int
    touched: int = Field(sa_type=BigInteger)


class TagRow(SQLModel, table=True):
    """A look-up word of an item: `name=value`, the value hashed where it is personal."""

    __tablename__ = "item_tag"
    __table_args__ = (Index("item_tag_item", "kind", "id"), {"sqlite_with_rowid": False})

    tag: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    id: str = Field(primary_key=True)


class AuditRow(SQLModel, table=True):
    """A line of the audit trail. `mac` chains it to the line before it in the chain, where `link` is its place; both are written
    afterwards, so that commits do not queue."""

    __tablename__ = "audit"
    __table_args__ = (
        UniqueConstraint("id", name="audit_id"),
        UniqueConstraint("link", name="audit_link"),
        Index("audit_subject", "subject", "seq"),
        Index("audit_actor", "actor", "seq"),
    )

    seq: int | None = Field(default=None, primary_key=True, sa_type=Serial)
    id: str
    at: int = Field(sa_type=BigInteger)
    actor: str
    act: str
    subject: str
    reason: str
    detail: bytes = Field(sa_type=LargeBinary)
    link: int | None = Field(default=None, sa_type=BigInteger)
    mac: str = ""


def table(name: str) -> Table:
    """The Core table of that name."""
    return SQLModel.metadata.tables[name]
