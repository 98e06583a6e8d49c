"""A file that somebody sent, shown to its reviewer: by a signed link for minutes, and so that nothing in it can run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.core.links import Links
from bot.core.model import Evidence
from bot.web.evidence import Shown
from storage import SqlStore
from storage.sealing import Ring
from storage.shelf import Shelf

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)
LINKS = Links("https://usher.example", b"k" * 32)
ONE = Evidence("v0123456789abcdef", "p:张三", "application:a", "kept", NOW, "files", kind="png")
DATA = b"\x89PNG\r\n\x1a\n a badge"


class Hand:
    """A clock that stands where it is put."""

    at = NOW

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, Ring({1: bytes(32)}, 1, bytes(32)))


@pytest.fixture
async def store(shelf: Shelf) -> AsyncIterator[SqlStore]:
    made = SqlStore("sqlite://", owner="web")
    await made.open()
    for one, kind in ((ONE, "png"), (replace(ONE, id="v0123456789abcde0"), "pdf")):
        await made.keep(replace(one, kind=kind, sha256=await shelf.keep(DATA, one.id)))
    yield made
    await made.close()


@pytest.fixture
async def client(store: SqlStore, shelf: Shelf) -> AsyncIterator[TestClient]:
    application = web.Application()
    application.add_routes(Shown(store.answer, shelf.open, LINKS, Hand()).routes())
    made = TestClient(TestServer(application))
    await made.start_server()
    yield made
    await made.close()


async def test_a_photo_is_shown_and_any_other_file_saved(client: TestClient) -> None:
    photo = await client.get(f"/f/{LINKS.file_token(ONE.id, NOW + timedelta(minutes=1))}")
    assert (photo.status, photo.content_type, await photo.read()) == (200, "image/png", DATA)
    assert "sandbox" in photo.headers["Content-Security-Policy"]
    assert photo.headers["Cache-Control"] == "no-store"
    other = await client.get(f"/f/{LINKS.file_token('v0123456789abcde0', NOW + timedelta(minutes=1))}")
    assert (other.status, other.content_type) == (200, "application/octet-stream")
    assert other.headers["Content-Disposition"].startswith("attachment")


async def test_only_a_link_of_ours_in_its_time_shows_it(client: TestClient, store: SqlStore, shelf: Shelf) -> None:
    good = LINKS.file_token(ONE.id, NOW + timedelta(minutes=1))
    late = LINKS.file_token(ONE.id, NOW)
    unknown = LINKS.file_token("v" + "0" * 16, NOW + timedelta(minutes=1))
    changed = good.replace("v0123456789abcdef", "v0123456789abcde0")
    for token in (late, unknown, changed, good[:-1], "..%2f..%2fkeys.json", "x"):
        assert (await client.get(f"/f/{token}")).status == 404
    (kept,) = [one for one in (await store.page(Evidence, ("kept",)))[0] if one.id == ONE.id]
    assert isinstance(kept, Evidence)
    await shelf.drop(kept.sha256, kept.id)
    assert (await client.get(f"/f/{good}")).status == 404
    await store.keep(replace(kept, state="gone"))
    assert (await client.get(f"/f/{good}")).status == 404


def test_a_link_to_a_file_opens_no_invite_and_the_other_way_round() -> None:
    token = LINKS.file_token(ONE.id, NOW + timedelta(minutes=1))
    assert LINKS.read(token) is None
    assert LINKS.file("K7Q2M-1-bbbbbbbbbbbb", NOW) == ""
    assert Links("", b"k" * 32).file_token(ONE.id, NOW) == ""
