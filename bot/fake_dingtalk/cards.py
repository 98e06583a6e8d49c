"""The endpoints of interactive cards, and what a press on one says."""

from __future__ import annotations

import json

from bot.fake_dingtalk.call import Asked, Call
from bot.fake_dingtalk.content import Content
from bot.fake_dingtalk.errors import Family, Refusal
from bot.fake_dingtalk.model import Button, Card, Json, Way
from bot.fake_dingtalk.state import CardRoute, State

_LARGEST = 100_000
_SPACES = {"im_group": ("IM_GROUP", "imGroupOpenDeliverModel"), "im_robot": ("IM_ROBOT", "imRobotOpenDeliverModel")}


def create(state: State, asked: Asked) -> Json:
    """POST /v1.0/card/instances/createAndDeliver."""
    body = asked.body
    track = _track(body)
    if track in state.cards:
        raise Refusal("param.cardAlreadyExist", "outTrackId is used already")
    template = body.get("cardTemplateId")
    if not isinstance(template, str) or not template or (state.card_templates and template not in state.card_templates):
        raise Refusal("param.templateNotExist", "cardTemplateId does not exist")
    space_type, space_id, deliver = _space(state, body)
    callback = body.get("callbackType") or ""
    if callback not in ("", "STREAM", "HTTP"):
        raise Refusal("param.callbackTypeInvalid", "callbackType is STREAM or HTTP")
    card = Card(track, template, space_type, space_id, callback, str(body.get("callbackRouteKey", "")), _values(body.get("cardData")), _private(body))
    result: Json = {"spaceType": space_type, "spaceId": space_id, "success": True, "carrierId": state.ids.query_key(), "errorMsg": ""}
    if deliver.get("robotCode") != state.app.robot_code:
        return {"success": True, "result": {"outTrackId": track, "deliverResults": [result | {"success": False, "errorMsg": "robotCode is wrong"}]}}
    state.cards[track] = card
    _record(state, card, "card", body)
    return {"success": True, "result": {"outTrackId": track, "deliverResults": [result]}}


def update(state: State, asked: Asked) -> Json:
    """PUT /v1.0/card/instances: replaces all values unless the options say to merge."""
    card = state.cards.get(_track(asked.body))
    if card is None:
        raise Refusal("param.cardNotExist", "no card has this outTrackId")
    public, private = _values(asked.body.get("cardData")), _private(asked.body)
    options = _options(asked.body)
    if "cardData" in asked.body:
        card.public = {**card.public, **public} if options.get("updateCardDataByKey") is True else public
    for user, values in private.items():
        card.private[user] = {**card.private.get(user, {}), **values} if options.get("updatePrivateDataByKey") is True else values
    card.updates += 1
    _record(state, card, "cardUpdate", asked.body)
    return {"success": True, "result": True}


def register(state: State, asked: Asked) -> Json:
    """POST /v1.0/card/callbacks/register: where a route key's callbacks go by HTTP."""
    key, url, secret = (asked.body.get(name) for name in ("callbackRouteKey", "callbackUrl", "apiSecret"))
    if not isinstance(key, str) or not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise Refusal("param.callbackUrlInvalid", "callbackRouteKey and callbackUrl are wanted")
    state.card_routes[key] = CardRoute(url, str(secret or ""))
    return {"success": True, "result": {"apiSecret": str(secret or ""), "callbackUrl": url}}


def press_body(state: State, card: Card, user: str, actions: list[str], params: Json) -> Json:
    """The callback of a press."""
    return {
        "type": "actionCallback",
        "outTrackId": card.out_track_id,
        "corpId": state.app.corp_id,
        "userId": user,
        "userIdType": 1,
        "spaceId": card.space_id,
        "spaceType": card.space_type,
        "extension": "{}",
        "content": json.dumps({"cardPrivateData": {"actionIds": actions, "params": params}}, ensure_ascii=False),
    }


def apply_answer(state: State, card: Card, user: str, answer: object) -> bool:
    """Changes the card as the callback's answer says; `userPrivateData` is the presser's. False when the answer is no card answer."""
    if not isinstance(answer, dict):
        return False
    try:
        public, private = _values(answer.get("cardData")), _values(answer.get("userPrivateData"))
    except Refusal:
        return False
    if not public and not private:
        return True
    options = _options(answer)
    if public:
        card.public = {**card.public, **public} if options.get("updateCardDataByKey") is True else public
    if private:
        card.private[user] = {**card.private.get(user, {}), **private} if options.get("updatePrivateDataByKey") is True else private
    card.updates += 1
    state.bell.ring()
    return True


def _track(body: Json) -> str:
    track = body.get("outTrackId")
    if not isinstance(track, str) or not 0 < len(track) <= 100:
        raise Refusal("param.outTrackIdInvalid", "outTrackId is 1 to 100 characters")
    return track


def _options(body: Json) -> Json:
    options = body.get("cardUpdateOptions")
    return options if isinstance(options, dict) else {}


def _space(state: State, body: Json) -> tuple[str, str, Json]:
    """Space type, id and deliver model of openSpaceId `dtv1.card//IM_GROUP.cid...`."""
    kind, dot, space_id = str(body.get("openSpaceId", "")).removeprefix("dtv1.card//").partition(".")
    name, model = _SPACES.get(kind.lower(), ("", ""))
    if not name or not dot or not str(body.get("openSpaceId")).startswith("dtv1.card//"):
        raise Refusal("param.openSpaceIdInvalid", "openSpaceId is dtv1.card//IM_GROUP.<id> or dtv1.card//IM_ROBOT.<userId>")
    if name == "IM_GROUP" and space_id not in state.world.groups:
        raise Refusal("param.openSpaceIdInvalid", "no such group")
    if name == "IM_ROBOT" and state.world.visible(space_id) is None:
        raise Refusal("param.userIdNotExist", "no such user")
    deliver = body.get(model)
    return name, space_id, deliver if isinstance(deliver, dict) else {}


def _values(data: object) -> dict[str, str]:
    """The cardParamMap: texts by name. Raises Refusal."""
    values = data.get("cardParamMap", {}) if isinstance(data, dict) else {}
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise Refusal("param.cardParamMapInvalid", "cardParamMap is a map of strings")
    if sum(len(name.encode()) + len(value.encode("utf-8", "surrogatepass")) for name, value in values.items()) > _LARGEST:
        raise Refusal("param.cardDataTooLong", "the card's values exceed 100 KB")
    return dict(values)


def _private(body: Json) -> dict[str, dict[str, str]]:
    rows = body.get("privateData") or {}
    if not isinstance(rows, dict):
        raise Refusal("param.privateDataInvalid", "privateData is a map of users")
    return {str(user): _values(row) for user, row in rows.items()}


def _record(state: State, card: Card, kind: str, body: Json) -> None:
    group = card.space_type == "IM_GROUP"
    values = card.public
    text = "\n".join(f"{name}: {value}" for name, value in values.items())
    state.record(
        Way.CARD,
        Content(kind, values.get("title", ""), text, tuple(_buttons(card))),
        conversation=card.space_id if group else state.world.private(card.space_id),
        users=() if group else (card.space_id,),
        key=card.out_track_id,
        body=body,
    )


def _buttons(card: Card) -> list[Button]:
    """The buttons as far as the values show them (the template itself is not known here): rows of `{id, text}` in a JSON list."""
    rows: list[Button] = []
    for value in card.public.values():
        try:
            items = json.loads(value) if value.startswith("[") else []
        except (ValueError, RecursionError):
            continue
        rows += [_button(card, item) for item in items if isinstance(item, dict) and isinstance(item.get("id"), str) and "text" in item]
    return rows


def _button(card: Card, item: Json) -> Button:
    params = item.get("params")
    return Button(str(item["text"]), str(item.get("url", "")), "", item["id"], params if isinstance(params, dict) else {}, card=card.out_track_id)


_SCOPE = "Card.Instance.Write"
CALLS = (
    Call("card.create", "POST", "/v1.0/card/instances/createAndDeliver", Family.NEW, create, _SCOPE),
    Call("card.update", "PUT", "/v1.0/card/instances", Family.NEW, update, _SCOPE),
    Call("card.register", "POST", "/v1.0/card/callbacks/register", Family.NEW, register, _SCOPE),
)
