"""The API's routes: a record in, an event through the one flow, its decision out."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from bot.core.facts import Ask
from bot.core.model import Application, Invite, Item, Member, Person
from bot.core.turn import Decision, Reason, Stimulus
from bot.ports import Clock, Conflict, Gathered, StoreError
from bot.records.record import KINDS, event, faults
from bot.web.api.document import PATHS, document
from bot.web.api.signing import Gate

NO_STORE = {"Cache-Control": "no-store"}
_KEY = re.compile(r"[A-Za-z0-9_.-]{8,64}", re.ASCII)
_ACCOUNT = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Door:
    """What the API needs of the house: whom to let in, where to send events, whom to ask. `channel` is the chat platform whose accounts are meant."""

    gate: Gate
    clock: Clock
    channel: str
    outcome: Callable[[Stimulus], Awaitable[Decision | None]]
    answer: Callable[[Sequence[Ask]], Awaitable[Gathered]]


class _Refused(Exception):
    """A request that is not taken."""

    def __init__(self, status: int, error: str, found: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(error)
        self.status, self.error, self.found = status, error, found


def routes(door: Door) -> list[web.RouteDef]:
    """All routes under /api/v1/."""
    tells = [web.post(f"/api/v1/{path}", _guarded(door, _telling(door, kind))) for path, kind in PATHS.items()]
    return [*tells, web.get("/api/v1/people/{account}", _guarded(door, _standing(door))), web.get("/api/v1/openapi.json", _document)]


Answered = Callable[[web.Request, bytes, str], Awaitable[dict[str, Any]]]


def _guarded(door: Door, does: Answered) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Signature first, then the work; every refusal is JSON."""

    async def handle(request: web.Request) -> web.Response:
        try:
            body = await request.read()
            client = door.gate.client(request.headers, request.method, request.raw_path, body, door.clock.now())
            if not client:
                raise _Refused(401, "not signed by a known client, too old, or sent before")
            return web.json_response(await does(request, body, client), headers=NO_STORE)
        except _Refused as fault:
            told: dict[str, Any] = {"error": fault.error, **({"faults": list(fault.found)} if fault.found else {})}
            return web.json_response(told, status=fault.status, headers=NO_STORE)
        except web.HTTPRequestEntityTooLarge:
            return web.json_response({"error": "larger than 256 KB"}, status=413, headers=NO_STORE)
        except StoreError:
            return web.json_response({"error": "nothing was taken, send it again later"}, status=503, headers=NO_STORE)

    return handle


def _telling(door: Door, kind: str) -> Answered:
    async def tell(request: web.Request, body: bytes, client: str) -> dict[str, Any]:
        key = request.headers.get("Idempotency-Key", "")
        if not _KEY.fullmatch(key):
            raise _Refused(400, "the header Idempotency-Key is wanted: 8 to 64 letters, digits, _ . -")
        if request.content_type != "application/json":
            raise _Refused(415, "application/json is wanted")
        told = event("api", kind, f"{client}.{key}", _record(kind, body), door.clock.now())
        try:
            decision = await door.outcome(told)
        except Conflict:
            raise _Refused(409, "this key was used for something else") from None
        if decision is not None and decision.reason is Reason.INVALID_VALUE:
            raise _Refused(409, "it does not follow from what is known")
        return {"status": "known"} if decision is None else {"status": "taken", "reason": decision.reason.value}

    return tell


def _record(kind: str, body: bytes) -> Any:
    try:
        told = json.loads(body)
        if not isinstance(told, dict):
            raise _Refused(422, "a JSON object is wanted")
        return KINDS[kind].model_validate_json(body)
    except ValidationError as fault:
        raise _Refused(422, "a field is wrong", [{"field": where, "why": why} for where, why in faults(fault)]) from None
    except (ValueError, RecursionError):
        raise _Refused(400, "the body is not JSON") from None


def _standing(door: Door) -> Answered:
    async def look(request: web.Request, _: bytes, __: str) -> dict[str, Any]:
        account = request.match_info["account"]
        found = await door.answer([Ask(Person, tag=f"account={door.channel}:{account}")]) if _ACCOUNT.fullmatch(account) else Gathered()
        person = found.people[0].id if found.people else f"{door.channel}:{account}"
        kinds: dict[str, type[Item]] = {"member": Member, "application": Application, "invite": Invite}
        items = (await door.answer([Ask(kind, person=person, most=1) for kind in kinds.values()])).items
        if not items and not found.people:
            raise _Refused(404, "nobody of that account")
        return {name: next((item.index.state for item in items if isinstance(item, kind)), None) for name, kind in kinds.items()}

    return look


async def _document(_: web.Request) -> web.Response:
    return web.json_response(document(), headers=NO_STORE)
