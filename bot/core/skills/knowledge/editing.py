"""Changes an answer that is there: another text for all or for some, more ways to ask it, no longer asked, or what was changed before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core import variants
from bot.core.facts import Ask, Facts
from bot.core.masking import masked
from bot.core.model import Action, Awaiting
from bot.core.model import Lesson as Kept
from bot.core.skills.knowledge.drafts import LONGEST_ANSWER, LONGEST_QUESTION, MOST_LINES, drafted, handed_in, unnamed
from bot.core.turn import Decision, Here, Reason, Say, Turn

EDIT = "adm.faq_edit"
PATIENCE = timedelta(minutes=30)
SHOWN = 8
STEPS = ("answer", "whom", "lines", "retire", "history")
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
    if not intent:
        waiting = Awaiting(EDIT, "text", (), now + PATIENCE)
        return Decision(Reason.ASKED_VALUE, (Say(Here(), "teach/which", {"wrong": turn.understanding.rule == "awaited"}),), awaiting=waiting)
    does = {"retire": _retired, "history": _history, "lines": _lines, "answer": _answered, "whom": _for_whom}
    return does.get(step, _menu)(turn, facts, now, intent)


def _retired(turn: Turn, facts: Facts, now: datetime, intent: str) -> Decision:
    return handed_in(drafted(turn, facts, now, "retire", intent, {}), turn, facts, now)


def _lines(turn: Turn, facts: Facts, now: datetime, intent: str) -> Decision:
    """More ways to ask it, one a line."""
    text = turn.understanding.slot("text").strip()
    lines = tuple(dict.fromkeys(filter(None, (masked(" ".join(line.split())) for line in text.splitlines()))))
    if 0 < len(lines) <= MOST_LINES and all(len(line) <= LONGEST_QUESTION for line in lines):
        return handed_in(drafted(turn, facts, now, "alias", intent, {}, lines), turn, facts, now)
    return _wanted(turn, facts, now, intent, "lines", {"wrong": bool(text), "most": LONGEST_QUESTION, "lines": MOST_LINES})


def _for_whom(turn: Turn, facts: Facts, now: datetime, intent: str) -> Decision:
    """For whom another answer is to be; then what it is."""
    told = turn.understanding.slot("text").strip()
    if variants.meant(told, facts, _room(turn, facts)):
        return _wanted(turn, facts, now, intent, "answer", {"wrong": False, "most": LONGEST_ANSWER}, whom=told)
    return _wanted(turn, facts, now, intent, "whom", {"wrong": bool(told)})


def _answered(turn: Turn, facts: Facts, now: datetime, intent: str) -> Decision:
    """Another answer, for all or for some."""
    text, whom = turn.understanding.slot("text").strip(), turn.understanding.slot("whom").strip()
    only = variants.meant(whom, facts, _room(turn, facts)) if whom else ()
    if whom and not only:
        return _wanted(turn, facts, now, intent, "whom", {"wrong": True})
    odd = unnamed(text, turn, facts)
    if odd or not text or len(text) > LONGEST_ANSWER:
        return _wanted(turn, facts, now, intent, "answer", {"wrong": bool(text) and not odd, "most": LONGEST_ANSWER, **odd}, whom=whom)
    return handed_in(drafted(turn, facts, now, "answer", intent, {"answer": text}, (), only), turn, facts, now)


def _room(turn: Turn, facts: Facts) -> str:
    """The group that is spoken of: the one it is said in, or was when it began."""
    return turn.understanding.slot("room") or (facts.conversation.id if turn.in_group else "")


def _wanted(turn: Turn, facts: Facts, now: datetime, intent: str, step: str, limits: Mapping[str, object], *, whom: str = "") -> Decision:
    """Asks for the text of a step."""
    kept = tuple((name, value) for name, value in (("whom", whom), ("room", _room(turn, facts))) if value)
    waiting = Awaiting(EDIT, "text", (("step", step), ("intent", intent), *kept), now + PATIENCE)
    only = variants.titled(variants.meant(whom, facts, _room(turn, facts)), facts, turn.language) if whom else ""
    data = {"question": facts.catalogue.label(Action(intent), turn.language), "whom": only, "group": bool(_room(turn, facts)), "unknown": (), **limits}
    return Decision(Reason.ASKED_VALUE, (Say(Here(), f"teach/ask_{step}", data),), awaiting=waiting)


def _menu(turn: Turn, facts: Facts, now: datetime, intent: str) -> Decision:  # noqa: ARG001 - every step has this shape
    """The answer as it stands, for whom there is another, and what can be done with it."""
    room = (("room", _room(turn, facts)),) if turn.in_group else ()
    actions = tuple(Action(EDIT, (("intent", intent), ("step", step), *room), f"edit_{step}") for step in STEPS)
    known = facts.catalogue.intents[intent]
    others = [variants.titled(one.only, facts, turn.language) for one in known.variants][:SHOWN]
    label = facts.catalogue.label(Action(intent), turn.language)
    data = {"label": label, "name": intent, "owner": known.owner, "review_by": known.review_by, "others": others}
    shown = Say(Here(), intent.replace(".", "/", 1))
    return Decision(Reason.ANSWERED, (shown, Say(Here(), "teach/edit", {**data, "changes": len(facts.all(Kept))}, actions)))


def _history(turn: Turn, facts: Facts, now: datetime, intent: str) -> Decision:  # noqa: ARG001 - every step has this shape
    """Every change with its way back."""
    zone = ZoneInfo(facts.policy.zone)
    rows = [
        {
            "code": lesson.code,
            "kind": lesson.kind,
            "state": lesson.state,
            "at": (lesson.live or lesson.made).astimezone(zone).strftime("%m-%d %H:%M"),
            "whom": variants.titled(lesson.only, facts, turn.language),
            "before": lesson.before[:200],
            "after": lesson.answer[:200] if lesson.answer else " / ".join(lesson.utterances)[:200],
        }
        for lesson in facts.all(Kept)
    ]
    live = [lesson for lesson in facts.all(Kept) if lesson.state == "live"]
    actions = tuple(Action("shell.unpublish", (("code", lesson.code),), "unpublish", lesson.code) for lesson in live[:3])
    return Decision(Reason.ANSWERED, (Say(Here(), "teach/history", {"rows": rows, "label": facts.catalogue.label(Action(intent), turn.language)}, actions),))
