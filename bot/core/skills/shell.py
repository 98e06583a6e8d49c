"""What the bot says when there is no answer to give: asks back, refuses well, points to the right desk, admits what it cannot do yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.core import evidence
from bot.core.facts import Facts
from bot.core.masking import masked
from bot.core.model import Action, Intent, Wish
from bot.core.policy import closed_to_outsiders, may_use
from bot.core.rights import RIGHTS, fault
from bot.core.turn import Decision, Here, Message, Put, Reason, Say, Turn, Understanding
from bot.core.understanding.reading import MOST_OFFERED

HUMAN = Action("act.human", label="human")
NONE = Action("shell.none", label="none_of_these")
MOST_CANDIDATES = MOST_OFFERED
MOST_SHOWN = 40
"""Characters of what was typed that are read back."""
TOO_OFTEN = 3
"""Questions in a row without an answer after which more of the same words do not help."""
_WHEN = frozenset({"when", "duration"})
"""Dates look like numbers of people, but are none."""
_UNREAD = {"empty": Reason.EMPTY, "unreadable": Reason.UNREADABLE, "too_long": Reason.TOO_LONG}


def ask_back(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Did you mean: the nearest intents that this person may have as buttons, each with the slots it declares, and a way out."""
    read, intents = turn.understanding, facts.catalogue.intents
    near = [one.intent for one in read.candidates if one.intent in intents and _offered(intents[one.intent], facts)][:MOST_CANDIDATES]
    if not near:
        return unknown(turn, facts, now)
    actions = tuple(Action(name, _given(read, intents[name].slots)) for name in near)
    return Decision(Reason.ASKED_BACK, (Say(Here(), "shell/ask_back", actions=(*actions, NONE)),))


def _offered(intent: Intent, facts: Facts) -> bool:
    """Whether it is worth a button: not another desk's, and not refused when pressed."""
    if intent.id.startswith("elsewhere.") or (not facts.viewer.inside and closed_to_outsiders(intent)):
        return False
    return not fault(facts.viewer, intent.id, facts.policy.said) if intent.id in RIGHTS else may_use(facts.viewer, intent)


def leave(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """Lets go of what was asked for; what is kept stays."""
    return Decision(Reason.NOTED, (Say(Here(), "shell/left", {"begun": facts.conversation.awaiting is not None}),))


def _given(read: Understanding, declared: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """What was said already of what an intent wants; personal data does not travel in buttons."""
    said = [slot for slot in read.slots if slot.name in declared]
    return tuple((slot.name, slot.value) for slot in said if slot.name in _WHEN or masked(slot.value) == slot.value)


def unread(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """A message without a question that can be read; what was awaited is awaited still."""
    if evidence.misplaced(turn, facts, now):
        return Decision(Reason.MOVED_PRIVATE, (Say(Here(), "shell/file_private", mention=True),))
    stimulus = turn.stimulus
    kind = stimulus.kind.value if isinstance(stimulus, Message) else "unknown"
    rule, waiting = turn.understanding.rule, facts.conversation.awaiting
    open_ = waiting is not None and (waiting.until is None or waiting.until > now)
    return Decision(_UNREAD[rule], (Say(Here(), f"shell/{rule}", {"kind": kind, "waiting": open_}),), awaiting=waiting)


def unknown(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Nobody taught this: say so, keep the question for the knowledge owner, offer a person."""
    text = facts.conversation.question if turn.understanding.intent == NONE.intent else turn.text or facts.conversation.question
    nearest = " ".join(_nearest(turn, facts))
    kept = (_noted("unanswered", nearest, text, turn, facts, now),) if text else ()
    data = {"again": facts.conversation.missed + 1 >= TOO_OFTEN, "outside": not facts.viewer.inside}
    ways = (Action("act.help"),) if data["outside"] else (HUMAN, Action("act.help"))
    return Decision(Reason.UNKNOWN, (*kept, Say(Here(), "shell/unknown", data, ways)))


def _nearest(turn: Turn, facts: Facts) -> tuple[str, ...]:
    """What it came near to; for none of these, what was offered."""
    if turn.understanding.intent == NONE.intent:
        return tuple(action.intent for action in facts.conversation.options if action.intent != NONE.intent)[:MOST_CANDIDATES]
    return tuple(candidate.intent for candidate in turn.understanding.candidates[:MOST_CANDIDATES])


def suggest(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Near a command, but not its exact words: nothing is done, the exact words are shown to whoever may give it; others are asked what they mean."""
    read = turn.understanding
    if fault(facts.viewer, read.slot("intent"), facts.policy.said):
        return ask_back(turn, facts, now) if read.candidates else unknown(turn, facts, now)
    data = {"command": read.slot("verb"), **{name: read.slot(name) for name in ("code", "whole", "fault", "typed")}}
    return Decision(Reason.ASKED_BACK, (Say(Here(), "shell/suggest", data),), awaiting=facts.conversation.awaiting)


def words_or_command(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Asked for a text, somebody typed what is a command, too: which of the two it is, they say. What was asked for is awaited still."""
    waiting, command = facts.conversation.awaiting, turn.understanding.slot("command")
    if waiting is None:
        return unknown(turn, facts, now)
    words = Action(waiting.intent, (*waiting.filled, (waiting.slot, turn.text)), "as_words")
    data = {"text": turn.text[:MOST_SHOWN], "command": facts.catalogue.label(Action(command), turn.language)}
    return Decision(Reason.ASKED_BACK, (Say(Here(), "shell/text_or_command", data, (Action(command), words)),), awaiting=waiting)


def elsewhere(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """Another department's topic: name the desk."""
    desk = facts.catalogue.intents[turn.understanding.candidates[0].intent].desk
    data = {"desk": facts.catalogue.label(Action(f"elsewhere.{desk}"), turn.language), "key": desk, "contact": facts.policy.organisation.desks.get(desk, "")}
    return Decision(Reason.ELSEWHERE, (Say(Here(), "shell/elsewhere", data),))


def not_yet(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Understood, but not built: say so honestly and note the wish."""
    name = turn.understanding.intent
    said = Say(Here(), "shell/not_yet", {"label": facts.catalogue.label(Action(name), turn.language)}, (HUMAN,))
    return Decision(Reason.NOT_YET, (_noted("wish", name, turn.text, turn, facts, now), said), topic=name)


def feedback(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """Somebody says what the last answer was worth. A bad one is kept for the knowledge owner with its question and topic, a good one with its topic."""
    question, topic = facts.conversation.question, facts.conversation.topic
    good = _satisfied(turn, facts)
    kept = _noted("praise" if good or not question else "feedback", topic, question or turn.text, turn, facts, now)
    actions = () if good else (HUMAN,)
    return Decision(Reason.NOTED, (kept, Say(Here(), "act/feedback", {"good": good, "question": question}, actions)), topic=topic)


def _satisfied(turn: Turn, facts: Facts) -> bool:
    """Whether it is one of the words for a good answer; they stand among the labels."""
    said = turn.text.strip().casefold()
    return any(said == word.casefold() for words in facts.catalogue.labels.values() for word in words.get("satisfied", "").split("|") if word)


def stale(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """A press on a card that is not known, or that was not shown to whoever pressed it."""
    return Decision(Reason.STALE_OPTION, (Say(Here(), "shell/stale_option"),))


def unheeded(turn: Turn, facts: Facts, now: datetime) -> Decision:  # noqa: ARG001 - every skill has this shape
    """Something happened outside that nobody here waits for."""
    return Decision(Reason.IGNORED)


def _noted(kind: str, intent: str, text: str, turn: Turn, facts: Facts, now: datetime) -> Put:
    """Something for the knowledge owner, without personal data."""
    return Put(Wish(f"w{turn.seed[:12]}", kind, intent, masked(text), facts.viewer.id, now))
