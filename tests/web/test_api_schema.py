"""Generated requests, good and bad, keep to the API's own document."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from aiohttp import web
from api_samples import SECRET, Hands, door_of, house_of
from hypothesis import HealthCheck, assume, settings
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.web.api.document import document
from bot.web.api.routes import routes
from bot.web.api.signing import CLIENT, NONCE, SIGNATURE, TIME, signature

CHECKS = (
    not_a_server_error,
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
)
SCHEMA = schemathesis.openapi.from_dict(document())


class Signed(AuthBase):
    """Signs a request as it goes out, under a key of its own."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else body
        stamp, nonce = str(int(Hands().now().timestamp())), secrets.token_hex(8)
        signed = signature(SECRET, str(request.method), request.path_url, stamp, nonce, raw)
        request.headers.update({CLIENT: "hr", TIME: stamp, NONCE: nonce, SIGNATURE: signed})
        return request


async def _serve(folder: Path, ports: list[int], stop: threading.Event) -> None:
    async with house_of(folder) as (loop, store, clock):
        application = web.Application(client_max_size=256 * 1024)
        application.add_routes(routes(door_of(loop, store, clock)))
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        ports.append(runner.addresses[0][1])
        while not stop.is_set():
            await asyncio.sleep(0.05)
        await runner.cleanup()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A house in a thread, behind a real socket."""
    ports: list[int] = []
    stop = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(tmp_path_factory.mktemp("api"), ports, stop)))
    thread.start()
    while not ports:
        assert thread.is_alive()
        time.sleep(0.05)
    yield f"http://127.0.0.1:{ports[0]}"
    stop.set()
    thread.join(30)


@pytest.mark.timeout(240)
@SCHEMA.parametrize()
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_api_keeps_its_word(case: schemathesis.Case, address: str) -> None:
    told = case.body if isinstance(case.body, dict) else {}
    assume(all(1970 <= int(str(told[name])[:4]) <= 9998 for name in ("sent", "expires") if str(told.get(name) or "")[:4].isdigit()))  # no schema can say so
    if "Idempotency-Key" in case.headers and case.meta and not case.meta.generation.mode.is_negative:
        case.headers["Idempotency-Key"] = secrets.token_hex(12)
    signed = all(name in case.headers for name in (CLIENT, TIME, NONCE, SIGNATURE))  # where they were left out, they must be missed
    case.call_and_validate(base_url=address, auth=Signed() if signed else None, checks=CHECKS)
