"""The real program against the real stand-in: what was acknowledged is answered, whatever dies in between."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from usher_process import Usher

from bot.fake_dingtalk import Delivery, FakeDingTalk, Group, Kind, Manners, Member, World

KILLS = int(os.environ.get("USHER_TEST_KILLS", "10"))
"""Kills in all, half of them in each mode."""
PEOPLE = [f"p{number}" for number in range(8)]
GROUPS = ["cidOne==", "cidTwo==", "cidThree=="]
LINES = ["怎么报名", "在哪签到", "怎样报名呢", "你好", "今天天气怎么样", "帮助"]


def stand_in() -> FakeDingTalk:
    """A platform with several people and groups that redelivers soon what was not acknowledged."""
    world = World([Member(name, name.upper()) for name in PEOPLE], [Group(name, name) for name in GROUPS])
    return FakeDingTalk(world=world, manners=Manners(retries=(1.0, 2.0, 4.0), http_retries=(1.0, 2.0, 4.0)))


def load(fake: FakeDingTalk, dice: random.Random, mode: str, count: int) -> list[asyncio.Task[Delivery]]:
    """Several people in several groups and in private say something at once."""
    places = [*GROUPS, None, None, None]
    said: list[Coroutine[Any, Any, Delivery]] = [fake.say(dice.choice(PEOPLE), dice.choice(LINES), dice.choice(places), by=mode) for _ in range(count)]
    return [asyncio.create_task(one) for one in said]


async def answered(fake: FakeDingTalk, deliveries: list[Delivery]) -> None:
    """Waits, at most a minute, until each acknowledged message has an answer and nothing more comes."""
    for _ in range(600):
        if all(fake.answers(delivery) for delivery in deliveries if delivery.acked):
            break
        await asyncio.sleep(0.1)
    await fake.quiet(0.5)


async def redelivered(deliveries: list[Delivery]) -> None:
    """Waits, at most as long as the platform tries, until each message was acknowledged or given up."""
    for _ in range(90):
        if all(delivery.acked or delivery.pushes > 3 for delivery in deliveries):
            return
        await asyncio.sleep(0.1)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("mode", ["stream", "http"])
async def test_kill_loses_nothing(tmp_path: Path, mode: str) -> None:
    dice = random.Random(f"{mode} 7")
    killed = 0
    async with stand_in() as fake, Usher(fake, tmp_path, mode) as usher:
        said: list[Delivery] = []
        while killed < KILLS // 2:
            under_way = load(fake, dice, mode, 24)
            await asyncio.sleep(dice.uniform(0.0, 0.25))
            await usher.end(signal.SIGKILL)
            killed += 1
            if killed < KILLS // 2 and dice.random() < 0.2:
                await usher.start_in_vain(dice.uniform(0.5, 4.0))
                killed += 1
            await usher.start()
            said += await asyncio.gather(*under_way)
        await redelivered(said)
        await answered(fake, said)
        calm = await asyncio.gather(*load(fake, dice, mode, 24))
        await answered(fake, calm)
        counts = [len(fake.answers(delivery)) for delivery in said if delivery.acked]
        print(f"\n{mode}: {killed} kills, {len(said)} said, {len(counts)} acknowledged, {counts.count(0)} lost, {sum(one > 1 for one in counts)} doubled")  # noqa: T201 - the figures are what this test is for
        assert counts, "the test asks nothing of a program that acknowledges nothing"
        assert counts.count(0) == 0
        assert [len(fake.answers(delivery)) for delivery in calm] == [1] * len(calm), "without a kill nothing doubles"
        assert await usher.end(signal.SIGTERM) == 0


@pytest.mark.parametrize(("point", "answers"), [("before_commit", {1}), ("after_commit", {1}), ("after_send", {1, 2})])
async def test_killed_in_mid_message(tmp_path: Path, point: str, answers: set[int]) -> None:
    async with stand_in() as fake, Usher(fake, tmp_path, "stream") as usher:
        assert await usher.post("/test/kill", {"at": point}) == 200
        delivery = await fake.say("p1", "怎么报名", GROUPS[0], by="stream")
        assert await usher.process.wait() == -signal.SIGKILL
        await usher.start()
        await answered(fake, [delivery])
        assert delivery.acked
        assert len(fake.answers(delivery)) in answers
        again = set() if point == "before_commit" else {"（重发）先填表。"}
        assert {one.text for one in fake.received} <= {"先填表。"} | again, "what may have come before says so"
        after = await fake.say("p1", "在哪签到", GROUPS[0], by="stream")
        await answered(fake, [after])
        assert len(fake.answers(after)) == 1, "the lane goes on"


async def test_delivered_twice_is_answered_once(tmp_path: Path) -> None:
    async with stand_in() as fake, Usher(fake, tmp_path, "http") as usher:
        delivery = await fake.say("p1", "怎么报名", by="http", redeliver=2)
        assert delivery.acked
        await answered(fake, [delivery])
        raw = json.dumps(delivery.body, ensure_ascii=False).encode()
        again = await asyncio.gather(*(fake.push_raw(raw) for _ in range(5)))
        await fake.quiet(0.5)
        assert await usher.end(signal.SIGTERM) == 0
        await usher.start()
        again.append(await fake.push_raw(raw))
        await fake.quiet(0.5)
        assert all(one.acked for one in again), "what is known is acknowledged, so that the platform stops"
        assert len(fake.received) == 1


async def test_the_same_key_with_other_words_is_not_answered(tmp_path: Path) -> None:
    async with stand_in() as fake, Usher(fake, tmp_path, "http"):
        delivery = await fake.say("p1", "怎么报名", by="http")
        await answered(fake, [delivery])
        forged = {**delivery.body, "text": {"content": "在哪签到"}}
        await fake.push_raw(json.dumps(forged, ensure_ascii=False).encode())
        await fake.quiet(0.5)
        assert [one.text for one in fake.received] == ["先填表。"]


async def test_a_second_process_is_refused(tmp_path: Path) -> None:
    async with stand_in() as fake, Usher(fake, tmp_path, "stream") as usher:
        other = await usher.spawn(stderr=asyncio.subprocess.PIPE)
        _, told = await other.communicate()
        assert other.returncode == 1
        assert b"another process" in told
        assert b"Traceback" not in told
        delivery = await fake.say("p1", "怎么报名", by="stream")
        await answered(fake, [delivery])
        assert len(fake.answers(delivery)) == 1, "the first goes on"


@pytest.mark.parametrize("mode", ["stream", "http"])
async def test_sigterm_ends_what_is_under_way(tmp_path: Path, mode: str) -> None:
    async with stand_in() as fake, Usher(fake, tmp_path, mode) as usher:
        fake.faults.add(Kind.LATENCY, on="send", seconds=0.3)
        said = await asyncio.gather(*load(fake, random.Random(3), mode, 30))
        assert await usher.end(signal.SIGTERM) == 0
        assert [len(fake.answers(delivery)) for delivery in said if delivery.acked] == [1] * len(said)
