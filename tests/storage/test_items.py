"""Items: put and found by their index, sealed, asked about when due, by one process each."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from storage_samples import Database, message, said, turn

from bot.core.facts import Ask, Tally
from bot.core.model import Entry, Index, Person
from bot.core.turn import About, Due
from bot.ports import Stale, StoreError
from storage import SqlStore, items
from storage.sealing import Ring, new_ring, ring_in, ring_of

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
MOBILE = "13800138000"


@dataclass(frozen=True, slots=True)
class Parcel:
    """An item for these tests."""

    id: str
    person: str = "p1"
    holder: str = ""
    state: str = "open"
    mobile: str = MOBILE
    due: datetime | None = None
    at: datetime = NOW
    version: int = 0

    @property
    def index(self) -> Index:
        return Index(self.person, self.holder, self.state, self.at, self.due, ("code=K7Q2M", f"!mobile={self.mobile}"))


@pytest.fixture(autouse=True)
def parcels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items, "TYPES", {**items.TYPES, "parcel": Parcel})


async def put(store: SqlStore, *parcels: Parcel | Entry, number: int = 0) -> None:
    await store.commit(turn(message(f"m{number}-{parcels[0].id}-{parcels[0].version}"), *parcels))


async def ids(store: SqlStore, ask: Ask) -> list[str]:
    return [item.id for item in (await store.answer([ask])).items]


async def test_found_by_everything_in_its_index(store: SqlStore) -> None:
    await put(store, Parcel("a"), Parcel("b", "p2", "chief", at=NOW + timedelta(hours=1)), Parcel("c", state="gone", mobile="13900139000", due=NOW))
    for ask, wanted in (
        (Ask(Parcel), ["b", "a", "c"]),
        (Ask(Parcel, id="c"), ["c"]),
        (Ask(Parcel, person="p1"), ["a", "c"]),
        (Ask(Parcel, holder="chief"), ["b"]),
        (Ask(Parcel, states=("gone", "never")), ["c"]),
        (Ask(Parcel, tag=f"!mobile={MOBILE}"), ["b", "a"]),
        (Ask(Parcel, tag="code=K7Q2M", most=1), ["b"]),
        (Ask(Parcel, due_only=True), ["c"]),
        (Ask(Parcel, person="p1", states=("open",)), ["a"]),
        (Ask(Parcel, id="zz"), []),
    ):
        assert await ids(store, ask) == wanted, ask
    assert (await store.answer([Tally(Parcel), Tally(Parcel, person="nobody")])).tallies == {(Parcel, "open"): 2, (Parcel, "gone"): 1}


async def test_a_stale_change_is_refused_and_a_tag_follows_its_item(store: SqlStore) -> None:
    await put(store, Parcel("a"))
    (item,) = (await store.answer([Ask(Parcel, id="a")])).items
    assert item == Parcel("a", version=1)
    await put(store, replace(item, mobile="13900139000"))
    assert await ids(store, Ask(Parcel, tag=f"!mobile={MOBILE}")) == []
    assert await ids(store, Ask(Parcel, tag="!mobile=13900139000")) == ["a"]
    with pytest.raises(Stale):
        await put(store, replace(item, state="gone"), number=2)
    with pytest.raises(Stale):
        await put(store, Parcel("a"), number=3)


async def test_people_are_found_by_id_name_and_account(store: SqlStore) -> None:
    await store.commit(turn(message(), Person("p1", "李雷", accounts=(("dingtalk", "emp1"),))))
    for ask in (Ask(Person, id="p1"), Ask(Person, tag="name=李雷"), Ask(Person, tag="account=dingtalk:emp1")):
        assert [one.id for one in (await store.answer([ask])).people] == ["p1"]
    assert (await store.answer([Ask(Person, tag="name=韩梅梅")])).people == ()


async def test_due_once_until_it_is_answered(store: SqlStore) -> None:
    later = NOW + timedelta(hours=1)
    await put(store, Parcel("a", due=NOW), Parcel("b", holder="chief", due=NOW - timedelta(hours=1)), Parcel("c", due=later))
    assert await store.next_due() == NOW - timedelta(hours=1)
    asked = await store.due(NOW, 10)
    assert [(due.entity, due.person, due.at) for due in asked] == [("b", "chief", NOW - timedelta(hours=1)), ("a", "p1", NOW)]
    assert await store.due(NOW, 10) == []
    (item,) = (await store.answer([Ask(Parcel, id="a")])).items
    await store.commit(turn(asked[1], replace(item, due=later)))
    await store.commit(turn(asked[0]))
    assert {due.entity for due in await store.due(later, 10)} == {"a", "c"}


async def test_nothing_is_asked_about_a_part_of_a_millisecond_too_early(store: SqlStore) -> None:
    due = NOW + timedelta(microseconds=1_494)
    await put(store, Parcel("a", due=due))
    assert await store.due(NOW + timedelta(microseconds=1_493), 10) == []
    assert await store.next_due() == NOW + timedelta(milliseconds=2)
    (asked,) = await store.due(NOW + timedelta(milliseconds=2), 10)
    assert asked.at >= due
    assert await store.next_due() is None, "it is being asked about"
    await store.commit(turn(asked))
    assert await ids(store, Ask(Parcel, due_only=True)) == []


async def test_a_question_that_was_lost_is_asked_again_ever_more_seldom_and_never_given_up(database: Database) -> None:
    store = await database.open()
    await put(store, Parcel("a", due=NOW))
    keys, waits = set(), []
    for number in range(items.MOST_CLAIMS + 1):
        assert (await store.counts())["due_in_vain"] == (number >= items.MOST_CLAIMS)
        began = datetime.now(UTC)
        (asked,) = await store.due(NOW, 10)
        keys.add(asked.key)
        assert await store.due(NOW, 10) == []
        ((until,),) = database.query("SELECT lease_until FROM item")
        waits.append(round((until / 1000 - began.timestamp()) / 60))
        database.query("UPDATE item SET lease_until = 0")
    assert len(keys) == items.MOST_CLAIMS + 1
    assert waits == [1, 2, 4, 8, 16, 32, 64, 1440, 1440]
    assert await store.next_due() is None, "a stepped clock does not stand still for it"
    (item,) = (await store.answer([Ask(Parcel, id="a")])).items
    await put(store, replace(item, holder="other"), number=1)
    assert (await store.counts())["due_in_vain"] == 0


async def test_of_two_askings_of_one_question_one_has_effects(database: Database) -> None:
    store = await database.open()
    await put(store, Parcel("a", due=NOW), Parcel("b", due=NOW), Parcel("c", due=NOW))
    first = {due.entity: due for due in await store.due(NOW, 10)}
    database.query("UPDATE item SET lease_until = 0")
    second = {due.entity: due for due in await store.due(NOW, 10)}
    (item,) = (await store.answer([Ask(Parcel, id="a")])).items
    assert len(await store.commit(turn(first["a"], replace(item, due=NOW + timedelta(days=1)), says=[said("a")]))) == 1
    assert await store.commit(turn(second["a"], says=[said("a again", "other")])) == ()
    assert [len(held) for held in await asyncio.gather(*(store.commit(turn(asked["b"], says=[said(asked["b"].key, "b")])) for asked in (first, second)))] in (
        [0, 1],
        [1, 0],
    )
    (item,) = (await store.answer([Ask(Parcel, id="c")])).items
    await put(store, replace(item, due=None), number=1)
    assert await store.commit(turn(first["c"], says=[said("c", "c")])) == (), "what is due no longer is not asked about"
    assert database.query("SELECT count(*) FROM outbox") == [(2,)]
    assert await store.unfinished() == []


async def test_replicas_never_get_the_same_question(shared: Database) -> None:
    one, other = await shared.open("one"), await shared.open("other")
    await put(one, *(Parcel(f"n{number}", due=NOW) for number in range(60)))
    taken = await asyncio.gather(*(replica.due(NOW, 10) for _ in range(3) for replica in (one, other)))
    found = [due.entity for batch in taken for due in batch]
    assert len(found) == len(set(found)) == 60


async def test_still_worth_sending(store: SqlStore) -> None:
    await put(store, Parcel("a"))
    assert await store.still(About("parcel", "a", ("open", "late")))
    assert not await store.still(About("parcel", "a", ("gone",)))
    assert not await store.still(About("parcel", "b", ("open",)))


async def test_nothing_personal_is_readable_on_the_disk(sqlite_file: Database) -> None:
    store = await sqlite_file.open(sealer=ring_of(new_ring()))
    await store.hear(message(text=f"我的手机是{MOBILE}"))
    await put(store, Parcel("a"), number=1)
    await put(store, Entry("e1", NOW, "p1", "look", "parcel:a", detail=MOBILE))
    assert await ids(store, Ask(Parcel, tag=f"!mobile={MOBILE}")) == ["a"]
    assert [line.detail for line in await store.audit_lines("parcel:a", 5)] == [MOBILE]
    await sqlite_file.close()
    files = [path for path in sqlite_file.path.parent.iterdir() if path.is_file()]
    assert files
    assert not [path for path in files if MOBILE.encode() in path.read_bytes()]


def test_a_key_ring_is_made_once_rotated_and_checked(tmp_path) -> None:
    path = tmp_path / "keys" / "keys.json"
    first = ring_in(path)
    sealed = first.seal(b"body", "here")
    assert path.stat().st_mode & 0o777 == 0o600
    second = ring_of(new_ring(path.read_text()))
    assert (second.open(sealed, "here"), second.open(b"", "here"), second.blind("x"), second.current) == (b"body", b"", first.blind("x"), 2)
    assert second.sealed_with(second.seal(b"body", "here")) == 2
    for broken in (
        lambda: first.open(second.seal(b"b", "here"), "here"),
        lambda: first.open(sealed, "there"),
        lambda: first.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), "here"),
    ):
        with pytest.raises(StoreError):
            broken()
    for text in ("", "{}", "[]", '{"current": 2, "keys": {"1": ""}, "blind": ""}', '{"current": 1, "keys": {"1": "YWJj"}, "blind": "YWJj"}'):
        with pytest.raises(StoreError, match="key ring"):
            ring_of(text)
    assert isinstance(first, Ring)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE audit SET reason = 'because' WHERE id = 'e3'",
        "DELETE FROM audit WHERE id = 'e3'",
        "UPDATE audit SET actor = 'p9' WHERE id = 'e5'",
        "UPDATE audit SET link = -1 WHERE id = 'e2'; UPDATE audit SET link = 2 WHERE id = 'e3'; UPDATE audit SET link = 3 WHERE id = 'e2'",
    ],
)
async def test_the_audit_trail_tells_what_was_done_to_it(database: Database, damage: str) -> None:
    store, key = await database.open(), b"k" * 32
    for number in range(1, 6):
        await put(store, Entry(f"e{number}", NOW, "p1", "approve", f"request:{number}"))
    assert await store.chain_audit(key) == 5
    assert await store.chain_audit(key) == 0
    sound = await store.verify_audit(key)
    assert (sound.lines, sound.broken) == (5, 0)
    await put(store, Entry("e1", NOW, "p2", "approve", "request:1"), number=7)
    assert await store.chain_audit(key) == 0, "a line that is there is the same line"
    for statement in damage.split("; "):
        database.query(statement)
    assert (await store.verify_audit(key)).broken in (2, 3, 4, 5)
    assert (await store.verify_audit(b"x" * 32)).broken == 1


async def test_a_cut_off_end_shows_against_an_anchored_head(database: Database) -> None:
    store, key = await database.open(), b"k" * 32
    for number in range(3):
        await put(store, Entry(f"e{number}", NOW, "p1", "approve", f"request:{number}"))
    await store.chain_audit(key)
    anchored = await store.verify_audit(key)
    database.query("DELETE FROM audit WHERE id = 'e2'")
    cut = await store.verify_audit(key)
    assert (cut.broken, cut.lines) == (0, 2)
    assert cut.head != anchored.head


def test_a_due_question_has_one_key() -> None:
    assert Due("parcel", "a", NOW, "1.1").key != Due("parcel", "a", NOW, "1.2").key
