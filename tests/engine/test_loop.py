"""The one flow: hear, understand, gather, decide, commit; what goes wrong in it, and how much of it there may be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from engine_samples import Hands, Platform, message, outbox_of

from bot.core.facts import Ask, Facts, Tally
from bot.core.model import Conversation, Organisation
from bot.core.turn import Decision, Due, Message, Stimulus, Turn
from bot.engine import loop as loops
from bot.engine.composing import Composer
from bot.engine.loop import Loop
from bot.engine.outbox import Outbox
from bot.engine.pace import Pace
from bot.engine.people import Rights
from bot.engine.wording import Wording
from bot.ports import Commit, Gathered, Queued, Recall, Stale, StoreAway, StoreError
from bot.words.importing import bring_faqs
from bot.words.loading import Words, bundled, load
from storage import SqlStore

FAQS = {"faqs": [{"id": "one", "question": "怎么报名", "phrasings": ["报名流程"], "answer": "先填表。"}]}


class Crowded:
    """The store, where somebody else commits first so often, or a need is answered with a fault."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.stale = 0
        self.broken = 0
        self.away = 0
        self.commits = 0

    async def hear(self, stimulus: Stimulus) -> bool:
        return await self.store.hear(stimulus)

    async def unfinished(self) -> Sequence[Stimulus]:
        return await self.store.unfinished()

    async def recall(self, stimulus: Message) -> Recall:
        if self.broken:
            self.broken -= 1
            raise StoreError("a fault of the turn")
        return await self.store.recall(stimulus)

    async def recall_person(self, person: str) -> Recall:
        return await self.store.recall_person(person)

    async def gather(self, viewer: object, needs: object) -> Gathered:
        return await self.store.gather(viewer, needs)  # type: ignore[arg-type] # handed on

    async def answer(self, asks: Sequence[Ask | Tally]) -> Gathered:
        return await self.store.answer(asks)

    async def commit(self, commit: Commit) -> tuple[Queued, ...]:
        self.commits += 1
        if self.away:
            self.away -= 1
            raise StoreAway("the server restarts")
        if self.stale:
            self.stale -= 1
            raise Stale("somebody else was first")
        return await self.store.commit(commit)

    async def drop(self, stimulus: Stimulus, note: str) -> None:
        await self.store.drop(stimulus, note)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An overlay of one FAQ."""
    made = tmp_path_factory.mktemp("words")
    (made / "faqs.json").write_text(json.dumps(FAQS), encoding="utf-8")
    bring_faqs(made / "faqs.json", made, replace=True)
    return made


@pytest.fixture(scope="module")
def words(folder: Path) -> Words:
    """Few words, quickly read."""
    return load([bundled(), folder])


class House:
    """A loop and an outbox over a store and a platform."""

    def __init__(self, store: SqlStore, platform: Platform, clock: Hands, words: Words) -> None:
        self.store, self.platform, self.clock = Crowded(store), platform, clock
        numbers = count(1)
        wording = Wording([bundled()], words, Organisation(), "Asia/Shanghai", "zh")
        composer, rights = Composer("c", "robot"), Rights("c", ["boss"], [])
        self.loop = Loop(self.store, wording, rights, Pace(0), composer, clock, lambda: f"{next(numbers):016x}{0:016x}")  # type: ignore[arg-type] # Crowded is a store as far as turns go
        self.outbox: Outbox = outbox_of(store, platform, clock)
        self.loop.deliver = self.outbox.take

    async def hear(self, *stimuli: Stimulus) -> list[str]:
        """What people are told."""
        for stimulus in stimuli:
            await self.loop.hear(stimulus)
        await self.loop.idle()
        await self.outbox.idle()
        return [one.text for one in self.platform.sent]


@pytest.fixture
async def house(store: SqlStore, platform: Platform, clock: Hands, words: Words) -> AsyncIterator[House]:
    """A house of its own."""
    made = House(store, platform, clock, words)
    yield made
    await made.outbox.drain()


async def test_stale_is_decided_again_and_nothing_was_done_twice(house: House) -> None:
    house.store.stale = 3
    assert await house.hear(message(text="怎么报名")) == ["先填表。"]
    assert (house.loop.figures.stale, house.loop.figures.turns, house.loop.figures.failed) == (3, 1, 0)
    assert house.store.commits == 4


async def test_a_turn_that_is_decided_again_counts_once_against_its_speaker(house: House) -> None:
    house.loop.pace, house.store.stale = Pace(2), 3
    assert await house.hear(message("m1", "怎么报名"), message("m2", "怎么报名")) == ["先填表。"] * 2


async def test_a_conversation_that_keeps_changing_ends_in_an_apology(house: House) -> None:
    house.store.stale = loops.MOST_TRIES
    (told,) = await house.hear(message(text="怎么报名"))
    assert "编号" in told
    assert house.loop.figures.failed == 1


async def test_a_turn_that_breaks_is_answered_with_its_incident_and_the_lane_goes_on(house: House) -> None:
    house.store.broken = 1
    told = await house.hear(message("m1", "怎么报名"), message("m2", "怎么报名"))
    assert "编号 00000000" in told[0]
    assert "StoreError" not in told[0]
    assert told[1:] == ["先填表。"]
    assert await house.store.unfinished() == []


async def test_a_turn_that_cannot_even_be_answered_stops_nobody(house: House) -> None:
    house.store.broken = 2
    assert await house.hear(message("m1", "怎么报名"), message("m2", "怎么报名")) == ["先填表。"]


async def test_while_the_database_is_away_turns_wait_in_their_order(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "AWAY_S", (0.001,))
    house.store.away = 30
    assert await house.hear(message("m1", "怎么报名"), message("m2", "报名流程")) == ["先填表。"] * 2
    assert (house.loop.figures.failed, house.loop.figures.away, house.loop.figures.turns) == (0, 30, 2)


async def test_at_the_end_what_the_database_cannot_take_stays_in_the_inbox(house: House, store: SqlStore) -> None:
    house.store.away, house.loop.closing = 1, True
    assert await house.hear(message(text="怎么报名")) == []
    assert (house.loop.figures.failed, (await store.counts())["inbox_depth"], (await store.counts())["dead"]) == (0, 1, 0)


async def test_what_the_clock_asks_waits_for_room(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "DEEPEST", 8)
    deepest = 0

    async def look(point: str) -> None:
        nonlocal deepest
        deepest = max(deepest, house.loop._under_way)
        await asyncio.sleep(0)

    house.loop.point = look
    await asyncio.wait_for(asyncio.gather(*(house.loop.ask(Due("setup", f"c:{number}", house.clock.at)) for number in range(60))), 20)
    await house.loop.idle()
    assert house.loop.figures.turns == 60
    assert deepest <= 8, "half is left for people"


async def test_a_due_item_that_breaks_is_dropped(house: House) -> None:
    assert await house.hear(Due("no such rule", "c:a", house.clock.at)) == []
    assert house.loop.figures.failed == 1
    assert await house.store.unfinished() == []


async def test_a_duplicate_is_nothing_and_another_body_is_a_conflict(house: House) -> None:
    first = message(text="怎么报名")
    assert await house.loop.hear(first)
    assert not await house.loop.hear(first)
    assert not await house.loop.hear(replace(first, text="转账"))
    assert await house.hear() == ["先填表。"]
    figures = house.loop.figures
    assert (figures.heard, figures.duplicates, figures.conflicts) == (1, 1, 1)


async def test_too_much_under_way_is_not_acknowledged(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "DEEPEST", 2)
    gate = asyncio.Event()

    async def wait(point: str) -> None:
        await gate.wait()

    house.loop.point = wait
    await house.loop.hear(message("m1", "怎么报名"))
    await house.loop.hear(message("m2", "怎么报名"))
    with pytest.raises(StoreError, match="too many"):
        await house.loop.hear(message("m3", "怎么报名"))
    gate.set()
    assert await house.hear() == ["先填表。"] * 2
    assert await house.hear(message("m3", "怎么报名")) == ["先填表。"] * 3, "what was not acknowledged may come again"


async def test_one_conversation_is_in_order_and_conversations_run_side_by_side(house: House) -> None:
    order: list[str] = []
    gate = asyncio.Event()

    async def wait(point: str) -> None:
        order.append(point)
        if len(order) == 1:
            await gate.wait()

    house.loop.point = wait
    await house.loop.hear(message("m1", "怎么报名", "one"))
    await house.loop.hear(message("m2", "报名流程", "one"))
    await house.loop.hear(message("m3", "怎么报名", "two"))
    while not house.platform.sent:
        await asyncio.sleep(0)
    assert house.platform.sent[0].conversation == "two"
    gate.set()
    await house.hear()
    assert [one.conversation for one in house.platform.sent] == ["two", "one", "one"]


async def test_what_was_heard_and_never_finished_is_run_again(house: House, store: SqlStore, tmp_path: Path) -> None:
    await store.hear(message("m1", "怎么报名"))
    await store.close()
    await store.open()
    assert await house.loop.resume() == 1
    assert await house.hear() == ["先填表。"]
    assert await house.loop.resume() == 0


async def test_a_group_answer_has_a_route_and_the_key_of_its_turn(house: House) -> None:
    await house.hear(message(text="怎么报名"))
    (sent,) = house.platform.sent
    assert (sent.conversation, sent.private, sent.robot, sent.channel) == ("room", False, "robot", "c")
    assert sent.key.endswith(":0")
    (row,) = await house.store.store.journal("room", 5)
    assert sent.key.startswith(row.id)
    assert (row.intent, row.reason, row.person) == ("imported.one", "answered", "c:a")
    assert "怎么报名" not in json.dumps(json.loads(row.trace)["effects"], ensure_ascii=False)


async def test_each_person_has_a_conversation_of_their_own(house: House) -> None:
    await house.hear(message("m1", "怎么报名", person="a"), message("m2", "量子引力波", person="b"))
    recalled = [await house.store.recall(message(person=person)) for person in "ab"]
    assert [one.conversation.topic for one in recalled] == ["imported.one", ""]
    assert all(isinstance(one.conversation, Conversation) for one in recalled)


async def test_a_replica_that_is_behind_decides_a_due_question_at_its_moment(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = []
    decided = loops.decide

    def decide(turn: Turn, facts: Facts, now: datetime) -> Decision:
        moments.append(now)
        return decided(turn, facts, now)

    monkeypatch.setattr(loops, "decide", decide)
    later = house.clock.at + timedelta(hours=13)
    await house.hear(Due("setup", "c:a", later), message(text="怎么报名"))
    assert set(moments) == {later, house.clock.at}
