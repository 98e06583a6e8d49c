"""Reads one stimulus in its conversation: buttons and typed choices first, then exact commands, then the fuzzy matcher."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.core.model import Action, Catalogue, Conversation
from bot.core.turn import Candidate, Heard, MessageKind, Press, Slot, Understanding, Verdict

SHORTEST_QUESTION = 6
LONGEST = 4_000
"""Characters of a message that are read at all; longer ones get a polite word. The matcher itself looks at the first 512."""
_HAN = re.compile(r"[\u3400-\u9fff]")
_MARKS = re.compile(r"[\s\u3000!-/:-@\[-`{-~。，、！？：；“”‘’（）【】《》…·~￥]+")


class Weighed(Protocol):
    """What a matcher says of an utterance."""

    @property
    def candidates(self) -> tuple[Candidate, ...]: ...
    @property
    def in_scope(self) -> float: ...
    @property
    def verdict(self) -> Verdict: ...
    @property
    def rule(self) -> str: ...


class Matches(Protocol):
    """A fitted matcher of one language."""

    def weigh(self, query: str) -> Weighed: ...
    def normal(self, query: str) -> str: ...
    def told(self, query: str) -> tuple[tuple[str, str], ...]: ...


def plain(text: str) -> str:
    """The form in which exact commands, labels and typed choices are compared: NFKC, lower case, no blanks or punctuation."""
    return _MARKS.sub("", unicodedata.normalize("NFKC", text).casefold())


def language_of(text: str, default: str) -> str:
    """`zh` when the text has a Chinese character, `en` when it has Latin letters only, else the default."""
    if _HAN.search(text):
        return "zh"
    return "en" if re.search(r"[A-Za-z]{2}", text) else default


@dataclass(frozen=True, slots=True)
class Reader:
    """One version of the words, ready to read. `exact` maps the plain form of a command to its intent, `choices` that of a typed choice to its number."""

    catalogue: Catalogue
    matchers: Mapping[str, Matches]
    exact: Mapping[str, str]
    choices: Mapping[str, int]

    def read(self, heard: Heard, conversation: Conversation, now: datetime, default: str) -> tuple[Understanding, str]:
        """What the stimulus means and the language to answer in."""
        if isinstance(heard, Press):
            return pressed(heard.action, "button"), conversation.language or default
        if heard.kind is not MessageKind.TEXT and not heard.text:
            return Understanding(Verdict.REJECT, rule="unreadable"), conversation.language or default
        text = heard.text.strip()
        language = language_of(text, conversation.language or default)
        form = plain(text)
        if not text:
            return Understanding(Verdict.REJECT, rule="empty"), conversation.language or default
        if len(text) > LONGEST:
            return Understanding(Verdict.REJECT, rule="too_long"), language
        return self._text(text, form, conversation, now, language)

    def _text(self, text: str, form: str, conversation: Conversation, now: datetime, language: str) -> tuple[Understanding, str]:
        chosen = self._choice(form, conversation)
        if chosen is not None:
            return pressed(chosen, "choice"), conversation.language or language
        command = self.exact.get(form)
        if command is not None:
            return self._explained(Understanding(Verdict.ANSWER, command, 1.0, 1.0, rule="exact", normal=form), conversation), conversation.language or language
        waiting = conversation.awaiting
        asked, spoken = self._fuzzy(text, language)
        if _interrupts(asked, form):
            return asked, spoken
        if waiting is not None and (waiting.until is None or now <= waiting.until):
            slots = (*(Slot(name, value) for name, value in waiting.filled), Slot(waiting.slot, text, 0, len(text)))
            return Understanding(Verdict.ANSWER, waiting.intent, 1.0, 1.0, slots=slots, rule="awaited"), conversation.language or language
        return asked, spoken

    def _choice(self, form: str, conversation: Conversation) -> Action | None:
        """A typed number or a typed label of the options that were shown last."""
        number = self.choices.get(form, 0)
        if number:
            return conversation.options[number - 1] if number <= len(conversation.options) else None
        for action in conversation.options:
            if form and form in {plain(self.catalogue.label(action, language)) for language in ("zh", "en")}:
                return action
        return None

    def _fuzzy(self, text: str, language: str) -> tuple[Understanding, str]:
        tried = ("en", "zh") if language == "en" else (language,)
        found = [(self.matchers[name].weigh(text), name) for name in tried if name in self.matchers]
        if not found:
            return Understanding(Verdict.REJECT, rule="no_words"), language
        weighed, name = max(found, key=lambda pair: (_rank(pair[0]), pair[1] == language))
        top = weighed.candidates[0] if weighed.candidates else Candidate("", 0.0)
        understood = Understanding(
            weighed.verdict, top.intent, top.score, weighed.in_scope, weighed.candidates, rule=weighed.rule, normal=self.matchers[name].normal(text)
        )
        return understood, name

    def _explained(self, understood: Understanding, conversation: Conversation) -> Understanding:
        """For the command `why`: how the last question was read, told anew from its text."""
        if understood.intent != "shell.why" or not conversation.question:
            return understood
        before, language = self._fuzzy(conversation.question, language_of(conversation.question, conversation.language or "zh"))
        told = self.matchers[language].told(conversation.question) if language in self.matchers else ()
        return Understanding(Verdict.ANSWER, understood.intent, 1.0, before.in_scope, before.candidates, rule=before.rule, normal=before.normal, explained=told)


def _interrupts(asked: Understanding, form: str) -> bool:
    """Whether somebody who was asked for a value says something else instead: a known command, or a known question long enough not to be a value."""
    known = asked.rule == "same_words" and asked.verdict is Verdict.ANSWER
    return known and (asked.intent.startswith("act.") or len(form) >= SHORTEST_QUESTION)


def pressed(action: Action, rule: str) -> Understanding:
    """An action taken by button or typed choice is certain."""
    slots = tuple(Slot(name, value) for name, value in action.slots)
    return Understanding(Verdict.ANSWER, action.intent, 1.0, 1.0, slots=slots, rule=rule)


def _rank(weighed: Weighed) -> tuple[int, float]:
    order = {Verdict.REJECT: 0, Verdict.ASK: 1, Verdict.ANSWER: 2}
    return order[weighed.verdict], weighed.candidates[0].score if weighed.candidates else 0.0
