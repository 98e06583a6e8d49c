"""Turns a Decision into one Commit: says rendered to outbound messages, the turn's journal row beside its effects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.core.facts import Facts
from bot.core.masking import personal
from bot.core.model import Action, Organisation, Person, Shown
from bot.core.turn import Decision, Due, Event, Here, Message, Outcome, Press, Private, Put, Room, Say, Turn
from bot.engine.digests import lines_of, without
from bot.ports import Button, Commit, Journal, Outbound
from bot.words.loading import Words
from bot.words.rendering import Trusted

MOST_TRACED = 5


class Composer:
    """Knows where replies go; `channel` and `robot` are used where no stimulus says them, `site` is where people's browsers reach our pages."""

    def __init__(self, channel: str, robot: str, site: str = "") -> None:
        self._channel = channel
        self._robot = robot
        self._site = Trusted(site.rstrip("/"))

    def compose(self, turn: Turn, facts: Facts, decision: Decision, now: datetime, words: Words, spoken: Mapping[str, str] | None = None) -> Commit:
        """Everything this decision changes, ready for one transaction; `spoken` is the language of readers who are not the viewer."""
        outbound = tuple(self._outbound(say, index, turn, facts, now, words, spoken or {}) for index, say in enumerate(decision.says))
        puts = (*(effect for effect in decision.effects if isinstance(effect, Put)), *_shown(outbound, now))
        calls = tuple(effect for effect in decision.effects if not isinstance(effect, Say | Put))
        return Commit(turn.stimulus, puts, outbound, calls, self._journal(turn, facts, decision, now))

    def _outbound(self, say: Say, index: int, turn: Turn, facts: Facts, now: datetime, words: Words, spoken: Mapping[str, str]) -> Outbound:
        stimulus = turn.stimulus
        heard = stimulus if isinstance(stimulus, Message | Press) else None
        here = isinstance(say.to, Here) or (isinstance(say.to, Private) and heard is not None and heard.private and say.to.person == facts.viewer.id)
        values = {"org": facts.policy.organisation, "asker": {"name": facts.viewer.name}, "site": self._site}
        language = _language(say, turn, facts, spoken)
        rendered = words.templates.render(say, language, values)
        if say.notice:
            above = words.templates.render(Say(say.to, "adm/notice", {"text": say.notice}), language, values)
            rendered = replace(rendered, text=f"{above.text}\n\n{rendered.text}")
        private, conversation, person = _target(say, heard, here, facts)
        mine = here or (isinstance(say.to, Private) and say.to.person == facts.viewer.id)
        buttons = tuple(_button(action, position if mine else 0, facts, language) for position, action in enumerate(say.actions, 1))
        mention = (heard.sender.account,) if say.mention and heard is not None and here and not private and heard.sender.account else ()
        return Outbound(
            f"{turn.seed[:24]}:{index}",
            heard.channel if heard else self._channel,
            heard.robot if heard else self._robot,
            person if private else conversation,
            conversation,
            private,
            person,
            rendered.title,
            rendered.text,
            buttons,
            mention,
            heard.route if heard and here else None,
            say.priority,
            now,
            say.about,
            lines_of(say, language, facts.viewer.name),
            unasked=isinstance(stimulus, Due),
        )

    def without(self, message: Outbound, stands: Sequence[bool], words: Words, organisation: Organisation) -> Outbound | None:
        """A message of several items with those only that still stand, None when none that it shows does."""
        return without(message, stands, words, {"org": organisation, "site": self._site})

    def _journal(self, turn: Turn, facts: Facts, decision: Decision, now: datetime) -> Journal:
        read, stimulus = turn.understanding, turn.stimulus
        heard = stimulus if isinstance(stimulus, Message | Press) else None
        trace = {
            "normal": "" if personal(turn.text) or _names_somebody(read.intent, facts) else read.normal,
            "rule": read.rule,
            "verdict": read.verdict.value,
            "in_scope": round(read.in_scope, 4),
            "candidates": [[one.intent, round(one.score, 4)] for one in read.candidates[:MOST_TRACED]],
            "effects": _effects(decision.effects),
        }
        return Journal(
            turn.seed[:16],
            type(stimulus).__name__.lower(),
            heard.channel if heard else self._channel,
            heard.conversation if heard else "",
            facts.viewer.id,
            _intent(turn),
            round(read.confidence, 4),
            decision.reason.value,
            json.dumps(trace, ensure_ascii=False, separators=(",", ":")),
            now,
        )


def _names_somebody(intent: str, facts: Facts) -> bool:
    """Whether an administrator's command speaks of a colleague: their name is in nobody else's journal."""
    known = facts.catalogue.intents.get(intent)
    return known is not None and intent.startswith("adm.") and "person" in known.slots


def _shown(outbound: Sequence[Outbound], now: datetime) -> Iterator[Put]:
    """What the buttons of a message that decides something mean, for a press that only says which card and which button it was."""
    for message in outbound:
        if message.private and any(button.action.code for button in message.buttons):
            yield Put(Shown(message.key, message.person, tuple(button.action for button in message.buttons), now))


def _button(action: Action, position: int, facts: Facts, language: str) -> Button:
    """What the press says: the decision and its code where it has one, else its number among the options that its reader's conversation remembers
    (position 0: the message goes to somebody whose conversation is not at hand), else its label."""
    label = facts.catalogue.label(action, language)
    return Button(label, f"{label} {action.code}" if action.code else str(position) if position else label, action)


def _language(say: Say, turn: Turn, facts: Facts, spoken: Mapping[str, str]) -> str:
    """The reader's own language: a colleague who is told something because of another's message need not share theirs."""
    if not isinstance(say.to, Private) or say.to.person == facts.viewer.id:
        return turn.language
    reader = facts.person(say.to.person)
    return (reader.language if reader else "") or say.language or spoken.get(say.to.person, "") or facts.policy.language


def _target(say: Say, heard: Message | Press | None, here: bool, facts: Facts) -> tuple[bool, str, str]:
    """(private?, platform conversation, account) of where a reply goes."""
    if here and heard is not None:
        return heard.private, heard.conversation, heard.sender.who
    if isinstance(say.to, Room):
        return False, say.to.conversation, ""
    person = say.to.person if isinstance(say.to, Private) else facts.viewer.id
    known = facts.person(person) or Person(person)
    return True, "", known.accounts[0][1] if known.accounts else person.rpartition(":")[2]


def _intent(turn: Turn) -> str:
    stimulus = turn.stimulus
    if isinstance(stimulus, Due):
        return f"due.{stimulus.kind}"
    if isinstance(stimulus, Event):
        return f"event.{stimulus.kind}"
    return f"outcome.{stimulus.call.connector}" if isinstance(stimulus, Outcome) else turn.understanding.intent


def _effects(effects: Sequence[object]) -> list[str]:
    """Each effect in a word, without the text of anybody."""
    told = []
    for effect in effects:
        if isinstance(effect, Say):
            told.append(f"say {effect.reply} {type(effect.to).__name__.lower()}")
        elif isinstance(effect, Put):
            told.append(f"put {type(effect.entity).__name__.lower()}")
        else:
            told.append(f"call {getattr(effect, 'connector', '')}.{getattr(effect, 'operation', '')}")
    return told
