"""The settings of finance systems: which there are, how they are reached, and which of their roles may be granted from chat."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, SecretStr, field_validator, model_validator

from bot.config import Section

_PATH = r"^(/[!-~]+)?$"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


class Writes(StrEnum):
    """The switch of a connector: OFF sends nothing (reading goes on), DRY_RUN says what would be sent."""

    ON = "on"
    DRY_RUN = "dry_run"
    OFF = "off"


class RoleRow(Section):
    """A role that people may ask for: what it is called there, and for how long it may be granted."""

    code: str = Field(description="the system's own code of the role")
    max_days: int = Field(0, ge=0, le=3660, description="longest grant in days; 0: no limit")


class SystemSettings(Section):
    """What every finance system has. A role or organisation that is not named here can never be granted from chat."""

    model_config = ConfigDict(hide_input_in_errors=True)

    title: str = Field("", description="what people call the system")
    writes: Writes = Field(Writes.ON, description="on, dry_run (says what it would do) or off (the kill switch: reads only)")
    roles: dict[str, RoleRow] = Field(default_factory=dict, description="our role key, or role.level: the system's role")
    orgs: dict[str, str] = Field(default_factory=dict, description="our organisation key: the system's code; empty: codes are taken as they are")


class Addressed(SystemSettings):
    """A system that is reached over HTTP."""

    base_url: str = Field(description="https://host, without a path of the API")
    ca_file: str = Field("", description="PEM file of the authority that signed the system's certificate; empty: those of this machine")
    plain_http: bool = Field(False, description="allow http:// to a host that is not this machine; secrets then travel in the clear")

    @field_validator("base_url")
    @classmethod
    def _a_root(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None or parts.query or parts.fragment:
            raise ValueError("an http(s) URL without user, query or fragment is wanted")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _secrets_are_covered(self) -> Addressed:
        parts = urlsplit(self.base_url)
        if parts.scheme == "http" and not self.plain_http and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise ValueError("https is wanted; plain_http = true allows http")
        return self


class SandboxSettings(SystemSettings):
    """A finance system inside the product, for the playground and for trying rules out."""

    type: Literal["sandbox"] = "sandbox"
    open_door: bool = Field(True, description="every account exists; false: only those that were admitted")


class ManualSettings(SystemSettings):
    """A person does it in the finance system and confirms."""

    type: Literal["manual"] = "manual"


class WebhookSettings(Addressed):
    """A signed webhook on the customer's side."""

    type: Literal["webhook"] = "webhook"
    path: str = Field("/", pattern=r"^/[!-~]*$", description="path that takes the requests")
    key_id: str = Field("k1", pattern=r"^[A-Za-z0-9._-]{1,64}$", description="which key signs, so that it can be changed without a stop")
    secret: SecretStr = Field(description="key of the HMAC")
    old_secret: SecretStr = Field(SecretStr(""), description="the former key, still good for callbacks while keys change")
    reads: bool = Field(False, description="the other side also answers find_user, user_roles, role_members, list_roles and explain_access")


class ScimSettings(Addressed):
    """A SCIM 2.0 service; roles are groups."""

    type: Literal["scim"] = "scim"
    path: str = Field("/v2", pattern=r"^(/[!-~]*)?$", description="path of the service below base_url")
    token: SecretStr = Field(description="bearer token")


class YonBipSettings(Addressed):
    """Yonyou YonBIP or YonSuite. Accounts are mobile numbers, e-mail addresses or user ids (yhtUserId); organisations are resource ids."""

    type: Literal["yonbip"] = "yonbip"
    tenant: str = Field(description="tenant id")
    discover: bool = Field(True, description="ask base_url for the tenant's gateway; false: base_url is the gateway (private deployment)")
    app_key: str = Field(description="appKey of the self-built app")
    app_secret: SecretStr = Field(description="appSecret of the self-built app")
    token_path: str = Field("/open-auth/selfAppAuth/base/v1/getAccessToken", pattern=r"^/[!-~]+$", description="path of the token call")
    api_path: str = Field("/yonbip/digitalModel", pattern=r"^/[!-~]+$", description="path of the role API; private deployments put /iuap-api-gateway before it")
    user_type: str = Field("1", pattern=r"^\d{1,3}$", description="identity that grants are for: 1 is employee")
    system_code: str = Field("diwork", description="systemCode of roles")
    service_code: str = Field("", description="serviceCode whose main-organisation permission is read; needed to grant for organisations")
    auth_ids: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="role code: function ids it must open, for the check")
    revoke_by: Literal["user", "identity"] = Field("user", description="the ids delUsers wants: the vendor's page does not say; the read-back tells")


class K3CloudSettings(Addressed):
    """Kingdee K3Cloud; base_url is the server, /K3Cloud is added. Roles and organisations are numbers (FNumber)."""

    type: Literal["k3cloud"] = "k3cloud"
    acct_id: str = Field(description="account set (data centre) id")
    user: str = Field(description="integration user")
    app_id: str = Field(description="app id of the third-party login")
    app_secret: SecretStr = Field(description="app secret of the third-party login")
    auth: Literal["login", "headers"] = Field("login", description="login: LoginBySign and a session; headers: each request signed")
    sign_hash: Literal["sha256", "sha1"] = Field("sha256", description="hash of LoginBySign; sha1 only before PT-146911 / 8.0.0.202205")
    org_num: str = Field("0", description="organisation number of the signed headers")
    lcid: int = Field(2052, description="language of messages")
    default_org: str = Field("", description="organisation of grants that name none")
    licence_field: str = Field("", pattern=r"^[A-Za-z0-9_.]{0,60}$", description="field of SEC_User that is empty when the user has no licence group")
    write_users: Literal["off", "grant", "all"] = Field(
        "off", description="opt in to writing SEC_User, which works in the field without a public promise of the vendor; all: also take roles away"
    )


class CosmicSettings(Addressed):
    """Kingdee Cosmic; the paths of the published query and assign APIs differ per customer."""

    type: Literal["cosmic"] = "cosmic"
    client_id: str = Field(description="client id of the third-party app")
    client_secret: SecretStr = Field(description="client secret")
    username: str = Field(description="proxy user of the app")
    account_id: str = Field(description="data centre id")
    user_path: str = Field("", pattern=_PATH, description="query API on bos_user: number, name, phone, email, enable")
    roles_path: str = Field("", pattern=_PATH, description="query API on perm_userrole: user, role, org, starttime, endtime")
    role_path: str = Field("", pattern=_PATH, description="query API on perm_role: number, name, enable")
    assign_path: str = Field("", pattern=_PATH, description="custom API that assigns a role")
    revoke_path: str = Field("", pattern=_PATH, description="custom API that takes it away")


AnySystem = Annotated[
    SandboxSettings | ManualSettings | WebhookSettings | ScimSettings | YonBipSettings | K3CloudSettings | CosmicSettings, Field(discriminator="type")
]


class Finance(Section):
    """The finance systems in use: `[finance.systems.<name>]`."""

    model_config = ConfigDict(hide_input_in_errors=True)

    systems: dict[str, AnySystem] = Field(default_factory=dict, description="name: a finance system")

    @field_validator("systems")
    @classmethod
    def _plain_names(cls, systems: dict[str, AnySystem]) -> dict[str, AnySystem]:
        odd = [name for name in systems if not _NAME.fullmatch(name)]
        if odd:
            raise ValueError(f"names are small letters, digits and underscores: {', '.join(odd)}")
        return systems
