"""What was committed is delivered: in order within a lane, by one process at a time, until it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from storage_samples import NOW, Database, message, said, turn

from bot.core.model import Action
from bot.core.turn import Call, Route
from bot.ports import Button, Outbound, Queued, Settled, Settlement
from storage import SqlStore, turns

LATER = NOW + timedelta(days=365_000)


async def written(store: SqlStore, *says: Outbound, calls: Sequence[Call] = ()) -> tuple[Queued, ...]:
    """Committed by a turn of their own."""
    return await store.commit(turn(message("of " + " ".join([say.key for say in says] + [call.key for call in calls])), says=says, calls=calls))


def keys(rows: Sequence[Queued]) -> list[str]:
    """Their keys."""
    return [row.key for row in rows]


def ended(row: Queued, state: Settled | None = Settled.SENT) -> Settlement:
    """What to record of a row's end."""
    return Settlement(row.key, row.attempt, state, note="webhook")


async def test_held_from_the_commit_on(database: Database) -> None:
    store = await database.open()
    assert keys(await written(store, said("a"), said("b"))) == ["a", "b"]
    assert await store.claim(10) == []
    database.run_out()
    assert await store.claim(10) == [], "a living process keeps what it holds"
    assert database.query("SELECT count(*) FROM outbox WHERE lease_until > 1") == [(2,)]


async def test_ended(database: Database) -> None:
    store = await database.open()
    rows = await written(store, said("a"), said("b", "other"), calls=[Call("scim", "grant", "g")])
    ends = (Settled.SENT, Settled.DEAD, Settled.REFUSED)
    await store.settle([ended(row, state) for row, state in zip(rows, ends, strict=True)])
    assert database.query("SELECT key, state, note, length(body) FROM outbox ORDER BY seq") == [
        ("a", "sent", "webhook", 0),
        ("b", "dead", "webhook", 0),
        ("g", "refused", "webhook", 0),
    ]
    database.run_out()
    assert await store.claim(10) == []


async def test_comes_back_as_it_was(database: Database) -> None:
    store = await database.open()
    whole = replace(
        said("a", text="**好**" * 5000),
        buttons=(Button("去申请", "1", Action("access.request", (("role", "出纳"),))),),
        mention=("zhang", "li"),
        route=Route("https://x?session=1", NOW),
        priority=3,
    )
    call = Call("scim", "grant", "grant:17:1", {"role": "审核员", "person": "张三"})
    await written(store, whole, calls=[call])
    other = await database.after_a_crash()
    rows = await other.claim(10)
    assert rows == [Queued(2, outbound=whole), Queued(2, call=call)]
    assert all(row.again for row in rows), "their process may have sent them"


async def test_heads_only_and_in_order(database: Database) -> None:
    store = await database.open()
    await written(store, said("a1"), said("b1", "b"), said("a2"), said("b2", "b"), said("a3"))
    other = await database.after_a_crash()
    heads = await other.claim(10)
    assert keys(heads) == ["a1", "b1"]
    assert await other.claim(10) == []
    await other.settle([ended(heads[0])])
    assert keys(await other.claim(10)) == ["a2"]
    await other.settle([ended(heads[1], Settled.DEAD)])
    assert keys(await other.claim(10)) == ["b2"]


async def test_a_lane_is_a_person_in_a_place_of_a_channel(database: Database) -> None:
    store = await database.open()
    await written(store, said("zhang"), said("li", person="li"), replace(said("elsewhere"), channel="playground"))
    assert keys(await (await database.after_a_crash()).claim(10)) == ["zhang", "li", "elsewhere"]


async def test_at_most_as_many_as_asked(database: Database) -> None:
    store = await database.open()
    await written(store, *(said(f"k{number}", f"lane{number}") for number in range(5)))
    other = await database.after_a_crash()
    assert [len(await other.claim(2)) for _ in range(4)] == [2, 2, 1, 0]


async def test_retry(database: Database) -> None:
    store = await database.open()
    (row,) = await written(store, said("a"))
    await store.settle([Settlement("a", row.attempt, None, LATER, "429")])
    assert await store.claim(10) == []
    database.query("UPDATE outbox SET due_at = 1")
    (again,) = await store.claim(10)
    assert again == Queued(2, outbound=said("a"))
    assert not again.again, "it is known that it did not come"
    await store.settle([Settlement("a", 2, None, NOW - timedelta(days=3650))])
    assert keys(await store.claim(10)) == ["a"], "a time gone by is due"


async def test_nothing_overtakes_what_waits_for_its_retry(database: Database) -> None:
    store = await database.open()
    (first,) = await written(store, said("a1"))
    await store.settle([Settlement("a1", first.attempt, None, LATER)])
    assert await written(store, said("a2"), said("b1", "b")) == (Queued(1, outbound=said("b1", "b")),)
    assert await store.claim(10) == []
    database.query("UPDATE outbox SET due_at = 1")
    (head,) = await store.claim(10)
    assert head.key == "a1"
    await store.settle([ended(head)])
    assert await store.claim(10) == [Queued(1, outbound=said("a2"))]


async def test_fenced(database: Database) -> None:
    store = await database.open()
    (old,) = await written(store, said("a"))
    if database.alone:
        await store.settle([ended(old, None)])
        other = store
    else:
        database.run_out()
        other = await database.open("second")
    (new,) = await other.claim(10)
    assert new.attempt == old.attempt + 1
    await store.settle([ended(old, Settled.DEAD)])
    assert database.query("SELECT state, attempt FROM outbox") == [("pending", 2)]
    await other.settle([ended(new)])
    await store.settle([ended(old, Settled.DEAD), ended(new, Settled.DEAD)])
    assert database.query("SELECT state, attempt FROM outbox") == [("sent", 2)], "an end is final"


async def test_lost_on_the_way_to_the_caller(database: Database) -> None:
    store = await database.open()
    await store._db.write(turns.commit, turn(message(), says=[said("a")]))  # as if whoever committed was cancelled, or the connection broke after COMMIT
    database.run_out()
    assert await store.claim(10) == [Queued(2, outbound=said("a"))]


async def test_replicas_share_the_work(shared: Database) -> None:
    stores = [await shared.open(owner) for owner in ("dead", "a", "b", "c")]
    await written(stores[0], *(said(f"k{number}", f"lane{number}") for number in range(100)))
    shared.run_out()
    taken: list[str] = []

    async def work(store: SqlStore) -> None:
        while rows := await store.claim(7):
            taken.extend(keys(rows))
            await store.settle(list(map(ended, rows)))

    await asyncio.gather(*map(work, stores[1:]))
    assert sorted(taken) == sorted(f"k{number}" for number in range(100))


async def test_the_order_of_a_lane_over_replicas(shared: Database) -> None:
    first, second = await shared.open("first"), await shared.open("second")
    (row,) = await written(first, said("a1"))
    assert await written(second, said("a2")) == (), "it stands behind what another process holds"
    assert await second.claim(10) == []
    await first.settle([ended(row)])
    assert keys(await second.claim(10)) == ["a2"]


async def test_settled_in_one_go(store: SqlStore) -> None:
    rows = await written(store, *(said(f"k{number}", f"lane{number}") for number in range(300)))
    await store.settle([ended(row) for row in rows])
    assert (await store.counts())["outbox_depth"] == 0


async def test_what_another_replica_took_over_is_ours_no_more(shared: Database) -> None:
    paused, other = await shared.open("paused"), await shared.open("other")
    (row,) = await written(paused, said("a"))
    shared.run_out()
    assert await paused.hold(row.key, row.attempt), "nobody else wanted it"
    assert await other.claim(10) == []
    shared.run_out()
    (again,) = await other.claim(10)
    assert not await paused.hold(row.key, row.attempt)
    await paused.settle([ended(row)])
    assert await other.hold(again.key, again.attempt)
    await other.settle([ended(again)])
    assert not await other.hold(again.key, again.attempt)


async def test_what_stands_behind_a_head_that_came_back_is_had_with_it(database: Database) -> None:
    store = await database.open()
    rows = await written(store, said("a"), said("b"), said("c"), said("elsewhere", "other"))
    back = Settlement("a", 1, None, NOW, "bucket empty")
    await store.settle([back, *(replace(back, key=key, note="behind") for key in ("b", "c"))])
    (head,) = [row for row in await store.claim(10) if row.key == "a"]
    assert await store.behind("elsewhere", 10) == [], "another lane's"
    assert [(row.key, row.attempt) for row in await store.behind(head.key, 10)] == [("b", 2), ("c", 2)]
    assert await store.behind(head.key, 10) == [], "they are held now"
    assert rows[0].attempt == 1
