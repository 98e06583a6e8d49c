"""The organisation as answers need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody an answer may name: `covers` says for what."""

    person: str
    name: str
    covers: str = ""


@dataclass(frozen=True, slots=True)
class Organisation:
    """What the answers need to know of the organisation. Empty means: nobody has said, so the answer must not either."""

    company_name: str = ""
    org_name: str = ""
    software_name: str = ""
    software_version: str = ""
    admins: tuple[Contact, ...] = ()
    approvers: str = ""
    contact: str = ""
    invite_link_life: str = ""
    review_time: str = ""
    required_fields: tuple[str, ...] = ()
    optional_fields: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    support_hotline: str = ""
    escalation_channel: str = ""
    software_url: str = ""
    guide_url: str = ""
    training_url: str = ""
    kind: str = "company"
    desks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrgValue:
    """One value of the organisation that an admin set in chat; it stands above the settings file."""

    name: str
    value: str
    by: str = ""
    version: int = 0
