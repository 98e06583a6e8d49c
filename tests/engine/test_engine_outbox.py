"""Deliveries: order in a lane, tries, ends, and what goes back to the store."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from engine_samples import Hands, Platform, committed, outbound, outbox_of

from bot.core.turn import Call, Outcome, Stimulus
from bot.ports import ChannelRefused, ChannelTransient, ConnectorRefused, ConnectorTransient
from storage import SqlStore


def states(folder: Path) -> dict[str, str]:
    """What became of each row."""
    with sqlite3.connect(folder / "engine.db") as connection:
        found = dict(connection.execute("SELECT key, state FROM outbox ORDER BY seq").fetchall())
    connection.close()
    return found


async def test_a_lane_keeps_its_order_and_lanes_run_side_by_side(store: SqlStore, platform: Platform, clock: Hands) -> None:
    held = asyncio.Event()
    platform.plan.append(held)
    outbox = outbox_of(store, platform, clock)
    outbox.take(await committed(store, *(outbound(str(number)) for number in range(5))))
    outbox.take(await committed(store, outbound("other", lane="elsewhere")))
    while not platform.sent:
        await asyncio.sleep(0)
    assert [one.text for one in platform.sent] == ["other"], "a lane that waits stops no other"
    held.set()
    await outbox.idle()
    assert [one.text for one in platform.sent] == ["other", "0", "1", "2", "3", "4"]
    assert (await store.counts())["outbox_depth"] == 0


@pytest.mark.usefixtures("hurried")
async def test_transient_is_tried_again_before_what_stands_behind_it(store: SqlStore, platform: Platform, clock: Hands) -> None:
    platform.plan.extend([ChannelTransient("busy"), ChannelTransient("busy"), OSError("broken"), None])
    outbox = outbox_of(store, platform, clock)
    outbox.take(await committed(store, outbound("one"), outbound("two")))
    await outbox.idle()
    assert platform.tried == ["one", "one", "one", "one", "two"]
    assert (outbox.figures.sent, outbox.figures.retried) == (2, 3)


@pytest.mark.usefixtures("hurried")
async def test_what_may_have_arrived_is_sent_once_more_and_says_so(store: SqlStore, platform: Platform, clock: Hands) -> None:
    platform.plan.extend([ChannelTransient("cut", unknown=True), None])
    outbox = outbox_of(store, platform, clock)
    outbox.take(await committed(store, outbound("one"), outbound("two")))
    await outbox.idle()
    assert platform.tried == ["one", "(again) one", "two"]


@pytest.mark.usefixtures("hurried")
async def test_unknown_twice_is_left(store: SqlStore, platform: Platform, clock: Hands, tmp_path: Path) -> None:
    platform.plan.extend([ChannelTransient("cut", unknown=True), ChannelTransient("cut", unknown=True)])
    outbox = outbox_of(store, platform, clock)
    outbox.take(await committed(store, outbound("one"), outbound("two")))
    await outbox.idle()
    assert platform.tried == ["one", "(again) one", "two"]
    assert outbox.figures.unknown == 2
    assert set(states(tmp_path).values()) == {"sent"}


async def test_refused_ends_and_the_lane_goes_on(store: SqlStore, platform: Platform, clock: Hands, tmp_path: Path) -> None:
    platform.plan.extend([ChannelRefused("not in the group", code="310000"), None])
    outbox = outbox_of(store, platform, clock)
    outbox.take(await committed(store, outbound("one"), outbound("two")))
    await outbox.idle()
    assert platform.tried == ["one", "two"]
    assert states(tmp_path) == {"key room one": "refused", "key room two": "sent"}
    assert outbox.figures.refused == 1


async def test_a_channel_that_does_not_exist_is_refused(store: SqlStore, platform: Platform, clock: Hands, tmp_path: Path) -> None:
    outbox = outbox_of(store, platform, clock)
    outbox.take(await committed(store, outbound("one", channel="gone")))
    await outbox.idle()
    assert [*states(tmp_path).values()] == ["refused"]


async def test_a_long_wait_gives_the_lane_back_and_nothing_overtakes(store: SqlStore, platform: Platform, clock: Hands, tmp_path: Path) -> None:
    platform.plan.append(ChannelTransient("quota", after=600))
    outbox = outbox_of(store, platform, clock)
    outbox.take(await committed(store, outbound("one"), outbound("two")))
    await outbox.idle()
    outbox.take(await committed(store, outbound("three")))
    await outbox.idle()
    assert platform.tried == ["one"], "what is new in the lane waits behind its head"
    assert set(states(tmp_path).values()) == {"pending"}
    with sqlite3.connect(tmp_path / "engine.db") as connection:
        connection.execute("UPDATE outbox SET due_at = 0")
    connection.close()
    clock.move(700)
    while await outbox.sweep():
        await outbox.idle()
    assert platform.tried == ["one", "one", "two", "three"]
    assert (await store.counts())["outbox_depth"] == 0


async def test_a_row_that_never_arrives_is_dead_in_the_end(store: SqlStore, platform: Platform, clock: Hands, tmp_path: Path) -> None:
    platform.plan.extend([ChannelTransient("down", after=60)] * 20)
    outbox = outbox_of(store, platform, clock)
    outbox.take(await committed(store, outbound("one")))
    await outbox.idle()
    while await outbox.sweep():  # this clock stands before the database's, so that each retry is due at once
        await outbox.idle()
    assert len(platform.tried) == 8
    assert states(tmp_path) == {"key room one": "dead"}
    assert outbox.figures.dead == 1


async def test_no_more_at_once_than_allowed(store: SqlStore, platform: Platform, clock: Hands) -> None:
    outbox = outbox_of(store, platform, clock, most=3)
    outbox.take(await committed(store, *(outbound("x", lane=str(number)) for number in range(20))))
    await outbox.idle()
    assert len(platform.sent) == 20
    assert platform.most_at_once == 3


async def test_draining_tries_nothing_again(store: SqlStore, platform: Platform, clock: Hands, tmp_path: Path) -> None:
    platform.plan.append(ChannelTransient("busy"))
    outbox = outbox_of(store, platform, clock)
    outbox.take(await committed(store, outbound("one")))
    await outbox.drain()
    assert platform.tried == ["one"]
    assert set(states(tmp_path).values()) == {"pending"}
    assert await outbox.sweep() == 0


async def test_what_another_process_left_is_taken_up(store: SqlStore, platform: Platform, clock: Hands, tmp_path: Path) -> None:
    await committed(store, *(outbound(str(number)) for number in range(4)))
    await store.close()
    heir = SqlStore(f"sqlite:///{tmp_path / 'engine.db'}", "second", tmp_path)
    await heir.open()
    outbox = outbox_of(heir, platform, clock)
    await outbox.sweep()
    await outbox.idle()
    assert [one.text for one in platform.sent] == ["0", "1", "2", "3"]
    await heir.close()


class Finance:
    """A connector that follows a plan."""

    name = "finance"

    def __init__(self, *plan: Exception | str) -> None:
        self.plan = list(plan)
        self.keys: list[str] = []

    async def perform(self, call: Call) -> str:
        self.keys.append(call.key)
        step = self.plan.pop(0)
        if isinstance(step, Exception):
            raise step
        return step


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("plan", "ok", "value"),
    [(["done"], True, "done"), ([ConnectorTransient("busy"), "done"], True, "done"), ([ConnectorRefused("no")], False, "no")],
)
async def test_a_call_comes_back_as_an_outcome(store: SqlStore, platform: Platform, clock: Hands, plan: list[Exception | str], ok: bool, value: str) -> None:
    finance, heard = Finance(*plan), list[Stimulus]()

    async def hear(stimulus: Stimulus) -> bool:
        heard.append(stimulus)
        return True

    outbox = outbox_of(store, platform, clock, {"finance": finance})
    outbox.hear = hear
    call = Call("finance", "grant", "k1", {"person": "c:a"})
    outbox.take(await committed(store, call))
    await outbox.idle()
    assert heard == [Outcome(call, ok, value, clock.at)]
    assert finance.keys == ["k1"] * len(plan), "each try under the same key"
    assert (await store.counts())["outbox_depth"] == 0
