"""The outside systems that calls go to: finance systems, and what DingTalk offers besides messages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
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
from bot.ports import Clock, Connector
from bot.wiring.ledger import StoredLedger
from storage import SqlStore
from storage.sealing import Ring


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
    files = Files(channel.api, robot, table.api_base, table.oapi_base, proxy=table.proxy)
    folder = settings.data / "files"

    async def keep(data: bytes) -> str:
        return kept(folder, data, ring)

    return {"contacts": Contacts(channel.api), "oa": Approvals(channel.api, clock), "cards": SentCards(channel.api), "files": SentFiles(files, keep)}


def kept(folder: Path, data: bytes, ring: Ring) -> str:
    """Writes a file under the SHA-256 of its content, sealed, once; gives the hash."""
    digest = hashlib.sha256(data).hexdigest()
    path = folder / digest[:2] / digest
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(ring.seal(data, f"file:{digest}"))
        fresh.replace(path)
    return digest


async def late_answer(connectors: Mapping[str, Connector], name: str, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Stimulus | None:
    """A finance system's callback as a stimulus. Raises LookupError for a system that makes none, ConnectorError for one that is not signed or understood."""
    found = connectors.get(name)
    if not isinstance(found, Performing) or not isinstance(found.writing.system, Webhook):
        raise LookupError(name)
    return await found.heard(*found.writing.system.heard(method, target, headers, body))
