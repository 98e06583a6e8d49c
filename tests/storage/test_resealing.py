"""After a rotation everything but the trail is under the new key: rows of every table, on both databases."""

from __future__ import annotations

import base64
import json

import pytest
from storage_samples import NOW, ZHANG, Database, message, remembered, said, turn

from bot.core.facts import Ask
from bot.core.model import Entry, Member, Sender
from bot.ports import StoreError
from storage import resealing
from storage.sealing import Ring, new_ring, ring_of


async def test_every_row_is_sealed_anew_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resealing, "SLICE", 3)
    first = new_ring()
    second = new_ring(first)
    store = await database.open(sealer=ring_of(first))
    people = [Member(f"p{number}", f"p{number}", f"员工{number}", "active", NOW, mobile="13800000011") for number in range(7)]
    heard = message("m1")
    await store.hear(heard)
    await store.commit(turn(heard, *people, remembered("topic"), Entry("e1", NOW, "p1", "look", "x", detail="d"), says=[said("k1"), said("k2", "other")]))
    await store.hear(message("m2", sender=Sender("li", "li", "李四")))
    await store.close()
    store = await database.open(sealer=ring_of(second))
    assert await store.reseal() == {"item": 7, "conversation": 1, "inbox": 1, "outbox": 2}
    assert set((await store.reseal()).values()) == {0}
    await store.close()
    store = await database.open(sealer=only(second))
    assert len((await store.answer([Ask(Member, most=20)])).items) == 7
    assert len((await store.answer([Ask(Member, tag="!mobile=13800000011", most=20)])).items) == 7, "look-ups outlive it"
    assert (await store.recall(message("m3", sender=ZHANG))).conversation.topic == "topic"
    assert [one.id for one in await store.unfinished()] == ["m2"]
    assert len(await store.claim(10)) == 2
    with pytest.raises(StoreError, match="key 1, which is not in the key ring"):
        await store.audit_lines("", 5)


def only(text: str) -> Ring:
    """The ring without its older keys."""
    told = json.loads(text)
    keys = {number: base64.b64decode(key) for number, key in ((told["current"], told["keys"][str(told["current"])]),)}
    return Ring(keys, told["current"], base64.b64decode(told["blind"]))
