"""Cards that were sent, as a connector: a decided one shows what was decided and loses its buttons, for everybody who sees it (dingtalk.md 4.2)."""

from __future__ import annotations

from bot.connectors.dingtalk import Told, bucket, perform, wanted
from bot.core.turn import Call
from bot.dingtalk_api.faults import DingTalkFault
from bot.dingtalk_api.openapi import OpenApi

_UPDATE = "/v1.0/card/instances"
_NO_CARD = frozenset({"param.cardNotExist", "param.outTrackIdInvalid"})
_LONGEST = 3500


class SentCards:
    """ports.Connector `cards`: `close {card, text, title?}`, where `card` is the key of the message. `{closed}`; false where the message was no card."""

    name = "cards"

    def __init__(self, api: OpenApi) -> None:
        self._api = api
        self._bucket = bucket()
        self._operations = {"close": self._close}

    async def perform(self, call: Call) -> str:
        """One update, which may be repeated; compact JSON. Raises ConnectorTransient or ConnectorRefused."""
        return await perform(self._operations, call)

    async def _close(self, call: Call) -> Told:
        values = {"text": wanted(call, "text")[:_LONGEST], "buttons": "[]", **({"title": call.args["title"]} if call.args.get("title") else {})}
        body = {"outTrackId": wanted(call, "card"), "cardData": {"cardParamMap": values}, "cardUpdateOptions": {"updateCardDataByKey": True}}
        try:
            async with self._bucket:
                await self._api.call(_UPDATE, body, method="PUT")
        except DingTalkFault as fault:
            if fault.code in _NO_CARD:
                return {"closed": False}
            raise
        return {"closed": True}
