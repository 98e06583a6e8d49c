"""Looks at everything that can be wrong with an installation and says what to do, in plain sentences and without a secret's value."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import aiohttp

from bot import words as words_of
from bot.config import PREFIX, Settings, config_file
from bot.core.model import Organisation
from bot.ports import StoreError, WordsError
from bot.wiring import database_url, organisation, roots
from storage import SqlStore

SKEW_S = 2.0
_LIKED = ("review_time", "invite_link_life", "contact", "approvers", "software_name", "software_version")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `mark`: fine, to be improved, broken."""

    mark: str
    what: str
    said: str
    todo: str = ""


FINE, BETTER, BROKEN = "\u2713", "!", "\u2717"


async def findings(settings: Settings, offline: bool) -> list[Finding]:
    """Everything in the order in which one would mend it."""
    found = [*_settings(), *_data(settings), await _database(settings), *_words(settings), *_people(settings)]
    found += [Finding(BETTER, "calendar", "there is no calendar of holidays yet", "nothing is scheduled by working days in this version")]
    found += _dingtalk(settings)
    if settings.dingtalk.mode != "off" and not offline:
        found += await _reached(settings)
    return found


def _settings() -> Iterator[Finding]:
    path = config_file()
    yield Finding(FINE if path else BETTER, "settings file", str(path) if path else "none", "" if path else "usher init writes one")
    names = sorted(name for name in os.environ if name.startswith(PREFIX))
    yield Finding(FINE, "environment", ", ".join(names) or "no USHER_ variable")
    yield Finding(FINE if sys.version_info >= (3, 11) else BROKEN, "python", sys.version.split()[0])


def _data(settings: Settings) -> Iterator[Finding]:
    folder = settings.data
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / ".probe"
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError as fault:
        yield Finding(BROKEN, "data folder", f"{folder}: {fault.strerror}", "give the program a folder it may write to (data)")
        return
    free = shutil.disk_usage(folder).free // 2**20
    yield Finding(FINE if free > 500 else BETTER, "data folder", f"{folder.resolve()}, {free} MB free", "" if free > 500 else "make room")


async def _database(settings: Settings) -> Finding:
    url = database_url(settings)
    shown = url.split("@")[-1] if "@" in url else url
    store = SqlStore(url, owner="doctor", data=settings.data)
    try:
        await store.open()
    except StoreError as fault:
        return Finding(BROKEN, "database", f"{shown}: {fault}", "stop the other process or name another database")
    counts = await store.counts()
    await store.close()
    return Finding(FINE, "database", f"{shown}, schema is current, {int(counts.get('inbox_depth', 0))} waiting")


def _words(settings: Settings) -> Iterator[Finding]:
    started = time.perf_counter()
    try:
        words = words_of.load(roots(settings))
    except WordsError as fault:
        yield Finding(BROKEN, "words", str(fault).splitlines()[0], "usher check names every fault")
        return
    took = time.perf_counter() - started
    yield Finding(FINE, "words", f"{len(words.headings)} intents, {words.utterances} utterances, ready in {took:.1f} s")
    known: Organisation = organisation(settings)
    vague = {name: _users(words, name) for name in _LIKED if not getattr(known, name) and not (name == "contact" and known.admins)}
    for name, count in vague.items():
        yield Finding(
            BETTER, "answers", f"{count} answers stay vague: nobody has set organisation.{name}", "set it in the settings, or write 'setup' to the bot as admin"
        )


def _users(words: words_of.Words, name: str) -> int:
    return sum(f"org.{name}" in text for place, text in words.templates.sources.items() if place.startswith("zh/"))


def _people(settings: Settings) -> Iterator[Finding]:
    admins = settings.people.admins
    yield Finding(
        FINE if admins else BROKEN,
        "first admin",
        ", ".join(admins) or "nobody",
        "" if admins else "set people.admins; whoever writes first never becomes admin",
    )


def _dingtalk(settings: Settings) -> Iterator[Finding]:
    table = settings.dingtalk
    if table.mode == "off":
        yield Finding(BETTER, "DingTalk", "mode is off", "set dingtalk.mode to stream, app_key and app_secret")
        return
    keys = bool(table.app_key and table.app_secret.get_secret_value())
    yield Finding(
        FINE if keys else BROKEN,
        "DingTalk keys",
        "present" if keys else "app_key or app_secret is missing",
        "" if keys else "copy them from the app's credentials page",
    )
    if table.mode in {"http", "both"} and not settings.server.public_url:
        yield Finding(
            BETTER,
            "public address",
            "HTTP callbacks need one that DingTalk can reach over HTTPS",
            "set server.public_url, or use mode = stream, which needs none",
        )


async def _reached(settings: Settings) -> list[Finding]:
    table = settings.dingtalk
    body = {"appKey": table.app_key, "appSecret": table.app_secret.get_secret_value()}
    found = []
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            async with session.post(f"{table.api_base}/v1.0/oauth2/accessToken", json=body) as answer:
                fine = answer.status == 200 and bool((await answer.json(content_type=None)).get("accessToken"))
                found.append(
                    Finding(
                        FINE if fine else BROKEN, "token", "obtained" if fine else f"refused ({answer.status})", "" if fine else "check app_key and app_secret"
                    )
                )
                found += _skew(answer.headers.get("Date", ""))
            if table.mode in {"stream", "both"} and fine:
                found.append(await _gateway(session, settings))
    except (aiohttp.ClientError, TimeoutError, ValueError) as fault:
        found.append(Finding(BROKEN, "DingTalk", f"{table.api_base} does not answer ({type(fault).__name__})", "open outbound HTTPS to DingTalk"))
    return found


async def _gateway(session: aiohttp.ClientSession, settings: Settings) -> Finding:
    table = settings.dingtalk
    topic = {"type": "CALLBACK", "topic": "/v1.0/im/bot/messages/get"}
    body = {"clientId": table.app_key, "clientSecret": table.app_secret.get_secret_value(), "subscriptions": [topic], "ua": "usher-doctor"}
    async with session.post(f"{table.api_base}/v1.0/gateway/connections/open", json=body, headers={"Accept": "application/json"}) as answer:
        fine = answer.status == 200
        return Finding(
            FINE if fine else BROKEN,
            "Stream",
            "the gateway opens" if fine else f"refused ({answer.status})",
            "" if fine else "choose Stream mode for the robot",
        )


def _skew(date: str) -> list[Finding]:
    if not date:
        return []
    skew = abs(time.time() - parsedate_to_datetime(date).timestamp())
    fine = skew <= SKEW_S + 1
    return [Finding(FINE if fine else BETTER, "clock", f"{skew:.0f} s from DingTalk's", "" if fine else "let the machine keep its time by NTP")]
