"""What every table of the settings has in common, and the tables that other files need no more of."""

from __future__ import annotations

from datetime import time
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

ADDRESS = r"^(https://[^\s]+)?$"
MOST_FORMS = 20
"""Forms that are followed at most: each costs calls every night."""


class Section(BaseModel):
    """A table of the settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Keeping(Section):
    """What people send and how long anything is kept."""

    evidence_mb: int = Field(10, ge=1, le=20, description="largest photo or file that is taken as evidence, in MB")
    evidence_days: int = Field(180, ge=1, le=3650, description="days a photo or file sent as evidence is kept")
    text_days: int = Field(30, ge=1, le=3650, description="days messages, deliveries, turns and idle conversations are remembered")
    card_days: int = Field(90, ge=30, le=365, description="days the buttons of a card mean something; then they say that they are old")
    record_days: int = Field(1095, ge=30, le=3650, description="days a finished item is kept: an ended request, application, invite, ...")


class Joining(Section):
    """How long invites and forms live, and when people are reminded of them."""

    invite_days: int = Field(7, ge=1, le=90, description="days an invite is valid")
    unseen_days: int = Field(1, ge=1, le=30, description="working days until an invite nobody opened is brought to mind")
    draft_hours: int = Field(24, ge=1, le=720, description="hours until a form that was begun is brought to mind")
    draft_days: int = Field(7, ge=1, le=90, description="days until a form nobody goes on with is cleared")
    info_days: int = Field(1, ge=1, le=30, description="working days until an applicant is reminded of a missing answer")
    check_days: int = Field(1, ge=1, le=30, description="working days after approval until a member is asked whether it works")
    setup_days: int = Field(3, ge=1, le=30, description="working days until open steps of the setup list are brought to mind")
    stale_days: int = Field(180, ge=7, le=3650, description="days without a sign of current data until a member is asked to confirm them")
    freeze_days: int = Field(14, ge=1, le=365, description="days after that until the administrators are told")
    keep_days: int = Field(90, ge=1, le=3650, description="days until the data of somebody who left or withdrew are blanked")
    join_url: str = Field(
        "",
        pattern=r"^((https|dingtalk)://[^\s]+)?$",
        description="where a genuine short link leads, such as the chat with the robot; empty: a page with the code",
    )
    synced: bool = Field(False, description="whether accounts are synchronised: everybody in the DingTalk organisation is a member and needs no invite")
    domains: tuple[str, ...] = Field((), description="hosts on which genuine invite links stand, beside that of server.public_url")


Value = Literal["person", "account", "system", "role", "level", "until", "reason", "evidence", "code"]
"""What of a permission request can stand in a form."""


class Oa(Section):
    """Approvals people already have in DingTalk OA: followed, reminded of, never decided here."""

    processes: dict[str, str] = Field(default_factory=dict, description="processCode of a form: what people call it, such as expenses; only these are followed")
    link: str = Field(
        "https://aflow.dingtalk.com/dingtalk/mobile/homepage.htm?dd_share=false&showmenu=true&dd_progress=false&back=native&procInstId={instance}&taskId=&swfrom=isv",
        description="page of an approval where no event told one; {instance} stands for its id; empty: no link",
    )
    calls: int = Field(60, ge=10, le=5000, description="API calls a night to find what events lost, for all forms together")
    at: time = Field(time(2, 30), description="when the nightly look begins")
    keep_days: int = Field(90, ge=1, le=3650, description="days after its end until an approval's title and people are blanked")

    requests: str = Field("", description="processCode of the form by which permission requests are filed in DingTalk OA; empty: they are decided in chat")
    requests_word: str = Field("", description="what people call those, in lists of approvals; empty: as the form's processCode")
    requests_key: str = Field("", description="label of the text field in that form which holds our own number; without it one could be filed twice")
    requests_fields: dict[str, Value] = Field(default_factory=dict, description="other labels of that form: which value of the request goes there")

    @property
    def followed(self) -> dict[str, str]:
        """Every form that is followed, that of permission requests included, with its word."""
        return self.processes | ({self.requests: self.requests_word or self.requests} if self.requests else {})

    @model_validator(mode="after")
    def _can_be_filed(self) -> Self:
        if self.requests and not self.requests_key:
            raise ValueError("requests wants requests_key")
        return self

    @model_validator(mode="after")
    def _can_be_linked(self) -> Self:
        if self.link and not (self.link.startswith("https://") and "{instance}" in self.link):
            raise ValueError("link must begin with https:// and hold {instance}")
        if len(self.processes) > MOST_FORMS or not all(code.strip() and word.strip() for code, word in self.processes.items()):
            raise ValueError(f"processes are at most {MOST_FORMS} forms, each with a word")
        return self


class ContactPerson(Section):
    """Somebody whom answers name."""

    person: str = ""
    name: str
    covers: str = ""


class Organisation(Section):
    """What the answers need to know. What stays empty is never invented: the answer says whom to ask."""

    company_name: str = Field("", description="the company's name")
    org_name: str = Field("", description="the organisation's name on DingTalk")
    software_name: str = Field("", description="the finance software in use, as people call it")
    software_version: str = Field("", description="the least version that is accepted")
    admins: tuple[ContactPerson, ...] = Field((), description="whom answers name: person, name, covers")
    approvers: str = Field("", description="who reviews and approves, in words")
    contact: str = Field("", description="whom to turn to, in words; empty: the admins' names")
    invite_link_life: str = Field("", description="how long an invite link works, in words")
    review_time: str = Field("", description="how long a review takes, in words")
    required_fields: tuple[str, ...] = Field((), description="fields of the identity form")
    optional_fields: tuple[str, ...] = Field((), description="optional fields of the identity form")
    roles: tuple[str, ...] = Field((), description="roles one can have")
    levels: tuple[str, ...] = Field((), description="permission levels")
    support_hotline: str = Field("", description="telephone of support")
    escalation_channel: str = Field("", description="where long delays go")
    software_url: str = Field("", pattern=ADDRESS, description="https address of the finance software")
    guide_url: str = Field("", pattern=ADDRESS, description="https address of the guide")
    training_url: str = Field("", pattern=ADDRESS, description="https address of the training")
    kind: Literal["company", "vendor"] = Field("company", description="a company's own team, or a vendor's community")
    desks: dict[str, str] = Field(default_factory=dict, description="contact of other departments' desks: it, hr, admin_office, finance_ops, legal, facility")
