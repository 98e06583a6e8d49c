"""Builds every configured finance system, each with its write path, as the connectors that the engine calls."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp

from bot.connectors.contract import Role, System
from bot.connectors.cosmic import Cosmic
from bot.connectors.cosmic_gate import CosmicGate
from bot.connectors.http import Site
from bot.connectors.k3cloud import K3Cloud
from bot.connectors.k3cloud_gate import K3CloudGate
from bot.connectors.ledger import Ledger
from bot.connectors.manual import Manual
from bot.connectors.performing import Codes, Performing
from bot.connectors.sandbox import Sandbox
from bot.connectors.scim import Scim
from bot.connectors.settings import (
    Addressed,
    AnySystem,
    CosmicSettings,
    Finance,
    K3CloudSettings,
    ManualSettings,
    SandboxSettings,
    ScimSettings,
    WebhookSettings,
    YonBipSettings,
)
from bot.connectors.webhook import Webhook
from bot.connectors.writing import Patience, Writing
from bot.connectors.yonbip import YonBip
from bot.connectors.yonbip_gate import YonBipGate
from bot.ports import Clock

MANUAL = "manual"


def fresh() -> str:
    """A nonce: 32 hex digits."""
    return secrets.token_hex(16)


def open_session() -> aiohttp.ClientSession:
    """A session as connectors want it: TLS verified, no cookies shared between systems, no proxy out of the environment."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What connectors get from outside: the session (`open_session`; redirects and time-outs are the connectors' own), business time, a source of
    nonces, the organisation's zone, and the folder that the sandbox keeps its books in (None: memory)."""

    session: aiohttp.ClientSession
    clock: Clock
    nonce: Callable[[], str] = fresh
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    data: Path | None = None


def build(settings: Finance, around: Surroundings, ledger: Ledger, patience: Patience | None = None) -> dict[str, Performing]:
    """All connectors by name; nothing is asked yet. There is always one called `manual`: what no system does, a person does. Raises OSError for a
    certificate file that cannot be read."""
    systems: dict[str, AnySystem] = {MANUAL: ManualSettings(), **settings.systems}
    return {name: connector(name, one, around, ledger, patience) for name, one in systems.items()}


def connector(name: str, settings: AnySystem, around: Surroundings, ledger: Ledger, patience: Patience | None = None) -> Performing:
    """One connector."""
    writing = Writing(system(name, settings, around), ledger, around.clock, settings.writes, patience)
    ours = isinstance(settings, SandboxSettings | ManualSettings)
    rows = settings.roles.items()
    default_org = settings.default_org if isinstance(settings, K3CloudSettings) else ""
    codes = Codes({key: row.code for key, row in rows}, settings.orgs, {key: row.max_days for key, row in rows}, default_org, ours and not settings.roles, ours)
    return Performing(writing, around.clock, codes)


def system(name: str, settings: AnySystem, around: Surroundings) -> System:
    """The system of a table of the settings."""
    if isinstance(settings, SandboxSettings):
        roles = [Role(row.code, key) for key, row in settings.roles.items()]
        return Sandbox(name, around.clock, around.data / f"{name}.json" if around.data else None, roles, open_door=settings.open_door)
    if isinstance(settings, ManualSettings):
        return Manual(name)
    tls = ssl.create_default_context(cafile=settings.ca_file) if settings.ca_file else None
    return _addressed(name, settings, around, Site(around.session, settings.base_url, around.clock, tls))


def _addressed(name: str, settings: Addressed, around: Surroundings, site: Site) -> System:
    if isinstance(settings, WebhookSettings):
        return Webhook(name, settings, site, around.clock, around.nonce)
    if isinstance(settings, ScimSettings):
        return Scim(name, settings, site)
    if isinstance(settings, YonBipSettings):
        return YonBip(name, settings, YonBipGate(name, settings, site, around.clock), around.clock, around.zone)
    if isinstance(settings, K3CloudSettings):
        return K3Cloud(name, settings, K3CloudGate(name, settings, site, around.clock, around.nonce))
    if isinstance(settings, CosmicSettings):
        return Cosmic(name, settings, CosmicGate(name, settings, site, around.clock, around.nonce, around.zone), around.clock, around.zone)
    raise TypeError(type(settings).__name__)
