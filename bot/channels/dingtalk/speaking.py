"""Delivers an Outbound: as a card where it has buttons and cards are set up, else by the cheapest way that is open: session webhook, group webhook,
OpenAPI (reliability D11)."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import quote

from bot.channels.dingtalk.cards import Cards
from bot.channels.dingtalk.pace import Pace
from bot.channels.dingtalk.settings import DingTalkSettings, GroupWebhook
from bot.channels.dingtalk.wire.format import api_bodies, session_bodies
from bot.dingtalk_api.faults import DingTalkFault, Reaction, body_of
from bot.dingtalk_api.hosts import ReplyHosts
from bot.dingtalk_api.openapi import OpenApi, send
from bot.dingtalk_api.post import Origin, Poster
from bot.dingtalk_api.quota import Meter, Quota
from bot.dingtalk_api.sign import sign
from bot.ports import ChannelError, ChannelRefused, ChannelTransient, Outbound, Receipt

MARGIN = timedelta(minutes=5)
RESERVED = 0.8
"""From this part of the month's calls on what waits well (a broadcast) waits: the rest is for answers, approvals and reminders (reliability D19)."""
_HOUR = 3600.0
_THROTTLED = timedelta(minutes=10).total_seconds()
_TOO_FAST = frozenset({"410100", "send.too.fast"})
_REFUSED = 30.0
_HALF_SENT = 1000


class Speaking:
    """Sends. A long text goes in parts; which parts of a message have left is remembered, so that a retry goes on where it stopped."""

    def __init__(
        self, settings: DingTalkSettings, poster: Poster, api: OpenApi, hosts: ReplyHosts, now: Callable[[], datetime], cards: Cards, quota: Quota
    ) -> None:
        self._cards = cards
        self._quota = quota
        self._settings = settings
        self._poster = poster
        self._api = api
        self._hosts = hosts
        self._now = now
        self._pace = Pace(now)
        self._webhooks: Mapping[str, GroupWebhook] = {hook.conversation: hook for hook in settings.webhooks}
        self._left: OrderedDict[str, int] = OrderedDict()
        self.counts: Counter[str] = Counter()
        for hook in settings.webhooks:
            self._pace.limit(f"webhook {hook.conversation}")

    async def deliver(self, outbound: Outbound) -> Receipt:
        """Raises ChannelTransient or ChannelRefused."""
        try:
            receipt = await self._deliver(outbound)
        except DingTalkFault as fault:
            self.counts[f"fault_{fault.reaction}"] += 1
            raise channel_error(fault) from fault
        self.counts[f"sent_{receipt.way}"] += 1
        if self._left:
            self._left.pop(outbound.key, None)
        return receipt

    async def _deliver(self, outbound: Outbound) -> Receipt:
        for name, way in (("card", self._by_card), ("session", self._by_session), ("webhook", self._by_webhook)):
            try:
                if await way(outbound):
                    return Receipt(outbound.key if name == "card" else "", name)
            except DingTalkFault as fault:
                if fault.reaction not in {Reaction.ELSEWHERE, Reaction.RENEW}:  # these ways have no token to renew
                    raise
                self.counts[f"closed_{name}"] += 1
                if name == "card" and outbound.unasked:  # what is left has no key, and such reminders go one at a time
                    raise DingTalkFault(Reaction.LATER, fault.code, where=name) from fault
        return await self._by_api(outbound)

    async def _by_card(self, outbound: Outbound) -> bool:
        """A card costs a call of the quota: it is sent where a button decides something, and where another way would cost a call too."""
        if not self.keyed(outbound):
            return False
        self._pace.take("api")
        return await self._cards.send(outbound)

    def keyed(self, outbound: Outbound) -> bool:
        """Whether it goes as a card, whose key DingTalk takes once."""
        if not outbound.buttons or not self._cards.takes(outbound):
            return False
        decides = any(button.action.code for button in outbound.buttons)
        return decides or (self._session(outbound) is None and self._webhook(outbound) is None)

    async def _by_session(self, outbound: Outbound) -> bool:
        place = self._session(outbound)
        if place is None:
            return False
        await self._post_all(outbound, place, "session")
        return True

    def _session(self, outbound: Outbound) -> tuple[Origin, str] | None:
        """Where the session webhook leads, while it is open."""
        route = outbound.route
        return self._hosts.reply(route.url) if route is not None and self._now() < route.expires - MARGIN else None

    def _webhook(self, outbound: Outbound) -> GroupWebhook | None:
        """The webhook of the group it is for."""
        return None if outbound.private or not self._webhooks else self._webhooks.get(outbound.conversation)

    async def _by_webhook(self, outbound: Outbound) -> bool:
        hook = self._webhook(outbound)
        place = self._hosts.webhook(hook.url) if hook else None
        if hook is None or place is None:
            return False
        origin, path = place
        if secret := hook.secret:
            stamp = str(int(self._now().timestamp() * 1000))
            path = f"{path}&timestamp={stamp}&sign={quote(sign(stamp, secret), safe='')}"
        await self._post_all(outbound, (origin, path), "webhook")
        return True

    async def _post_all(self, outbound: Outbound, place: tuple[Origin, str], way: str) -> None:
        bodies, key = session_bodies(outbound), f"{way} {outbound.conversation or outbound.person}"
        for number in range(self._start(outbound, len(bodies)), len(bodies)):
            self._pace.take(way)
            self._pace.take(key)
            try:
                body_of(await send(self._poster, *place, bodies[number], way), way)
            except DingTalkFault as fault:
                self._slow_down(fault, way, key)
                raise
            self._note_left(outbound, number + 1, len(bodies))

    async def _by_api(self, outbound: Outbound) -> Receipt:
        if not (outbound.person if outbound.private else outbound.conversation):
            raise DingTalkFault(Reaction.NEVER, "nobody to send it to", where="api")
        if outbound.priority < 1 and self._quota.ratio(Meter.API) >= RESERVED:
            raise DingTalkFault(Reaction.LATER, "the rest of the quota is for others", where="pace", after=_HOUR)
        bodies = api_bodies(outbound, outbound.robot or self._settings.robot)
        path = "/v1.0/robot/oToMessages/batchSend" if outbound.private else "/v1.0/robot/groupMessages/send"
        key = ""
        for number in range(self._start(outbound, len(bodies)), len(bodies)):
            self._pace.take("api")
            try:
                answer = await self._api.call(path, bodies[number])
                _check_receivers(answer, outbound.person)
            except DingTalkFault as fault:
                if fault.reaction in {Reaction.LATER, Reaction.RENEW} and fault.status != 200:
                    self._pace.hold("api", fault.after or _REFUSED)
                raise
            key = str(answer.get("processQueryKey", ""))[:200]
            self._note_left(outbound, number + 1, len(bodies))
        return Receipt(key, "api")

    def _slow_down(self, fault: DingTalkFault, way: str, key: str) -> None:
        """Too fast in one conversation holds that conversation; a throttled host holds the whole way."""
        if fault.code in _TOO_FAST:
            self._pace.limit(key)
            self._pace.hold(key, _THROTTLED if way == "webhook" else fault.after)
        elif fault.reaction is Reaction.LATER and fault.status == 429:
            self._pace.hold(way, fault.after)

    def _start(self, outbound: Outbound, parts: int) -> int:
        return min(self._left.get(outbound.key, 0), parts - 1) if self._left else 0

    def _note_left(self, outbound: Outbound, done: int, parts: int) -> None:
        if done < parts:
            self._left[outbound.key] = done
            if len(self._left) > _HALF_SENT:
                self._left.popitem(last=False)


def _check_receivers(answer: Mapping[str, object], person: str) -> None:
    """HTTP 200 does not mean that everybody got it (dingtalk.md 3.3)."""
    invalid, slowed = answer.get("invalidStaffIdList"), answer.get("flowControlledStaffIdList")
    if isinstance(invalid, list) and person in invalid:
        raise DingTalkFault(Reaction.NEVER, "staffId.notExisted", where="api")
    if isinstance(slowed, list) and person in slowed:
        raise DingTalkFault(Reaction.LATER, "flow controlled", where="api", after=60.0, status=200)


def channel_error(fault: DingTalkFault) -> ChannelError:
    """The fault in the words of the channel's contract."""
    if fault.reaction in {Reaction.ELSEWHERE, Reaction.NEVER}:
        return ChannelRefused(str(fault), code=fault.code)
    after = fault.after or _REFUSED if fault.reaction is Reaction.RENEW else fault.after
    # A server that reports its own fault is asked again until it takes the message (an answer must not be lost); only silence leaves the outcome open.
    return ChannelTransient(str(fault), unknown=fault.reaction is Reaction.UNKNOWN and fault.status not in {500, 502, 503}, after=after)
