"""Tells what the understanding thinks, to people (`usher why`) and to programs (`usher understand`)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.core.model import Conversation, Sender
from bot.core.turn import PRIVATE, Candidate, Message, Verdict
from bot.core.understanding import Matcher, Ranking
from bot.core.understanding.reading import language_of, plain
from bot.words.loading import LANGUAGES, Words, bundled, lexicon, load

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def told(overlays: list[Path], text: str, language: str) -> Iterator[str]:
    """One screen: the verdict, its candidates with their labels, and the evidence."""
    words = load([bundled(), *overlays])
    message = Message("why", "why", "1", PRIVATE, True, Sender("why"), text, _EPOCH)
    read, spoken = words.reader.read(message, Conversation(PRIVATE, "why"), _EPOCH, language)
    labels = words.catalogue.labels.get(spoken, {})
    yield f"seen        {read.normal or plain(text)}"
    yield f"verdict     {read.verdict} ({read.rule}), in scope {read.in_scope:.2f}, language {spoken}"
    for place, one in enumerate(read.candidates[:5], 1):
        yield f"{place}. {one.score:.2f}  {one.intent}  {labels.get(one.intent, '')}"
    for slot in read.slots:
        yield f"slot        {slot.name} = {slot.value}  ({slot.start} to {slot.end})"
    if read.rule == "exact":
        yield f"command     {read.intent}"
    elif spoken in words.reader.matchers:
        for name, value in words.reader.matchers[spoken].told(text):
            yield f"{name:<24} {value}"


def answers(overlays: list[Path], lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """One answer a line. A line that is not understood gets {"error": why} and changes nothing."""
    asked = _Asked(overlays)
    for line in lines:
        if line.strip():
            yield asked.answer(line)


class _Asked:
    """The state of one `usher understand`: the shipped words until a `fit` replaces them."""

    def __init__(self, overlays: list[Path]) -> None:
        self._overlays = overlays
        self._words: Words | None = None
        self._fitted: Matcher | None = None

    def answer(self, line: str) -> dict[str, Any]:
        """The answer to one JSON line."""
        try:
            asked = json.loads(line)
            if "fit" in asked:
                return self._fit(asked["fit"], asked.get("lang") or "zh")
            return _shown(self._weigh(str(asked["q"])))
        except (ValueError, KeyError, TypeError) as fault:
            return {"error": f"{type(fault).__name__}: {fault}"}

    def _fit(self, catalogue: list[dict[str, Any]], language: str) -> dict[str, Any]:
        if language not in LANGUAGES:
            raise ValueError(f"lang is one of {', '.join(LANGUAGES)}")
        started = time.perf_counter()
        matcher = Matcher(lexicon([bundled(), *self._overlays], language))
        matcher.fit(catalogue, language)
        self._fitted = matcher
        return {"ok": True, "intents": len(catalogue), "seconds": round(time.perf_counter() - started, 3)}

    def _weigh(self, text: str) -> Ranking:
        if self._fitted is not None:
            return self._fitted.weigh(text)
        if self._words is None:
            self._words = load([bundled(), *self._overlays])
        message = Message("understand", "", "1", PRIVATE, True, Sender("understand"), text, _EPOCH)
        read, _ = self._words.reader.read(message, Conversation(PRIVATE, ""), _EPOCH, language_of(text, "zh"))
        candidates = read.candidates or ((Candidate(read.intent, read.confidence),) if read.intent else ())
        return Ranking(candidates, read.in_scope, read.verdict, read.rule)


def _shown(ranking: Ranking) -> dict[str, Any]:
    verdict = ranking.verdict if ranking.candidates else Verdict.REJECT
    return {
        "verdict": verdict.value,
        "intents": [[one.intent, round(one.score, 4)] for one in ranking.candidates],
        "in_scope": round(ranking.in_scope, 4),
    }
