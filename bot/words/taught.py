"""Lays what was taught in chat above the words of the files: live lessons make another, complete version of the words."""

from __future__ import annotations

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.core.model import Intent, Lesson, Variant
from bot.core.understanding import Lexicon, Matcher
from bot.core.variables import Variables
from bot.core.variants import same
from bot.words.loading import LANGUAGES, Heading, Words, catalogue_of, lexicon, matcher_of

GROUP = "taught"
Row = dict[str, Any]
REMEMBERED = 4
"""Fitted matchers kept: the ones in use, and those of changes that were tried and may go live next."""
_ENDRAW = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")
_PIECE = re.compile(r"\{% raw %\}(?P<text>.*?)\{%\+? endraw %\}|\{# (?P<name>[\w ]+) #\}\{\{ org\.\w+ or \"(?:[^\"\\]|\\.)*\" \}\}", re.DOTALL)


def inert(answer: str) -> str:
    """The answer without anything that could end the raw block it is kept in, also what only appears when something inside was removed."""
    while (cleaned := _ENDRAW.sub("", answer)) != answer:
        answer = cleaned
    return answer


def source(answer: str, variables: Variables | None = None) -> str:
    """The answer as a template that is its text and nothing else, but for the variables of the closed list: those are the organisation's values, made
    harmless like all values."""
    pieces = list(variables.pieces(inert(answer))) if variables else [(inert(answer), "")]
    return "".join(_piece(text, field, variables, place == len(pieces)) for place, (text, field) in enumerate(pieces, 1)) + "\n"


def _piece(text: str, field: str, variables: Variables | None, last: bool) -> str:
    if not field or variables is None:
        return "{% raw %}" + text + ("{% endraw %}" if last else "{%+ endraw %}")
    unset = json.dumps(variables.unset.replace("{}", variables.titles[field]), ensure_ascii=False)
    return f"{{# {text} #}}{{{{ org.{field} or {unset} }}}}"


def plain(text: str) -> str:
    """A template as people know it: a taught answer without what keeps it inert, its variables by their names."""
    if not text.startswith("{% raw %}"):
        return text.strip()
    return "".join(found["text"] if found["name"] is None else f"{{{{{found['name']}}}}}" for found in _PIECE.finditer(text)).strip()


def literal(text: str) -> str:
    """What of a taught answer is said as it stands: without its variables."""
    return " ".join(found["text"] for found in _PIECE.finditer(text) if found["name"] is None)


class Fits:
    """Matchers by what they were fitted on, so that a change which was tried goes live without being learned again."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self.roots = tuple(roots)
        self._kept: OrderedDict[str, Matcher] = OrderedDict()

    def matcher(self, base: Words, headings: Mapping[str, Heading], language: str) -> Matcher:
        """The matcher of these headings above `base`. Blocks for as long as the fit takes."""
        rows, before = catalogue_of(headings, language), catalogue_of(base.headings, language)
        key = f"{base.version}:{language}:{hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()}"
        if key not in self._kept:
            self._kept[key] = _grown(base, before, rows, headings, language) or matcher_of(rows, headings, language, self.lexicon(language))
            while len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def lexicon(self, language: str) -> Lexicon:
        """The lexicon of the files. Raises WordsError."""
        return lexicon(self.roots, language)


def _grown(base: Words, before: Sequence[Row], rows: Sequence[Row], headings: Mapping[str, Heading], language: str) -> Matcher | None:
    """The matcher of the files with what `rows` have more; None when they have less of something."""
    known, learned = {row["id"]: set(row["examples"]) for row in before}, base.reader.matchers[language]
    more = [(row["id"], text) for row in rows for text in row["examples"] if text not in known.get(row["id"], ())]
    less = {(name, text) for name, texts in known.items() for text in texts} - {(row["id"], text) for row in rows for text in row["examples"]}
    fence = frozenset(name for name, heading in headings.items() if heading.intent.desk)
    return learned.grown(rows, more, language, fence) if isinstance(learned, Matcher) and not less else None


def laid(base: Words, lessons: Iterable[Lesson], fits: Fits) -> Words:
    """`base` (the words of the files alone) with the live lessons above it, in the order in which they went live; without any it is `base` itself. A lesson
    whose intent is no longer there changes nothing. Blocks while matchers are fitted."""
    live = sorted(lessons, key=lambda lesson: (lesson.live or lesson.made, lesson.id))
    if not live:
        return base
    headings, sources = dict(base.headings), dict[str, str]()
    for lesson in live:
        _lay(lesson, headings, sources, Variables.of(base.catalogue.labels, lesson.language))
    templates = base.templates.topped(sources)
    intents = {name: heading.intent for name, heading in headings.items()}
    version = hashlib.sha256("\n".join((base.version, *(repr(_told(lesson)) for lesson in live))).encode()).hexdigest()[:12]
    catalogue = replace(
        base.catalogue,
        version=version,
        intents=intents,
        labels=_labelled(base, headings),
        long_replies=templates.folded,
        replies=templates.names,
    )
    matchers = {
        language: base.reader.matchers[language]
        if catalogue_of(headings, language) == catalogue_of(base.headings, language)
        else fits.matcher(base, headings, language)
        for language in LANGUAGES
    }
    return replace(base, version=version, reader=replace(base.reader, catalogue=catalogue, matchers=matchers), templates=templates, headings=headings)


def _told(lesson: Lesson) -> tuple[object, ...]:
    told = (lesson.id, lesson.kind, lesson.intent, lesson.language, lesson.question, lesson.utterances, lesson.answer)
    return (*told, lesson.only) if lesson.only else told


def variant_of(lesson: Lesson, variants: Sequence[Variant]) -> Variant:
    """For whom the lesson's answer is: under the name of the one that is there for the same, else under a name of its own."""
    known = next((one for one in variants if same(one, lesson.only)), None)
    return known or Variant(f"{GROUP}_{lesson.code.lower()}", lesson.only)


def _lay(lesson: Lesson, headings: dict[str, Heading], sources: dict[str, str], variables: Variables) -> None:
    reply = f"{lesson.language}/{lesson.intent.replace('.', '/', 1)}"
    known = headings.get(lesson.intent)
    if lesson.kind == "faq":
        made = Heading(Intent(lesson.intent, owner=lesson.owner), {lesson.language: lesson.question}, {lesson.language: lesson.utterances}, {})
        headings[lesson.intent] = made
        sources[reply] = source(lesson.answer, variables)
    elif known is None:
        return
    elif lesson.kind == "alias":
        lines = dict.fromkeys((*known.utterances.get(lesson.language, ()), *lesson.utterances))
        headings[lesson.intent] = replace(known, utterances={**known.utterances, lesson.language: tuple(lines)})
    elif lesson.kind == "answer" and lesson.only:
        variant = variant_of(lesson, known.intent.variants)
        others = tuple(one for one in known.intent.variants if one.name != variant.name)
        headings[lesson.intent] = replace(known, intent=replace(known.intent, variants=(variant, *others)))
        sources[f"{reply}.{variant.name}"] = source(lesson.answer, variables)
    elif lesson.kind == "answer":
        sources[reply] = source(lesson.answer, variables)
    elif lesson.kind == "retire":
        del headings[lesson.intent]
        for name, heading in headings.items():
            headings[name] = _without(heading, lesson.intent)


def _without(heading: Heading, name: str) -> Heading:
    """The intent without its ways to one that is gone."""
    intent = heading.intent
    if name not in (*intent.follow_up, *intent.see_also):
        return heading
    follow_up, see_also = (tuple(one for one in names if one != name) for names in (intent.follow_up, intent.see_also))
    return replace(heading, intent=replace(intent, follow_up=follow_up, see_also=see_also))


def _labelled(base: Words, headings: Mapping[str, Heading]) -> dict[str, dict[str, str]]:
    return {
        language: {**labels, **{name: heading.questions[language] for name, heading in headings.items() if heading.questions.get(language)}}
        if language in LANGUAGES
        else dict(labels)
        for language, labels in base.catalogue.labels.items()
    }
