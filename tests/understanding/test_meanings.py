"""Words found in a text: as written, as they sound, by their initials; the longest wins, but no word is found by breaking another."""

from __future__ import annotations

import pytest

from bot.core.understanding.meanings import BY_INITIALS, BY_SOUND, Meanings
from bot.core.understanding.text import readings

CLASSES = {"upgrade": ["升级", "提升"], "bird": ["翔生"], "miss": ["没收到"], "get": ["收到"], "kind": ["苹果", "香蕉", "翔升"]}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("升级", [(0, 2, ("upgrade",), 1.0)]),
        ("美收到", [(0, 3, ("miss",), BY_SOUND)]),
        ("想升级", [(1, 2, ("upgrade",), 1.0)]),
        ("想升了", [(0, 2, ("bird", "kind"), BY_SOUND)]),
        ("买香焦", [(1, 2, ("kind",), BY_SOUND)]),
    ],
)
def test_what_is_heard(text: str, found: list[tuple[int, int, tuple[str, ...], float]]) -> None:
    sounds = readings()
    meanings = Meanings(CLASSES, sounds)
    assert meanings.heard(list(text), [sounds[sign] for sign in text]) == found


def test_initials_are_heard_softly() -> None:
    assert Meanings(CLASSES, readings()).heard(["msd"], ["msd"]) == [(0, 1, ("miss",), BY_INITIALS)]
