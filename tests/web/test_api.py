"""The JSON API against a real house: who gets in, what counts once, what is told back."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from api_samples import Caller, door_of, house_of

from bot.core.turn import Event
from bot.web.api.document import document
from bot.web.api.routes import routes

PERSON = {"account": "emp7", "name": "李雷", "mobile": "13800138000", "department": "财务部"}


@pytest.fixture
async def calling(tmp_path) -> AsyncIterator[Caller]:
    async with house_of(tmp_path) as (loop, store, clock):
        application = web.Application(client_max_size=64 * 1024)
        application.add_routes(routes(door_of(loop, store, clock)))
        async with TestClient(TestServer(application)) as client:
            yield Caller(client, clock)


async def test_a_record_counts_once(calling: Caller) -> None:
    status, told = await calling.post("people", PERSON, key="people-0001")
    assert (status, told["status"]) == (200, "taken")
    assert (await calling.post("people", PERSON, key="people-0001"))[1] == {"status": "known"}
    assert (await calling.post("people", {**PERSON, "name": "别人"}, key="people-0001"))[0] == 409


async def test_where_somebody_stands(calling: Caller) -> None:
    assert (await calling.get("people/nobody"))[0] == 404
    await calling.post("people", PERSON, key="people-0001")
    status, told = await calling.get("people/emp7")
    assert (status, set(told)) == (200, {"member", "application", "invite"})
    assert "13800138000" not in json.dumps(told)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"X-Usher-Client": "other"}, 401),
        ({"X-Usher-Signature": "0" * 64}, 401),
        ({"X-Usher-Time": "1"}, 401),
        ({"X-Usher-Time": "\u0661\u0662"}, 401),
        ({"X-Usher-Nonce": "short"}, 401),
        ({"Idempotency-Key": "no"}, 400),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
async def test_who_is_refused(calling: Caller, change: dict[str, str], status: int) -> None:
    assert (await calling.post("people", PERSON, change=change))[0] == status


async def test_a_request_counts_once_and_not_when_it_is_old(calling: Caller) -> None:
    path, body = "/api/v1/people/emp7", b""
    headers = calling.signed("GET", path, body)
    assert (await calling.client.get(path, headers=headers)).status == 404
    assert (await calling.client.get(path, headers=headers)).status == 401
    late = calling.signed("GET", path, body)
    calling.clock.at += timedelta(seconds=301)
    assert (await calling.client.get(path, headers=late)).status == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"[]", 422), (b"null", 422), (b"{}", 422), (b"\xff\xfe", 400), (b"[" * 20_000, 400),
        (json.dumps({**PERSON, "name": "=1+1"}).encode(), 422), (json.dumps({**PERSON, "role": "admin"}).encode(), 422),
        (json.dumps({**PERSON, "name": "a\u0000b"}).encode(), 422), (json.dumps({**PERSON, "mobile": 13800138000}).encode(), 422),
        (b"x" * 70_000, 413),
    ],
)  # fmt: skip
async def test_bad_bodies_are_told_why_without_their_values(calling: Caller, body: bytes, status: int) -> None:
    found, told = await calling.raw("POST", "people", body)
    assert found == status
    assert told["error"]
    assert "13800138000" not in json.dumps(told)


async def test_invites_and_applications_are_taken(calling: Caller) -> None:
    invite = {"mobile": "13900139000", "name": "韩梅梅", "expires": "2026-03-10T18:00:00+08:00"}
    application = {"id": "A-1", "person": "emp7", "state": "rejected", "reason": "照片模糊"}
    assert (await calling.post("invites", invite))[0] == 200
    assert (await calling.post("applications", application))[0] == 200
    assert (await calling.post("applications", {**application, "state": "gone"}))[0] == 422


async def test_the_document_is_open_and_names_every_route(calling: Caller) -> None:
    answer = await calling.client.get("/api/v1/openapi.json")
    told: dict[str, Any] = await answer.json()
    assert told == json.loads(json.dumps(document()))
    assert set(told["paths"]) == {"/api/v1/people", "/api/v1/invites", "/api/v1/applications", "/api/v1/people/{account}"}


def test_one_event_has_one_key() -> None:
    told = Event("api", "person", secrets.token_hex(4), "emp7", {}, Caller.NOW)
    assert told.key == Event("api", "person", told.id, "emp8", {"a": "b"}, Caller.NOW).key
