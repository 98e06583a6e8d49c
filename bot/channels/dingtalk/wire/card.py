"""An Outbound becomes an interactive card (dingtalk.md 4.1). Its template must know the variables title, text and buttons: a list of {id, text, params}."""

from __future__ import annotations

from bot.channels.dingtalk.wire.format import Json, fits, line_breaks, shown_label, shown_title
from bot.dingtalk_api.compact import to_text
from bot.ports import Outbound

_MAX_TRACK = 100
_MOST_BUTTONS = 50


def may_be_card(outbound: Outbound) -> bool:
    """Whether the message can go as a card: it has buttons, fits in one, mentions nobody, and its key can name the card."""
    receiver = outbound.person if outbound.private else outbound.conversation
    if not receiver or outbound.mention or not 0 < len(outbound.buttons) <= _MOST_BUTTONS:
        return False
    return 0 < len(outbound.key) <= _MAX_TRACK and fits(outbound.text)


def card_body(outbound: Outbound, template: str, robot: str, callback: Json) -> Json:
    """The body for `card/instances/createAndDeliver`. `outTrackId` is the message's key, so that sending it again makes no second card."""
    title = shown_title(outbound, outbound.text)
    buttons = [{"id": f"b{place}", "text": shown_label(button), "params": {"index": str(place)}} for place, button in enumerate(outbound.buttons, 1)]
    values = {"title": title, "text": line_breaks(outbound.text), "buttons": to_text(buttons)}
    body: Json = {"cardTemplateId": template, "outTrackId": outbound.key, "cardData": {"cardParamMap": values}, "userIdType": 1, **callback}
    return body | (_private(outbound, robot, title) if outbound.private else _group(outbound, robot, title))


def _private(outbound: Outbound, robot: str, title: str) -> Json:
    return {
        "openSpaceId": f"dtv1.card//IM_ROBOT.{outbound.person}",
        "imRobotOpenSpaceModel": _model(title),
        "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": robot},
    }


def _group(outbound: Outbound, robot: str, title: str) -> Json:
    return {
        "openSpaceId": f"dtv1.card//IM_GROUP.{outbound.conversation}",
        "imGroupOpenSpaceModel": _model(title),
        "imGroupOpenDeliverModel": {"robotCode": robot},
    }


def _model(title: str) -> Json:
    """A card is bound to its place: it cannot be forwarded to people it is not for."""
    return {"supportForward": False, "lastMessageI18n": {"ZH_CN": title}, "notification": {"alertContent": title, "notificationOff": False}}
