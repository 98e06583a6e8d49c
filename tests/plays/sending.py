"""Photos and files that people of the plays send: a stand-in DingTalk holds them, the real connector fetches them from there."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import segno
from PIL import Image

from bot.connectors.dingtalk_files import SentFiles
from bot.core.turn import Call
from bot.dingtalk_api.files import Files
from bot.dingtalk_api.openapi import OpenApi
from bot.dingtalk_api.post import Poster
from bot.dingtalk_api.quota import Quota
from bot.dingtalk_api.token import Tokens
from bot.fake_dingtalk import FakeDingTalk
from bot.fake_dingtalk.state import File
from storage.sealing import Ring
from storage.shelf import Shelf

PNG = b"\x89PNG\r\n\x1a\n"
MB = 2**20


def _wall() -> bytes:
    """A photo without any code."""
    kept = io.BytesIO()
    Image.effect_noise((400, 300), 60).save(kept, "JPEG")
    return kept.getvalue()


FILES = {
    "png": PNG + b"0" * 100,
    "other png": PNG + b"1" * 100,
    "pdf": b"%PDF-1.7 a page",
    "program": b"MZ\x90\x00",
    "wall": _wall(),
    "huge": PNG + b"0" * MB,
}
"""What is sent under which word in a play; the largest that is taken there is one MB."""


def photo_of(texts: Sequence[str]) -> bytes:
    """A photo of the codes beside each other."""
    photo, kept = Image.new("L", (500 * len(texts) + 100, 500), 220), io.BytesIO()
    for place, text in enumerate(texts):
        code = io.BytesIO()
        segno.make(text).save(code, kind="png", scale=6)
        photo.paste(Image.open(code).convert("L"), (500 * place + 40, 40))
    photo.save(kept, "JPEG")
    return kept.getvalue()


def _now() -> datetime:
    return datetime.now(UTC)


class PostOffice:
    """ports.Connector `files`, over a stand-in that is started when the first file is sent."""

    name = "files"

    def __init__(self, folder: Path) -> None:
        self.shelf = Shelf(folder / "files", Ring({1: bytes(32)}, 1, bytes(32)))
        self.fake = FakeDingTalk(robot_code="robot")
        self._poster = Poster(seconds=5.0)
        self._files: SentFiles | None = None
        self._numbers = count(1)

    async def send(self, what: str) -> str:
        """The download code of that file."""
        await self._open()
        code = f"code-{next(self._numbers)}"
        if what != "lost":
            self.fake.state.files[code] = File("x", photo_of(what[3:].split()) if what.startswith("qr ") else FILES[what], "robot")
        return code

    async def perform(self, call: Call) -> str:
        return await (await self._open()).perform(call)

    async def close(self) -> None:
        if self._files is not None:
            await self._poster.close()
            await self.fake.stop()

    async def _open(self) -> SentFiles:
        if self._files is None:
            await self.fake.start()
            base, app = self.fake.base_url, self.fake.app
            tokens = Tokens(self._poster, _now, api_base=base, app_key=app.key, app_secret=app.secret)
            api = OpenApi(self._poster, tokens, Quota(_now), _now, api_base=base, oapi_base=base)
            self._files = SentFiles(Files(api, "robot", base, most=MB), self.shelf)
        return self._files
