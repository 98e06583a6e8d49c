"""What the settings mean to the rooms: folders, values, keys, the DingTalk channel."""

from __future__ import annotations

import random
import secrets
from dataclasses import fields
from datetime import date, time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot import calendars
from bot.channels.dingtalk import DingTalkChannel, DingTalkSettings, GroupWebhook
from bot.config import Settings, SettingsError
from bot.core.calendar import Calendar
from bot.core.keeping import Keeping
from bot.core.lifecycle.following import Filing, Following
from bot.core.lifecycle.terms import Terms
from bot.core.links import Links
from bot.core.model import Contact, Organisation
from bot.core.nudging import NudgePolicy, Pace
from bot.core.nudging.policy import faults as policy_faults
from bot.ports import Clock
from bot.words.loading import bundled
from storage.sealing import Ring, ring_in, ring_of


def roots(settings: Settings) -> list[Path]:
    """The words' folders: the product's own, then the organisation's."""
    return [bundled(), *settings.words]


def organisation(settings: Settings) -> Organisation:
    """The settings' organisation as core's value."""
    table = settings.organisation
    values: dict[str, Any] = {field.name: getattr(table, field.name) for field in fields(Organisation) if field.name != "admins"}
    return Organisation(**values, admins=tuple(Contact(one.person, one.name, one.covers) for one in table.admins))


def database_url(settings: Settings) -> str:
    """The database in use."""
    return settings.database.url or f"sqlite:///{settings.data / 'usher.db'}"


def key_ring(settings: Settings) -> Ring:
    """The keys of what is kept: the settings' own, which replicas share, else those in the data folder. Raises StoreError when they are broken."""
    told = settings.database.keys.get_secret_value()
    return ring_of(told) if told else ring_in(settings.data / "keys.json")


def dice() -> random.Random:
    """Jitter for retries, new with every start."""
    return random.Random(secrets.randbits(64))  # noqa: S311 - jitter, not a secret


def dingtalk(settings: Settings, clock: Clock) -> DingTalkChannel:
    """The DingTalk channel as the settings want it."""
    table = settings.dingtalk
    return DingTalkChannel(
        DingTalkSettings(
            mode=table.mode,
            app_key=table.app_key,
            app_secret=table.app_secret.get_secret_value(),
            robot_code=table.robot_code,
            corp_id=table.corp_id,
            api_base=table.api_base,
            oapi_base=table.oapi_base,
            window_s=table.window_s,
            names=table.names,
            groups=table.groups,
            connections=table.connections,
            proxy=table.proxy,
            api_quota=table.api_quota,
            push_quota=table.push_quota,
            webhooks=tuple(GroupWebhook(one.conversation, one.url.get_secret_value(), one.secret.get_secret_value()) for one in table.webhooks),
            event_token=table.event_token.get_secret_value(),
            event_aes_key=table.event_aes_key.get_secret_value(),
            card_template=table.card_template,
            card_secret=table.card_secret.get_secret_value(),
            card_url=table.card_url,
        ),
        clock,
        dice(),
    )


def calendar(settings: Settings, today: date) -> Calendar:
    """When people work. Raises CalendarError with every fault."""
    told = settings.working_time
    return calendars.read(today, zone=settings.zone, country=told.country, hours=told.hours, quiet=told.quiet, files=told.plans, language=settings.language)


def terms(settings: Settings) -> Terms:
    """The numbers of joining; our own public address is one of the genuine ones."""
    told = settings.joining
    own = urlsplit(settings.server.public_url).hostname or ""
    numbers = {field.name: getattr(told, field.name) for field in fields(Terms) if field.name != "domains"}
    return Terms(**numbers, domains=(*told.domains, *((own,) if own else ())))


def keeping(settings: Settings) -> Keeping:
    """How large what people send may be, and how long anything is kept."""
    return Keeping(**{field.name: getattr(settings.keeping, field.name) for field in fields(Keeping)})


def following(settings: Settings) -> Following:
    """Which approvals of DingTalk OA are followed."""
    told = settings.oa
    filing = Filing(told.requests, told.requests_key, told.requests_fields) if told.requests else None
    return Following(told.followed, told.link, told.calls, 60 * told.at.hour + told.at.minute, told.keep_days, filing)


def links(settings: Settings, ring: Ring) -> Links:
    """Short links of our own; without a public address there are none."""
    return Links(settings.server.public_url.rstrip("/"), ring.derived("links"))


def nudge_policy(settings: Settings, working: Calendar) -> NudgePolicy:
    """The numbers of reminders. Raises SettingsError with every one outside its limits."""
    told = settings.nudging
    try:
        slots = tuple(60 * clock.hour + clock.minute for clock in map(time.fromisoformat, told.slots))
    except ValueError:
        raise SettingsError('nudging.slots: clock times such as "10:00" are wanted') from None
    made = NudgePolicy(Pace(round(told.first_hours * 60), told.gaps), slots=slots, per_day=told.per_day, per_week=told.per_week)
    wrong = policy_faults(made, working)
    if wrong:
        raise SettingsError("\n".join(f"nudging: {fault.rule} is {fault.value}, from {fault.least} to {fault.most} is wanted" for fault in wrong))
    return made
