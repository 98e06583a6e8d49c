"""The DingTalk channel: marries what hears (HTTP, Stream) with what speaks."""

from __future__ import annotations

import random
import secrets
from collections.abc import Mapping, Sequence

import structlog
from aiohttp import web

from bot.channels.dingtalk import http, presses, pushes
from bot.channels.dingtalk.cards import Cards
from bot.channels.dingtalk.frames import Frames
from bot.channels.dingtalk.hearing import Hearing
from bot.channels.dingtalk.settings import DingTalkSettings
from bot.channels.dingtalk.speaking import Speaking
from bot.channels.dingtalk.stream import Stream, Timing
from bot.channels.dingtalk.wire.parse import CHANNEL, Reading
from bot.dingtalk_api.crypto import EventCrypto, Once
from bot.dingtalk_api.hosts import ReplyHosts
from bot.dingtalk_api.openapi import OpenApi
from bot.dingtalk_api.post import Poster
from bot.dingtalk_api.quota import Limits, Meter, Quota
from bot.dingtalk_api.sign import CallbackCheck
from bot.dingtalk_api.sign_in import SignIn
from bot.dingtalk_api.token import Tokens
from bot.ports import Clock, Hear, Outbound, Receipt

log = structlog.get_logger()


class DingTalkChannel:
    """One DingTalk robot (ports.Channel). `close` it after the last delivery; a Poster that is given is closed by its owner."""

    name = CHANNEL

    def __init__(
        self,
        settings: DingTalkSettings,
        clock: Clock,
        rng: random.Random,
        *,
        poster: Poster | None = None,
        quota: Quota | None = None,
        timing: Timing | None = None,
    ) -> None:
        secret = settings.app_secret
        self._poster = poster or Poster(proxy=settings.proxy)
        self._closes_poster = poster is None
        poster = self._poster
        hosts = ReplyHosts(settings.api_base, settings.oapi_base)
        tokens = Tokens(poster, clock.now, api_base=settings.api_base, app_key=settings.app_key, app_secret=secret)
        self._settings = settings
        self._clock = clock
        self.quota = quota or Quota(clock.now, Limits(settings.api_quota, settings.push_quota), alarm=_alarm)
        self.api = OpenApi(poster, tokens, self.quota, clock.now, api_base=settings.api_base, oapi_base=settings.oapi_base)
        reading = Reading(settings.corp_id, settings.robot, settings.names, lambda url: hosts.reply(url) is not None, frozenset(settings.groups))
        self._hearing = Hearing(reading, self.quota, clock.now)
        self._speaking = Speaking(settings, poster, self.api, hosts, clock.now, Cards(settings, self.api, self.quota), self.quota)
        self._stream = Stream(settings, poster, hosts, Frames(self._hearing), rng, timing or Timing()) if settings.hears_stream else None
        self._check = CallbackCheck(secret, window_s=min(settings.window_s, 3600.0))

    def routes(self) -> Sequence[web.RouteDef]:
        """What the public web server serves for this channel. ValueError for an AES key that is none."""
        settings, hearing, now = self._settings, self._hearing, self._clock.now
        found = []
        if settings.hears_http:
            found.append(web.post(http.PATH, http.RobotEndpoint(self._check, hearing, now).answer))
        if settings.hears_events:
            crypto = EventCrypto(settings.event_token, settings.event_aes_key, (settings.app_key, settings.corp_id))
            once = Once(min(settings.window_s, 3600.0))
            found.append(web.post(pushes.PATH, pushes.EventEndpoint(crypto, once, hearing, now, secrets.token_bytes).answer))
        if settings.hears_cards:
            once = Once(min(settings.window_s, presses.WINDOW_S))
            found.append(web.post(presses.PATH, presses.CardEndpoint(settings.card_secret, once, hearing, now).answer))
        return tuple(found)

    def sign_in(self, login_base: str) -> SignIn:
        """Sign-in with this app on web pages; `login_base` is where people consent."""
        told = self._settings
        return SignIn(self.api, self._poster, login_base=login_base, api_base=told.api_base, app_key=told.app_key, app_secret=told.app_secret)

    async def start(self, hear: Hear) -> None:
        """Begins to listen; connections are made in the background."""
        self._hearing.hear = hear
        if self._settings.hears_http:
            log.warning("DingTalk's HTTP callbacks do not sign the body: serve them over HTTPS only, or use Stream", channel=CHANNEL)
        if self._stream is not None:
            await self._stream.start()

    async def stop(self) -> None:
        """Hears nothing more; what was read is still acknowledged, deliveries go on."""
        if self._stream is not None:
            await self._stream.stop()
        self._hearing.hear = None

    async def close(self) -> None:
        """Lets go of the connections that deliveries use."""
        if self._closes_poster:
            await self._poster.close()

    async def deliver(self, outbound: Outbound) -> Receipt:
        """As a card where it decides something, else by session webhook, group webhook or OpenAPI, whichever is open first."""
        return await self._speaking.deliver(outbound)

    def keyed(self, outbound: Outbound) -> bool:
        """Whether it goes as a card."""
        return self._speaking.keyed(outbound)

    def health(self) -> Mapping[str, object]:
        """`ok`, the Stream's state, the quota's, and counters by reason."""
        stream = self._stream.health() if self._stream is not None else {}
        return {
            "ok": bool(stream.get("ok", True)) and not self.api.fault and not self.quota.empty(Meter.PUSHES) and not self.quota.empty(Meter.API),
            "mode": self._settings.mode,
            "stream": stream,
            "token_fault": self.api.fault,
            "quota": {"api": self.quota.ratio(Meter.API), "pushes": self.quota.ratio(Meter.PUSHES)},
            "skew_s": round(self.api.skew_s, 1),
            "heard": dict(self._hearing.counts),
            "spoken": dict(self._speaking.counts),
        }


def _alarm(meter: Meter, ratio: float) -> None:
    log.error("DingTalk's monthly quota is running out", channel=CHANNEL, meter=str(meter), used_at_least=ratio)
