"""Sends a message with buttons as an interactive card, at most once however often it is tried."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from bot.channels.dingtalk.settings import DingTalkSettings
from bot.channels.dingtalk.wire.card import card_body, may_be_card
from bot.dingtalk_api.faults import QUOTA_CODES, DingTalkFault, Reaction
from bot.dingtalk_api.openapi import OpenApi
from bot.dingtalk_api.quota import Meter, Quota
from bot.ports import Outbound

_CREATE = "/v1.0/card/instances/createAndDeliver"
_REGISTER = "/v1.0/card/callbacks/register"
_ROUTE = "usher"
_EXISTS = "param.cardAlreadyExist"
_SCARCE = 0.9
_CLOSED = 1000


class Cards:
    """Cards of one template. Presses come back over Stream where that is heard, else over HTTP where a secret and an address are set."""

    def __init__(self, settings: DingTalkSettings, api: OpenApi, quota: Quota) -> None:
        self._settings = settings
        self._api = api
        self._quota = quota
        self._registered = False
        self._elsewhere: OrderedDict[str, None] = OrderedDict()

    @property
    def on(self) -> bool:
        """Whether messages go as cards: a template is set, and presses can come back."""
        return bool(self._settings.card_template) and (self._settings.hears_stream or self._settings.hears_cards)

    def takes(self, outbound: Outbound) -> bool:
        """Whether the message goes as a card as things stand: it never did when another way was taken for it once."""
        return self.on and outbound.key not in self._elsewhere and may_be_card(outbound) and self._quota.ratio(Meter.API) < _SCARCE

    async def send(self, outbound: Outbound) -> bool:
        """Whether it went as a card (now or at an earlier try). False when it should go another way; raises DingTalkFault (later)."""
        if not self.takes(outbound):
            return False
        try:
            await self._create(outbound)
        except DingTalkFault as fault:
            if fault.code == _EXISTS:
                return True
            if fault.reaction in {Reaction.LATER, Reaction.UNKNOWN} and fault.code not in QUOTA_CODES:
                # Nothing is unknown here: the same card cannot be made twice, so it is simply tried again.
                raise DingTalkFault(Reaction.LATER, fault.code, where="card", after=fault.after or 1.0, status=fault.status) from fault
            self._elsewhere[outbound.key] = None
            if len(self._elsewhere) > _CLOSED:
                self._elsewhere.popitem(last=False)
            raise DingTalkFault(Reaction.ELSEWHERE, fault.code, where="card", status=fault.status) from fault
        return True

    async def _create(self, outbound: Outbound) -> None:
        robot = outbound.robot or self._settings.robot
        _check_delivered(await self._api.call(_CREATE, card_body(outbound, self._settings.card_template, robot, await self._callback())))

    async def _callback(self) -> dict[str, object]:
        """How presses come back; without it none would."""
        if self._settings.hears_stream:
            return {"callbackType": "STREAM"}
        if not self._registered:
            wanted = {"callbackRouteKey": _ROUTE, "callbackUrl": self._settings.card_url, "apiSecret": self._settings.card_secret, "forceUpdate": True}
            await self._api.call(_REGISTER, wanted)
            self._registered = True
        return {"callbackType": "HTTP", "callbackRouteKey": _ROUTE}


def _check_delivered(answer: Mapping[str, object]) -> None:
    """A made card is not a delivered one: each place says for itself (dingtalk.md 4.1)."""
    result = answer.get("result")
    rows = result.get("deliverResults") if isinstance(result, dict) else None
    if not isinstance(rows, list) or any(isinstance(row, dict) and row.get("success") is False for row in rows):
        raise DingTalkFault(Reaction.ELSEWHERE, "not delivered", where="card", status=200)
