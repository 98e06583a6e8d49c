"""The outside systems that calls go to: finance systems, and what DingTalk offers besides messages."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import aiohttp
from pydantic import ValidationError

from bot.channels.dingtalk import DingTalkChannel
from bot.config import Settings, SettingsError
from bot.connectors.building import Surroundings
from bot.connectors.building import build as build_systems
from bot.connectors.dingtalk_cards import SentCards
from bot.connectors.dingtalk_contacts import Contacts
from bot.connectors.dingtalk_files import SentFiles
from bot.connectors.dingtalk_oa import Approvals
from bot.connectors.performing import Performing
from bot.connectors.settings import Finance
from bot.connectors.webhook import Webhook
from bot.core.turn import Stimulus
from bot.dingtalk_api.files import Files
from bot.dingtalk_api.quota import Meter
from bot.ports import Clock, Connector
from bot.wiring.ledger import StoredLedger
from storage import SqlStore
from storage.sealing import Ring
from storage.shelf import Shelf

SCARCE = 0.9
"""The used part of the month's API calls from which on what can wait does."""


def finance(settings: Settings) -> Finance:
    """The finance systems of the settings. Raises SettingsError with every fault and no secret."""
    try:
        return Finance.model_validate(settings.finance)
    except ValidationError as fault:
        rows = fault.errors(include_input=False, include_url=False)
        raise SettingsError("\n".join(f"finance.{'.'.join(map(str, row['loc']))}: {row['msg']}" for row in rows)) from None


def systems(told: Finance, settings: Settings, session: aiohttp.ClientSession, clock: Clock, store: SqlStore) -> Mapping[str, Connector]:
    """The finance systems by name, over one ledger in the store; there is always `manual`."""
    around = Surroundings(session, clock, zone=ZoneInfo(settings.zone), data=settings.data)
    return build_systems(told, around, StoredLedger(store))


def platform(settings: Settings, channel: DingTalkChannel, clock: Clock, ring: Ring) -> Mapping[str, Connector]:
    """What DingTalk offers besides messages; files that people send are kept sealed, by the hash of their content."""
    table = settings.dingtalk
    robot = table.robot_code or table.app_key
    most = settings.keeping.evidence_mb * 2**20
    files = SentFiles(Files(channel.api, robot, table.api_base, table.oapi_base, proxy=table.proxy, most=most), Shelf(settings.data / "files", ring))
    oa = Approvals(channel.api, clock, scarce=lambda: channel.quota.ratio(Meter.API) >= SCARCE)
    return {
        "contacts": Contacts(channel.api),
        "oa": oa,
        "oa_requests": oa,
        "cards": SentCards(channel.api),
        "files": files,
    }


async def late_answer(connectors: Mapping[str, Connector], name: str, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Stimulus | None:
    """A finance system's callback as a stimulus. Raises LookupError for a system that makes none, ConnectorError for one that is not signed or understood."""
    found = connectors.get(name)
    if not isinstance(found, Performing) or not isinstance(found.writing.system, Webhook):
        raise LookupError(name)
    return await found.heard(*found.writing.system.heard(method, target, headers, body))
