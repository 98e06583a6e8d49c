"""Another key for everything that is kept: added to the ring, then rows and files are sealed anew with it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from bot.config import Settings
from bot.core.model import Evidence
from bot.ports import StoreError
from bot.wiring.parts import database_url, key_ring
from storage import SqlStore
from storage.sealing import new_ring, write_ring
from storage.shelf import Shelf

PAGE = 200


def added(settings: Settings) -> str:
    """Adds a key to the ring in the data folder; where the settings have the ring, the text of the new one is given back and nothing is changed. Raises
    StoreError when there is no ring or it is broken."""
    told = settings.database.keys.get_secret_value()
    if told:
        key_ring(settings)
        return new_ring(told)
    path = settings.data / "keys.json"
    if not path.exists():
        raise StoreError(f"there is no ring of keys in {settings.data}")
    key_ring(settings)
    write_ring(path, new_ring(path.read_text(encoding="utf-8")))
    return ""


async def resealed(settings: Settings) -> Mapping[str, int]:
    """Seals rows and files anew: how many, by what they are. Raises StoreError, also while the helper runs on the same SQLite file."""
    ring = key_ring(settings)
    store = SqlStore(database_url(settings), secrets.token_hex(8), settings.data, ring)
    await store.open()
    try:
        return {**await store.reseal(), "files": await _files(store, Shelf(settings.data / "files", ring))}
    finally:
        await store.close()


async def _files(store: SqlStore, shelf: Shelf) -> int:
    done, after, more = 0, None, True
    while more:
        page, after = await store.page(Evidence, ("kept",), after, PAGE)
        for one in page:
            if isinstance(one, Evidence):
                done += await shelf.reseal(one.sha256, one.id)
        more = after is not None
    return done
