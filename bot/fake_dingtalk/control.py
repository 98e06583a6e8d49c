"""The control API under /_fake/, for people with curl and for tests that only see the outside. Bodies are JSON objects."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.fake_dingtalk.crypto import Subscription
from bot.fake_dingtalk.door import read
from bot.fake_dingtalk.errors import Refusal
from bot.fake_dingtalk.gateway import Gateway
from bot.fake_dingtalk.happening import Happening
from bot.fake_dingtalk.model import Delivery, Json
from bot.fake_dingtalk.pushing import Pusher
from bot.fake_dingtalk.speaking import Speaking
from bot.fake_dingtalk.state import State

_LONGEST_WAIT = 120.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What the control API works on."""

    state: State
    gateway: Gateway
    pusher: Pusher
    speaking: Speaking
    happening: Happening


async def say(parts: Parts, body: Json) -> Json:
    """`{user, text, conversation?, kind?, at_bot?, by?, msg_id?, redeliver?, mentions?, quote?, webhook_life?, file_name?, file?, extra?}`: a member
    speaks; `file` is base64."""
    extra = body.pop("extra", {})
    if not isinstance(extra, dict):
        raise ValueError("extra is an object")
    known = {"text", "conversation", "kind", "at_bot", "by", "msg_id", "redeliver", "mentions", "quote", "webhook_life", "file_name", "file"}
    _only(body, known | {"user"})
    how: Json = {name: tuple(value) if isinstance(value, list) else value for name, value in body.items() if name not in ("user", "text", "conversation")}
    how |= {"file": base64.b64decode(how["file"], validate=True)} if "file" in how else {}
    return _delivery(await parts.speaking.say(str(body["user"]), str(body.get("text", "")), body.get("conversation"), **how, **extra))


async def press(parts: Parts, body: Json) -> Json:
    """`{message: number of the bot's message, button: label, user?}` or `{card: outTrackId, user, actions: [...], params?}`."""
    if "card" in body:
        _only(body, {"card", "user", "actions", "params"})
        return _delivery(await parts.speaking.press_card(str(body["card"]), str(body["user"]), list(body["actions"]), dict(body.get("params") or {})))
    _only(body, {"message", "button", "user"})
    sent = next((sent for sent in parts.state.received if sent.number == body["message"]), None)
    if sent is None:
        raise LookupError(f"the bot sent no message {body['message']!r}")
    return _delivery(await parts.speaking.press(sent.button(str(body["button"])), str(body.get("user", ""))))


async def faults(parts: Parts, body: Json) -> Json:
    """`{kind, on?, times?, share?, status?, seconds?, effect?, location?, copies?}` adds a fault; `{clear: true or kind}` clears; `{}` lists."""
    if "clear" in body:
        parts.state.faults.clear(None if body["clear"] is True else body["clear"])
    elif body:
        parts.state.faults.add(str(body.pop("kind")), **body)
    return {"faults": parts.state.faults.as_json()}


async def state(parts: Parts, _body: Json) -> Json:
    """Who is there, what is open, how much was used."""
    world = parts.state.world
    return {
        "base_url": parts.state.base_url,
        "callback_url": parts.pusher.callback_url,
        "app": {"key": parts.state.app.key, "corp_id": parts.state.app.corp_id, "robot_code": parts.state.app.robot_code},
        "members": [dataclasses.asdict(member) for member in world.members.values()],
        "groups": [dataclasses.asdict(group) for group in world.groups.values()],
        "cards": [dataclasses.asdict(card) for card in list(parts.state.cards.values())[-100:]],
        "stream": parts.gateway.figures(),
        "received": parts.state.count,
        "approvals": [{"id": one.id, **one.as_json()} for one in list(parts.state.approvals.values())[-100:]],
        "deliveries": [delivery.as_json() for delivery in parts.state.deliveries[-100:]],
        "faults": parts.state.faults.as_json(),
        "limits": dataclasses.asdict(parts.state.meter.limits),
        "manners": dataclasses.asdict(parts.state.manners),
        "scopes": None if parts.state.scopes is None else sorted(parts.state.scopes),
        **parts.state.meter.figures(),
    }


async def received(parts: Parts, body: Json) -> Json:
    """`{since?: number, count?: n, seconds?: s}`: what the bot sent after message `since`; with `count` it waits for so many up to `seconds`."""
    _only(body, {"since", "count", "seconds"})
    since, count, seconds = int(body.get("since", 0)), int(body.get("count", 0)), min(float(body.get("seconds", 10)), _LONGEST_WAIT)
    await parts.state.bell.until(lambda: parts.state.count - since >= count, seconds)
    rows = [dataclasses.asdict(sent) for sent in parts.state.received if sent.number > since]
    return {"received": rows, "count": parts.state.count, "recalled": sorted(parts.state.recalled)}


async def stream(parts: Parts, body: Json) -> Json:
    """`{do: disconnect | cut | cut_in_frame | garbage | silent | speak | lose_acks | wait, count?, text?}`."""
    gateway, what, count = parts.gateway, str(body.get("do")), int(body.get("count", 1))
    if what == "cut":
        gateway.cut()
    elif what == "lose_acks":
        gateway.lose_acks = count
    elif what in ("silent", "speak"):
        gateway.silent = what == "silent"
    else:
        deeds: dict[str, Callable[[], Awaitable[object]]] = {
            "disconnect": gateway.disconnect,
            "cut_in_frame": gateway.cut_in_frame,
            "garbage": lambda: gateway.say_raw(str(body.get("text", "{garbage"))),
            "wait": lambda: gateway.open(count, min(float(body.get("seconds", 10)), _LONGEST_WAIT)),
        }
        await deeds[what]()
    return gateway.figures()


async def event(parts: Parts, body: Json) -> Json:
    """`{type, data, id?, by?}`: pushes an event; `by` is http or stream."""
    _only(body, {"type", "data", "id", "by"})
    return _delivery(await parts.speaking.event(str(body["type"]), dict(body["data"]), str(body.get("id", "")), body.get("by")))


async def member(parts: Parts, body: Json) -> Json:
    """`{do: join | activate | change | leave | appoint | give_role | take_role, user, ...}`: something happens to a member; `join` and `change` take
    fields of a member, `appoint` a level, the roles a role."""
    happening, what, user = parts.happening, str(body.pop("do", "")), str(body.pop("user"))
    if what == "join":
        parts.state.world.add({"members": [{**body, "user_id": user}]})
        return _delivery(await happening.join(parts.state.world.member(user)))
    deeds: dict[str, Callable[[], Awaitable[Delivery]]] = {
        "activate": lambda: happening.activate(user),
        "change": lambda: happening.change(user, **{name: tuple(value) if isinstance(value, list) else value for name, value in body.items()}),
        "leave": lambda: happening.leave(user),
        "appoint": lambda: happening.appoint(user, int(body["level"])),
        "give_role": lambda: happening.give_role(user, str(body["role"])),
        "take_role": lambda: happening.give_role(user, str(body["role"]), False),
    }
    return _delivery(await deeds[what]())


async def file(parts: Parts, body: Json) -> Json:
    """`{user, process, form?: {label: text}}`: a member files an approval in DingTalk itself."""
    _only(body, {"user", "process", "form"})
    found = await parts.happening.file(str(body["user"]), str(body["process"]), dict(body.get("form") or {}))
    return {"approval": {"id": found.id, **found.as_json()}}


async def decide(parts: Parts, body: Json) -> Json:
    """`{instance, user, agree, remark?}`: a member decides an approval; `{instance, terminate: true}`: its originator takes it back."""
    _only(body, {"instance", "user", "agree", "remark", "terminate"})
    if body.get("terminate") is True:
        found = await parts.happening.terminate(str(body["instance"]))
    else:
        found = await parts.happening.decide(str(body["user"]), str(body["instance"]), body.get("agree") is True, str(body.get("remark", "")))
    return {"approval": {"id": found.id, **found.as_json()}}


async def raw(parts: Parts, body: Json) -> Json:
    """`{body: text, headers?}`: POSTs any bytes to the callback URL; null headers leave one out."""
    _only(body, {"body", "headers"})
    return _delivery(await parts.speaking.push_raw(str(body["body"]).encode("utf-8", "surrogatepass"), dict(body.get("headers") or {})))


async def settings(parts: Parts, body: Json) -> Json:
    """`{callback_url?, events?: {url, token, aes_key, owner?}, scopes?, limits?, manners?, world?, flow_controlled?, blocked?, card_templates?, skip?:
    seconds}`: changes what is named; `events: null` sends events over the Stream again."""
    _only(body, {"callback_url", "events", "scopes", "limits", "manners", "world", "flow_controlled", "blocked", "card_templates", "skip"})
    memory = parts.state
    if "callback_url" in body:
        parts.pusher.callback_url = str(body["callback_url"])
    if "events" in body:
        memory.subscription = Subscription(**{"owner": memory.app.key, **body["events"]}) if body["events"] else None
    if "scopes" in body:
        memory.scopes = None if body["scopes"] is None else set(body["scopes"])
    for name in ("flow_controlled", "blocked", "card_templates"):
        if name in body:
            setattr(memory, name, set(body[name]))
    _change(parts.state.meter.limits, body.get("limits", {}))
    _change(parts.state.manners, body.get("manners", {}))
    parts.state.world.add(body.get("world", {}))
    parts.state.skipped += float(body.get("skip", 0))
    return await state(parts, {})


def _change(target: Any, values: Json) -> None:
    _only(values, {field.name for field in dataclasses.fields(target)})
    for name, value in values.items():
        setattr(target, name, tuple(float(item) for item in value) if isinstance(value, list) else type(getattr(target, name))(value))


def _only(body: Json, known: set[str]) -> None:
    if not isinstance(body, dict) or not set(body) <= known:
        raise ValueError(f"known names are {', '.join(sorted(known))}")


def _delivery(delivery: Delivery) -> Json:
    return {"delivery": delivery.as_json()}


Deed = Callable[[Parts, Json], Awaitable[Json]]
DEEDS: dict[str, Deed] = {
    "say": say,
    "press": press,
    "faults": faults,
    "state": state,
    "received": received,
    "stream": stream,
    "event": event,
    "member": member,
    "file": file,
    "decide": decide,
    "raw": raw,
    "settings": settings,
}


def routes(parts: Parts) -> list[web.RouteDef]:
    """POST /_fake/<deed>; state and received can be read by GET too."""

    def enter(deed: Deed) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            if request.method == "POST" and request.content_type != "application/json":
                return web.json_response({"fault": "Content-Type must be application/json"}, status=415)
            try:
                body = await deed(parts, (await read(request)).body or dict(request.query))
                return web.json_response(body, dumps=_words)
            except Refusal as refusal:
                return web.json_response({"fault": refusal.message}, status=refusal.status)
            except (LookupError, ValueError, TypeError) as fault:
                return web.json_response({"fault": f"{type(fault).__name__}: {fault}"}, status=400)

        return handle

    readable = [web.get(f"/_fake/{name}", enter(DEEDS[name])) for name in ("state", "received")]
    return [*(web.post(f"/_fake/{name}", enter(deed)) for name, deed in DEEDS.items()), *readable]


def _words(body: object) -> str:
    return json.dumps(body, ensure_ascii=False)
