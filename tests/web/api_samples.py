"""A house without a platform behind the API, and a caller who signs."""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient

from bot.core.model import Organisation
from bot.engine.composing import Composer
from bot.engine.loop import Loop
from bot.engine.pace import Pace
from bot.engine.people import Rights
from bot.engine.wording import Wording
from bot.web.api.routes import Door
from bot.web.api.signing import CLIENT, NONCE, SIGNATURE, TIME, Gate, signature
from bot.words.loading import Words, bundled, load
from storage import SqlStore

SECRET = "a secret of sixteen letters"


class Hands:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 3, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@cache
def shipped() -> Words:
    """The shipped words, read once."""
    return load([bundled()])


@asynccontextmanager
async def house_of(folder: Path) -> AsyncIterator[tuple[Loop, SqlStore, Hands]]:
    """An engine over a store of its own; what it says stays in the outbox."""
    store, clock, dice = SqlStore(f"sqlite:///{folder / 'api.db'}", "api", folder), Hands(), random.Random(5)
    words = shipped()
    loop = Loop(
        store, Wording([bundled()], words, Organisation(), "Asia/Shanghai", "zh"), Rights("dingtalk", ["adm1"], ["appr1"]), Pace(0), Composer("dingtalk", "robot"),
        clock, lambda: f"{dice.getrandbits(128):032x}",
    )  # fmt: skip
    await store.open()
    yield loop, store, clock
    await loop.idle()
    await store.close()


def door_of(loop: Loop, store: SqlStore, clock: Hands) -> Door:
    """The API's view of it, with one client `hr`."""
    return Door(Gate({"hr": SECRET}), clock, "dingtalk", loop.outcome, store.answer)


class Caller:
    """The client `hr`."""

    NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)

    def __init__(self, client: TestClient[Any, Any], clock: Hands) -> None:
        self.client = client
        self.clock = clock

    def signed(self, method: str, path: str, body: bytes) -> dict[str, str]:
        stamp, nonce = str(int(self.clock.now().timestamp())), secrets.token_hex(8)
        return {CLIENT: "hr", TIME: stamp, NONCE: nonce, SIGNATURE: signature(SECRET, method, path, stamp, nonce, body)}

    async def raw(self, method: str, path: str, body: bytes, key: str = "", change: Mapping[str, str] | None = None) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json", "Idempotency-Key": key or secrets.token_hex(8), **self.signed(method, f"/api/v1/{path}", body)}
        async with self.client.request(method, f"/api/v1/{path}", data=body, headers={**headers, **(change or {})}) as answer:
            told = await answer.json()
        return answer.status, told

    async def post(self, path: str, record: Mapping[str, Any], key: str = "", change: Mapping[str, str] | None = None) -> tuple[int, Any]:
        return await self.raw("POST", path, json.dumps(record).encode(), key, change)

    async def get(self, path: str) -> tuple[int, Any]:
        return await self.raw("GET", path, b"")
