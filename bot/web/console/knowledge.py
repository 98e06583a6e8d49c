"""The knowledge: all answers, a live test of what an utterance is taken for, what was not understood, and what was taught."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import web
from markupsafe import Markup

from bot.core import variants
from bot.core.facts import Ask, Need
from bot.core.freshness import overdue
from bot.core.model import Conversation, Lesson, Sender
from bot.core.skills.knowledge.editing import CLOSED
from bot.core.skills.knowledge.unanswered import grouped
from bot.core.turn import PRIVATE, Here, Message, Say
from bot.web.console.downloads import KINDS
from bot.web.console.inside import Inside
from bot.web.console.showing import Asked
from bot.web.console.words import LANGUAGES
from bot.web.playground.rendering import shown as rendered
from bot.words.loading import Words
from bot.words.rendering import RAW
from bot.words.taught import plain

LONGEST = 200
SHOWN = 25
MOST_NEAR = 4


@dataclass(frozen=True, slots=True)
class Match:
    """What an utterance is taken for: its normal form, the verdict and its rule, the ranking (intent, score), and the evidence in pairs."""

    normal: str
    verdict: str
    rule: str
    in_scope: float
    ranking: tuple[tuple[str, float], ...]
    evidence: tuple[tuple[str, str], ...]


async def answers(inside: Inside, asked: Asked) -> Mapping[str, Any]:
    """All questions with an answer, those that fit a search; and the test of an utterance."""
    words, text = inside.words(), asked.query.get("q", "").strip()[:LONGEST].lower()
    late = {name for name, _, _ in overdue(words.catalogue, inside.clock.now().date())}
    rows = [
        (
            name,
            heading.questions.get(asked.language) or heading.questions.get("zh", ""),
            sum(map(len, heading.utterances.values())),
            heading.intent,
            name in late,
        )
        for name, heading in sorted(words.headings.items())
        if not heading.intent.desk
    ]
    found = [row for row in rows if not text or text in row[0] or text in row[1].lower()]
    return {"q": text, "rows": found, "all": len(rows), "kinds": KINDS, **await match(inside, asked)}


async def answer(inside: Inside, asked: Asked) -> Mapping[str, Any]:
    """One answer: as people see it, how it is asked, what was changed; and the forms that change it. Raises HTTPNotFound."""
    words, name = inside.words(), asked.query.get("id", "")
    heading = words.headings.get(name)
    if heading is None or heading.intent.desk:
        raise web.HTTPNotFound
    reply = name.replace(".", "/", 1)
    text = _text(inside, asked, reply)
    lessons = (await inside.store.answer([Ask(Lesson, tag=f"intent={name}", most=SHOWN)])).items
    late = any(name == one for one, _, _ in overdue(words.catalogue, inside.clock.now().date()))
    editable = bool(text) and not name.startswith(CLOSED)
    others = [(one, _shown(_text(inside, asked, f"{reply}.{one.name}"))) for one in variants.ordered(heading.intent.variants)]
    known = {"others": others, "whom": _whom(inside, asked.language), "only": partial(_only, inside, asked.language)}
    told = {"answer": _source(words, asked, reply) or text, "shown": _shown(text), "lessons": lessons, **known}
    return {"name": name, "heading": heading, "late": late, "editable": editable, **told, **await match(inside, asked)}


def _text(inside: Inside, asked: Asked, reply: str) -> str:
    """The reply as people read it, empty when it has no words."""
    there = any(f"{language}/{reply}" in inside.words().templates.sources for language in (asked.language, *LANGUAGES))
    return inside.render(Say(Here(), reply), asked.language, asked.visitor.person).text if there else ""


def _whom(inside: Inside, language: str) -> list[str]:
    """For whom another answer can be, as people say it; roles and departments are typed."""
    labels = inside.words().catalogue.labels.get(language, {})
    return [labels.get(f"whom_{value}", value).split("|")[0] for value in (*variants.STATES, *variants.AUDIENCES)]


def _only(inside: Inside, language: str, only: Sequence[tuple[str, str]]) -> str:
    """For whom an answer is; a group by its id, since here is no group."""
    labels = inside.words().catalogue.labels.get(language, {})
    known = [(kind, labels.get(f"whom_{value}", value).split("|")[0], value) for kind, value in only]
    return " + ".join(f"{labels.get('whom_group', '')} {value}" if kind == variants.ROOM else name for kind, name, value in known)


def _shown(text: str) -> Markup:
    return rendered(text, "markdown", "", ()).body


def _source(words: Words, asked: Asked, reply: str) -> str:
    """The text of an answer that was taught, with its variables by their names; empty for a template."""
    text = words.templates.sources.get(f"{asked.language}/{reply}", "")
    return plain(text) if text.startswith(RAW) else ""


async def match(inside: Inside, asked: Asked) -> Mapping[str, Any]:
    """The test alone."""
    text = asked.query.get("text", "").strip()[:LONGEST]
    return {"text": text, "match": await asyncio.to_thread(_matched, inside, text, asked.language) if text else None}


def _matched(inside: Inside, text: str, language: str) -> Match:
    reader, now = inside.words().reader, inside.clock.now()
    message = Message("console", "", "1", PRIVATE, True, Sender("console"), text, now)
    read, spoken = reader.read(message, Conversation(PRIVATE, "console"), now, language)
    ranking = tuple((one.intent, one.score) for one in read.candidates[:5]) or (((read.intent, read.confidence),) if read.intent else ())
    evidence = reader.matchers[spoken].told(text) if spoken in reader.matchers and read.rule != "exact" else ()
    return Match(read.normal or text, read.verdict.value, read.rule, read.in_scope, ranking, evidence)


async def conflicts(inside: Inside, asked: Asked) -> Mapping[str, Any]:
    """Intents that people could confuse; the page comes at once, and asks for what must be counted first."""
    words = inside.words()
    return {"found": await inside.compared.of(words) if asked.query.get("now") else inside.compared.known(words)}


async def unanswered(inside: Inside, asked: Asked) -> Mapping[str, Any]:
    """The open questions in clusters, and the newest lessons."""
    wishes = (await inside.store.gather(asked.visitor.person, frozenset({Need.WISHES}))).wishes
    known = inside.words().catalogue.intents
    clusters = [
        (one.wishes[0].id, [wish.text for wish in one.wishes[:3]], len(one.wishes), one.bad, [name for name in one.nearest if name in known][:MOST_NEAR])
        for one in await asyncio.to_thread(grouped, wishes, asked.language)
    ]
    lessons = (await inside.store.answer([Ask(Lesson, most=SHOWN)])).items
    return {"clusters": clusters[:SHOWN], "more": max(0, len(clusters) - SHOWN), "lessons": lessons}
