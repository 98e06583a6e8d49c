"""Changes an answer that is there: another text, more ways to ask it, no longer asked, or what was changed before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.facts import Ask, Facts
from bot.core.masking import masked
from bot.core.model import Action, Awaiting
from bot.core.model import Lesson as Kept
from bot.core.skills.knowledge.drafts import LONGEST_ANSWER, LONGEST_QUESTION, MOST_LINES, drafted, handed_in
from bot.core.turn import Decision, Here, Reason, Say, Turn

EDIT = "adm.faq_edit"
PATIENCE = timedelta(minutes=30)
SHOWN = 8
_NAME = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
CLOSED = ("act.", "adm.", "shell.", "setup.", "elsewhere.")
"""Intents whose replies belong to what the program does: they are changed in the files."""


def _intent(turn: Turn, facts: Facts) -> str:
    """The answer that is meant: chosen, named by its id, or the last one that was shown."""
    named = (turn.understanding.slot("intent"), *_NAME.findall(turn.text.lower()), facts.conversation.topic)
    return next((name for name in named if name in facts.catalogue.intents and not name.startswith(CLOSED)), "")


def asked(turn: Turn, facts: Facts) -> tuple[Ask, ...]:
    """What was changed before."""
    intent = _intent(turn, facts)
    return (Ask(Kept, tag=f"intent={intent}", most=SHOWN),) if intent else ()


def edit(turn: Turn, facts: Facts, now: datetime) -> Decision:
    """One step of the dialogue."""
    intent, step = _intent(turn, facts), turn.understanding.slot("step")
    text = turn.understanding.slot("text").strip()
    if not intent:
        waiting = Awaiting(EDIT, "text", (), now + PATIENCE)
        return Decision(Reason.ASKED_VALUE, (Say(Here(), "teach/which", {"wrong": turn.understanding.rule == "awaited"}),), awaiting=waiting)
    if step == "retire":
        return handed_in(drafted(turn, facts, now, "retire", intent, {}), turn, facts, now)
    if step == "history":
        return _history(turn, facts, intent)
    lines = tuple(dict.fromkeys(filter(None, (masked(" ".join(line.split())) for line in text.splitlines()))))
    if step == "lines" and 0 < len(lines) <= MOST_LINES and all(len(line) <= LONGEST_QUESTION for line in lines):
        return handed_in(drafted(turn, facts, now, "alias", intent, {}, lines), turn, facts, now)
    if step == "lines":
        return _wanted(turn, facts, now, intent, step, {"wrong": bool(text), "most": LONGEST_QUESTION, "lines": MOST_LINES})
    if step == "answer" and text and len(text) <= LONGEST_ANSWER:
        return handed_in(drafted(turn, facts, now, "answer", intent, {"answer": text}), turn, facts, now)
    if step == "answer":
        return _wanted(turn, facts, now, intent, step, {"wrong": bool(text), "most": LONGEST_ANSWER})
    return _menu(turn, facts, intent)


def _wanted(turn: Turn, facts: Facts, now: datetime, intent: str, step: str, limits: Mapping[str, object]) -> Decision:
    """Asks for the text of a step."""
    waiting = Awaiting(EDIT, "text", (("step", step), ("intent", intent)), now + PATIENCE)
    data = {"question": facts.catalogue.label(Action(intent), turn.language), **limits}
    return Decision(Reason.ASKED_VALUE, (Say(Here(), f"teach/ask_{step}", data),), awaiting=waiting)


def _menu(turn: Turn, facts: Facts, intent: str) -> Decision:
    """The answer as it stands, and what can be done with it."""
    actions = tuple(Action(EDIT, (("intent", intent), ("step", step)), f"edit_{step}") for step in ("answer", "lines", "retire", "history"))
    known = facts.catalogue.intents[intent]
    data = {"label": facts.catalogue.label(Action(intent), turn.language), "name": intent, "owner": known.owner, "review_by": known.review_by}
    shown = Say(Here(), intent.replace(".", "/", 1))
    return Decision(Reason.ANSWERED, (shown, Say(Here(), "teach/edit", {**data, "changes": len(facts.all(Kept))}, actions)))


def _history(turn: Turn, facts: Facts, intent: str) -> Decision:
    """Every change with its way back."""
    zone = ZoneInfo(facts.policy.zone)
    rows = [
        {
            "code": lesson.code,
            "kind": lesson.kind,
            "state": lesson.state,
            "at": (lesson.live or lesson.made).astimezone(zone).strftime("%m-%d %H:%M"),
            "before": lesson.before[:200],
            "after": lesson.answer[:200] if lesson.answer else " / ".join(lesson.utterances)[:200],
        }
        for lesson in facts.all(Kept)
    ]
    live = [lesson for lesson in facts.all(Kept) if lesson.state == "live"]
    actions = tuple(Action("shell.unpublish", (("code", lesson.code),), "unpublish", lesson.code) for lesson in live[:3])
    return Decision(Reason.ANSWERED, (Say(Here(), "teach/history", {"rows": rows, "label": facts.catalogue.label(Action(intent), turn.language)}, actions),))
