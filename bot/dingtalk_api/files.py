"""Fetches what people sent: pictures and files by their download code, within bounds, from DingTalk's hosts only (dingtalk.md 1.5, reliability T14)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

from bot.dingtalk_api.faults import DingTalkFault, Reaction
from bot.dingtalk_api.openapi import OpenApi

MOST_BYTES = 10 * 1024 * 1024
TOO_LARGE = "file.tooLarge"
_CODE = "/v1.0/robot/messageFiles/download"
_HOSTS = re.compile(r"(?:[a-z0-9-]+\.)*dingtalk\.com|[a-z0-9-]+\.oss-(?!.*internal)[a-z0-9-]+\.aliyuncs\.com", re.ASCII)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HOPS = 3
_AT_ONCE = 4
_CHUNK = 64 * 1024
_WHERE = "file"

_MAGIC: tuple[tuple[str, int, bytes], ...] = (
    # type, where, what stands there
    ("png", 0, b"\x89PNG\r\n\x1a\n"),
    ("jpeg", 0, b"\xff\xd8\xff"),
    ("gif", 0, b"GIF87a"),
    ("gif", 0, b"GIF89a"),
    ("webp", 8, b"WEBP"),
    ("bmp", 0, b"BM"),
    ("heic", 4, b"ftyphei"),
    ("heic", 4, b"ftypmif1"),
    ("pdf", 0, b"%PDF-"),
    ("ole", 0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
)
_OFFICE = ((b"xl/", "xlsx"), (b"word/", "docx"), (b"ppt/", "pptx"))


def type_of(data: bytes) -> str:
    """What the bytes are by their first ones, whatever the name says; empty for what is none of the kinds that people send as evidence."""
    for kind, at, magic in _MAGIC:
        if data[at : at + len(magic)] == magic and (kind != "webp" or data.startswith(b"RIFF")):
            return kind
    if data.startswith(b"PK\x03\x04"):
        return next((kind for name, kind in _OFFICE if name in data), "zip")
    return ""


class Files:
    """`bases` are the configured addresses, whose hosts may serve files too; `proxy` as for every other call."""

    def __init__(self, api: OpenApi, robot: str, *bases: str, proxy: str = "", most: int = MOST_BYTES, seconds: float = 30.0) -> None:
        self._api = api
        self._robot = robot
        self._own = frozenset((parts.scheme, parts.netloc) for parts in map(urlsplit, bases) if not parts.netloc.endswith(".dingtalk.com"))
        self._proxy = proxy or None
        self._most = most
        self._seconds = seconds
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def fetch(self, code: str, robot: str = "") -> bytes:
        """The file behind a download code of this robot. Raises DingTalkFault: NEVER when it is too large or lies elsewhere."""
        answer = await self._api.call(_CODE, {"downloadCode": code, "robotCode": robot or self._robot})
        url = answer.get("downloadUrl")
        if not isinstance(url, str):
            raise DingTalkFault(Reaction.LATER, "no address in the answer", where=_WHERE, after=1.0)
        try:
            async with (
                self._places,
                asyncio.timeout(self._seconds),
                aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False) as session,
            ):
                return await self._follow(session, url)
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:  # its text may hold the signed address
            raise DingTalkFault(Reaction.LATER, f"no file: {type(fault).__name__}", where=_WHERE, after=1.0) from None

    async def _follow(self, session: aiohttp.ClientSession, url: str) -> bytes:
        """Each hop must lead to an allowed host."""
        for _ in range(_HOPS):
            if not self.allowed(url):
                raise DingTalkFault(Reaction.NEVER, "file.elsewhere", where=_WHERE, hint="it lies on a host that is not DingTalk's")
            async with session.get(URL(url, encoded=True), allow_redirects=False, proxy=self._proxy) as answer:
                if answer.status not in _REDIRECTS:
                    return await self._read(answer)
                url = urljoin(url, answer.headers.get("Location", ""))
        raise DingTalkFault(Reaction.NEVER, "file.redirected", where=_WHERE)

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        if answer.status != 200:
            later = answer.status >= 500 or answer.status == 429
            raise DingTalkFault(Reaction.LATER if later else Reaction.NEVER, f"HTTP {answer.status}", where=_WHERE, after=1.0, status=answer.status)
        found = bytearray()
        if (answer.content_length or 0) <= self._most:
            async for chunk in answer.content.iter_chunked(_CHUNK):
                found += chunk
                if len(found) > self._most:
                    break
            else:
                return bytes(found)
        raise DingTalkFault(Reaction.NEVER, TOO_LARGE, where=_WHERE)

    def allowed(self, url: str) -> bool:
        """Whether a file may be fetched from there: DingTalk's hosts and its storage over https, or a configured base as it is written."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return False
        if parts.username is not None or parts.password is not None or not url.isascii() or not url.isprintable() or "\\" in url:
            return False
        if (parts.scheme, parts.netloc) in self._own:
            return True
        return parts.scheme == "https" and port in {None, 443} and _HOSTS.fullmatch(parts.hostname or "") is not None


KINDS: Mapping[str, tuple[str, ...]] = {
    "picture": ("png", "jpeg", "gif", "webp", "bmp", "heic"),
    "document": ("pdf", "xlsx", "docx", "pptx", "ole"),
}
"""What may be kept as evidence."""
