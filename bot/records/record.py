"""People, invites and applications as other systems and spreadsheets tell them: checked, and turned into events."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from bot.core.turn import Event

PLAIN = r"^([^=+\-@\x00-\x1f\x7f][^\x00-\x1f\x7f]*)?$"
"""A text without control characters that no spreadsheet takes for a formula."""


def _written(at: object) -> object:
    """A number of seconds is no time people write."""
    if isinstance(at, int | float):
        raise ValueError("an ISO time with its zone is wanted")
    return at


def _timed(at: datetime) -> datetime:
    if not 1970 <= at.year <= 9998:
        raise ValueError("a time from 1970 on is wanted")
    return at


Text = Annotated[str, StringConstraints(max_length=80, pattern=PLAIN)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=PLAIN)]
Words = Annotated[str, StringConstraints(max_length=500, pattern=PLAIN)]
Ident = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
MaybeIdent = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{0,64}$")]
Mobile = Annotated[str, StringConstraints(pattern=r"^(\+?86-?)?1[3-9][0-9]{9}$")]
MaybeMobile = Annotated[str, StringConstraints(pattern=r"^((\+?86-?)?1[3-9][0-9]{9})?$")]
Instant = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_timed), Field(description="ISO time with its zone, from 1970 to 9998")]


class Record(BaseModel):
    """What every record has in common: no unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PersonRecord(Record):
    """A colleague as the company's directory knows them. `account` is the member id on the chat platform, `roles` are `system/role`; `state` is what became of
    the membership there, where it can follow."""

    account: Ident
    name: Name
    mobile: MaybeMobile = ""
    department: Text = ""
    post: Text = ""
    employee: MaybeIdent = ""
    state: Literal["", "active", "frozen", "locked"] = ""
    roles: Annotated[tuple[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,40}/[A-Za-z0-9_.-]{1,40}$")], ...], Field(max_length=50)] = ()


class InviteRecord(Record):
    """An invitation that was sent outside of the chat. Told again under its `id`, it is changed; without one each is a new invitation."""

    id: MaybeIdent = ""
    mobile: Mobile
    name: Name
    inviter: Text = ""
    channel: Literal["link", "qr", "sms", "email", "group", "notice"] = "link"
    sent: Instant | None = None
    expires: Instant | None = None
    state: Literal["sent", "opened", "used", "expired", "withdrawn"] = "sent"


class ApplicationRecord(Record):
    """An application as the permission system has it."""

    id: Ident
    person: Ident
    state: Literal["submitted", "needs_info", "rejected", "approved", "withdrawn"]
    reason: Words = ""
    holder: MaybeIdent = ""


KINDS: dict[str, type[Record]] = {"person": PersonRecord, "invite": InviteRecord, "application": ApplicationRecord}
"""The kinds of records by the kind of their event."""


def event(source: str, kind: str, ident: str, record: Record, now: datetime) -> Event:
    """The event that tells of the record; `ident` is unique in the source, so that the same record told twice counts once."""
    values = {name: _text(value) for name, value in record.model_dump(mode="json").items() if value not in (None, "", [])}
    subject = values.get("account") or values.get("person") or values.get("id") or ident
    return Event(source, kind, ident, subject, values, now)


def faults(fault: ValidationError) -> list[tuple[str, str]]:
    """What is wrong, as (field, why), without the value."""
    rows = fault.errors(include_input=False, include_url=False, include_context=False)
    return [(".".join(map(str, row["loc"])) or "record", row["msg"].removeprefix("Value error, ")) for row in rows]


def _text(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
