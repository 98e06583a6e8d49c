"""The metronome: what it beats, how it stops."""

from __future__ import annotations

import asyncio

from bot.engine.clock import Metronome


async def test_stopping_waits_for_the_beat_under_way_and_begins_no_other() -> None:
    done: list[str] = []
    begun, gate = asyncio.Event(), asyncio.Event()

    async def tick() -> None:
        begun.set()
        await gate.wait()
        done.append("whole")

    clock = Metronome()
    clock.every("tick", 0.01, tick)
    clock.start()
    await asyncio.wait_for(begun.wait(), 5)
    stopping = asyncio.create_task(clock.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    gate.set()
    await stopping
    await asyncio.sleep(0.05)
    assert done == ["whole"], "a beat is neither broken off nor followed by another"


async def test_a_beat_that_fails_is_an_alarm_and_the_clock_goes_on() -> None:
    clock = Metronome()
    tries = 0

    async def tick() -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise ValueError("broken")

    clock.every("tick", 60, tick)
    before = clock.last_ok["tick"]
    for _ in range(2):
        await clock.beat("tick")
    assert clock.last_ok["tick"] == before
    await clock.beat("tick")
    assert clock.last_ok["tick"] > before
    await clock.stop()


async def test_a_beat_that_is_asked_for_comes_after_the_one_under_way() -> None:
    said: list[str] = []
    goes_on = asyncio.Event()

    async def body() -> None:
        said.append("begun")
        await goes_on.wait()
        said.append("done")

    clock = Metronome()
    clock.every("due", 3600, body)
    beats = [asyncio.create_task(clock.beat("due")) for _ in range(2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert said == ["begun"]
    goes_on.set()
    await asyncio.gather(*beats)
    assert said == ["begun", "done"] * 2
