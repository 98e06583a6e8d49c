"""What is known of a followed approval does not hang on how its news came: late, twice, in any order, by event or by details."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.core.lifecycle.following import Following, News, blanked, code_of, due_of, merged, steps
from bot.core.model import Followed, OaTask, Step, link_of

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
PEOPLE = ("d:li", "d:wang", "d:zhao")


def minutes(count: int) -> datetime:
    return START + timedelta(minutes=count)


@some.composite
def lives(draw: some.DrawFn) -> list[News]:
    """Everything that is told of one approval in its life: a chain of turns, each begun and perhaps over, perhaps an end; some of it also as details."""
    at, told, tasks = 0, [News("i1", "P", minutes(0), person="d:zhang", title="t", number="7", url="https://a.dingtalk.com/x")], []
    for number in range(draw(some.integers(1, 4))):
        holder, began = draw(some.sampled_from(PEOPLE)), at
        told.append(News("i1", "P", minutes(began), tasks=(OaTask(str(number), holder, minutes(began)),)))
        tasks.append(OaTask(str(number), holder, minutes(began)))
        if draw(some.booleans()) or number < 1:
            at += draw(some.integers(1, 500))
            result = draw(some.sampled_from(("agree", "refuse", "redirect", "cancel")))
            tasks[-1] = OaTask(str(number), holder, minutes(began), minutes(at), result)
            told.append(News("i1", "P", minutes(began), tasks=(tasks[-1],)))
        if draw(some.booleans()):
            told.append(News("i1", "P", minutes(0), person="d:zhang", tasks=tuple(tasks)))
    ending = draw(some.sampled_from(("", "agreed", "refused", "terminated", "deleted")))
    return [*told, *([News("i1", "P", minutes(0), ending, person="d:zhang", ended=minutes(at))] if ending else [])]


def known(news: list[News]) -> Followed:
    found = reduce(merged, news, None)
    assert found is not None
    return found


@given(lives(), some.data())
def test_any_order_and_any_number_of_times_come_to_the_same(life: list[News], data: some.DataObject) -> None:
    heard = data.draw(some.permutations(life)) + data.draw(some.lists(some.sampled_from(life), max_size=5))
    assert known(heard) == known(life)


@given(lives(), some.data())
def test_turns_made_on_the_way_end_as_turns_made_at_once(life: list[News], data: some.DataObject) -> None:
    """After each piece of news the turns are written anew; in the end those open are the ones that wait, whatever came when."""
    kept: dict[str, Step] = {}
    followed = None
    for news in data.draw(some.permutations(life)):
        followed = merged(followed, news)
        kept |= {one.id: one for one in steps(followed, list(kept.values()))}
        assert {one.holder for one in kept.values() if one.state == "open"} == {task.holder for task in followed.waiting}
        assert steps(followed, list(kept.values())) == (), "the same news change nothing"
    assert followed is not None
    assert {one.id for one in kept.values() if one.state == "open"} == {f"i1/{task.id}" for task in followed.waiting}
    assert followed.state == "running" or not followed.waiting


@given(lives())
def test_what_was_reminded_of_stays_with_its_turn(life: list[News]) -> None:
    followed = known(life[:2])
    (step,) = steps(followed, [])
    reminded = replace(step, nudges=(minutes(700),), asked=(minutes(700),), version=3)
    later = known(life)
    changed = steps(later, [reminded])
    mine = next((one for one in changed if one.id == step.id), reminded)
    assert (mine.nudges, mine.asked, mine.version) == (reminded.nudges, reminded.asked, 3)


def test_a_finish_before_its_start_stays_finished() -> None:
    over = News("i1", "P", minutes(0), "agreed", ended=minutes(9))
    late = News("i1", "P", minutes(0), person="d:zhang", tasks=(OaTask("1", "d:li", minutes(0)),))
    found = known([over, late])
    assert (found.state, found.waiting, found.person, steps(found, [])) == ("agreed", (), "d:zhang", ())


def test_what_was_blanked_takes_no_more_names() -> None:
    gone = blanked(known([News("i1", "P", minutes(0), "agreed", person="d:zhang", title="t", ended=minutes(1))]))
    assert merged(gone, News("i1", "P", minutes(0), person="d:zhang", title="t")) == gone
    assert due_of(gone, minutes(9), 90) is None


def test_when_it_is_looked_at_again() -> None:
    nameless = known([News("i1", "P", minutes(0), tasks=(OaTask("1", "d:li", minutes(0)),))])
    assert due_of(nameless, minutes(0), 90) == minutes(10)
    assert due_of(replace(nameless, person="d:zhang"), minutes(0), 90) is None
    assert due_of(replace(nameless, state="agreed", ended=minutes(5)), minutes(9), 90) == minutes(5) + timedelta(days=90)


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://aflow.dingtalk.com/m?procInstId=a_b&x=1", "https://aflow.dingtalk.com/m?procInstId=a_b&x=1"),
        ("https://aflow.dingtalk.com/m?x=)[here](http://evil", "https://aflow.dingtalk.com/m?x=%29%5Bhere%5D%28http://evil"),
        ("https://aflow.dingtalk.com/m?x=*a*`b`", "https://aflow.dingtalk.com/m?x=%2Aa%2A%60b%60"),
        ("javascript:alert(1)", ""),
        ("http://aflow.dingtalk.com/", ""),
        ("https://aflow.dingtalk.com/a b", ""),
    ],
)
def test_only_what_cannot_break_out_is_a_link(url: str, link: str) -> None:
    assert link_of(url) == link


def test_the_page_of_an_approval_and_its_code() -> None:
    told = Following({"P": "x"}, "https://oa.example/f?id={instance}")
    assert (told.page("i1", ""), told.page("i1", "https://a.dingtalk.com/x"), told.kind("Q")) == ("https://oa.example/f?id=i1", "https://a.dingtalk.com/x", "")
    assert code_of("i1") == code_of("i1") != code_of("i2")
