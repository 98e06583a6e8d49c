"""Every command has its play: one in which it does its work, and one in which it is refused. A new command without them fails here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from playing import CAST, DIALOGS, read

from bot.core import codes
from bot.core.model import Conversation, Sender
from bot.core.rights import RIGHTS, Place
from bot.core.turn import PRIVATE, Message, Verdict
from bot.words.loading import Words
from bot.words.plays import KEYS

NOW = datetime.fromisoformat("2026-03-03T09:00+08:00")
REFUSED = {
    "shell/denied", "shell/outsider", "shell/only_private", "shell/suggest", "shell/stale_option", "adm/not_confirmed", "teach/not_published", "human/no_ticket",
    "access/cannot", "access/no_such", "access/refused", "access/pending", "joining/not_yours", "joining/not_now", "nudge/asked", "nudge/raised", "act/resubmit", "act/withdraw", "act/status_check",
    "adm/rights_refused", "teach/gone",
}  # fmt: skip
"""Replies that say no, each with its reason."""
DULL = {"shell/moved_private"}
BY_HAND = {"access.done", "access.undone", "access.retry", "access.ended"}
"""What a person does for a system without a connection; the cast has none, tests/plays/test_access_house.py plays it."""
BUTTONS = {"shell.teach": ("教我 1", "teach/choose")}
"""Commands without words of their own: the label that stands for them, and the reply that tells them apart."""


@dataclass(frozen=True, slots=True)
class Step:
    """One time a command was given: by whom, where, and what was told."""

    admin: bool
    group: bool
    replies: frozenset[str]


Played = Mapping[str, tuple[Step, ...]]


@pytest.fixture(scope="module")
def played(words: Words) -> Played:
    """Every line of the Chinese plays by the command that it is."""
    cast: Mapping[str, list[str]] = read(CAST)["people"]
    found: dict[str, list[Step]] = defaultdict(list)
    for path in sorted(DIALOGS.glob("zh/*/*.yaml")):
        admins = {name for name, rights in cast.items() if "admin" in rights}
        for step in read(path):
            for intent, who in _given(step, words):
                told = {reply for replies in (step["bot"] or {}).values() for reply in (replies if isinstance(replies, list) else [replies])}
                found[intent].append(Step(who in admins, step.get("in") == "group", frozenset(told - DULL)))
    return {name: tuple(rows) for name, rows in found.items()}


def _given(step: Mapping[str, Any], words: Words) -> Iterator[tuple[str, str]]:
    """(command, who) of a step; codes that a play kept stand for one that is right."""
    for who, text in step.items():
        if who in KEYS or not isinstance(text, str):
            continue
        shown = next(
            (name for name, (label, reply) in BUTTONS.items() if text == label and (reply in str(step["bot"]) or "shell/denied" in str(step["bot"]))), ""
        )
        if shown:
            yield shown, who
        if step.get("press"):
            yield from ((name, who) for name in _labelled(text, step))
            continue
        said = text.format_map(defaultdict(lambda: codes.make(7777))) if "{" in text and "{{" not in text else text
        message = Message("paper", "robot", "1", PRIVATE, True, Sender(who), said, NOW)
        understood = words.reader.read(message, Conversation(PRIVATE, who), NOW, "zh")[0]
        if understood.verdict is Verdict.ANSWER:
            yield understood.intent, who
        elif understood.rule == "near_command":
            yield understood.slot("intent"), who


def _labelled(text: str, step: Mapping[str, Any]) -> Iterator[str]:
    """Pressed buttons of commands that are hardly ever typed."""
    pressed = {"给别的角色": "joining.roles", "已开通": "access.done", "办不了": "access.undone", "再试一次": "access.retry", "还不行": "access.broken", "能用了": "access.works",
               "已修好": "access.mended", "再申请": "access.again", "续期": "access.renew", "发邀请": "joining.grant", "不发": "joining.decline", "要补充": "joining.ask_info"}  # fmt: skip
    if text in pressed and step["bot"]:
        yield pressed[text]


def commands(words: Words) -> set[str]:
    """Admins' commands, and those with a code."""
    return {*RIGHTS, *words.reader.spoken.commands.verbs.values(), *(name for name in words.catalogue.intents if name.startswith("adm."))}


def test_every_command_does_its_work_in_a_play(words: Words, played: Played) -> None:
    silent = {name for name in commands(words) - BY_HAND if not any(step.replies - REFUSED for step in played.get(name, ()))}
    assert not silent


def test_every_command_is_refused_in_a_play(words: Words, played: Played) -> None:
    assert not {name for name in commands(words) if not any(step.replies & REFUSED for step in played.get(name, ()))}


@pytest.mark.parametrize("command", sorted(RIGHTS))
def test_an_admins_command_is_refused_to_others_and_played_in_a_group(played: Played, command: str) -> None:
    rows = played.get(command, ())
    assert any(not step.admin and "shell/denied" in step.replies for step in rows), "nobody without the right gives it"
    in_group = [step for step in rows if step.admin and step.group]
    assert in_group, "no admin gives it in a group"
    if RIGHTS[command].place is Place.PRIVATE:
        assert any("shell/only_private" in step.replies for step in in_group)


CODED = ("shell.confirm", "shell.drop", "shell.publish", "shell.unpublish", "shell.answer")


@pytest.mark.parametrize("command", CODED)
def test_a_command_with_a_code_is_played_misspelt(played: Played, command: str) -> None:
    assert any("shell/suggest" in step.replies for step in played.get(command, ()))
