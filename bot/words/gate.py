"""The gate before a lesson goes live: all known utterances and all plays are asked again of words that learned the change, and what gets worse is named."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from bot.core.access import Access
from bot.core.model import Lesson, Organisation
from bot.core.turn import Call, Verdict
from bot.core.understanding import Matcher
from bot.core.understanding.reading import plain as spelled
from bot.ports import ConnectorRefused, WordsError
from bot.words import policies
from bot.words.loading import Heading, Words, catalogue_of
from bot.words.plays import Line, Play, read
from bot.words.staging import told
from bot.words.taught import Fits, laid, plain, variant_of

NEIGHBOURS = 12
"""Intents around the change whose phrases are left out of learning, so that the answer to unheard phrasings is seen too."""
EVERY = 4
"""The share of a neighbour's phrases that is left out: one in so many."""
MOST_SHOWN = 6
LONGEST_BEFORE = 2_000


@dataclass(frozen=True, slots=True)
class Found:
    """One utterance that the change would harm: whose it is, what it would get, and the play in which it is said."""

    text: str
    intent: str
    instead: str
    play: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a trial. `collisions` belong to another intent word for word; `wrong` are known utterances that were right and would not be; `unheard` are
    left-out phrasings that were right and would not be, `better` counts those the other way round; `taken` are new utterances that another intent
    answers surely today, and `mended` those of them whose answer somebody called wrong: no fault, but the reviewer should know. `played` are lines of plays
    that would be answered otherwise. `known` utterances and `plays` were asked."""

    known: int = 0
    tried: int = 0
    better: int = 0
    plays: int = 0
    collisions: tuple[Found, ...] = ()
    wrong: tuple[Found, ...] = ()
    unheard: tuple[Found, ...] = ()
    taken: tuple[Found, ...] = ()
    mended: tuple[Found, ...] = ()
    played: tuple[Found, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether the change may go live."""
        return not (self.collisions or self.wrong or self.taken or self.played) and len(self.unheard) <= self.better


def trial(before: Words, after: Words, lesson: Lesson, fits: Fits, plays: Sequence[Play] = (), complaints: Collection[str] = ()) -> Trial:
    """Tries one change: `before` are the words in use, `after` those with the change; of `complaints` (texts) people said that the answer was wrong. Blocks
    for seconds."""
    language, new = lesson.language, _new(lesson)
    known = sum(len(heading.utterances.get(language, ())) for heading in after.headings.values())
    spoken = [play for play in plays if play.language == language]
    old, learned = _matcher(before, language), _matcher(after, language)
    if old is learned:  # another answer, or one for some: whatever is said is read by the very same words
        return Trial(known, plays=len(spoken))
    gone = lesson.intent if lesson.kind == "retire" else ""
    today = {text: old.weigh(text) for text in new or _own(before, gone, language)}
    collisions = tuple(_collisions(before, old, lesson, new))
    sure = ((text, today[text].candidates[0].intent) for text in new if (ranking := today[text]).verdict is Verdict.ANSWER and ranking.candidates)
    taken = tuple(Found(text, intent, lesson.intent) for text, intent in sure if intent != lesson.intent and not old.owner(text))
    mended = tuple(one for one in taken if one.text in complaints)
    taken = tuple(one for one in taken if one.text not in complaints)
    played = tuple(one for one in _played(before, after, spoken, policies.load(tuple(fits.roots), before.version).access) if one.intent != gone)
    near = {lesson.intent, *(one.intent for ranking in today.values() for one in ranking.candidates[:NEIGHBOURS])}
    tried, better, unheard = _unheard(before, after, near, lesson, fits)
    wrong = tuple(one for one in _wrong(before, old, learned, language) if one.intent != gone)
    harm = [found[:MOST_SHOWN] for found in (collisions, wrong, unheard, taken, mended, played)]
    return Trial(known, tried, better, len(spoken), *harm)


def _matcher(words: Words, language: str) -> Matcher:
    found = words.reader.matchers[language]
    assert isinstance(found, Matcher)  # noqa: S101 - the words' own matchers
    return found


def _new(lesson: Lesson) -> tuple[str, ...]:
    return {"alias": lesson.utterances, "faq": tuple(dict.fromkeys((lesson.question, *lesson.utterances)))}.get(lesson.kind, ())


def _own(before: Words, intent: str, language: str) -> tuple[str, ...]:
    """How an answer that is to go is asked for today: what stands near to it is what its going could touch."""
    return before.headings[intent].utterances.get(language, ()) if intent in before.headings else ()


def _collisions(before: Words, old: Matcher, lesson: Lesson, new: tuple[str, ...]) -> Iterator[Found]:
    """What belongs to another intent word for word, whatever its blanks and punctuation."""
    owners = {spelled(text): name for name, text in _utterances(before.headings, lesson.language)}
    for text in new:
        owner = old.owner(text) or owners.get(spelled(text), "")
        if owner not in {"", lesson.intent}:
            yield Found(text, owner, lesson.intent)


def _wrong(before: Words, old: Matcher, learned: Matcher, language: str) -> Iterator[Found]:
    """Every known utterance again. One that a single intent has word for word is surely its own; only the others need weighing."""
    for name, text in _utterances(before.headings, language):
        if learned.owner(text) == name:
            continue
        was, would = old.weigh(text), learned.weigh(text)
        if was.candidates[:1] and was.candidates[0].intent == name and (not would.candidates or would.candidates[0].intent != name):
            yield Found(text, name, would.candidates[0].intent if would.candidates else "")


def _played(before: Words, after: Words, plays: Iterable[Play], access: Access) -> Iterator[Found]:
    """Every play that the change could touch again, each line in its conversation: gone through with the words in use and with the change."""
    for play in plays:
        if not any(_touched(before, after, line, play.language) for line in play.lines):
            continue
        organisation = Organisation(**before.defaults_in(play.language))
        # what is otherwise only because a line before it is answered now, or asked back no more, is no harm: the line itself must weigh otherwise
        both = zip(play.lines, told(before.reader, play, organisation, access), told(after.reader, play, organisation, access), strict=True)
        for line, (text, was), (_, would) in both:
            own = _matcher(before, play.language).weigh(text).candidates[:1]
            if was and was != would and own and own[0].intent == was and _touched(before, after, line, play.language):
                yield Found(text, was, would, play.name)


def _touched(before: Words, after: Words, line: Line, language: str) -> bool:
    """Whether the line could be read otherwise, whatever its conversation: what is weighed there is the line itself, or the question behind a follow-up word
    with the topic before it. A press is not weighed."""
    old, learned = (_matcher(words, language) for words in (before, after))
    if line.press or ((owner := old.owner(line.text)) and owner == learned.owner(line.text)):
        return False
    if before.reader.spoken.follow_ups.asked(spelled(line.text)):
        return True
    was, would = old.weigh(line.text), learned.weigh(line.text)
    return (was.verdict, was.candidates[:1] and was.candidates[0].intent) != (would.verdict, would.candidates[:1] and would.candidates[0].intent)


def _utterances(headings: Mapping[str, Heading], language: str) -> Iterator[tuple[str, str]]:
    for row in catalogue_of(headings, language):
        for text in row["examples"]:
            yield row["id"], text


def _unheard(before: Words, after: Words, near: Iterable[str], lesson: Lesson, fits: Fits) -> tuple[int, int, tuple[Found, ...]]:
    """Learns the neighbourhood twice without every fourth phrase, with and without the change, and asks for what was left out."""
    held = [
        (name, text)
        for name in sorted(near)
        if name in before.headings and name in after.headings
        for place, text in enumerate(before.headings[name].utterances.get(lesson.language, ()))
        if place % EVERY == 1
    ]
    left_out = {text for _, text in held}
    old = _small(before, near, left_out, lesson.language, fits)
    learned = _small(after, near, left_out - set(_new(lesson)), lesson.language, fits)
    better, worse = 0, []
    for name, text in held:
        was, would = _top(old, text), _top(learned, text)
        better += was != name and would == name
        if was == name and would != name:
            worse.append(Found(text, name, would))
    return len(held), better, tuple(worse)


def _small(words: Words, near: Iterable[str], left_out: set[str], language: str, fits: Fits) -> Matcher:
    kept = {
        name: replace(heading, utterances={language: tuple(text for text in heading.utterances.get(language, ()) if text not in left_out)})
        for name, heading in words.headings.items()
        if name in set(near)
    }
    small = Matcher(fits.lexicon(language))  # asked once and let go: nothing of it is worth keeping
    small.fit(catalogue_of(kept, language), language, fence=frozenset(name for name, heading in kept.items() if heading.intent.desk))
    return small


def _top(matcher: Matcher, text: str) -> str:
    candidates = matcher.weigh(text).candidates
    return candidates[0].intent if candidates else ""


class Teaching:
    """The connector `teaching`: tries a lesson against the words in use, which `current` gives with those of the files alone and the live lessons."""

    name = "teaching"

    def __init__(self, fits: Fits, current: Callable[[], tuple[Words, Words, tuple[Lesson, ...]]]) -> None:
        self._fits = fits
        self._current = current
        self._plays: tuple[Play, ...] | None = None

    async def perform(self, call: Call) -> str:
        """Implements ports.Connector: the trial as JSON. Raises ConnectorRefused when the words with the change cannot be made."""
        try:
            complaints = frozenset(filter(None, call.args.get("complaints", "").split("\n")))
            return await asyncio.to_thread(self._tried, asked(call.args), complaints)
        except (KeyError, ValueError, WordsError) as fault:
            raise ConnectorRefused(str(fault)) from fault

    def _tried(self, lesson: Lesson, complaints: Collection[str]) -> str:
        files, words, live = self._current()
        if self._plays is None:
            self._plays = read(self._fits.roots)
        found = trial(words, laid(files, (*live, lesson), self._fits), lesson, self._fits, self._plays, complaints)
        told = {**asdict(found), "sound": found.sound, "version": words.version, "before": plain(_before(words, lesson))[:LONGEST_BEFORE]}
        return json.dumps(told, ensure_ascii=False)


def _before(words: Words, lesson: Lesson) -> str:
    """The answer that whoever it is for gets today."""
    known, reply = words.headings.get(lesson.intent), f"{lesson.language}/{lesson.intent.replace('.', '/', 1)}"
    own = f"{reply}.{variant_of(lesson, known.intent.variants).name}" if known and lesson.only else reply
    return words.templates.sources.get(own) or words.templates.sources.get(reply, "")


def asked(args: Mapping[str, str]) -> Lesson:
    """The lesson of a call: its fields as text, its utterances one a line."""
    made = datetime.fromisoformat(args["made"])
    lines = tuple(line for line in args.get("utterances", "").split("\n") if line)
    question, answer = args.get("question", ""), args.get("answer", "")
    only = tuple((kind, value) for kind, _, value in (line.partition("=") for line in args.get("only", "").split("\n")) if value)
    code, by, language = args.get("code", ""), args.get("person", ""), args["language"]
    return Lesson(args["lesson"], code, args["kind"], "trying", args["intent"], language, by, made, question, lines, answer, only=only)
