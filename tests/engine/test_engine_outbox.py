"""Deliveries: order in a lane, tries, ends, and what goes back to the store."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from engine_samples import NOW, Hands, Platform, committed, outbound, outbox_of

from bot.core.facts import Ask
from bot.core.model import Application
from bot.core.turn import About, Call, Outcome, Stimulus
from bot.ports import ChannelRefused, ChannelTransient, ConnectorRefused, ConnectorTransient, StoreAway
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
    assert (outbox.sending.figures.sent, outbox.sending.figures.retried) == (2, 3)


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
    assert outbox.sending.figures.unknown == 2
    assert set(states(tmp_path).values()) == {"sent"}


async def test_refused_ends_and_the_lane_goes_on(store: SqlStore, platform: Platform, clock: Hands, tmp_path: Path) -> None:
    platform.plan.extend([ChannelRefused("not in the group", code="310000"), None])
    outbox = outbox_of(store, platform, clock)
    outbox.take(await committed(store, outbound("one"), outbound("two")))
    await outbox.idle()
    assert platform.tried == ["one", "two"]
    assert states(tmp_path) == {"key room one": "refused", "key room two": "sent"}
    assert outbox.sending.figures.refused == 1


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
    assert outbox.sending.figures.dead == 1


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
    assert platform.tried == ["(again) 0", "(again) 1", "(again) 2", "(again) 3"], "they may have been sent before their process died"
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
    outbox.sending.hear = hear
    call = Call("finance", "grant", "k1", {"person": "c:a"})
    outbox.take(await committed(store, call))
    await outbox.idle()
    assert heard == [Outcome(call, ok, value, clock.at)]
    assert finance.keys == ["k1"] * len(plan), "each try under the same key"
    assert (await store.counts())["outbox_depth"] == 0


class Absent:
    """The store of an outbox, which answers some questions only the next time."""

    def __init__(self, store: SqlStore, away: str) -> None:
        self._store, self._away = store, {away}

    def __getattr__(self, name: str) -> Any:
        if name in self._away:
            self._away.remove(name)
            return self._gone
        return getattr(self._store, name)

    async def _gone(self, *_: object) -> None:
        raise StoreAway("the server restarts")


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("away", ["still", "settle", "claim"])
async def test_a_database_that_is_away_for_a_moment_stops_no_lane(store: SqlStore, platform: Platform, clock: Hands, away: str) -> None:
    await _put(store, "submitted")
    outbox = outbox_of(Absent(store, away), platform, clock)  # type: ignore[arg-type] # a store but for a moment
    outbox.take(await committed(store, replace(outbound("one"), about=OPEN), outbound("two")))
    if away == "claim":
        with pytest.raises(StoreAway):
            await outbox.sweep()
    await outbox.idle()
    assert [one.text for one in platform.sent] == ["one", "two"]
    assert (await store.counts())["outbox_depth"] == 0


async def _put(store: SqlStore, state: str) -> Application:
    """The application that the reminders of these tests speak of, in a new state."""
    found = (await store.answer([Ask(Application, id="a")])).items
    before = found[0] if found and isinstance(found[0], Application) else Application("a", "K7Q2M", "p1", "submitted", (), NOW, NOW, holder="boss")
    await store.keep(replace(before, state=state))
    return before


OPEN = About("application", "a", ("submitted",))


async def test_no_reminder_is_begun_after_the_decision(store: SqlStore, platform: Platform, clock: Hands) -> None:
    """Many decisions, each at another moment of a reminder's way out: what is sent afterwards was on its way already."""
    dice, sent = random.Random(6), 0
    outbox = outbox_of(store, platform, clock)
    for number in range(120):
        await _put(store, "submitted")
        rows = await committed(store, replace(outbound(f"remind {number}", f"lane {number}"), about=OPEN))
        deciding = asyncio.create_task(_put(store, "approved"))
        await asyncio.sleep(dice.uniform(0, 0.002))
        outbox.take(rows)
        await deciding
        begun = len(platform.tried)
        await outbox.idle()
        assert len(platform.tried) == begun
        sent += begun > sent
    assert 0 < sent == outbox.sending.figures.sent < 120, "some decisions came before the reminder, some after"
