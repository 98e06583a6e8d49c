"""The goals on utterances by somebody who never saw the phrases; they stay apart from the words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.core.turn import Verdict
from bot.words.loading import Words, bundled, load

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def words() -> Words:
    return load([bundled()])


def read(name: str) -> list[dict[str, str]]:
    """A file of JSON lines, without what it says of itself."""
    told = [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]
    return [row for row in told if "q" in row]


def test_nothing_held_out_is_in_the_words(words: Words) -> None:
    """Two short questions were in the words before anybody held them out: the plainest wording of a question comes to more than one mind."""
    known = {line for heading in words.headings.values() for lines in heading.utterances.values() for line in lines}
    assert [row["q"] for row in read("held_out.jsonl") if row["kind"] == "in" and len(row["q"]) > 8 and row["q"] in known][2:] == []


@pytest.mark.parametrize("name", ["fresh.jsonl", "third.jsonl", "fourth.jsonl"])
def test_nothing_fresh_is_in_the_words(words: Words, name: str) -> None:
    """Nor in any spelling that reads alike: a question that became a phrase measures nothing."""
    assert [row["q"] for row in read(name) if words.reader.matchers[row["lang"]].normal(row["q"]) in set(words.reader.matchers[row["lang"]].forms)] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_people_are_understood(words: Words, language: str) -> None:
    """First 85 of 100, one of three 95, answered at once and wrongly at most 4."""
    matcher = words.reader.matchers[language]
    asked = [(row["intent"], matcher.weigh(row["q"])) for row in read("held_out.jsonl") if row["lang"] == language and row["kind"] == "in"]
    first = [bool(said.candidates) and said.candidates[0].intent == intent for intent, said in asked]
    three = [intent in {one.intent for one in said.candidates[:3]} for intent, said in asked]
    wrong = [said.verdict is Verdict.ANSWER and not hit for (_, said), hit in zip(asked, first, strict=True)]
    assert sum(first) >= 0.85 * len(asked)
    assert sum(three) >= 0.95 * len(asked)
    assert sum(wrong) <= 0.04 * len(asked)


@pytest.mark.parametrize("name", ["held_out.jsonl", "off_topic.jsonl"])
def test_what_is_not_ours_gets_no_answer(words: Words, name: str) -> None:
    """At most 3 of 100; small talk may be answered."""
    others = [row for row in read(name) if row.get("kind") != "in"]
    said = [words.reader.matchers[row["lang"]].weigh(row["q"]) for row in others]
    false = [one for one in said if one.verdict is Verdict.ANSWER and not one.candidates[0].intent.startswith("chat.")]
    assert len(false) <= 0.03 * len(others)
