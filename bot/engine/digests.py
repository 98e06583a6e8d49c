"""A message of several items, said again without those that were decided while it waited to be sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.core.model import Link
from bot.core.turn import Here, Lines, Say
from bot.ports import Outbound
from bot.words.loading import Words

LINK = "\x1flink"
"""The name under which an address of our own making is kept; no text of others is one when it comes back."""


def lines_of(say: Say, language: str, name: str) -> Lines | None:
    """What a reply of several items is said again from."""
    return Lines(say.lines, say.reply, language, name, json.dumps(_kept(say.data), ensure_ascii=False)) if say.lines else None


def without(message: Outbound, stands: Sequence[bool], words: Words, values: Mapping[str, object]) -> Outbound | None:
    """The message with those of its items only that still stand, None when none that it shows does. Raises WordsError."""
    if message.lines is None or all(stands):
        return message
    told = message.lines
    data = _whole(json.loads(told.data))
    shown = [line for line, here in zip(data["lines"], stands, strict=False) if here]
    if not shown:
        return None
    data |= {"lines": shown, "total": data["total"] - stands.count(False)}
    rendered = words.templates.render(Say(Here(), told.reply, data), told.language, {**values, "asker": {"name": told.name}})
    return replace(message, title=rendered.title, text=rendered.text)


def _kept(value: Any) -> Any:
    if isinstance(value, Link):
        return {LINK: str(value)}
    if isinstance(value, Mapping):
        return {name: _kept(one) for name, one in value.items()}
    return [_kept(one) for one in value] if isinstance(value, list | tuple) else value


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return Link(value[LINK]) if LINK in value else {name: _whole(one) for name, one in value.items()}
    return [_whole(one) for one in value] if isinstance(value, list) else value
