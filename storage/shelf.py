"""The shelf of files that people sent: sealed with the key ring, named by the hash of their content and by whose they are."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from pathlib import Path

from bot.ports import StoreError
from storage.sealing import Sealer

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_OWNER_DIGITS = 16


class Shelf:
    """One file a content and owner, below `folder`; only the operator's account may read it. An owner is any text, such as the id of the item it belongs
    to: what two people send alike is kept for each, so that deleting one leaves the other's."""

    def __init__(self, folder: Path, sealer: Sealer) -> None:
        self._folder = folder
        self._sealer = sealer

    async def keep(self, data: bytes, owner: str) -> str:
        """Keeps the bytes and gives the SHA-256 of their content. Raises StoreError."""
        return await asyncio.to_thread(self._keep, data, owner)

    async def open(self, digest: str, owner: str) -> bytes:
        """The bytes. Raises StoreError when there are none, or not as they were kept."""
        return await asyncio.to_thread(self._open, digest, owner)

    async def reseal(self, digest: str, owner: str) -> bool:
        """Seals it anew when an older key did; whether that was needed. Raises StoreError when it is not there or not as it was kept."""
        return await asyncio.to_thread(self._reseal, digest, owner)

    async def drop(self, digest: str, owner: str) -> bool:
        """Deletes it; whether it was there. Raises StoreError when it cannot be deleted."""
        return await asyncio.to_thread(self._drop, digest, owner)

    def _keep(self, data: bytes, owner: str) -> str:
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest, owner)
        fresh = path.with_suffix(".new")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(self._sealer.seal(data, _place(digest, owner)))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError as fault:
            raise StoreError(f"a file could not be kept ({type(fault).__name__})") from None
        return digest

    def _open(self, digest: str, owner: str) -> bytes:
        try:
            body = self._path(digest, owner).read_bytes()
        except OSError as fault:
            raise StoreError(f"a file is not there ({type(fault).__name__})") from None
        data = self._sealer.open(body, _place(digest, owner))
        if hashlib.sha256(data).hexdigest() != digest:
            raise StoreError("a file is not what it was")
        return data

    def _reseal(self, digest: str, owner: str) -> bool:
        data = self._open(digest, owner)
        if not self._sealer.stale(self._path(digest, owner).read_bytes()):
            return False
        self._keep(data, owner)
        return True

    def _drop(self, digest: str, owner: str) -> bool:
        path = self._path(digest, owner)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        except OSError as fault:
            raise StoreError(f"a file could not be deleted ({type(fault).__name__})") from None
        return True

    def _path(self, digest: str, owner: str) -> Path:
        if not _HASH.fullmatch(digest):
            raise StoreError("that is no hash")
        whose = hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()[:_OWNER_DIGITS]
        return self._folder / digest[:2] / f"{digest}-{whose}"


def _place(digest: str, owner: str) -> str:
    return f"file:{digest}:{owner}"
