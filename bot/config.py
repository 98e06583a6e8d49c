"""The settings: TOML below environment below secret files, read once, validated with every fault in one message, frozen."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NestedSecretsSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from bot.sections import Joining, Keeping, Oa, Organisation
from bot.sections import Section as Section  # noqa: PLC0414 - part of what this module gives

PREFIX = "USHER_"
ELSEWHERE = {"USHER_CONFIG", "USHER_SECRETS"}


class SettingsError(Exception):
    """The settings have faults; the text names all of them, one a line."""


class GroupWebhook(Section):
    """The robot's webhook in one group: the only way to mention somebody there without being asked."""

    conversation: str = Field(description="the group's conversation id")
    url: SecretStr = Field(description="the webhook as the group's robot settings show it")
    secret: SecretStr = Field(SecretStr(""), description="where the webhook is signed: SEC…")


class DingTalk(Section):
    """The connection to DingTalk."""

    mode: Literal["off", "stream", "http", "both"] = Field("off", description="how messages arrive: stream needs no public address")
    app_key: str = Field("", description="Client ID of the internal app")
    app_secret: SecretStr = Field(SecretStr(""), description="Client Secret; better as USHER_DINGTALK__APP_SECRET or a secret file")
    robot_code: str = Field("", description="robotCode; empty: the same as app_key")
    corp_id: str = Field("", description="our corpId; empty: the one the robot reports")
    api_base: str = Field("https://api.dingtalk.com", description="base of the new API; a stand-in for tests")
    oapi_base: str = Field("https://oapi.dingtalk.com", description="base of the old API; a stand-in for tests")
    window_s: int = Field(3600, ge=10, le=3600, description="how old a signed HTTP callback may be, in seconds")
    names: tuple[str, ...] = Field((), description="the robot's names, taken out of what people write")
    groups: tuple[str, ...] = Field((), description="conversation ids of the only groups it answers in; the log names the others; empty: all")
    connections: int = Field(2, ge=1, le=8, description="Stream connections kept open at once")
    proxy: str = Field("", description="http://host:port through which DingTalk is reached; empty: directly")
    api_quota: int = Field(5000, ge=0, description="API calls the organisation may make a month; 0 is no limit")
    push_quota: int = Field(3000, ge=0, description="pushes the organisation gets a month; 0 is no limit")
    webhooks: tuple[GroupWebhook, ...] = Field((), description="webhooks of groups: conversation, url, secret")
    event_token: SecretStr = Field(SecretStr(""), description="token of the HTTP event subscription; Stream needs none")
    event_aes_key: SecretStr = Field(SecretStr(""), description="its AES key, 43 characters; events then come to /dingtalk/events")
    card_template: str = Field("", description="id of the interactive card's template (….schema); empty: action cards, whose buttons send text")
    card_secret: SecretStr = Field(SecretStr(""), description="signs presses of cards over HTTP, which come to /dingtalk/card; Stream needs none")
    card_url: str = Field("", description="public https address of /dingtalk/card; only without Stream")

    @field_validator("event_aes_key")
    @classmethod
    def _is_aes_key(cls, value: SecretStr) -> SecretStr:
        key = value.get_secret_value()
        if key and (len(key) != 43 or not key.isascii() or not key.isalnum()):
            raise ValueError("must be the 43 letters and digits that DingTalk's console shows")
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if bool(self.event_token.get_secret_value()) != bool(self.event_aes_key.get_secret_value()):
            raise ValueError("event_token and event_aes_key are wanted together")
        if self.mode == "http" and self.card_template and not (self.card_secret.get_secret_value() and self.card_url):
            raise ValueError("card_template without Stream wants card_secret and card_url, or no press would ever come back")
        return self


class Server(Section):
    """The HTTP side."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="port to listen on")
    public_url: str = Field("", description="where people's browsers reach this; empty: no page is ever linked in chat")
    metrics: bool = Field(True, description="serve /metrics")


class ApiClient(Section):
    """A system that may call the JSON API."""

    id: str = Field(description="its name, sent as X-Usher-Client")
    secret: SecretStr = Field(min_length=16, description="the secret its requests are signed with")


class Api(Section):
    """The signed JSON API for the company's own systems; without clients there is none."""

    clients: tuple[ApiClient, ...] = Field((), description="who may call: id, secret")


class Console(Section):
    """The web console under /admin, for admins."""

    enabled: bool = Field(True, description="serve it; links to it are given in chat when server.public_url is set")
    session_hours: int = Field(8, ge=1, le=24, description="hours until an admin must sign in again")
    dingtalk_login: str = Field("", description="https://login.dingtalk.com: admins may sign in with DingTalk, see docs/how-to/console.md; empty: off")


class Database(Section):
    """Where everything is remembered."""

    url: str = Field("", description="postgresql://…; empty: SQLite in the data folder")
    keys: SecretStr = Field(SecretStr(""), description="key ring as JSON, the same for all replicas; empty: keys.json in the data folder")


class WorkingTime(Section):
    """When people work. Reminders go out only then."""

    country: str = Field("CN", description="public holidays and make-up days of this country; empty: weekends only")
    hours: str = Field("09:00-12:00 13:30-18:00", description="working hours of a working day")
    quiet: str = Field("19:00-08:30", description="when nothing is sent of the bot's own accord; empty: never")
    plans: tuple[Path, ...] = Field((), description="files with official plans of days off that the product does not know yet")


class Nudging(Section):
    """Reminders to those who decide; admins may change the numbers in chat."""

    slots: tuple[str, ...] = Field(("10:00", "15:00"), description="when digests go out; the second only for what is new or urgent")
    first_hours: float = Field(8, ge=1, le=80, description="working hours without activity before the first reminder")
    gaps: tuple[int, ...] = Field((1, 2, 4), description="working days after the first, second, ... reminder; then the item goes up")
    per_day: int = Field(2, ge=1, le=4, description="messages of the bot's own accord to one person a day")
    per_week: int = Field(6, ge=1, le=15, description="and a week")


class Limits(Section):
    """What one person may ask of the bot."""

    per_user_per_minute: int = Field(20, ge=0, description="messages a person may send a minute; 0 is no limit")
    deliveries: int = Field(256, ge=1, le=4096, description="messages on their way out at once")


class People(Section):
    """Who has which rights, by member id (staffId); more are named in chat."""

    admins: tuple[str, ...] = Field((), description="member ids of admins")
    approvers: tuple[str, ...] = Field((), description="member ids of approvers")


class AccessSystem(Section):
    """A finance system that people ask permissions of."""

    title: str = Field("", description="what people call it; empty: its name here")
    connector: str = Field("", description="which connector grants there; empty: the one of the same name")
    roles: tuple[str, ...] = Field((), description="roles that exist there; empty: all")


class AccessSettings(Section):
    """Who decides on permissions, by member id. Roles, levels and rules stand in intents/_policy/."""

    systems: dict[str, AccessSystem] = Field(default_factory=dict, description="name: a system; empty: one without a name")
    connector: str = Field("manual", description="connector of systems that name none: manual is a person who does it and says so")
    owners: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="role: member ids of those who answer for it")
    heads: dict[str, tuple[str, ...]] = Field(default_factory=dict, description="department: member ids of its heads")
    finance: tuple[str, ...] = Field((), description="member ids of the finance admins, who stand in for others; empty: the admins")
    seconds: tuple[str, ...] = Field((), description="member ids of second approvers of exceptions; empty: the finance admins")
    by: dict[str, tuple[Literal["head", "owner", "finance"], ...]] = Field(default_factory=dict, description="role: who decides, in order")
    quorum: dict[str, int] = Field(default_factory=dict, description="role: how many must approve")
    max_days: dict[str, int] = Field(default_factory=dict, description="role: longest grant in days; 0: no end needed")
    most_open: int = Field(5, ge=1, le=50, description="requests one person may have open at once")
    lapse_days: int = Field(30, ge=1, le=365, description="days after which an undecided request lapses")
    exception_days: int = Field(90, ge=1, le=365, description="longest exception from a rule of segregation, in days")
    emergency: bool = Field(False, description="break-glass: the persons below may open a permission at once; all who decide are told and decide afterwards")
    emergency_persons: tuple[str, ...] = Field((), description="member ids of those persons")
    emergency_hours: int = Field(4, ge=1, le=24, description="hours until such a permission ends by itself")


class Logging(Section):
    """One JSON object a line, personal data masked."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level written")
    format: Literal["json", "console"] = Field("json", description="json for machines, console for eyes")


class Testing(Section):
    """For black-box runs only; refused together with DingTalk's real hosts."""

    clock: bool = Field(False, description="serve POST /test/clock")


class Settings(BaseSettings):
    """All settings. Environment: USHER_<SECTION>__<KEY>."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

    data: Path = Field(Path("data"), description="folder of the database, keys and backups")
    words: tuple[Path, ...] = Field((), description="overlay folders with intents/ and templates/ of this organisation")
    zone: str = Field("Asia/Shanghai", description="time zone of people and working hours")
    language: Literal["zh", "en"] = Field("zh", description="language when a message does not tell")
    dingtalk: DingTalk = DingTalk()
    server: Server = Server()
    database: Database = Database()
    api: Api = Api()
    console: Console = Console()
    limits: Limits = Limits()
    working_time: WorkingTime = WorkingTime()
    nudging: Nudging = Nudging()
    people: People = People()
    joining: Joining = Joining()
    keeping: Keeping = Keeping()
    oa: Oa = Oa()
    organisation: Organisation = Organisation()
    finance: dict[str, Any] = Field(default_factory=dict, repr=False, description="finance systems, each a table [finance.systems.<name>]; see connect-finance")
    access: AccessSettings = AccessSettings()
    logging: Logging = Logging()
    test: Testing = Testing()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's; .env files are not read
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line over secret files over environment over the TOML file (which arrives through `init_settings` of `read`)."""
        secrets = NestedSecretsSettingsSource(file_secret_settings)
        return init_settings, secrets, env_settings, _Toml(settings_cls)


class _Toml(PydanticBaseSettingsSource):
    """The settings file as the lowest source."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - the signature is pydantic's
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        path = config_file()
        return tomllib.loads(path.read_text(encoding="utf-8")) if path else {}


def config_file() -> Path | None:
    """The settings file in use: USHER_CONFIG, else usher.toml here, else in /etc/usher."""
    named = os.environ.get("USHER_CONFIG")
    if named:
        return Path(named)
    return next((path for path in (Path("usher.toml"), Path("/etc/usher/usher.toml")) if path.is_file()), None)


def read(**overrides: Any) -> Settings:
    """Reads all sources. Raises SettingsError with every fault, none of which shows a secret's value."""
    faults = unknown_variables()
    secrets = os.environ.get("USHER_SECRETS", "/run/secrets")
    try:
        settings = Settings(_secrets_dir=secrets if Path(secrets).is_dir() else None, **overrides)
    except ValidationError as fault:
        faults += [f"{'.'.join(map(str, row['loc']))}: {row['msg']}" for row in fault.errors(include_input=False, include_url=False)]
    except (tomllib.TOMLDecodeError, OSError) as fault:
        faults.append(f"{config_file()}: {fault}")
    if faults:
        raise SettingsError("\n".join(faults))
    if settings.test.clock and settings.dingtalk.mode != "off" and ".dingtalk.com" in settings.dingtalk.api_base + settings.dingtalk.oapi_base:
        raise SettingsError("test.clock: the test clock is refused together with DingTalk's real hosts; set dingtalk.api_base and oapi_base to a stand-in")
    return settings


def unknown_variables() -> list[str]:
    """Faults for environment variables that look like settings and are none; plain USHER_ names without a section are left to others."""
    sections = Settings.model_fields.keys()
    found = []
    for name in os.environ:
        section, sep, _ = name.removeprefix(PREFIX).partition("__")
        if name.startswith(PREFIX) and sep and section.lower() not in sections:
            found.append(f"{name}: there is no section {section.lower()!r}")
    return found
