"""The shelf: sealed, bound to content and owner, deleted for one owner at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.ports import StoreError
from storage.sealing import Ring
from storage.shelf import Shelf

DATA = b"\x89PNG canary 13987650001"


def ring(*numbers: int) -> Ring:
    return Ring({number: bytes([number]) * 32 for number in numbers}, numbers[-1], bytes(32))


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_what_is_kept_is_sealed_and_comes_back(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "files", ring(1))
    digest = await shelf.keep(DATA, "v1")
    (path,) = files_in(tmp_path)
    assert path.name.startswith(digest)
    assert b"canary" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    assert await Shelf(tmp_path / "files", ring(1, 2)).open(digest, "v1") == DATA  # a rotated ring still opens it


async def test_each_owner_has_their_own(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, ring(1))
    digest = await shelf.keep(DATA, "v1")
    assert await shelf.keep(DATA, "v2") == digest == await shelf.keep(DATA, "v2")
    assert await shelf.drop(digest, "v1")
    assert not await shelf.drop(digest, "v1")
    assert await shelf.open(digest, "v2") == DATA
    with pytest.raises(StoreError):
        await shelf.open(digest, "v1")


async def test_what_was_changed_or_moved_does_not_open(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, ring(1))
    digest = await shelf.keep(DATA, "v1")
    (first,) = files_in(tmp_path)
    await shelf.keep(DATA, "v2")
    (second,) = set(files_in(tmp_path)) - {first}
    second.write_bytes(first.read_bytes())
    with pytest.raises(StoreError):
        await shelf.open(digest, "v2")
    body = bytearray(first.read_bytes())
    body[-1] ^= 1
    first.write_bytes(bytes(body))
    with pytest.raises(StoreError):
        await shelf.open(digest, "v1")


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n"])
async def test_only_a_hash_names_a_file(tmp_path: Path, digest: str) -> None:
    with pytest.raises(StoreError, match="no hash"):
        await Shelf(tmp_path, ring(1)).open(digest, "v1")
