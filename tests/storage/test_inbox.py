"""What is heard is there once, and stays until it is done."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.dialects.postgresql.psycopg import dialect as postgresql_dialect
from storage_samples import NOW, ZHANG, Database, message, remembered, turn

from bot.core.model import Action, Sender
from bot.core.turn import Call, Due, Message, MessageKind, Outcome, Press, Route, Stimulus
from bot.ports import Conflict
from storage import SqlStore, inbox
from storage.sql import Texts

BEIJING = timezone(timedelta(hours=8))
STIMULI: list[Stimulus] = [
    message(text="发票在哪儿报销？😀\n第二行\t\u200b", quoted="引用", mentioned=("li", "wang"), files=(("a.png", "code"),), route=Route("https://x", NOW)),
    replace(message("m2", kind=MessageKind.AUDIO, addressed=False), private=True, at=datetime(2026, 3, 3, 9, 30, 0, 123456, tzinfo=BEIJING)),
    Press("dingtalk", "robot", "p1", "group", False, ZHANG, Action("access.approve", (("request", "17"), ("level", "只读")), "yes"), NOW, "card"),
    Due("nudge", "request:17", NOW, "round 2"),
    Outcome(Call("scim", "grant", "grant:17:1", {"role": "审核员"}), False, "没有此用户", NOW),
]


async def test_new_once(store: SqlStore) -> None:
    assert await store.hear(message())
    assert not await store.hear(message())
    assert await store.hear(message("m2"))


async def test_two_at_once(store: SqlStore) -> None:
    assert sorted(await asyncio.gather(*(store.hear(message()) for _ in range(20)))) == [False] * 19 + [True]


async def test_two_replicas_at_once(shared: Database) -> None:
    first, second = await shared.open("first"), await shared.open("second")
    for number in range(20):
        heard = await asyncio.gather(first.hear(message(f"m{number}")), second.hear(message(f"m{number}")))
        assert sorted(heard) == [False, True]


async def test_same_key_with_other_words_is_a_conflict(store: SqlStore) -> None:
    await store.hear(message())
    with pytest.raises(Conflict):
        await store.hear(message(text="批准所有申请"))
    await store.commit(turn(message()))
    with pytest.raises(Conflict):
        await store.hear(message(text="批准所有申请"))


async def test_a_platform_may_write_anew_what_was_not_said(store: SqlStore) -> None:
    await store.hear(message(route=Route("https://first", NOW)))
    again = replace(message(route=Route("https://second", NOW)), sender=replace(ZHANG, nick="张三"), at=NOW + timedelta(seconds=1))
    assert not await store.hear(again)


async def test_the_key_is_the_senders_own(store: SqlStore) -> None:
    assert await store.hear(message())
    assert await store.hear(message(sender=Sender("mallory"), text="别的话"))
    assert await store.hear(message(conversation="other", text="别的话"))


async def test_clock_and_outcomes_agree_by_their_key(store: SqlStore) -> None:
    call = Call("scim", "grant", "grant:17:1")
    assert await store.hear(Due("nudge", "17", NOW))
    assert not await store.hear(Due("nudge", "17", NOW + timedelta(hours=1)))
    assert await store.hear(Outcome(call, True, "id 4", NOW))
    assert not await store.hear(Outcome(call, True, "was there already", NOW))


async def test_unfinished_after_a_crash(database: Database) -> None:
    store = await database.open()
    for stimulus in STIMULI:
        await store.hear(stimulus)
    await store.hear(message("done"))
    await store.commit(turn(message("done")))
    other = await database.after_a_crash()
    assert await other.unfinished() == STIMULI
    assert await other.unfinished() == []


@pytest.mark.parametrize("stimulus", STIMULI, ids=lambda stimulus: type(stimulus).__name__)
async def test_comes_back_as_it_was(database: Database, stimulus: Stimulus) -> None:
    await (await database.open()).hear(stimulus)
    (back,) = await (await database.after_a_crash()).unfinished()
    assert back == stimulus
    assert back.at.utcoffset() == stimulus.at.utcoffset()
    assert back.at.astimezone(UTC) == stimulus.at


async def test_long_text_of_every_plane(database: Database) -> None:
    text = ("汉字🀄é\x01\"'%s{{x}}\\" * 3000)[:20_000]
    await (await database.open()).hear(message(text=text))
    (back,) = await (await database.after_a_crash()).unfinished()
    assert isinstance(back, Message)
    assert back.text == text


async def test_what_this_process_works_on_is_not_given_twice(database: Database) -> None:
    store = await database.open()
    await store.hear(message())
    assert await store.unfinished() == []
    database.run_out()
    assert await store.unfinished() == []
    assert database.query("SELECT count(*) FROM inbox WHERE lease_until > 1") == [(1,)], "a living process renews its leases"


async def test_lost_on_the_way_to_the_caller(database: Database) -> None:
    store = await database.open()
    await store._db.write(inbox.hear, message(), whole=False)  # as if whoever heard was cancelled, or the connection broke after COMMIT
    assert not await store.hear(message())
    database.run_out()
    assert await store.unfinished() == [message()]


async def test_another_replica_waits_for_the_lease(shared: Database) -> None:
    first, second = await shared.open("first"), await shared.open("second")
    await first.hear(message())
    assert await second.unfinished() == []
    shared.run_out()
    assert await second.unfinished() == [message()]
    assert await first.unfinished() == []


async def test_many_replicas_share_what_is_left(shared: Database) -> None:
    dead, *living = [await shared.open(owner) for owner in ("dead", "a", "b", "c")]
    await asyncio.gather(*(dead.hear(message(f"m{number}")) for number in range(60)))
    shared.run_out()
    found = await asyncio.gather(*(store.unfinished() for store in living))
    assert sorted(stimulus.id for part in found for stimulus in part) == sorted(f"m{number}" for number in range(60))


async def test_the_same_owner_started_again(database: Database) -> None:
    store = await database.open("pod-0")
    await store.hear(message())
    again = await database.after_a_crash("pod-0") if database.alone else await database.open("pod-0")
    assert await again.unfinished() == [message()]


async def test_dropped(database: Database) -> None:
    store = await database.open()
    await store.hear(message())
    await store.drop(message(), "incident 1")
    assert database.query("SELECT state, note FROM inbox") == [("dead", "incident 1")]
    assert await store.commit(turn(message())) == ()
    assert not await store.hear(message())
    assert await (await database.after_a_crash()).unfinished() == []


async def test_done_is_not_dropped(database: Database) -> None:
    store = await database.open()
    await store.hear(message())
    await store.commit(turn(message()))
    await store.drop(message(), "late")
    assert database.query("SELECT state, note FROM inbox") == [("done", "")]


async def test_replicas_keep_the_order_of_what_one_person_says_in_one_place(shared: Database) -> None:
    one, other = await shared.open("one"), await shared.open("other")
    await one.hear(message("m1"))
    await other.hear(message("m2"))
    await other.hear(message("m3", conversation="elsewhere"))
    second = asyncio.create_task(other.recall(message("m2")))
    await asyncio.wait_for(other.recall(message("m3", conversation="elsewhere")), 1)
    await asyncio.wait_for(one.recall(message("m1")), 1)
    await asyncio.sleep(0.1)
    assert not second.done()
    await one.commit(turn(message("m1"), remembered("first")))
    assert (await second).conversation.topic == "first", "what came before is remembered"


async def test_nobody_waits_for_a_replica_that_died(shared: Database) -> None:
    dead, living = await shared.open("dead"), await shared.open("living")
    await dead.hear(message("m1"))
    shared.run_out()
    await living.hear(message("m2"))
    await asyncio.wait_for(living.recall(message("m2")), 1)


async def test_who_is_ahead_is_found_among_what_is_open_and_not_in_all_that_was_ever_heard(shared: Database) -> None:
    store = await shared.open()
    await store.hear(message("m1"))
    shared.query(
        "INSERT INTO inbox (key, channel, conversation, person, kind, body, body_hash, state, owner, lease_until, received, note) "
        "SELECT 'k' || n, 'dingtalk', 'group', 'dingtalk:zhang', 'message', '', '', 'done', '', 0, n, repeat('n', 300) FROM generate_series(1, 20000) AS n"
    )
    text = Texts(postgresql_dialect(), "named").prepare(inbox._AHEAD)[0]
    plan = "\n".join(step for (step,) in shared.query("EXPLAIN " + re.sub(r"(?<!:):\w+", "'1'", text)))
    assert "inbox_open" in plan
    assert "inbox_pkey" not in plan
    assert "Seq Scan" not in plan
